//! Servers that know no persistent watches are restarted under those that zkx makes up.

use std::thread;
use std::time::Duration;

use super::SOON;
use crate::support::servers::{self, Version};
use crate::support::truth::Truth;
use crate::support::zkx::Zkx;

#[test]
fn made_up_watches_survive_a_restart_of_an_old_server() {
    for version in [Version::V3_4, Version::V3_5] {
        let Some(server) = servers::private_server(version) else { return };
        let mut truth = Truth::connect(&server.addr()).unwrap();
        for path in ["/tree", "/tree/a", "/tree/b", "/tree/c"] {
            truth.create(path, b"").unwrap();
        }
        let zkx = || Zkx::new().server(server.addr()).args(["--session-timeout", "4s"]);
        let tree = zkx().args(["watch", "-R", "/tree"]).spawn();
        let node = zkx().args(["watch", "/tree/a"]).spawn();
        tree.wait_stderr_containing("watching", SOON);
        node.wait_stderr_containing("watching", SOON);
        truth.set("/tree/a", b"1").unwrap();
        tree.wait_line_containing("/tree/a", SOON);
        // A znode that is gone and back at once is watched as the one before.
        for round in 0..20 {
            truth.delete("/tree/b").unwrap();
            truth.create("/tree/b", b"").unwrap();
            if round % 4 == 0 {
                thread::sleep(Duration::from_millis(20));
            }
        }
        thread::sleep(Duration::from_millis(300));
        let before = tree.stdout().matches("/tree/b").count();
        truth.set("/tree/b", b"seen").unwrap();
        tree.wait_stdout(|text| text.matches("/tree/b").count() == before + 1, SOON);

        server.restart();
        let mut truth = Truth::connect(&server.addr()).unwrap();
        truth.set("/tree/c", b"2").unwrap();
        // On a busy machine the server may take longer to start than the session lives.
        let back = |text: &str| text.contains("same session") || text.contains("the old session expired");
        tree.wait_stdout(back, SOON);
        tree.wait_line_containing("/tree/c", SOON);
        node.wait_stdout(back, SOON);
        truth.set("/tree/a", b"3").unwrap();
        node.wait_stdout(|text| text.matches("/tree/a").count() == 2, SOON);
        truth.create("/tree/d", b"").unwrap();
        tree.wait_line_containing("/tree/d", SOON);
        thread::sleep(Duration::from_millis(200));
        let text = tree.stdout();
        for path in ["/tree/c", "/tree/d"] {
            assert_eq!(text.matches(path).count(), 1, "{version}\n{text}");
        }
        let _ = tree.stop().code(130);
        let _ = node.stop().code(130);
    }
}
