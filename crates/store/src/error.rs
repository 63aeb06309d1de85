//! What can go wrong with the database.

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
    /// Anything else.
    #[error("the database does not answer: {0}")]
    Database(sqlx::Error),
}

/// Primary result code of `SQLite` for a full disk.
const SQLITE_FULL: &str = "13";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Taken(database.message().to_owned())
            }
            sqlx::Error::Database(database) if database.code().as_deref() == Some(SQLITE_FULL) => {
                Self::Full
            }
            _ => Self::Database(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            other => Self::Migration(other),
        }
    }
}
