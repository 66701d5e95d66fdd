//! A hundred thousand children.

use std::time::Duration;

use super::{exists, zkx};
use crate::support::lab::Lab;
use crate::support::servers::Version;

const MANY: usize = 100_000;

/// Long names: their listing has more than 6 MB, six times what a server takes as a request.
fn name(n: usize) -> String {
    format!("a-child-whose-name-is-about-as-long-as-a-uuid-and-more-{n}")
}

#[test]
fn a_hundred_thousand_children_are_nothing_special() {
    for version in [Version::MEMORY, Version::V3_4, Version::V3_9] {
        let Some(lab) = Lab::on(version) else { return };
        let mut truth = lab.truth();
        truth.create("/many", b"").unwrap();
        truth.create_many((0..MANY).map(|n| (format!("/many/{}", name(n)), b"x".to_vec()))).unwrap();
        let run = |line: &str| zkx(&lab, line).timeout(Duration::from_secs(60)).run();

        let listed = run("ls /many").success().out();
        assert!(listed.len() > 6_000_000, "{}", listed.len());
        assert!(listed.lines().map(str::to_owned).eq((0..MANY).map(name)), "natural order");
        let long = run("ls -l /many").success().out();
        assert_eq!(long.lines().count(), MANY);
        assert!(long.lines().last().unwrap().ends_with(&name(99_999)));
        assert!(long.lines().all(|line| line.starts_with("persistent        0         0         1 B  20")));
        let below = run("ls -R /many").success().out();
        assert_eq!(below.lines().count(), MANY + 1);
        let tree = run("tree -n 5 /many").success();
        let shown: String = (0..5).map(|n| format!("├── {}\n", name(n))).collect();
        assert_eq!(tree.out(), format!("/many\n{shown}└── … 99,995 more\n"));
        assert_eq!(tree.stderr, "note: 6 znodes, 99,995 not shown (--limit)\n");

        run("deleteall --yes --max-nodes 100000 /many").code(2);
        assert_eq!(lab.truth().children("/many").unwrap().0.len(), MANY);
        let deleted = run("deleteall --yes --max-nodes 100001 /many").success();
        assert_eq!(deleted.out(), "deleted /many: 100,001 znodes\n");
        assert!(!exists(&lab, "/many"));
    }
}
