use serde::de::DeserializeOwned;

use crate::{Client, Error};

impl Client {
    /// `apiInfo`: facts about the server; needs no token.
    pub fn info<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.get("/info", &())
    }

    /// `GetMe`: the calling user as a member of the organization.
    pub fn me<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.get("/me", &())
    }

    /// The `OpenAPI` document of the server.
    pub fn openapi<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.get("/openapi.json", &())
    }

    /// `ListAudit`: what was done and denied, newest first, from before an entry.
    pub fn list_audit<T: DeserializeOwned>(
        &self,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<T>, Error> {
        let before = before.map(|number| ("before", number));
        let query: Vec<_> = before.into_iter().chain([("limit", limit)]).collect();
        self.get("/audit", &query)
    }
}
