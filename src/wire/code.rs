//! Error codes.

use std::fmt;

/// An error code in a reply; numbers and names from `KeeperException.Code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub i32);

macro_rules! codes {
    ($($constant:ident $number:literal $name:literal $words:literal;)*) => {
        impl Code {
            $(#[doc = concat!($name, ": ", $words, ".")] pub const $constant: Self = Self($number);)*

            /// Every code that has a name.
            pub const ALL: &[Self] = &[$(Self::$constant),*];

            /// The server's own name: `NoNode`.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$constant => Some($name),)*
                    _ => None,
                }
            }

            /// What it means, for people.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$constant => $words,)*
                    _ => "an error this version of zkx does not know",
                }
            }
        }
    };
}

codes! {
    OK 0 "ok" "no error";
    SYSTEM_ERROR -1 "SystemError" "the server failed";
    RUNTIME_INCONSISTENCY -2 "RuntimeInconsistency" "an earlier operation of the transaction failed";
    DATA_INCONSISTENCY -3 "DataInconsistency" "the server found its data inconsistent";
    CONNECTION_LOSS -4 "ConnectionLoss" "the connection to the server was lost";
    MARSHALLING_ERROR -5 "MarshallingError" "the server could not read the request";
    UNIMPLEMENTED -6 "Unimplemented" "the server does not know this operation";
    OPERATION_TIMEOUT -7 "OperationTimeout" "the operation took too long";
    BAD_ARGUMENTS -8 "BadArguments" "the server refused the arguments";
    NEW_CONFIG_NO_QUORUM -13 "NewConfigNoQuorum" "no quorum of the new configuration is connected";
    RECONFIG_IN_PROGRESS -14 "ReconfigInProgress" "another reconfiguration is in progress";
    UNKNOWN_SESSION -12 "UnknownSession" "the server does not know the session";
    API_ERROR -100 "APIError" "the server refused the request";
    NO_NODE -101 "NoNode" "the znode does not exist";
    NO_AUTH -102 "NoAuth" "the ACL does not allow it";
    BAD_VERSION -103 "BadVersion" "the version is not the expected one";
    NO_CHILDREN_FOR_EPHEMERALS -108 "NoChildrenForEphemerals" "an ephemeral znode cannot have children";
    NODE_EXISTS -110 "NodeExists" "the znode exists already";
    NOT_EMPTY -111 "NotEmpty" "the znode has children";
    SESSION_EXPIRED -112 "SessionExpired" "the session has expired";
    INVALID_CALLBACK -113 "InvalidCallback" "the callback is invalid";
    INVALID_ACL -114 "InvalidACL" "the server refused the ACL";
    AUTH_FAILED -115 "AuthFailed" "the server refused the credentials";
    SESSION_MOVED -118 "SessionMoved" "the session is on another server now";
    NOT_READ_ONLY -119 "NotReadOnly" "the server is read-only: it has lost its quorum";
    EPHEMERAL_ON_LOCAL_SESSION -120 "EphemeralOnLocalSession" "a local session cannot own an ephemeral znode";
    NO_WATCHER -121 "NoWatcher" "there is no such watch";
    REQUEST_TIMEOUT -122 "RequestTimeout" "the request timed out in the server";
    RECONFIG_DISABLED -123 "ReconfigDisabled" "reconfiguration is disabled";
    SESSION_CLOSED_REQUIRE_SASL_AUTH -124 "SessionClosedRequireAuth" "the server requires authentication";
    QUOTA_EXCEEDED -125 "QuotaExceeded" "a hard quota would be exceeded";
    THROTTLED_OP -127 "ThrottledOp" "the server is overloaded and dropped the request";
}

impl Code {
    /// `Ok(())` for 0.
    pub fn check(self) -> Result<(), Self> {
        if self == Self::OK { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error {}", self.0),
        }
    }
}

impl std::error::Error for Code {}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_have_the_servers_names() {
        assert_eq!(Code::NO_NODE.to_string(), "NoNode");
        assert_eq!(Code(-999).to_string(), "error -999");
        assert_eq!(Code::OK.check(), Ok(()));
        assert_eq!(Code::NOT_EMPTY.check(), Err(Code::NOT_EMPTY));
    }
}
