//! What a command ends with: an exit code, and when it failed what to say.

use std::fmt;
use std::io;

/// The exit codes of `cubit`, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Success = 0,
    Failed = 1,
    /// Wrong usage, or differences found with `--exit-code`.
    UsageOrDifferences = 2,
    Gated = 3,
    NotSignedIn = 4,
    NotFound = 5,
    Conflict = 6,
    PartlyFailed = 7,
}

/// A failure: what happened, where, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) place: Option<String>,
    pub(crate) hint: Option<String>,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            place: None,
            hint: None,
        }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::UsageOrDifferences, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    /// Adds where it happened, as `file:line:column`.
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Failing to read or write a file, with its name.
    pub(crate) fn file(path: impl fmt::Display, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::not_found(format!("there is no file `{path}`")),
            _ => Self::failed(format!("{path}: {error}")),
        }
    }

    /// Failing to print. Nobody reading any more (`cubit ... | head`) is no
    /// failure, but ends the command.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::Success, ""),
            _ => Self::failed(format!("cannot write the output: {error}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(place) = &self.place {
            write!(f, "\n  at {place}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl From<cubit_client::Error> for Error {
    fn from(error: cubit_client::Error) -> Self {
        use cubit_client::Error as Client;
        match error {
            Client::Address { .. } => Self::usage(error.to_string()),
            Client::Unreachable { server, source } => {
                Self::failed(format!("no answer from {server}: {source}"))
                    .hint("start a server with `cubit serve`, or name another one with --server")
            }
            Client::Refused {
                status,
                message,
                request_id,
            } => refused(status, &message, request_id.as_deref()),
            Client::Unexpected { .. } => Self::failed(error.to_string())
                .hint("the server may be of another version than this command"),
        }
    }
}

fn refused(status: u16, message: &str, request_id: Option<&str>) -> Error {
    let error = Error::new(exit_of(status, message), message);
    match (status, request_id) {
        (401, _) => error.hint("see `cubit auth status`; set CUBIT_TOKEN to use another token"),
        (409, _) => error.hint("somebody else changed it: read it again and repeat the change"),
        (500.., Some(id)) => error.hint(format!("the server's log names this request {id}")),
        _ => error,
    }
}

/// The exit code for a refusal. The API answers 422 for gates and for other
/// problems alike; only the message tells them apart.
pub(crate) fn exit_of(status: u16, message: &str) -> Exit {
    match status {
        401 => Exit::NotSignedIn,
        404 => Exit::NotFound,
        409 => Exit::Conflict,
        422 if message.contains("gate") || message.contains("approv") => Exit::Gated,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_one_exit_code() {
        let cases = [
            (401, "token expired", Exit::NotSignedIn),
            (404, "no such unit", Exit::NotFound),
            (409, "changed since", Exit::Conflict),
            (422, "line 3 column 1: a tab", Exit::Failed),
            (422, "delete gate `prod` is set", Exit::Gated),
            (400, "already exists", Exit::Failed),
        ];
        for (status, message, exit) in cases {
            assert_eq!(exit_of(status, message), exit, "{status} {message}");
        }
    }

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let error = Error::failed("`spec.replicas` is not there")
            .at("web.yaml:3:5")
            .hint("see `cubit data paths web.yaml`");
        insta::assert_snapshot!(error, @r"
        error: `spec.replicas` is not there
          at web.yaml:3:5
        hint: see `cubit data paths web.yaml`
        ");
    }
}
