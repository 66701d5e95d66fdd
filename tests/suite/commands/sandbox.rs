//! `sandbox`.

use crate::support::zkx::{Output, Zkx};

fn sandbox(line: &str) -> Output {
    Zkx::new().args(["sandbox"]).args(line.split_whitespace()).run()
}

#[test]
fn it_holds_a_small_world() {
    let tree = sandbox("tree /").success();
    for line in ["│   └── workers", "├── brokers", "├── consumers", "├── controller  (ephemeral 0x"]
    {
        assert!(tree.out().contains(line), "{line}: {}", tree.out());
    }
    assert_eq!(sandbox("get /consumers/billing/offsets/orders/1").success().out(), "47933");
    sandbox("get /app/config/secret").code(6);
    assert_eq!(sandbox("--auth digest:ann:secret get /app/config/secret").success().out(), "hunter2");
}

#[test]
fn every_call_finds_it_as_it_was() {
    sandbox("--yes deleteall /app").success();
    assert_eq!(sandbox("exists /app").success().out(), "true\n");
    assert_eq!(sandbox("create -s /app/locks/x- 1").success().out(), "/app/locks/x-0000000001\n");
    assert_eq!(sandbox("create -s /app/locks/x- 1").success().out(), "/app/locks/x-0000000001\n");
}

#[test]
fn it_takes_options_like_any_command() {
    let json = sandbox("-o ndjson exists /app").success().out();
    assert!(json.starts_with("{\"path\":\"/app\",\"exists\":true,"), "{json}");
    sandbox("--read-only set /app x").code(2);
    // The lines of standard input, of which there are none.
    assert!(sandbox("").success().stdout.is_empty());
    sandbox("nonsense /").code(2);
}
