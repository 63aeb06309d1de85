use std::io;

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not one a request can be sent to.
    #[error("`{address}` is not a server address (expected http://HOST:PORT or https://HOST)")]
    Address {
        /// The address as it was given.
        address: String,
    },
    /// No answer came: nobody listens, the name is unknown, the line broke.
    #[error("no answer from {server}")]
    Unreachable {
        /// The server that was asked.
        server: String,
        /// What went wrong on the way.
        #[source]
        source: io::Error,
    },
    /// The server answered with another status than 200 or 207.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The message of the server's error body, or a plain one.
        message: String,
        /// The `X-Request-Id` header, to find the request in the server's log.
        request_id: Option<String>,
    },
    /// The server answered, but not with what the operation promises.
    #[error("cannot read the answer to {method} {path}: {reason}")]
    Unexpected {
        /// The HTTP method.
        method: String,
        /// The path below `/api`.
        path: String,
        /// What did not fit.
        reason: String,
    },
}

impl Error {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}
