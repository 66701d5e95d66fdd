//! What Kafka keeps in ZooKeeper, in every release from 0.7 to 3.9: which znode is which
//! ([`layout`]), and what its data say ([`model`]).
//!
//! Pure values: nothing here asks a store. Paths are below Kafka's chroot, if it has one. The facts
//! are those of Kafka's sources, from `kafka.utils.ZkUtils` (0.7 to 2.3) and `kafka.zk.ZkData` (1.0 to
//! 3.9), and of znodes seen in real clusters.
//!
//! Other programs write in the same tree, and old releases wrote differently: each znode is judged by
//! itself, never the cluster as a whole. What is not understood is kept ([`Extra`](model::Extra)), so
//! that a znode can be written again without loss; what cannot be read at all is a
//! [`Malformed`](model::Malformed) that says why, and no reason to give up on its neighbours.

pub mod layout;
pub mod model;
mod percent;
pub mod words;
