//! What a dry run would change.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::rows::EncodedValue;
use super::{Seen, Value};
use crate::znode::{Acl, ZPath};

/// A change that was not made.
#[derive(Clone, Debug)]
pub struct PlannedRow {
    /// Which znode.
    pub path: ZPath,
    /// What would become of it.
    pub what: Planned,
    /// People see line by line how the data would change.
    pub diff: bool,
}

/// What would become of a znode.
#[derive(Clone, Debug)]
pub enum Planned {
    /// It would be created.
    Created {
        /// Its data.
        data: Seen,
        /// Its ACL, unless that is the open one.
        acl: Option<Vec<Acl>>,
    },
    /// It would be deleted.
    Deleted {
        /// How many znodes are at and below it.
        znodes: usize,
    },
    /// It would be other.
    Changed {
        /// Data before and after, where that differs.
        data: Option<(Seen, Seen)>,
        /// ACL before and after, where that differs.
        acl: Option<(Vec<Acl>, Vec<Acl>)>,
    },
}

impl Planned {
    /// Its name in every format.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "create",
            Self::Deleted { .. } => "delete",
            Self::Changed { .. } => "change",
        }
    }
}

impl Serialize for PlannedRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("would", self.what.name())?;
        map.serialize_entry("path", self.path.as_str())?;
        match &self.what {
            Planned::Created { data, acl } => {
                map.serialize_entry("new", &encoded(data))?;
                if let Some(acl) = acl {
                    map.serialize_entry("newAcl", acl)?;
                }
            }
            Planned::Deleted { znodes } => map.serialize_entry("znodes", znodes)?,
            Planned::Changed { data, acl } => {
                if let Some((old, new)) = data {
                    map.serialize_entry("old", &encoded(old))?;
                    map.serialize_entry("new", &encoded(new))?;
                }
                if let Some((old, new)) = acl {
                    map.serialize_entry("oldAcl", old)?;
                    map.serialize_entry("newAcl", new)?;
                }
            }
        }
        map.end()
    }
}

fn encoded(seen: &Seen) -> EncodedValue<'_> {
    EncodedValue(Value::of(seen.as_deref(), false))
}
