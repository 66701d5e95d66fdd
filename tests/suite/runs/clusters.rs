//! Check mode with several clusters that are the same servers.

use crate::support::truth::{Acl, PERSISTENT};
use crate::support::zkx::{Output, Zkx};

/// What was told of each step, without the reasons of failures.
fn told(output: &Output) -> Vec<String> {
    let said = output.out();
    let lines = said.lines().skip(1).map(|line| line.replace("would change", "changed"));
    lines.collect()
}

on_one_server! {
    fn who_is_let_in_is_in_and_who_is_put_out_is_out(lab: &Lab) {
        let servers = lab.at(&lab.addr());
        let mut truth = lab.truth();
        truth.auth("digest", "old:pw").unwrap();
        let acl = [Acl::new(31, "auth", "")];
        for path in ["/w", "/w/a", "/w/b", "/w/a/deep"] {
            truth.create_as(path, Some(b"data"), &acl, PERSISTENT).unwrap();
        }
        let script = format!(
            "zkx: 1\non_failure: continue\nclusters:\n  default: {{hosts: \"{servers}\", auth: [{{digest: \"old:pw\"}}]}}\n  \
             fresh: {{hosts: \"{servers}\", auth: [{{digest: \"new:pw\"}}]}}\nvars:\n  \
             add: \"${{ 'digest:' ~ digest_acl('new', 'pw') ~ ':cdrwa' }}\"\n  \
             remove: \"${{ 'digest:' ~ digest_acl('old', 'pw') ~ ':cdrwa' }}\"\nsteps:\n  - on: fresh\n    get: /w/a\n  \
             - acl: {{path: /w/a, add: [\"${{ add }}\"]}}\n  - on: fresh\n    get: /w/a\n  - on: fresh\n    ls: /w/a\n  \
             - on: fresh\n    get: /w/a/deep\n  - on: fresh\n    get: /w\n  \
             - acl: {{path: /w, add: [\"${{ add }}\"], recursive: true}}\n  - on: fresh\n    run: tree --data /w\n  \
             - on: fresh\n    acl: {{path: /w, remove: [\"${{ remove }}\"], recursive: true}}\n  - get: /w/b\n  \
             - set: {{path: /w/a, data: late}}\n  - on: fresh\n    set: {{path: /w/a, data: new}}\n  \
             - on: fresh\n    create: {{path: /w/c}}\n  - create: {{path: /w/d}}\n"
        );
        let run = |more: &[&str]| Zkx::new().file("s.yaml", &script).args(["run", "s.yaml"]).args(more).run();
        let checked = run(&["--check"]);
        assert_eq!(truth.text("/w/a").unwrap(), "data");
        let done = run(&["--journal", "off"]);
        let (checked, done) = (told(&checked), told(&done));
        assert_eq!(checked, done);
        let failed: Vec<_> = done.iter().filter(|line| line.starts_with('✗')).collect();
        assert_eq!(failed.len(), 6, "{done:?}");
    }
}
