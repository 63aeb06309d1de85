//! Large texts outside of the database: as objects in an S3 store, or as files in a folder.
//!
//! An object is written once, under a name that nothing had before, and before the change commits
//! that names it; whoever reads a name finds the whole object. Only the collection of garbage removes
//! objects.

mod claim;
mod garbage;
mod http;
mod place;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cubit_model::OrganizationId;
use futures_util::StreamExt;
use futures_util::stream::{self, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use uuid::Uuid;

use crate::StoreError;

pub use garbage::Swept;
pub use place::{BlobPlace, InvalidPlace};

/// Content of at least this size becomes an object. A smaller one costs less in its row than the way
/// to the store and back.
pub(crate) const LARGE: usize = 4 << 10;
/// Objects of one call that are read or written at the same time.
const AT_ONCE: usize = 16;
/// How long all objects of one change may take: it makes others wait. Less than what `PostgreSQL` lets a
/// change be idle.
const PATIENCE: Duration = Duration::from_secs(50);
/// What the start of the server writes, reads and deletes.
const TRIAL: &[u8] = b"Cubit can write here.\n";

/// The objects of a database. All clones are the same.
#[derive(Debug, Clone)]
pub struct Objects(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    place: BlobPlace,
    store: Box<dyn ObjectStore>,
    prefix: Path,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    reads: AtomicU64,
    writes: AtomicU64,
    failures: AtomicU64,
}

/// What one process has asked of its objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectCounts {
    /// Objects that were read.
    pub reads: u64,
    /// Objects that were written.
    pub writes: u64,
    /// Calls that failed, after they were tried again.
    pub failures: u64,
}

impl Objects {
    /// Makes what is needed to use a place; nothing is asked of it yet.
    ///
    /// # Errors
    /// When the folder cannot be made, or the environment says something about S3 that cannot be.
    pub fn open(place: BlobPlace) -> Result<Self, StoreError> {
        let (store, prefix) = place.store()?;
        Ok(Self(Arc::new(Opened {
            place,
            store,
            prefix,
            counts: Counts::default(),
        })))
    }

    /// Finds out whether objects can be written, read and deleted.
    ///
    /// # Errors
    /// When they cannot.
    pub async fn check(&self) -> Result<(), StoreError> {
        let path = self.path(&Uuid::now_v7().to_string());
        self.put(&path, TRIAL.to_vec()).await?;
        let found = self.get(&path).await?;
        self.remove(&path).await?;
        match found.as_deref() {
            Some(TRIAL) => Ok(()),
            _ => Err(StoreError::Objects(format!(
                "{}: what was written is not what is read",
                self.0.place
            ))),
        }
    }

    pub(crate) fn counts(&self) -> ObjectCounts {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts {
            reads,
            writes,
            failures,
        } = &self.0.counts;
        ObjectCounts {
            reads: count(reads),
            writes: count(writes),
            failures: count(failures),
        }
    }

    /// Writes the objects of a change.
    pub(crate) async fn write(
        &self,
        organization: OrganizationId,
        contents: HashMap<Uuid, Vec<u8>>,
    ) -> Result<(), StoreError> {
        let write = |(name, content)| async move {
            self.put(&self.named(organization, name), content).await?;
            self.0.counts.writes.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        let all = stream::iter(contents)
            .map(write)
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>();
        match tokio::time::timeout(PATIENCE, all).await {
            Ok(written) => written,
            Err(_) => Err(self.failed("it takes too long")),
        }
    }

    /// Reads objects.
    pub(crate) async fn read(
        &self,
        organization: OrganizationId,
        names: HashSet<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<u8>>, StoreError> {
        let read = |name| async move {
            let path = self.named(organization, name);
            let Some(content) = self.get(&path).await? else {
                let place = &self.0.place;
                let message = format!("the object {organization}/{name} is missing in {place}");
                return Err(StoreError::Damaged(message));
            };
            self.0.counts.reads.fetch_add(1, Ordering::Relaxed);
            Ok((name, content))
        };
        stream::iter(names)
            .map(read)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    fn named(&self, organization: OrganizationId, name: Uuid) -> Path {
        self.path(&organization.to_string()).join(name.to_string())
    }

    fn path(&self, name: &str) -> Path {
        self.0.prefix.clone().join(name)
    }

    async fn put(&self, path: &Path, content: Vec<u8>) -> Result<(), StoreError> {
        let put = self.0.store.put(path, PutPayload::from(content)).await;
        put.map(drop).map_err(|error| self.failed(error))
    }

    /// What is at a path; none when nothing is.
    async fn get(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        let got = match self.0.store.get(path).await {
            Ok(got) => got.bytes().await,
            Err(error) => Err(error),
        };
        match got {
            Ok(content) => Ok(Some(content.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Removes what is at a path, if it is.
    async fn remove(&self, path: &Path) -> Result<(), StoreError> {
        match self.0.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "errors are handed over")]
    fn failed(&self, error: impl ToString) -> StoreError {
        self.0.counts.failures.fetch_add(1, Ordering::Relaxed);
        let place = &self.0.place;
        StoreError::Objects(format!("{place}: {}", place::reason(&error.to_string())))
    }
}

#[cfg(test)]
mod tests;
