//! What must hold before anything of Kafka's is written.

use super::groups::read;
use super::{Context, Error, Kind, Regime, Result, Status};
use crate::cluster::groups::{Group, GroupState};

/// Refuses to write where what is in ZooKeeper is only a copy, or may be.
pub(super) fn may_write(status: &Status, verb: &str) -> Result<()> {
    if let Some(fault) = status.controller.fault() {
        return Err(Error::new(
            Kind::Conflict,
            format!(
                "cannot {verb}: whether ZooKeeper governs this cluster is unknown, /controller says nothing: {fault}"
            ),
        ));
    }
    match status.regime() {
        Regime::ZooKeeper => Ok(()),
        Regime::Migrating { node } | Regime::Kraft { node } => Err(Error::new(
            Kind::Conflict,
            format!(
                "cannot {verb}: KRaft node {node} is the controller, and what is in ZooKeeper is its copy"
            ),
        )
        .hint("ask the brokers, with Kafka's own tools and --bootstrap-server")),
    }
}

/// Refuses to change a group under those who use it.
pub(super) fn must_be_idle(group: &Group, verb: &str) -> Result<()> {
    let name = &group.name;
    match group.state() {
        GroupState::Empty | GroupState::OffsetsOnly => Ok(()),
        GroupState::Active => Err(Error::new(
            Kind::Conflict,
            format!(
                "the group {name} has {} that live{}: cannot {verb}",
                crate::znode::text::count(group.members.len(), "member"),
                if group.members.len() == 1 { "s" } else { "" },
            ),
        )
        .hint("stop its consumers first: they would go on from where they are, and commit over it")),
        GroupState::Unknown => Err(Error::new(
            Kind::Auth,
            format!("whether the group {name} has members cannot be seen: cannot {verb}"),
        )),
    }
}

/// Says so if a member has come meanwhile.
pub(super) async fn stays_idle(cx: &Context<'_>, status: &Status, group: &Group) -> Result<()> {
    match read(cx, status, &group.name).await {
        Ok(now) if now.state() == GroupState::Active => Err(Error::new(
            Kind::Conflict,
            format!("the offsets were set, but a member has joined the group {} meanwhile: it may have begun at the old ones", group.name),
        )
        .hint("stop it, and look with `kafka group`")),
        _ => Ok(()),
    }
}
