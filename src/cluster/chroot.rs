//! Where on an ensemble Kafka is.

use crate::kafka::layout::BROKER_IDS;
use crate::store::{Failure, Found, Read, Store};
use crate::walk::Reads;
use crate::wire::Code;
use crate::znode::{Names, ZPath};

/// A znode below which a Kafka cluster keeps its own, `/` if it has no chroot.
pub type Chroot = ZPath;

/// Children of `/` looked into, at most: a chroot is one of a few.
const LOOKED_INTO: usize = 10_000;

/// Whether there is a cluster below `path`: its brokers, or what they leave behind.
pub async fn is_kafka(store: &dyn Store, path: &ZPath) -> Result<bool, Failure> {
    let children = children(store, vec![path.clone()]).await?;
    let Some((_, Some(names))) = children.first() else { return Ok(false) };
    if names.iter().any(|name| matches!(name, "controller" | "consumers" | "migration")) {
        return Ok(true);
    }
    Ok(names.iter().any(|name| name == "brokers") && has_brokers(store, path).await?)
}

/// The clusters of the ensemble: at `/` and one level below, in their order. What holds nothing but
/// `consumers` counts only where no other is found.
pub async fn find(store: &dyn Store) -> Result<Vec<Chroot>, Failure> {
    let root = ZPath::root();
    let top = children(store, vec![root.clone()]).await?.pop().and_then(|(_, names)| names);
    let mut top = top.unwrap_or_default();
    top.sort_natural();
    let below = top.iter().filter(|name| *name != "zookeeper").take(LOOKED_INTO);
    let mut listed = children(store, below.map(|name| root.join(name)).collect()).await?;
    listed.insert(0, (root, Some(top)));

    let mut found = Vec::new();
    let mut weak = Vec::new();
    for (path, names) in listed {
        let Some(names) = names else { continue };
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        if has("controller") || has("brokers") && has_brokers(store, &path).await? {
            found.push(path);
        } else if has("consumers") {
            weak.push(path);
        }
    }
    Ok(if found.is_empty() { weak } else { found })
}

/// Other programs have a `brokers` too; Kafka's holds `ids` or `topics`.
async fn has_brokers(store: &dyn Store, path: &ZPath) -> Result<bool, Failure> {
    let folder = BROKER_IDS.trim_start_matches('/').split('/').next().unwrap_or_default();
    let listed = children(store, vec![path.join(folder)]).await?.pop();
    let names = listed.and_then(|(_, names)| names).unwrap_or_default();
    Ok(names.iter().any(|name| name == "ids" || name == "topics"))
}

/// The children of each; `None` for what is not there or may not be read.
async fn children(store: &dyn Store, paths: Vec<ZPath>) -> Result<Vec<(ZPath, Option<Names>)>, Failure> {
    let reads = paths.into_iter().map(|path| {
        let read = Read::Children(path.to_string());
        (path, read)
    });
    let names = |answer: Result<Found, Code>| match answer {
        Ok(Found::Children(names)) => Some(names),
        _ => None,
    };
    let answers = Reads::new(store, reads.collect()).all().await?;
    Ok(answers.into_iter().map(|(path, answer)| (path, names(answer))).collect())
}
