//! `sync`.

use super::run;
use crate::support::proxy::Proxy;
use crate::support::truth::op;
use crate::support::zkx::Zkx;

on_every_server! {
    fn the_server_is_asked_to_catch_up(lab: &Lab) {
        assert_eq!(run(lab, "sync").success().out(), "synced /\n");
        assert_eq!(run(lab, "sync /any/path").success().out(), "synced /any/path\n");
        assert_eq!(run(lab, "-o ndjson sync /a").success().out(), "{\"path\":\"/a\",\"synced\":true}\n");
        let proxy = Proxy::to(&lab.addr());
        Zkx::new().server(lab.at(proxy.addr())).arg("sync").run().success();
        assert_eq!(proxy.requests(op::SYNC), 1);
    }
}
