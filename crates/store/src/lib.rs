//! Rows, blobs and queries on `SQLite` and `PostgreSQL`. The only place that speaks SQL.
//!
//! Invariants: what [`Write::commit`] returned from survives a crash; a dropped [`Write`] leaves
//! nothing behind; there is one writer at a time in an organization, so that what it reads stays
//! true until it commits, and readers never wait for it; every statement is bound to one
//! organization; unit and revision rows hold no text.
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
mod change_set;
mod column;
mod database;
mod error;
mod evaluation;
mod failpoint;
mod identity;
mod lease;
mod maintenance;
mod merge_report;
mod moved_heads;
mod narrow;
mod object;
mod request_key;
mod revision;
mod row;
mod search;
mod session;
mod sign_in;
mod space;
mod unit;

use std::collections::HashMap;
use std::ops::{Deref, DerefMut, Range};
use std::path::Path;
use std::sync::atomic::Ordering;

use blob::KeptTexts;
use cubit_model::OrganizationId;
use database::{Connection, Database};
use moved_heads::MovedHeads;
use tokio::sync::broadcast;
use uuid::Uuid;

pub use audit::{AuditEntry, Change, NamedChange, NewAuditEntry};
pub use blob::identify;
pub use error::StoreError;
pub use evaluation::PendingEvaluation;
pub use identity::{Identity, Token};
pub use lease::Lease;
pub use maintenance::{KeptRevision, check_unused_database, copy_database};
pub use object::{BlobPlace, InvalidPlace, ObjectCounts, Objects, Swept};
pub use request_key::KeyedRequest;
pub use revision::Mark;
pub use session::{FoundSession, StoredSession};
pub use sign_in::ExternalUser;
pub use space::UnitCounts;

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    /// Where large texts are kept; in the database, if none.
    objects: Option<Objects>,
}

impl Store {
    /// Opens the `SQLite` database in a file, creating it if needed, and brings its schema up to
    /// date.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer version of this program.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        Ok(Self::on(Database::open(file).await?))
    }

    /// Connects to the `PostgreSQL` database at a URL, and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be reached, or was written by a newer version of this program.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Ok(Self::on(Database::connect(url).await?))
    }

    const fn on(database: Database) -> Self {
        Self {
            database,
            objects: None,
        }
    }

    /// Starts reading: everything read sees one state of the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self) -> Result<Read, StoreError> {
        let connection = self.database.read().await?;
        Ok(self.reading(connection))
    }

    fn reading(&self, connection: Connection) -> Read {
        Read {
            connection,
            objects: self.objects.clone(),
            unsent: HashMap::new(),
            kept: KeptTexts::default(),
        }
    }

    /// Starts writing in an organization, after waiting for others who write there. What concerns
    /// no organization, or makes one, is written under the nil id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn write(&self, organization: OrganizationId) -> Result<Write, StoreError> {
        let connection = self.database.write(organization).await?;
        Ok(Write {
            read: self.reading(connection),
            organization,
            database: self.database.clone(),
            is_audited: false,
            is_background: false,
            cursors: 0..0,
            moved: MovedHeads::default(),
        })
    }

    /// Tells from now on in which organizations something was changed, by this server or another one
    /// on the same database. It may be told twice, and after a failure of the connection not at all:
    /// it wakes those who then look for themselves.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<OrganizationId> {
        self.database.shared().announcements.subscribe()
    }

    /// How many statements were sent to the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.database.shared().statements.load(Ordering::Relaxed)
    }

    /// Finds out whether all texts can be read, and new ones be written, as far as they are kept outside
    /// of the database.
    ///
    /// # Errors
    /// When they cannot, or nobody said where they are kept.
    pub async fn check_objects(&self) -> Result<(), StoreError> {
        match &self.objects {
            Some(objects) => objects.check().await,
            None if self.read().await?.names_objects().await? => Err(StoreError::NoPlace),
            None => Ok(()),
        }
    }

    /// Whether large texts are kept outside of the database.
    #[must_use]
    pub const fn has_objects(&self) -> bool {
        self.objects.is_some()
    }

    /// What was asked of the place of objects.
    #[must_use]
    pub fn object_counts(&self) -> ObjectCounts {
        let counts = self.objects.as_ref().map(Objects::counts);
        counts.unwrap_or_default()
    }

    /// Closes the database after what is running has finished.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// A consistent view of the database.
#[derive(Debug)]
pub struct Read {
    connection: Connection,
    /// Where large texts are kept.
    objects: Option<Objects>,
    /// Objects of a change that are written before it commits.
    unsent: HashMap<Uuid, Vec<u8>>,
    /// Texts that are at hand.
    kept: KeptTexts,
}

impl Read {
    const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Whether the database can be read.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn check(&mut self) -> Result<(), StoreError> {
        database::Statement::new("SELECT 1 FROM meta")
            .execute(self.connection())
            .await
    }
}

/// A change in progress. Dropping it undoes it.
#[derive(Debug)]
pub struct Write {
    read: Read,
    organization: OrganizationId,
    database: Database,
    /// Whether there is a new entry in the audit.
    is_audited: bool,
    /// Whether no request waits for it.
    is_background: bool,
    /// Numbers of what is created that the change has taken.
    cursors: Range<i64>,
    /// What follows from heads that moved, once everything is written.
    moved: MovedHeads,
}

impl Write {
    /// Notes that no request waits for the change.
    pub const fn in_background(&mut self) {
        self.is_background = true;
    }

    /// Makes the change durable.
    ///
    /// # Errors
    /// When it could not be written, or large texts of it could not. Then nothing has changed, unless
    /// the database went away in this moment: [`StoreError::Unavailable`].
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.follow_heads().await?;
        self.send_objects().await?;
        // PostgreSQL tells all servers, this one too, when the change is there.
        let told = match self.is_audited {
            true => self.read.connection.announce(self.organization).await?,
            false => false,
        };
        let point = failpoint::Point::of(self.organization, self.is_background);
        point.before_commit();
        self.read.connection.commit().await?;
        point.after_commit();
        if self.is_audited && !told {
            // Nobody listens: nobody has to be told.
            let _ = self.database.shared().announcements.send(self.organization);
        }
        Ok(())
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
