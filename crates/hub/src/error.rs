//! Why an operation is refused or fails.

use cubit_model::{ErrorMetadata, Invalid, InvalidReference, ResponseError};
use cubit_store::StoreError;
use thiserror::Error;

/// What kind of failure it is, for whoever translates it to a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is not valid.
    Invalid,
    /// No valid credentials.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// Something named does not exist, as far as the caller can see.
    NotFound,
    /// What was read has changed since.
    Conflict,
    /// A condition of the request does not hold.
    Mismatch,
    /// The request is too large.
    TooLarge,
    /// The request was understood and cannot be done in the current state.
    Unprocessable,
    /// Asked too often.
    TooMany,
    /// The hub cannot do it now, and may later.
    Unavailable,
    /// The hub itself failed.
    Internal,
}

impl ErrorKind {
    /// The word for it in answers about many entities.
    #[must_use]
    pub const fn category(self) -> &'static str {
        match self {
            Self::Invalid | Self::TooLarge | Self::Unprocessable => "validation",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Conflict | Self::Mismatch => "conflict",
            Self::TooMany => "too-many-requests",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status of the contract for it. It stands in the hub because answers about many
    /// entities carry it for each one.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Mismatch => 412,
            Self::TooLarge => 413,
            Self::Unprocessable => 422,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

/// A refused or failed operation.
#[derive(Debug, Error)]
pub enum HubError {
    /// The request is not valid.
    #[error("{0}")]
    Invalid(String),
    /// No valid credentials.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// Something named does not exist, as far as the caller can see.
    #[error("{entity} {id} not found")]
    NotFound {
        /// Its type.
        entity: &'static str,
        /// Its id.
        id: String,
    },
    /// What was read has changed since.
    #[error(
        "{entity} {slug} has changed since it was read: the request has Version {sent}, the stored one is {stored}; read it again and repeat the change"
    )]
    Conflict {
        /// Its type.
        entity: &'static str,
        /// Its slug.
        slug: String,
        /// The version in the request.
        sent: i64,
        /// The stored version.
        stored: i64,
    },
    /// What the request is about is not what the caller looked at.
    #[error("{0}")]
    Changed(String),
    /// The entity is not in the version that the request is for.
    #[error(
        "If-Match: the {entity} has Version {stored}, the request is for {expected}; read it again and repeat the change"
    )]
    Mismatch {
        /// Its type.
        entity: &'static str,
        /// The version in the request.
        expected: i64,
        /// The stored version.
        stored: i64,
    },
    /// A request with a key that cannot be answered as the first time.
    #[error("Idempotency-Key: the first request with this key {0}")]
    Repeated(&'static str),
    /// The request is too large.
    #[error("{0}")]
    TooLarge(String),
    /// The request was understood and cannot be done in the current state.
    #[error("{0}")]
    Unprocessable(String),
    /// Asked too often: how long to wait.
    #[error("too many failures: try again in {} seconds", .0.as_secs() + 1)]
    TooMany(std::time::Duration),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task of the hub ended abnormally.
    #[error("internal error: {0}")]
    Internal(String),
}

impl HubError {
    /// The kind of failure.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Unauthenticated(_) => ErrorKind::Unauthenticated,
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Conflict { .. } | Self::Repeated(_) => ErrorKind::Conflict,
            Self::Changed(_) => ErrorKind::Conflict,
            Self::Mismatch { .. } => ErrorKind::Mismatch,
            Self::TooLarge(_) => ErrorKind::TooLarge,
            Self::Unprocessable(_) => ErrorKind::Unprocessable,
            Self::TooMany(_) => ErrorKind::TooMany,
            // Two at once wanted the same name; one was first.
            Self::Store(StoreError::Taken(_)) => ErrorKind::Conflict,
            Self::Store(StoreError::Unstorable(_)) => ErrorKind::Invalid,
            Self::Store(StoreError::Unavailable(_) | StoreError::Objects(_)) => {
                ErrorKind::Unavailable
            }
            Self::Store(_) | Self::Internal(_) => ErrorKind::Internal,
        }
    }

    /// What to tell the caller: failures of the hub itself are explained in its log only.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Store(StoreError::Full) => "the disk of the server is full".to_owned(),
            Self::Store(StoreError::Unavailable(_)) => {
                "the database is busy or cannot be reached; try again".to_owned()
            }
            Self::Store(StoreError::Objects(_)) => {
                "large texts cannot be read or written now; try again".to_owned()
            }
            Self::Store(error @ StoreError::Unstorable(_)) => error.to_string(),
            Self::Store(StoreError::Taken(_)) => {
                "somebody else took the name at the same moment; read again and repeat".to_owned()
            }
            Self::Store(_) | Self::Internal(_) => {
                "internal error: the log of the server says more".to_owned()
            }
            other => other.to_string(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "ids are copied, texts borrowed"
    )]
    pub(crate) fn not_found(entity: &'static str, id: impl ToString) -> Self {
        Self::NotFound {
            entity,
            id: id.to_string(),
        }
    }

    /// The failure as part of an answer about many entities.
    pub(crate) fn for_item(&self, entity: &str, id: impl std::fmt::Display) -> ResponseError {
        let kind = self.kind();
        ResponseError {
            status: kind.status().into(),
            message: self.message(),
            error_category: kind.category().to_owned(),
            kind: kind.category().to_owned(),
            error_metadata: ErrorMetadata {
                entity_id: id.to_string(),
                entity_type: entity.to_owned(),
                items: Vec::new(),
            },
            ..ResponseError::default()
        }
    }

    /// Something the API names and this version does not have yet.
    pub(crate) fn not_available(what: &str) -> Self {
        Self::Invalid(format!("{what} is not available in this version"))
    }
}

impl From<Invalid> for HubError {
    fn from(error: Invalid) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<InvalidReference> for HubError {
    fn from(error: InvalidReference) -> Self {
        Self::Invalid(error.to_string())
    }
}
