//! `/brokers/topics/[topic]/partitions/[partition]/state`: who leads a partition.

use super::json::{Fields, Object};
use super::{Content, Extra, Malformed};

/// The state of a partition. The data version of its znode is the partition's epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionState {
    /// Version of its form; only 1 was ever written.
    pub version: i64,
    /// The broker that leads; `None` while there is none.
    pub leader: Option<i32>,
    /// How often the leader changed.
    pub leader_epoch: i32,
    /// The brokers that are in sync; without a leader those that last were.
    pub isr: Vec<i32>,
    /// The epoch of the controller that wrote this; during a migration KRaft's.
    pub controller_epoch: i32,
    /// 1 after an unclean election, until the leader has recovered (3.2+).
    pub recovery: Option<i32>,
    /// Whatever else was said.
    pub extra: Extra,
}

impl PartitionState {
    /// Whether its leader was out of sync when it was elected, and has not recovered yet.
    pub fn is_recovering(&self) -> bool {
        self.recovery == Some(1)
    }
}

impl Content for PartitionState {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::parse(data)?;
        Ok(Self {
            version: fields.version()?,
            // −1 is nobody; other numbers below zero are between brokers only.
            leader: Some(fields.need("leader")?).filter(|leader| *leader >= 0),
            leader_epoch: fields.need("leader_epoch")?,
            isr: fields.need("isr")?,
            controller_epoch: fields.need("controller_epoch")?,
            recovery: fields.get("leader_recovery_state")?,
            extra: fields.rest(),
        })
    }

    fn print(&self) -> String {
        Object::default()
            .with("version", self.version)
            .with("leader", self.leader.unwrap_or(-1))
            .with("leader_epoch", self.leader_epoch)
            .with("isr", self.isr.clone())
            .with("controller_epoch", self.controller_epoch)
            .with_some("leader_recovery_state", self.recovery)
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}
