//! What Kafka's znodes mean, beside them, in the commands for any znode.

use super::*;
use crate::commands::{SOON, start};
use crate::support::zkx::Zkx;

/// What a command shows on a terminal.
fn on_terminal(lab: &Lab, line: &str) -> String {
    let zkx = Zkx::program("script")
        .args(["-qec", &format!("{} {line}", env!("CARGO_BIN_EXE_zkx")), "/dev/null"])
        .env("ZKX_SERVER", lab.at(&lab.addr()))
        .env("COLUMNS", "120")
        .env("SHELL", "/bin/sh");
    zkx.run().success().out().replace("\r\n", "\n")
}

on_every_server! {
    fn a_tree_says_what_its_znodes_mean(lab: &Lab) {
        let brokers = troubled(lab);
        let session = format!("{:#x}", brokers.session());
        let shown = run(lab, "tree /brokers/ids").success().out().replace(&session, "SESSION");
        assert_eq!(shown, "/brokers/ids\n\
            ├── 1  (ephemeral SESSION)  broker 1 k1:9092, k1.example.org:9093 (SSL) rack=a, up 0 s\n\
            └── 2  (ephemeral SESSION)  broker 2 k2:9092, k2.example.org:9093 (SSL) rack=b, up 0 s\n");
        let raw = run(lab, "tree --raw /brokers/ids").success().out();
        assert!(!raw.contains("broker 1"), "{raw}");
        let topic = run(lab, "tree /brokers/topics/moving").success().out();
        assert!(topic.starts_with("/brokers/topics/moving  1 partition, replication 1, 1 being moved\n"), "{topic}");
        assert!(topic.contains("state  leader 1, ISR 1, epoch 3\n"), "{topic}");
        let long = run(lab, "ls -l /admin/delete_topics").success().out();
        assert!(long.ends_with("  old  old shall be deleted\n"), "{long}");
        assert_eq!(run(lab, "ls /brokers/ids").success().out(), "1\n2\n");
        let json = run(lab, "-o json ls /brokers/ids").success().out();
        assert!(!json.contains("rack"), "{json}");
    }

    fn a_watch_says_who_comes_and_goes(lab: &Lab) {
        let mut truth = lab.truth();
        put(&mut truth, "/brokers/ids", "");
        put(&mut truth, "/consumers/g/offsets/t/0", "20");
        let watch = start(lab, "watch -R -n 3 /", "watching / and everything below");
        truth.create("/brokers/ids/7", b"h-1315436360737:10.0.0.1:9092").unwrap();
        watch.wait_line_containing("/brokers/ids/7  broker 7 10.0.0.1:9092, up 0 s", SOON);
        truth.set("/consumers/g/offsets/t/0", b"21").unwrap();
        watch.wait_line_containing("/consumers/g/offsets/t/0  next message 21", SOON);
        truth.delete("/brokers/ids/7").unwrap();
        let output = watch.finish(SOON).success().out();
        assert!(output.ends_with("NodeDeleted          /brokers/ids/7  broker 7 is gone\n"), "{output}");
    }
}

on_one_server! {
    fn a_terminal_shows_what_one_znode_means(lab: &Lab) {
        let _brokers = troubled(lab);
        let got = on_terminal(lab, "get /controller");
        assert!(got.contains("\n# controller: broker 2, for "), "{got}");
        assert!(!on_terminal(lab, "get --raw /controller").contains('#'));
        let into_a_pipe = run(lab, "get /controller").success();
        assert!(into_a_pipe.out().ends_with("-1}") && into_a_pipe.stderr.is_empty());
        let listed = on_terminal(lab, "ls /brokers/topics");
        assert!(listed.contains("\norders              3 partitions, replication mixed\n"), "{listed}");
        assert!(!on_terminal(lab, "ls --raw /brokers/topics").contains("partitions"));
    }
}
