//! A Kafka cluster as its znodes tell it ([`crate::kafka`]), and the ends of its logs, which only its
//! brokers know.
//!
//! Nothing that is unreadable, invalid or gone meanwhile fails what is around it: each znode is an
//! [`Entry`] that says how it was found.

mod chroot;
pub mod doctor;
mod entry;
mod facts;
mod folders;
pub mod groups;
mod health;
pub mod log_end;
mod min_isr;
mod status;
mod topics;

pub use chroot::{Chroot, find, is_kafka};
pub use entry::Entry;
pub use facts::{Fact, Facts, Happened, between, happened};
pub use folders::{Folders, Listed, Notice};
pub use health::{Health, Judge, Liveness};
pub use min_isr::MinIsr;
use min_isr::MinIsrs;
pub use status::{Regime, Registration, Status};
pub use topics::{Partition, TopicScan, TopicState};
