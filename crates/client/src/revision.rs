use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Client, Error, ListQuery, ReadQuery};

impl Client {
    /// `ListExtendedRevisions`: the history of a unit.
    pub fn list_extended_revisions<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: Uuid,
        query: &ListQuery,
    ) -> Result<Vec<T>, Error> {
        self.get(&path(space, unit), query)
    }

    /// `GetExtendedRevision`
    pub fn get_extended_revision<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: Uuid,
        revision: Uuid,
        query: &ReadQuery,
    ) -> Result<T, Error> {
        self.get(&format!("{}/{revision}", path(space, unit)), query)
    }

    /// `DownloadRevisionData`: the configuration text of one revision.
    pub fn download_revision_data(
        &self,
        space: Uuid,
        unit: Uuid,
        revision: Uuid,
    ) -> Result<Vec<u8>, Error> {
        self.download(&format!("{}/{revision}/data", path(space, unit)), &())
    }

    /// `ListAllRevisions`: across spaces, at most one a unit.
    pub fn list_all_revisions<T: DeserializeOwned>(
        &self,
        query: &ListQuery,
    ) -> Result<Vec<T>, Error> {
        self.get("/revision", query)
    }
}

fn path(space: Uuid, unit: Uuid) -> String {
    format!("/space/{space}/unit/{unit}/revision")
}
