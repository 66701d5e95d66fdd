//! What ends without anybody asking for it: sessions, containers, TTL znodes.

use std::thread;
use std::time::Duration;

use crate::support::truth::{Acl, CONTAINER, EPHEMERAL, Failure, Truth};

/// Longer than anything here lives, several times: a container goes when its last child has gone
/// and somebody looks, once a second.
const ALL_OVER: Duration = Duration::from_secs(5);

/// Lets everything end on a server, and tells what was heard of it and what is left.
pub(super) fn told(addr: &str) -> String {
    let mut watcher = Truth::connect(addr).expect("a session");
    watcher.create("/ends", b"").unwrap();
    watcher.add_watch("/ends", true).unwrap();
    let mut staying = Truth::connect(addr).expect("a session");
    let mut leaving = Truth::connect_for(addr, Duration::from_millis(400)).expect("a session");

    let open = Acl::open();
    for (path, flags) in [("/ends/empty", CONTAINER), ("/ends/used", CONTAINER), ("/ends/full", CONTAINER)] {
        staying.create_as(path, None, &open, flags).unwrap();
    }
    staying.create("/ends/full/child", b"").unwrap();
    staying.create("/ends/used/child", b"").unwrap();
    staying.delete("/ends/used/child").unwrap();
    for path in ["/ends/outer", "/ends/outer/inner", "/ends/held"] {
        staying.create_as(path, None, &open, CONTAINER).unwrap();
    }
    staying.create("/ends/outer/inner/child", b"").unwrap();
    staying.delete("/ends/outer/inner/child").unwrap();
    for (path, ttl) in [("/ends/short", 100), ("/ends/parent", 100), ("/ends/long", 600_000)] {
        staying.create_with_ttl(path, ttl).unwrap();
    }
    staying.create("/ends/parent/child", b"").unwrap();
    leaving.create_as("/ends/held/ephemeral", None, &open, EPHEMERAL).unwrap();
    leaving.create_as("/ends/ephemeral", None, &open, EPHEMERAL).unwrap();
    staying.create_as("/ends/mine", None, &open, EPHEMERAL).unwrap();
    watcher.get_watched("/ends/used", true).unwrap();
    watcher.get_watched("/ends/ephemeral", true).unwrap();
    let (session, password) = (leaving.session(), leaving.password().to_vec());
    leaving.abandon();

    thread::sleep(ALL_OVER);
    let mut told = Vec::new();
    while let Ok(event) = watcher.event(Duration::from_millis(100)) {
        told.push(format!("event {} at {}", event.kind, event.path));
    }
    // What ends in the same moment ends in no order.
    told.sort_unstable();
    let late = Truth::resume(addr, Duration::from_secs(1), session, &password);
    told.push(format!(
        "resumed: {:?}",
        late.map(drop).map_err(|failure| matches!(failure, Failure::Lost(_)))
    ));
    let mut left = staying.subtree("/ends").unwrap();
    left.sort_unstable();
    for path in left {
        let stat = staying.exists(&path).unwrap().expect("a znode");
        told.push(format!(
            "{path}: version {} cversion {} children {}",
            stat.version, stat.cversion, stat.num_children
        ));
    }
    told.join("\n")
}
