//! Every command on every server, its effect judged by an independent client.
//!
//! A file a command, called like it, and a file for each thing that all commands share.

use std::time::Duration;

use crate::support::lab::Lab;
use crate::support::truth::Truth;
use crate::support::zkx::{Output, Running, Zkx};

mod add_watch;
mod apply;
mod completions;
mod create;
mod create_data;
mod delete;
mod deleteall;
mod dry_run;
mod errors;
mod exists;
mod formats;
mod formats_events;
mod formats_lists;
mod formats_writes;
mod get;
mod get_acl;
mod kafka;
mod lock;
mod ls;
mod ls2;
mod many;
mod memory;
mod meta;
mod names;
mod plan;
mod profile_choice;
mod profiles;
mod run;
mod safety;
mod sandbox;
mod secrets;
mod server;
mod set;
mod set_acl;
mod stat;
mod streams;
mod sync;
mod terminal;
mod tree;
mod txn;
mod usage;
mod wait;
mod watch;
mod watch_once;
mod whoami;

/// For what should take a moment, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// Runs a command line whose words have no spaces in them; `''` stands for an empty one.
fn run(lab: &Lab, line: &str) -> Output {
    zkx(lab, line).run()
}

fn zkx(lab: &Lab, line: &str) -> Zkx {
    lab.zkx().args(line.split_whitespace().map(|word| if word == "''" { "" } else { word }))
}

/// Starts a command that waits, and waits until it does.
fn start(lab: &Lab, line: &str, ready: &str) -> Running {
    let running = zkx(lab, line).spawn();
    running.wait_stderr_containing(ready, SOON);
    running
}

/// What a znode holds; null is `None`.
fn data(lab: &Lab, path: &str) -> Option<Vec<u8>> {
    lab.truth().get(path).unwrap().0
}

fn exists(lab: &Lab, path: &str) -> bool {
    lab.truth().exists(path).unwrap().is_some()
}

/// The id of the last transaction that the server took part in.
fn zxid(lab: &Lab) -> String {
    let answer = lab.server().four_letter("srvr");
    answer.lines().find(|line| line.starts_with("Zxid:")).expect("a zxid").to_owned()
}

/// A small tree that looks like one in use.
fn sample(truth: &mut Truth) {
    for (path, data) in [
        ("/app", &b"hello"[..]),
        ("/app/config", b""),
        ("/app/config/db", b"{\"url\":\"jdbc:x\",\"pool\":10}"),
        ("/app/node-9", b"nine"),
        ("/app/node-10", b"ten"),
    ] {
        truth.create(path, data).unwrap();
    }
}
