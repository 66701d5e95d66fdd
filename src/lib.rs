//! zkx: a ZooKeeper shell and scripting tool.
//!
//! One idea holds it together: a tree of znodes is a [`store::Store`], and every command is a
//! function from a store to values that are then rendered. `src/README.md` is the map.

pub mod app;
pub mod cli;
pub mod client;
pub mod cluster;
pub mod command;
pub mod error;
pub mod grammar;
pub mod kafka;
pub mod recipe;
pub mod render;
pub mod run;
pub mod runner;
pub mod script;
pub mod server;
pub mod shell;
pub mod store;
pub mod treefile;
pub mod view;
pub mod walk;
pub mod wire;
pub mod znode;
