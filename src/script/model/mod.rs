//! A script, read: what it says, typed, with the place of each thing.
//!
//! A [`Slot`] is a value that is known, or comes from an expression when the step is run. What is fixed
//! has been checked already.

mod acl;
mod beside;
mod data;
mod header;
mod name;
mod scalars;
mod slot;
mod step;
mod tree;
mod tree_file;
mod txn;
mod verbs;
mod words;

pub use acl::{AclEntry, AclList};
pub use beside::{GroupInactive, Include, Kafka, Lock, RunLines, Shell, Sync, TopicCheck, Wait, Watch};
pub use data::{Content, Data, DigestEntry};
pub use header::{
    AuthSpec, Connect, Defaults, FormatVersion, Guard, Hosts, LockSpec, Sasl, Script, ServerVersion, Tls,
    Typed, VarKind, VarSpec, VersionCondition,
};
pub use name::{Name, Named};
pub use scalars::{AclText, Base64, Hex, NewPath, PermsText, Regex, Version};
pub use slot::{Scalar, Slot, Wrong, list};
pub use step::{
    Block, ForEach, IgnoreErrors, Modifiers, Parallel, Retry, RetryPolicy, Step, Steps, Undo, places,
};
pub use tree::{Tree, TreeKind};
pub use tree_file::{Apply, NodeName, NodeSpec, Nodes, Prune, PruneSpec, TreeDefaults, TreeMode};
pub use txn::{DataIs, Guarded, Op, OpKind, Txn, VersionIs};
pub use verbs::{
    AclVerb, Action, Assert, Create, Delete, Ensure, ExistsVerb, Expect, Get, Ls, ModeSpec, Modify, Replace,
    Set,
};
pub use words::{
    Atomic, Capability, CheckMode, Compare, DataView, Ephemerals, Exists, FailureName, Missing, Mode,
    OnConflict, OnFailure, Protect, PruneScope, State, UndoWord, VarType, WaitFor, WatchMode, With,
};
