//! Objects that nothing needs: those of texts that were deleted, and of changes that never committed.
//! They stay for a while after they were found, because a copy of the database may need them.

use std::collections::{HashMap, HashSet};

use cubit_model::{OrganizationId, Time};
use futures_util::StreamExt;
use futures_util::stream::{self, TryStreamExt};
use uuid::Uuid;

use super::Objects;
use crate::database::Statement;
use crate::{Read, Store, StoreError, Write};

/// Most objects of an organization that are noted in one go, while others wait to write.
const NOTED_AT_ONCE: usize = 10_000;

/// What came of a collection of objects that nothing needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Objects that were deleted.
    pub deleted: usize,
    /// Objects that wait for their time.
    pub waiting: usize,
}

impl Read {
    /// The objects that texts of an organization are kept in.
    async fn named_objects(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashSet<Uuid>, StoreError> {
        let sql = "SELECT object FROM blobs WHERE organization_id = $1 AND object IS NOT NULL";
        let statement = Statement::new(sql).bind(organization.0);
        let rows = statement.fetch_all(self.connection()).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// The objects that nothing needed, with the time that was found.
    async fn noted_objects(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashMap<Uuid, i64>, StoreError> {
        let sql = "SELECT object, since FROM unneeded_objects WHERE organization_id = $1";
        let statement = Statement::new(sql).bind(organization.0);
        let rows = statement.fetch_all(self.connection()).await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }
}

impl Write {
    /// Notes which of the objects that were listed nothing needs, and answers those of them that nothing
    /// has needed since a time.
    ///
    /// A change writes its objects while it is its turn. Now it is ours: whatever wrote one of those that
    /// were listed before has ended, and its rows are here if there will ever be any. An object without a
    /// row stays without one, as no name is given twice.
    pub(super) async fn note_unneeded_objects(
        &mut self,
        mut listed: HashSet<Uuid>,
        (now, since): (Time, Time),
    ) -> Result<(Vec<Uuid>, Swept), StoreError> {
        let organization = self.organization;
        let needed = self.named_objects(organization).await?;
        listed.retain(|name| !needed.contains(name));
        let mut noted = self.noted_objects(organization).await?;
        let gone = noted.extract_if(|name, _| !listed.contains(name));
        for (name, _) in gone.collect::<Vec<_>>() {
            let sql = "DELETE FROM unneeded_objects WHERE organization_id = $1 AND object = $2";
            let statement = Statement::new(sql).bind(organization.0).bind(name);
            statement.execute(self.connection()).await?;
        }
        let (now, since) = (now.0.as_microsecond(), since.0.as_microsecond());
        let new = listed.iter().filter(|name| !noted.contains_key(name));
        let new: Vec<Uuid> = new.take(NOTED_AT_ONCE).copied().collect();
        for name in new {
            let sql = "INSERT INTO unneeded_objects (organization_id, object, since) \
                       VALUES ($1, $2, $3)";
            let statement = Statement::new(sql)
                .bind(organization.0)
                .bind(name)
                .bind(now);
            statement.execute(self.connection()).await?;
            noted.insert(name, now);
        }
        let due = noted.iter().filter(|(_, noted)| **noted <= since);
        let due: Vec<Uuid> = due.map(|(name, _)| *name).collect();
        let swept = Swept {
            deleted: due.len(),
            waiting: listed.len() - due.len(),
        };
        Ok((due, swept))
    }
}

impl Store {
    /// Deletes the objects that nothing has needed since a time, and notes which ones nothing needs now.
    /// There are none where texts are kept in the database.
    ///
    /// # Errors
    /// When the database or the place of the objects does not answer.
    pub async fn sweep_objects(&self, now: Time, since: Time) -> Result<Swept, StoreError> {
        let mut all = Swept::default();
        let Some(objects) = &self.objects else {
            return Ok(all);
        };
        for organization in objects.organizations().await? {
            // Before the turn: see `note_unneeded_objects`.
            let listed = objects.list(organization).await?;
            let mut write = self.write(organization).await?;
            let (due, swept) = write.note_unneeded_objects(listed, (now, since)).await?;
            write.commit().await?;
            // What is not deleted now is still noted, and goes the next time.
            objects.delete(organization, due).await?;
            all.deleted += swept.deleted;
            all.waiting += swept.waiting;
        }
        Ok(all)
    }
}

impl Objects {
    /// The names of the objects of an organization.
    pub(super) async fn list(
        &self,
        organization: OrganizationId,
    ) -> Result<HashSet<Uuid>, StoreError> {
        let folder = self.path(&organization.to_string());
        let listed = self.0.store.list(Some(&folder));
        // Whatever else is there is not ours.
        let names = listed.try_filter_map(|object| async move {
            let name = object.location.filename();
            Ok(name.and_then(|name| name.parse::<Uuid>().ok()))
        });
        names
            .try_collect()
            .await
            .map_err(|error| self.failed(error))
    }

    /// The organizations that have objects.
    async fn organizations(&self) -> Result<Vec<OrganizationId>, StoreError> {
        let listed = self.0.store.list_with_delimiter(Some(&self.0.prefix)).await;
        let folders = listed.map_err(|error| self.failed(error))?.common_prefixes;
        let ids = folders
            .iter()
            .filter_map(|folder| folder.filename()?.parse().ok());
        Ok(ids.map(OrganizationId).collect())
    }

    async fn delete(
        &self,
        organization: OrganizationId,
        names: Vec<Uuid>,
    ) -> Result<(), StoreError> {
        let paths = names.into_iter().map(|name| self.named(organization, name));
        let paths: Vec<_> = paths.map(Ok).collect();
        let deleted = self.0.store.delete_stream(stream::iter(paths).boxed());
        deleted
            .map(|deleted| match deleted {
                // Somebody else was there first.
                Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.failed(error)),
            })
            .try_collect()
            .await
    }
}
