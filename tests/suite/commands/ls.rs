//! `ls`.

use super::{SOON, run, sample, zkx};
use crate::support::proxy::Proxy;
use crate::support::truth::{self, Acl, op};
use crate::support::zkx::Zkx;

on_every_server! {
    fn children_are_listed_in_natural_order(lab: &Lab) {
        sample(&mut lab.truth());
        let output = run(lab, "ls /app").success();
        assert_eq!((output.out().as_str(), output.stderr.as_str()), ("config\nnode-9\nnode-10\n", ""));
        assert_eq!(run(lab, "ls").success().out(), "app\n");
        assert_eq!(run(lab, "ls /").success().out(), "app\n");
        assert_eq!(run(lab, "ls /app/node-9").success().out(), "");
        let json = run(lab, "-o ndjson ls /app").success().out();
        assert_eq!(json, "{\"path\":\"/app\",\"children\":[\"config\",\"node-9\",\"node-10\"]}\n");
    }

    fn the_stat_comes_after_the_children(lab: &Lab) {
        sample(&mut lab.truth());
        let shown = run(lab, "ls -s /app").success().out();
        assert!(shown.starts_with("config\nnode-9\nnode-10\ncZxid = 0x"), "{shown}");
        assert!(shown.ends_with("\nnumChildren = 3\n"), "{shown}");
        assert_eq!(run(lab, "ls --stat /app").success().out(), shown);
    }

    fn everything_below_is_a_path_a_line(lab: &Lab) {
        sample(&mut lab.truth());
        let all = "/app\n/app/config\n/app/config/db\n/app/node-9\n/app/node-10\n";
        assert_eq!(run(lab, "ls -R /app").success().out(), all);
        assert_eq!(run(lab, "ls --recursive /").success().out(), format!("/\n{all}"));
        assert_eq!(run(lab, "ls -R /app/node-9").success().out(), "/app/node-9\n");
        run(lab, "ls -R -s /app").code(2);
        run(lab, "ls -R -w /app").code(2);
    }

    fn a_long_listing_has_a_line_for_each_child(lab: &Lab) {
        let mut truth = lab.truth();
        sample(&mut truth);
        truth.create_as("/app/e", Some(b"x"), &Acl::open(), truth::EPHEMERAL).unwrap();
        let shown = run(lab, "ls -l /app").success().out();
        let lines: Vec<_> = shown.lines().collect();
        let [config, e, nine, ten] = lines[..] else { panic!("{shown}") };
        assert!(config.starts_with("persistent        0         1         0 B  20"), "{config}");
        assert!(config.ends_with("  config"), "{config}");
        assert!(e.starts_with("ephemeral         0         0         1 B  20"), "{e}");
        assert!(e.ends_with(&format!("  e  (session {:#x})", truth.session())), "{e}");
        assert!(nine.ends_with("  node-9") && ten.ends_with("  node-10"));
        let deep = run(lab, "ls -l -R /app").success().out();
        assert_eq!(deep.lines().count(), 6);
        assert!(deep.lines().nth(2).unwrap().ends_with("  /app/config/db"), "{deep}");
    }

    /// Servers of 3.8.4, 3.9.2 and later refuse the stat as well.
    fn a_long_listing_shows_the_stat_of_what_may_not_be_read(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/wide", b"").unwrap();
        let closed = [Acl::new(31, "ip", "10.0.0.1")];
        for n in 0..100 {
            let acl = if n % 3 == 0 { &closed[..] } else { &Acl::open()[..] };
            truth.create_as(&format!("/wide/n{n}"), Some(&vec![b'x'; n]), acl, truth::PERSISTENT).unwrap();
        }
        let refused = !run(lab, "stat /wide/n0").stderr.is_empty();
        let shown = run(lab, "ls -l /wide").success().out();
        for (n, line) in shown.lines().enumerate() {
            let fields: Vec<_> = line.split_whitespace().collect();
            let size = if refused && n % 3 == 0 { "-".into() } else { n.to_string() };
            assert_eq!((fields[3], *fields.last().unwrap()), (&*size, &*format!("n{n}")), "{line}");
        }
        assert_eq!(shown.lines().count(), 100);
    }

    fn a_gentle_walk_asks_for_little_at_a_time(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/wide", b"").unwrap();
        for n in 0..400 {
            truth.create(&format!("/wide/n{n}"), b"x").unwrap();
        }
        let proxy = Proxy::to(&lab.addr());
        let requests = |line: &str| {
            let before = proxy.requests(op::MULTI_READ);
            let output = Zkx::new().server(lab.at(proxy.addr())).args(line.split(' ')).run().success();
            assert_eq!(output.out().lines().count(), 401);
            proxy.requests(op::MULTI_READ) - before
        };
        let (all, gentle) = (requests("ls -l -R /wide"), requests("--gentle ls -l -R /wide"));
        // 64 at a time, where the server has multiRead.
        if lab.version().minor() >= 6 {
            assert!(gentle >= 400 / 64 && all < gentle, "{all}, {gentle}");
        }
    }

    fn what_may_not_be_read_does_not_end_the_walk(lab: &Lab) {
        let mut truth = lab.truth();
        sample(&mut truth);
        truth.set_acl("/app/config", &[Acl::new(31, "ip", "10.0.0.1")]).unwrap();
        let output = run(lab, "ls -R /app").code(6);
        assert_eq!(output.out(), "/app\n/app/config\n/app/node-9\n/app/node-10\n");
        assert_eq!(output.stderr, "error: cannot list /app/config: the ACL does not allow it (NoAuth)\n");
        let output = run(lab, "-o json ls -R /app").code(6);
        let rows: serde_json::Value = serde_json::from_str(&output.out()).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 4);
        run(lab, "ls /app/config").code(6);
    }

    fn it_shows_who_comes_and_goes(lab: &Lab) {
        sample(&mut lab.truth());
        for line in ["ls -w /app", "ls /app watch", "ls --watch /app"] {
            let waiting = zkx(lab, line).spawn();
            waiting.wait_stdout(|shown| shown.ends_with("node-10\n"), SOON);
            lab.truth().create("/app/new", b"").unwrap();
            let shown = waiting.finish(SOON).success().out();
            assert!(shown.ends_with("  NodeChildrenChanged  /app  +new\n"), "{shown}");
            lab.truth().delete("/app/new").unwrap();
        }
        let waiting = zkx(lab, "ls -w -s /app").spawn();
        waiting.wait_stdout(|shown| shown.ends_with("numChildren = 3\n"), SOON);
        lab.truth().delete("/app/node-9").unwrap();
        let shown = waiting.finish(SOON).success().out();
        assert!(shown.ends_with("  NodeChildrenChanged  /app  -node-9\n"), "{shown}");
    }

    fn a_missing_one_is_an_error(lab: &Lab) {
        sample(&mut lab.truth());
        for line in ["ls /apps", "ls -l /apps", "ls -R /apps", "ls -s /apps"] {
            let output = run(lab, line).code(1);
            assert_eq!(
                output.stderr,
                "error: cannot list /apps: the znode does not exist (NoNode)\nhint: did you mean `/app`?\n"
            );
            assert_eq!(output.out(), "");
        }
    }
}
