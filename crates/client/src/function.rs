use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Client, Error, InvokeQuery, Method};

impl Client {
    /// `ListFunctions`: toolchain type to name to signature.
    pub fn list_functions<T: DeserializeOwned>(&self, space: Uuid) -> Result<T, Error> {
        self.get(&format!("/space/{space}/function"), &())
    }

    /// `ListOrgFunctions`: the same across the organization.
    pub fn list_org_functions<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.get("/function", &())
    }

    /// `InvokeFunctions`: runs functions on the selected units of a space.
    pub fn invoke_functions<T: DeserializeOwned>(
        &self,
        space: Uuid,
        request: &impl Serialize,
        query: &InvokeQuery,
    ) -> Result<Vec<T>, Error> {
        let path = format!("/space/{space}/function/invoke");
        self.send(Method::Post, &path, query, request)
    }

    /// `InvokeFunctionsOnOrg`: the same across spaces.
    pub fn invoke_functions_on_org<T: DeserializeOwned>(
        &self,
        request: &impl Serialize,
        query: &InvokeQuery,
    ) -> Result<Vec<T>, Error> {
        self.send(Method::Post, "/function/invoke", query, request)
    }
}
