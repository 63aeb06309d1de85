//! That a place belongs to one database. To another one all objects there would be garbage.

use uuid::Uuid;

use super::Objects;
use crate::database::Statement;
use crate::{Read, Store, StoreError};
use cubit_model::OrganizationId;

/// The name of what says to whom a place belongs.
const MARK: &str = "cubit-database";
/// Whom the row about the place belongs to.
const ABOVE_ORGANIZATIONS: OrganizationId = OrganizationId(Uuid::nil());

impl Read {
    /// Whether any text is kept in an object.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn names_objects(&mut self) -> Result<bool, StoreError> {
        let statement = Statement::new("SELECT 1 FROM blobs WHERE object IS NOT NULL LIMIT 1");
        let row = statement.fetch_optional(self.connection()).await?;
        Ok(row.is_some())
    }

    async fn place_id(&mut self) -> Result<Option<Uuid>, StoreError> {
        let statement = Statement::new("SELECT place_id FROM object_place");
        let row = statement.fetch_optional(self.connection()).await?;
        row.map(|row| row.try_get(0)).transpose()
    }
}

impl Store {
    /// The store that keeps large texts as objects from now on. The place becomes that of this database,
    /// if it is nobody's.
    ///
    /// # Errors
    /// When it is the place of another database, or not the one that has the objects of this one, or does
    /// not answer.
    pub async fn with_objects(self, objects: Objects) -> Result<Self, StoreError> {
        // The row comes first: who dies between the two finds a place that is nobody's.
        let mut write = self.write(ABOVE_ORGANIZATIONS).await?;
        let id = match write.place_id().await? {
            Some(id) => id,
            None => {
                let id = Uuid::new_v4();
                Statement::new("INSERT INTO object_place (place_id) VALUES ($1)")
                    .bind(id)
                    .execute(write.connection())
                    .await?;
                write.commit().await?;
                id
            }
        };
        let place = &objects.0.place;
        let path = objects.path(MARK);
        let mark = id.to_string().into_bytes();
        match objects.get(&path).await? {
            Some(found) if found == mark => {}
            Some(_) => return Err(StoreError::PlaceTaken(place.to_string())),
            None if self.read().await?.names_objects().await? => {
                return Err(StoreError::OtherPlace(place.to_string()));
            }
            None => objects.put(&path, mark).await?,
        }
        Ok(Self {
            objects: Some(objects),
            ..self
        })
    }
}
