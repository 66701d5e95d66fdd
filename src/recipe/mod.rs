//! What takes several requests and a promise about all of them: to wait for a state, to hold a lock, to
//! commit under conditions, to make a declared tree true.

pub mod declared;
pub mod lock;
pub mod txn;
pub mod wait;

use crate::store::{Failure, Store, Write};
use crate::wire::Code;
use crate::znode::{Acl, CreateMode, ZPath};

/// A failure, and which znode it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What was being done, as in `cannot create /a`.
    pub verb: &'static str,
    /// The znode.
    pub path: ZPath,
    /// Why.
    pub failure: Failure,
}

impl Failed {
    fn new(verb: &'static str, path: &ZPath, failure: Failure) -> Self {
        Self { verb, path: path.clone(), failure }
    }
}

/// Creates what is missing above `path`, persistent and with null data, and says what that was.
pub async fn make_parents(store: &dyn Store, path: &ZPath) -> Result<Vec<ZPath>, Failed> {
    let mut made = Vec::new();
    let Some(parent) = path.parent() else { return Ok(made) };
    for ancestor in parent.lineage() {
        match crate::store::stat(store, &ancestor).await {
            Ok(Some(_)) => continue,
            Ok(None) => {}
            Err(failure) => return Err(Failed::new("look at", &ancestor, failure)),
        }
        let write = Write::Create {
            path: ancestor.to_string(),
            data: None,
            acl: vec![Acl::open()],
            mode: CreateMode::Persistent,
        };
        match store.write(write).await {
            Ok(_) => made.push(ancestor),
            Err(Failure::Refused(Code::NODE_EXISTS)) => {}
            Err(failure) => return Err(Failed::new("create", &ancestor, failure)),
        }
    }
    Ok(made)
}
