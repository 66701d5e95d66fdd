//! Values that are one of a few words.

use serde_json::json;

use super::slot::{Scalar, Wrong};
use crate::error::did_you_mean;

/// Defines enumerations of words.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $word_doc:literal])+ $variant:ident = $word:literal,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $word_doc])+ $variant,)+
        }

        impl $name {
            /// The words, in order.
            pub const WORDS: &[&str] = &[$($word),+];

            /// As it is written.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl Scalar for $name {
            const WHAT: &'static str = concat!("one of" $(, " ", $word)+);
            const CODE: &'static str = "E0208";

            fn read(text: &str) -> Result<Self, Wrong> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => {
                        let wrong = Wrong::new(format!("`{text}` is none of {}", Self::WORDS.join(", ")));
                        Err(match did_you_mean(text, Self::WORDS.iter().copied()) {
                            Some(meant) => wrong.hint(format!("did you mean `{meant}`?")),
                            None => wrong,
                        })
                    }
                }
            }

            fn schema() -> serde_json::Value {
                json!({"enum": [$($word),+]})
            }
        }
    )+};
}

words! {
    /// What happens when a step fails and nothing rescues it.
    OnFailure {
        /// No further step runs, except those of `finally`.
        Stop = "stop",
        /// And what was done is undone.
        Rollback = "rollback",
        /// The next step runs.
        Continue = "continue",
    }

    /// The type of a variable.
    VarType {
        /// Text.
        String = "string",
        /// A whole number.
        Int = "int",
        /// A number.
        Float = "float",
        /// `true` or `false`.
        Bool = "bool",
        /// Like `30s`; milliseconds in expressions.
        Duration = "duration",
        /// RFC 3339, or milliseconds since 1970; the latter in expressions.
        Time = "time",
        /// A znode's path.
        Path = "path",
        /// Base64.
        Bytes = "bytes",
        /// A list.
        List = "list",
        /// A mapping.
        Map = "map",
    }

    /// What a server must be able to do.
    Capability {
        /// Container znodes: 3.5.1.
        Container = "container",
        /// TTL znodes: 3.5.3, where they are enabled.
        Ttl = "ttl",
        /// Containers and TTL znodes within transactions: 3.7.2, 3.8.2, 3.9.0.
        Create2Multi = "create2_multi",
        /// Persistent watches: 3.6.
        PersistentWatch = "persistent_watch",
        /// Dynamic reconfiguration: 3.5, where it is enabled.
        Reconfig = "reconfig",
    }

    /// What `get` is to make of the data.
    DataView {
        /// UTF-8; anything else is an error when `.text` is used.
        Text = "text",
        /// JSON, which is parsed at once.
        Json = "json",
        /// YAML, which is parsed at once.
        Yaml = "yaml",
        /// Bytes.
        Bytes = "bytes",
    }

    /// What `get` fetches beside data and stat.
    With {
        /// The ACL.
        Acl = "acl",
        /// The children.
        Children = "children",
    }

    /// What kind of znode.
    Mode {
        /// Stays until it is deleted.
        Persistent = "persistent",
        /// Goes with the session.
        Ephemeral = "ephemeral",
        /// Is deleted when its last child is.
        Container = "container",
    }

    /// Whether a name carries a mark, so that it is found again after a lost connection.
    Protect {
        /// For ephemeral sequential znodes.
        Auto = "auto",
        /// Always.
        Yes = "true",
        /// Never.
        No = "false",
    }

    /// What `create` does where there is a znode already.
    Exists {
        /// Fails.
        Fail = "fail",
        /// Leaves it.
        Ok = "ok",
        /// Leaves it if data and ACL are the same, and fails otherwise.
        Same = "same",
        /// Sets data and ACL.
        Replace = "replace",
    }

    /// Whether a znode is to be.
    State {
        /// It is to be.
        Present = "present",
        /// It is not to be.
        Absent = "absent",
    }

    /// What `delete` does where there is nothing.
    Missing {
        /// Fails.
        Fail = "fail",
        /// Nothing.
        Ok = "ok",
    }

    /// What `delete` does with ephemeral znodes.
    Ephemerals {
        /// Fails.
        Fail = "fail",
        /// Leaves them, and what is above them.
        Skip = "skip",
        /// Deletes them.
        Delete = "delete",
    }

    /// How data is compared with what is there.
    Compare {
        /// Byte by byte.
        Bytes = "bytes",
        /// As JSON.
        Json = "json",
        /// As YAML.
        Yaml = "yaml",
        /// As text, whatever its line ends.
        Text = "text",
    }

    /// Whether a tree is applied by one transaction.
    Atomic {
        /// If it fits into one.
        Auto = "auto",
        /// Or not at all.
        Yes = "true",
        /// No.
        No = "false",
    }

    /// What is done when a znode changed between plan and write.
    OnConflict {
        /// The step fails.
        Fail = "fail",
        /// The plan is made again.
        Retry = "retry",
    }

    /// What `prune` deletes.
    PruneScope {
        /// What the inventory says is ours.
        Owned = "owned",
        /// Everything below the root that the tree does not name.
        All = "all",
    }

    /// What `wait` waits for.
    WaitFor {
        /// That there is such a znode.
        Exists = "exists",
        /// That there is none.
        Absent = "absent",
        /// That its data changes.
        Data = "data",
        /// That its children change.
        Children = "children",
    }

    /// What `watch` watches.
    WatchMode {
        /// The best that the server can do for the znode and all below it.
        Recursive = "persistent-recursive",
        /// The znode and its children.
        Persistent = "persistent",
        /// The next change of its data.
        Data = "data",
        /// The next change of its children.
        Children = "children",
    }

    /// What a step does in check mode.
    CheckMode {
        /// Reads are done, writes go to an overlay, programs are not run.
        Auto = "auto",
        /// It is run as usual.
        Always = "always",
        /// It is skipped.
        Never = "never",
    }

    /// How a step is undone, where no steps say so.
    UndoWord {
        /// By what was there before.
        Auto = "auto",
        /// Not at all.
        None = "none",
    }

    /// Failures by name, for `ignore_errors` and `retry`.
    FailureName {
        /// Whatever it is.
        Any = "any",
        /// What may be over in a moment: ConnectionLoss, OperationTimeout, SessionExpired, ThrottledOp.
        Transient = "transient",
        /// There is no such znode.
        NoNode = "NoNode",
        /// There is such a znode.
        NodeExists = "NodeExists",
        /// It has children.
        NotEmpty = "NotEmpty",
        /// It has another version.
        BadVersion = "BadVersion",
        /// Its ACL does not allow it.
        NoAuth = "NoAuth",
        /// The server does not take the ACL.
        InvalidAcl = "InvalidACL",
        /// An ephemeral znode has no children.
        NoChildrenForEphemerals = "NoChildrenForEphemerals",
        /// A quota is used up.
        QuotaExceeded = "QuotaExceeded",
        /// The connection broke.
        ConnectionLoss = "ConnectionLoss",
        /// The server did not answer in time.
        OperationTimeout = "OperationTimeout",
        /// The session is over.
        SessionExpired = "SessionExpired",
        /// The server has too much to do.
        ThrottledOp = "ThrottledOp",
        /// An assertion does not hold.
        Assert = "ASSERT",
        /// It took too long.
        Timeout = "TIMEOUT",
        /// Somebody else was there first.
        Conflict = "CONFLICT",
        /// A `fail` step, or a program that failed.
        Fail = "FAIL",
    }
}
