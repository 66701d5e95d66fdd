//! A znode with a hundred thousand children.

use super::shell_of;
use crate::support::screen::CTRL_U;
use crate::support::servers::{self, Server, Version};
use crate::support::truth::Truth;
use crate::support::zkx::Zkx;

const CHILDREN: usize = 100_000;

/// On a server of its own: others would have to wait for it.
fn so_many_children_freeze_nothing(server: &Server) {
    let mut truth = Truth::connect(&server.addr()).unwrap();
    truth.create("/many", b"").unwrap();
    truth.create_many((0..CHILDREN).map(|n| (format!("/many/child-{n:06}"), Vec::new()))).unwrap();
    let mut screen = shell_of(Zkx::new().server(server.addr()));
    // At first the answer may come too late for the key; what is typed is on the screen at once all the same.
    screen.keys("get /many/child-0999\t");
    screen.keys("99");
    screen.wait("what was typed", |screen| screen.line().contains("get /many/child-0999"));
    screen.keys(CTRL_U);
    screen.keys("get /many/child-09999\t\t");
    screen
        .wait("the ten names", |screen| (0..10).all(|n| screen.text().contains(&format!("child-09999{n}"))));
    screen.keys(CTRL_U);
    // Where the list would be too long to be of use, it is of beginnings.
    screen.keys("get /many/\t\t");
    screen.wait("beginnings", |screen| {
        screen.text().contains("child-000") && screen.text().contains("child-099")
    });
    screen.keys(CTRL_U);
    assert!(screen.run("get /many/child-012345 -o json").contains("child-012345"));
    let last = screen.run("ls /many | tail -n 1");
    assert_eq!(last, "child-099999\n");
    let ten = screen.run("ls /many/child-00001? | wc -l | tr -d ' '");
    assert_eq!(ten, "10\n");
}

#[test]
fn with_so_many_children_nothing_freezes() {
    // A server with a small heap collects garbage longer than the short sessions of other tests last.
    if let Some(server) = servers::private_server_with(Version::V3_9, "tickTime=2000\n", "") {
        so_many_children_freeze_nothing(&server);
    }
}

#[test]
fn nor_does_it_in_memory() {
    if let Some(server) = servers::private_server(Version::MEMORY) {
        so_many_children_freeze_nothing(&server);
    }
}
