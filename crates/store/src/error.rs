//! What can go wrong with the database, and with what is kept beside it.

use sqlx::migrate::MigrateError;
use thiserror::Error;

/// A failure of the database.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The schema is newer than this program.
    #[error(
        "the database was written by a newer version (schema {0}); use that version, or restore a backup made before the upgrade"
    )]
    Newer(i64),
    /// The schema cannot be brought up to date.
    #[error("the database schema cannot be brought up to date: {0}")]
    Migration(MigrateError),
    /// No room is left.
    #[error("the disk is full")]
    Full,
    /// A name or number that must be unique is taken, in this table and these columns.
    #[error("already exists: {0}")]
    Taken(String),
    /// What is stored cannot be read back.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The database cannot be reached, or is kept busy by others. Later it may answer; whether a
    /// change that was being made is there is not known.
    #[error("the database is busy or cannot be reached: {0}")]
    Unavailable(String),
    /// The place that large texts are kept in does not answer, or not as it should.
    #[error("large texts cannot be read or written: {0}")]
    Objects(String),
    /// A text is kept outside of the database, and nobody said where.
    #[error(
        "texts of this database are kept as objects: the setting `blobs` (--blobs, CUBIT_BLOBS) must say where"
    )]
    NoPlace,
    /// A place has the objects of another database.
    #[error(
        "{0} holds the texts of another database; choose another folder or prefix (also for a database that was restored from before it used this one)"
    )]
    PlaceTaken(String),
    /// A place does not have the objects of this database.
    #[error(
        "{0} does not hold the texts of this database: it is empty, or its object `cubit-database` is gone"
    )]
    OtherPlace(String),
    /// A text that not every database can keep, in this attribute.
    #[error("{0}: must not hold the character NUL (U+0000)")]
    Unstorable(&'static str),
    /// Another server has taken over the work that a change was part of.
    #[error("another server has taken over this work")]
    LeaseLost,
    /// A change was to be committed after a statement of it failed.
    #[error("a part of the change failed, so nothing of it was made")]
    Incomplete,
    /// Anything else.
    #[error("the database does not answer: {0}")]
    Database(sqlx::Error),
}

/// A full disk: the result code of `SQLite`, the SQLSTATE of `PostgreSQL`.
const FULL: [&str; 2] = ["13", "53100"];

/// A text that `PostgreSQL` cannot be asked for either: NUL is in it.
const NO_CHARACTER: &str = "22021";

/// What may be over when it is tried again.
const PASSING: [&str; 15] = [
    // SQLite: busy; busy while recovering; busy with an old snapshot; busy too long.
    "5", "261", "517", "773",
    // PostgreSQL: serialization failure, deadlock, lock not available, cancelled.
    "40001", "40P01", "55P03", "57014",
    // Shut down, crashed, starting up, idle for too long, idle in a transaction.
    "57P01", "57P02", "57P03", "57P05", "25P03",
    // Too many connections; a replica that cannot be written to.
    "53300", "25006",
];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                if database.is_unique_violation() {
                    Self::Taken(database.message().to_owned())
                } else if FULL.contains(&&*code) {
                    Self::Full
                } else if code == NO_CHARACTER {
                    Self::Unstorable("a text")
                } else if PASSING.contains(&&*code) || is_connection_failure(&code) {
                    Self::Unavailable(database.to_string())
                } else {
                    Self::Database(error)
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

/// Class 08 of the SQLSTATEs of `PostgreSQL`, which have five signs.
fn is_connection_failure(code: &str) -> bool {
    code.len() == 5 && code.starts_with("08")
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            other => Self::Migration(other),
        }
    }
}
