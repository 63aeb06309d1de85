//! The operations of the hub and their rules: what every operation does and who may do it.
//!
//! Invariants: every operation passes [`Caller`] through one access check, which is also the
//! only way to learn the organization that all reads and writes are bound to; an id of another
//! organization looks exactly like an id that does not exist; Data, Revisions and Mutations are
//! written in one place (the `commit` module), in one transaction; a dry run of a change is the same
//! code without the final commit, a dry run of functions ends before anything is locked.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use cubit_hub::{Hub, HubOptions, ListQuery};
//!
//! let hub = Hub::open(HubOptions { data_dir: "data".into() }).await?;
//! let administrator = hub.bootstrap().await?;
//! let token = hub.issue_token(administrator.user_id, administrator.organization_id, "me").await?;
//! let caller = hub.authenticate(&token, "example").await?;
//! let spaces = hub.list_spaces(&caller, &ListQuery::default()).await?;
//! # Ok(())
//! # }
//! ```

mod access;
mod audit;
mod bootstrap;
mod bulk;
mod change_set;
mod commit;
mod compute;
mod error;
mod evaluation;
mod expand;
mod function;
mod housekeeping;
mod in_space;
mod inspection;
mod link;
mod list;
mod maintenance;
mod mutation;
mod organization;
mod page;
mod request_key;
mod revision;
mod search;
mod select;
mod sign_in;
mod space;
mod text;
mod unit;
mod watch;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use cubit_store::{Objects, Store, StoreError};
use jiff::SignedDuration;
use sign_in::Credentials;
use thiserror::Error;
use tokio::sync::Notify;

pub use access::{Caller, Origin};
pub use bootstrap::LocalAdministrator;
pub use bulk::BulkCreate;
pub use cubit_model::Role;
pub use cubit_store::{BlobPlace, InvalidPlace, ObjectCounts, Swept};
pub use error::{ErrorKind, HubError};
pub use expand::Expand;
pub use function::{FunctionCatalogue, Invoke};
pub use in_space::Rules;
pub use inspection::Inspection;
pub use link::{LinkPairs, Side};
pub use list::ListQuery;
pub use maintenance::{backup, restore};
pub use page::Page;
pub use request_key::Begun;
pub use select::Selected;
pub use sign_in::{Credential, ExternalSignIn, Newcomers};
pub use unit::{ApprovalRequest, CreateUnit, UnitChange, Verdict};
pub use worker::WorkerCaller;

/// The database inside the data directory.
const DATABASE: &str = "cubit.db";

/// Where a hub keeps its data.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// A directory of its own; made if missing.
    pub data_dir: PathBuf,
}

/// Why a hub does not open.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be used: {error}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("the database {} cannot be opened: {error}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database says.
        error: StoreError,
    },
    /// The database server cannot be used.
    #[error("the PostgreSQL database cannot be opened: {0}")]
    Server(StoreError),
    /// The place that large texts are kept in cannot be used.
    #[error(transparent)]
    Blobs(StoreError),
}

/// A running hub. Cheap to clone; all clones are the same hub.
#[derive(Debug, Clone)]
pub struct Hub {
    store: Store,
    credentials: Credentials,
    /// Woken when there is something to evaluate.
    evaluator: Arc<Notify>,
    /// How long objects stay that nothing needs.
    keep_objects: SignedDuration,
}

impl Hub {
    fn on(store: Store) -> Self {
        Self {
            store,
            credentials: Credentials::default(),
            evaluator: Arc::default(),
            keep_objects: SignedDuration::ZERO,
        }
    }
}

impl Hub {
    /// Opens the hub that keeps its data in a directory.
    ///
    /// # Errors
    /// When the directory or the database in it cannot be used.
    pub async fn open(options: HubOptions) -> Result<Self, OpenError> {
        let path = options.data_dir;
        // What people configure is nobody else's business on a shared machine.
        let mut directory = tokio::fs::DirBuilder::new();
        directory.recursive(true);
        #[cfg(unix)]
        directory.mode(0o700);
        if let Err(error) = directory.create(&path).await {
            return Err(OpenError::Directory { path, error });
        }
        let path = path.join(DATABASE);
        match Store::open(&path).await {
            Ok(store) => Ok(Self::on(store)),
            Err(error) => Err(OpenError::Database { path, error }),
        }
    }

    /// Opens the hub that keeps its data in a `PostgreSQL` database. Any number of hubs may have
    /// the same one open.
    ///
    /// # Errors
    /// When the database at the URL cannot be used. The message does not hold the URL, which may
    /// have a password in it.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        match Store::connect(url).await {
            Ok(store) => Ok(Self::on(store)),
            Err(error) => Err(OpenError::Server(error)),
        }
    }

    /// Keeps large texts in a place outside of the database from now on. Those that nothing needs any
    /// more stay there for some time.
    ///
    /// # Errors
    /// When the place belongs to another database, or cannot be used.
    pub async fn with_blobs(
        self,
        place: BlobPlace,
        keep_objects: SignedDuration,
    ) -> Result<Self, OpenError> {
        let objects = Objects::open(place).map_err(OpenError::Blobs)?;
        let store = self.store.with_objects(objects).await;
        Ok(Self {
            store: store.map_err(OpenError::Blobs)?,
            keep_objects,
            ..self
        })
    }

    /// Finds out whether texts that are kept outside of the database can be read and written.
    ///
    /// # Errors
    /// When they cannot, or nobody said where they are.
    pub async fn check_blobs(&self) -> Result<(), OpenError> {
        let checked = self.store.check_objects().await;
        checked.map_err(OpenError::Blobs)
    }

    /// What was asked of the place of large texts.
    #[must_use]
    pub fn object_counts(&self) -> ObjectCounts {
        self.store.object_counts()
    }

    /// Whether the hub can answer requests.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ready(&self) -> Result<(), HubError> {
        Ok(self.store.read().await?.check().await?)
    }

    /// How many statements were sent to the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Closes the hub after what is running has finished.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

#[cfg(test)]
mod tests;
