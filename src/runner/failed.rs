//! Why a step, and with it perhaps a run, came to an end.

use crate::command::failed;
use crate::error::{Error, Kind};
use crate::recipe;
use crate::script::Span;
use crate::script::expr::Fault;
use crate::store::Failure;
use crate::wire::Code;
use crate::znode::ZPath;

/// A step that failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// The server's own name, or `ASSERT`, `TIMEOUT`, `CONFLICT`, `FAIL`, `UNKNOWN`, `E03xx`…
    pub(super) code: &'static str,
    /// What went wrong, and what to do about it.
    pub(super) error: Error,
    /// Which znode it is about.
    pub(super) path: Option<ZPath>,
    /// The piece of the script that is to blame, where that is less than the step.
    pub(super) span: Option<Span>,
    /// Where the script says it, and the step, once those are known.
    pub(super) at: Option<(String, String)>,
}

impl Failed {
    pub(super) fn new(code: &'static str, error: Error) -> Self {
        Self { code, error, path: None, span: None, at: None }
    }

    pub(super) fn of(failure: Failure, verb: &str, path: &ZPath) -> Self {
        let code = code(&failure);
        Self { path: Some(path.clone()), ..Self::new(code, failed(failure, verb, path)) }
    }

    pub(super) fn recipe(recipe: recipe::Failed) -> Self {
        Self::of(recipe.failure, recipe.verb, &recipe.path)
    }

    pub(super) fn conflict(path: &ZPath, message: impl Into<String>) -> Self {
        Self { path: Some(path.clone()), ..Self::new("CONFLICT", Error::new(Kind::Conflict, message)) }
    }

    pub(super) fn fail(message: impl Into<String>) -> Self {
        Self::new("FAIL", Error::new(Kind::Refused, message))
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new("FAIL", Error::usage(message))
    }

    pub(super) fn timeout(message: impl Into<String>) -> Self {
        Self::new("TIMEOUT", Error::new(Kind::Connection, message))
    }

    /// The error, with its place.
    pub(super) fn placed(self) -> Error {
        let Some((place, step)) = self.at else { return self.error };
        let error = Error::new(self.error.kind(), format!("{place}: step {step}: {}", self.error));
        self.error.hints().iter().fold(error, |error, hint| error.hint(hint.clone()))
    }

    /// Whether another attempt may go better.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.code, "ConnectionLoss" | "OperationTimeout" | "SessionExpired" | "ThrottledOp")
    }

    /// Whether no attempt will ever go better.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.error.kind(), Kind::Usage | Kind::Config | Kind::Auth | Kind::Unknown | Kind::Bug)
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        let error = Error::new(Kind::Config, fault.message);
        Self { span: Some(fault.span), ..Self::new(fault.code, error) }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            Kind::Conflict => "CONFLICT",
            Kind::Connection => "ConnectionLoss",
            Kind::Auth => "NoAuth",
            Kind::Unknown => "UNKNOWN",
            Kind::Assertion => "ASSERT",
            _ => "FAIL",
        };
        Self::new(code, error)
    }
}

/// The name of a failure that `retry.on` and `ignore_errors` know.
pub(super) fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(code) | Failure::Operation { code, .. } => match *code {
            Code::OPERATION_TIMEOUT | Code::REQUEST_TIMEOUT => "OperationTimeout",
            code => code.name().unwrap_or("FAIL"),
        },
        Failure::Disconnected(_) | Failure::Oversize { .. } | Failure::Protocol(_) => "ConnectionLoss",
        Failure::Expired => "SessionExpired",
        Failure::AuthFailed => "AuthFailed",
        Failure::Unknown(_) => "UNKNOWN",
        Failure::TooLarge { .. } | Failure::Unsupported { .. } | Failure::ReadOnly => "FAIL",
    }
}

/// Why no further step is begun.
#[derive(Debug)]
pub(super) enum Ended {
    /// A step failed.
    Failed(Box<Failed>),
    /// A step said so, for this reason: that is success.
    Stop(String),
    /// Somebody interrupted.
    Interrupted(Kind),
}

impl<T: Into<Failed>> From<T> for Ended {
    fn from(failed: T) -> Self {
        Self::Failed(Box::new(failed.into()))
    }
}
