//! What an overlay would change.

use bytes::Bytes;

use super::Overlay;
use crate::store::{Failure, Found, Read, Store};
use crate::znode::{Acl, ZPath};

/// A change that was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which znode.
    pub path: ZPath,
    /// What would become of it.
    pub what: What,
}

/// What would become of a znode; null data is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It would be created.
    Created {
        /// Its data.
        data: Option<Bytes>,
        /// Its ACL.
        acl: Vec<Acl>,
    },
    /// It would be deleted.
    Deleted {
        /// How many znodes are at and below it.
        znodes: usize,
    },
    /// It would be other.
    Changed {
        /// Data before and after, where that differs.
        data: Option<(Option<Bytes>, Option<Bytes>)>,
        /// ACL before and after, where that differs.
        acl: Option<(Vec<Acl>, Vec<Acl>)>,
    },
}

impl Overlay {
    /// What would change, by path; what was deleted with its parent is counted there.
    pub async fn plan(&self) -> Result<Vec<Planned>, Failure> {
        let (created, deleted, changed) = {
            let layer = self.layer();
            (layer.created().clone(), layer.deleted().clone(), layer.changed().clone())
        };
        let mut plan = Vec::with_capacity(created.len() + deleted.len() + changed.len());
        for (path, znodes) in deleted {
            plan.push(Planned { path: ZPath::from_server(path), what: What::Deleted { znodes } });
        }
        for path in created {
            let (data, acl) = look(&self.above, &path).await?;
            plan.push(Planned { path: ZPath::from_server(path), what: What::Created { data, acl } });
        }
        for path in changed {
            let before = look(&*self.below, &path).await?;
            let after = look(&self.above, &path).await?;
            let data = (before.0 != after.0).then_some((before.0, after.0));
            let acl = (before.1 != after.1).then_some((before.1, after.1));
            if data.is_some() || acl.is_some() {
                plan.push(Planned { path: ZPath::from_server(path), what: What::Changed { data, acl } });
            }
        }
        // A znode that is deleted and created again is deleted first.
        plan.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(plan)
    }
}

/// Data and ACL, as far as they may be seen.
async fn look(store: &dyn Store, path: &str) -> Result<(Option<Bytes>, Vec<Acl>), Failure> {
    let answers = store.read(vec![Read::Data(path.to_owned()), Read::Acl(path.to_owned())]).await?;
    let (mut data, mut list) = (None, Vec::new());
    for answer in answers {
        match answer {
            Ok(Found::Data(found, _)) => data = found,
            Ok(Found::Acl(found, _)) => list = found,
            _ => {}
        }
    }
    Ok((data, list))
}
