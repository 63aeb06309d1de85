use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{AllowExists, Client, Error, ListQuery, Method, ReadQuery};

impl Client {
    /// `ListSpaces`: answers with extended spaces.
    pub fn list_spaces<T: DeserializeOwned>(&self, query: &ListQuery) -> Result<Vec<T>, Error> {
        self.get("/space", query)
    }

    /// `CreateSpace`
    pub fn create_space<T: DeserializeOwned>(
        &self,
        space: &impl Serialize,
        query: AllowExists,
    ) -> Result<T, Error> {
        self.send(Method::Post, "/space", &query, space)
    }

    /// `GetSpace`: answers with an extended space.
    pub fn get_space<T: DeserializeOwned>(
        &self,
        space: Uuid,
        query: &ReadQuery,
    ) -> Result<T, Error> {
        self.get(&path(space), query)
    }

    /// `UpdateSpace`: the body carries the Version that was read.
    pub fn update_space<T: DeserializeOwned>(
        &self,
        space: Uuid,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.send(Method::Put, &path(space), &(), body)
    }

    /// `PatchSpace`
    pub fn patch_space<T: DeserializeOwned>(
        &self,
        space: Uuid,
        patch: &impl Serialize,
    ) -> Result<T, Error> {
        self.send(Method::Patch, &path(space), &(), patch)
    }

    /// `DeleteSpace`; `recursive` deletes what is in it first.
    pub fn delete_space<T: DeserializeOwned>(
        &self,
        space: Uuid,
        recursive: bool,
    ) -> Result<T, Error> {
        let query: &[(&str, &str)] = if recursive {
            &[("recursive", "true")]
        } else {
            &[]
        };
        self.delete(&path(space), &query)
    }
}

fn path(space: Uuid) -> String {
    format!("/space/{space}")
}
