//! `ls2`, zkCli's old name of `ls -s`.

use super::{SOON, run, sample, zkx};

on_every_server! {
    fn it_is_ls_with_the_stat(lab: &Lab) {
        sample(&mut lab.truth());
        assert_eq!(run(lab, "ls2 /app").success().out(), run(lab, "ls -s /app").success().out());
        run(lab, "ls2").code(2);
    }

    fn it_waits_for_a_change(lab: &Lab) {
        sample(&mut lab.truth());
        for line in ["ls2 /app watch", "ls2 /app true", "ls2 -w /app"] {
            let waiting = zkx(lab, line).spawn();
            waiting.wait_stdout(|shown| shown.ends_with("numChildren = 3\n"), SOON);
            lab.truth().create("/app/new", b"").unwrap();
            let shown = waiting.finish(SOON).success().out();
            assert!(shown.ends_with("  NodeChildrenChanged  /app  +new\n"), "{shown}");
            lab.truth().delete("/app/new").unwrap();
        }
    }
}
