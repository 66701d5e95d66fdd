//! Globs of the shell, on trees of every server.

use zkx::shell::glob::{Expansion, expand};
use zkx::store::Store;
use zkx::znode::ZPath;

use crate::support::truth::Acl;
use crate::walk::with_store;

async fn found(store: &dyn Store, pattern: &str) -> Expansion {
    expand(store, &ZPath::root(), pattern, 10_000).await.unwrap()
}

fn paths(found: &Expansion) -> Vec<&str> {
    found.paths.iter().map(ZPath::as_str).collect()
}

on_every_server! {
    fn thousands_of_parents_are_looked_into(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create("/g", b"").unwrap();
        for parent in 0..1500 {
            truth.create(&format!("/g/p{parent}"), b"").unwrap();
            if parent % 10 == 0 {
                truth.create(&format!("/g/p{parent}/x"), b"").unwrap();
            }
            if parent % 100 == 7 {
                truth.create(&format!("/g/p{parent}/ü*"), b"").unwrap();
            }
        }
        let tens: Vec<_> = (0..150).map(|n| format!("/g/p{}/x", n * 10)).collect();
        let sevens: Vec<_> = (0..15).map(|n| format!("/g/p{}/ü*", n * 100 + 7)).collect();
        with_store(lab, async |store| {
            for pattern in ["/g/*/x", "/g/p*/[w-y]", "/g/**/x", "/g/p*0/x", "/*/p*/**/x"] {
                let found = found(store, pattern).await;
                assert_eq!((paths(&found).len(), found.matched), (150, Some(150)), "{pattern}");
                assert_eq!(paths(&found), tens, "{pattern}");
            }
            for pattern in ["/g/p*/?\\*", "/g/**/ü*", "/g/*7/**"] {
                assert_eq!(paths(&found(store, pattern).await), sevens, "{pattern}");
            }
            let error = expand(store, &ZPath::root(), "/g/*", 1000).await.unwrap_err();
            assert_eq!(error.to_string(), "more than 1,000 znodes match /g/*");
            let error = expand(store, &ZPath::root(), "/g/*/y", 1000).await.unwrap_err();
            assert_eq!(error.to_string(), "no znode matches /g/*/y; /g exists");
        });
    }

    fn what_may_not_be_listed_is_told(lab: &Lab) {
        let mut truth = lab.truth();
        truth.create_parents("/g/open/x").unwrap();
        truth.create_parents("/g/secret/x").unwrap();
        truth.set_acl("/g/secret", &[Acl::new(31, "digest", "nobody:x")]).unwrap();
        with_store(lab, async |store| {
            for pattern in ["/g/*/?", "/g/**/x"] {
                let found = found(store, pattern).await;
                assert_eq!(paths(&found), ["/g/open/x"], "{pattern}");
                assert_eq!(found.unreadable, [ZPath::parse("/g/secret").unwrap()], "{pattern}");
            }
        });
    }
}
