use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{BulkPatch, Client, CreateUnit, Error, ListQuery, Method, ReadQuery, UnitChange};

impl Client {
    /// `ListUnits`: answers with extended units.
    pub fn list_units<T: DeserializeOwned>(
        &self,
        space: Uuid,
        query: &ListQuery,
    ) -> Result<Vec<T>, Error> {
        self.get(&format!("/space/{space}/unit"), query)
    }

    /// `ListAllUnits`: the same across spaces.
    pub fn list_all_units<T: DeserializeOwned>(&self, query: &ListQuery) -> Result<Vec<T>, Error> {
        self.get("/unit", query)
    }

    /// `CreateUnit`
    pub fn create_unit<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: &impl Serialize,
        query: CreateUnit,
    ) -> Result<T, Error> {
        self.send(Method::Post, &format!("/space/{space}/unit"), &query, unit)
    }

    /// `GetUnit`: answers with an extended unit.
    pub fn get_unit<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: Uuid,
        query: &ReadQuery,
    ) -> Result<T, Error> {
        self.get(&path(space, unit), query)
    }

    /// `UpdateUnit`: the body carries the Version that was read.
    pub fn update_unit<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: Uuid,
        body: &impl Serialize,
        change: &UnitChange,
    ) -> Result<T, Error> {
        self.send(Method::Put, &path(space, unit), change, body)
    }

    /// `PatchUnit`
    pub fn patch_unit<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: Uuid,
        patch: &impl Serialize,
        change: &UnitChange,
    ) -> Result<T, Error> {
        self.send(Method::Patch, &path(space, unit), change, patch)
    }

    /// `BulkPatchUnits`: one answer for each unit selected.
    pub fn patch_units<T: DeserializeOwned>(
        &self,
        query: &BulkPatch,
        patch: &impl Serialize,
    ) -> Result<Vec<T>, Error> {
        self.send(Method::Patch, "/unit", query, patch)
    }

    /// `DeleteUnit`
    pub fn delete_unit<T: DeserializeOwned>(&self, space: Uuid, unit: Uuid) -> Result<T, Error> {
        self.delete(&path(space, unit), &())
    }

    /// `DownloadUnitData`: the configuration text of the head revision.
    pub fn download_unit_data(&self, space: Uuid, unit: Uuid) -> Result<Vec<u8>, Error> {
        self.download(&format!("{}/data", path(space, unit)), &())
    }
}

fn path(space: Uuid, unit: Uuid) -> String {
    format!("/space/{space}/unit/{unit}")
}
