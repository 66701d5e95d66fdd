//! Subscriptions side by side on one session.

use std::time::Duration;

use zkx::store::live::Live;
use zkx::store::{Change, Store};

use super::{config, connected, run};
use crate::support::lab::Lab;
use crate::support::proxy::Proxy;
use crate::support::servers::Version;

/// Watches end with those who want them, and take no neighbour with them.
#[test]
fn a_dropped_subscription_leaves_the_others_alone() {
    let Some(lab) = Lab::named("session.neighbours", Version::V3_9) else { return };
    let proxy = Proxy::to(&lab.addr());
    let mut truth = lab.truth();
    truth.create("/a", b"").unwrap();
    run(async {
        let live = Live::connect(config(&lab.at(proxy.addr()))).await.unwrap();
        let gone = live.watch("/a".into(), false).await.unwrap();
        let mut stays = live.watch("/a".into(), false).await.unwrap();
        let mut below = live.watch("/".into(), true).await.unwrap();
        drop(gone);
        tokio::time::sleep(Duration::from_millis(100)).await;
        proxy.cut();
        // Too short a loss to be seen by looking now and then.
        while proxy.connections() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        connected(&live.client()).await;
        live.sync("/".into()).await.unwrap();
        truth.set("/a", b"1").unwrap();
        truth.create("/a/child", b"").unwrap();
        let mut seen = Vec::new();
        while seen.len() < 4 {
            tokio::select! {
                change = stays.next() => seen.push(("stays", change.unwrap())),
                change = below.next() => seen.push(("below", change.unwrap())),
            }
            seen.retain(|(_, change)| matches!(change, Change::Event(_)));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!((stays.ready(), below.ready()), (None, None));
        let mut seen: Vec<_> = seen
            .into_iter()
            .map(|(who, change)| match change {
                Change::Event(event) => format!("{who} {} {}", event.kind.name(), event.path),
                other => format!("{other:?}"),
            })
            .collect();
        seen.sort_unstable();
        assert_eq!(
            seen,
            [
                "below NodeCreated /a/child",
                "below NodeDataChanged /a",
                "stays NodeChildrenChanged /a",
                "stays NodeDataChanged /a",
            ]
        );
        live.close().await;
    });
}
