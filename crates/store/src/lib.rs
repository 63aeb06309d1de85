//! Rows, blobs and queries on `SQLite`. The only place that speaks SQL.
//!
//! Invariants: what [`Write::commit`] returned from survives a crash (WAL, full
//! synchronisation); a dropped [`Write`] leaves nothing behind; there is one writer at a time
//! and readers never wait for it; every statement is bound to one organization; unit and
//! revision rows hold no text.
//!
//! ```no_run
//! # async fn example() -> Result<(), cubit_store::StoreError> {
//! use cubit_model::Space;
//! use cubit_query::Where;
//!
//! let store = cubit_store::Store::open("hub.db".as_ref()).await?;
//! let organization = cubit_model::OrganizationId::new();
//! let spaces = store.read().await?.list::<Space>(organization, &Where::default()).await?;
//! # Ok(())
//! # }
//! ```

mod audit;
mod blob;
mod column;
mod error;

mod identity;
mod narrow;
mod revision;
mod row;
mod space;
mod unit;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, SqliteConnection, Transaction};

pub use audit::{AuditEntry, Change, NewAuditEntry};
pub use blob::identify;
pub use error::StoreError;
pub use identity::{Identity, Token};
pub use revision::Mark;
pub use space::UnitCounts;

/// How long a statement waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections for reading.
const READERS: u32 = 8;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Store {
    /// Opens the database in a file, creating it if needed, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer version of this program.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        MIGRATIONS.run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { writer, readers })
    }

    /// Starts reading: everything read sees one state of the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self) -> Result<Read, StoreError> {
        Ok(Read {
            transaction: self.readers.begin().await?,
        })
    }

    /// Starts writing, after waiting for other writers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn write(&self) -> Result<Write, StoreError> {
        // IMMEDIATE takes the write lock now: a transaction that reads first and writes later
        // could otherwise fail half-way.
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Write {
            read: Read { transaction },
        })
    }

    /// Closes the database after what is running has finished.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A consistent view of the database.
#[derive(Debug)]
pub struct Read {
    transaction: Transaction<'static, Sqlite>,
}

impl Read {
    fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

/// A change in progress. Dropping it undoes it.
#[derive(Debug)]
pub struct Write {
    read: Read,
}

impl Write {
    /// Makes the change durable.
    ///
    /// # Errors
    /// When it could not be written; then nothing has changed.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.read.transaction.commit().await?)
    }
}

impl Deref for Write {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Read {
        &mut self.read
    }
}

#[cfg(test)]
mod tests;
