use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Client, Error, ListQuery, ReadQuery};

impl Client {
    /// `ListExtendedMutations`: what changed a unit, one by one.
    pub fn list_extended_mutations<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: Uuid,
        query: &ListQuery,
    ) -> Result<Vec<T>, Error> {
        self.get(&format!("/space/{space}/unit/{unit}/mutation"), query)
    }

    /// `GetExtendedMutation`
    pub fn get_extended_mutation<T: DeserializeOwned>(
        &self,
        space: Uuid,
        unit: Uuid,
        mutation: Uuid,
        query: &ReadQuery,
    ) -> Result<T, Error> {
        let path = format!("/space/{space}/unit/{unit}/mutation/{mutation}");
        self.get(&path, query)
    }
}
