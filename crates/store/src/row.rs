//! Entities as rows: one implementation for all of them, driven by their attribute tables.

use std::collections::HashMap;

use cubit_model::{Entity, OrganizationId, SpaceId, Time};
use cubit_query::{Value, Where};
use uuid::Uuid;

use crate::column::{argument, bind, bind_literal, placeholders, read};
use crate::database::{NewRow, Row, Statement};
use crate::narrow::{narrow, quoted};
use crate::{Read, StoreError, Write};

/// Most identifiers in one statement.
const BATCH: usize = 5000;
/// The column that every table of an organization's entities has.
const ORGANIZATION: &str = "organization_id";
/// The row of `meta` that counts what is created above organizations.
const CURSOR: &str = "cursor";
/// Numbers that a change takes at once.
const CURSORS: i64 = 64;

/// Column names of an entity, comma-separated, as in every statement.
pub(crate) fn columns<E: Entity>(table: &str) -> String {
    let prefix = if table.is_empty() {
        String::new()
    } else {
        format!("{table}.")
    };
    E::columns()
        .map(|attribute| format!("{prefix}{}", quoted(attribute)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The column of the entity's own identifier.
fn id_column<E: Entity>() -> &'static str {
    E::query_attribute(E::ID).map_or("", |attribute| attribute.column)
}

fn is_scoped<E: Entity>() -> bool {
    E::columns().any(|attribute| attribute.column == ORGANIZATION)
}

/// The condition that keeps every statement inside its organization, as placeholder `$1`.
fn scope<E: Entity>() -> &'static str {
    if is_scoped::<E>() {
        "organization_id = $1"
    } else {
        // Entities above organizations: the placeholder must still be used.
        "$1 IS NOT NULL"
    }
}

/// Reads an entity from a row that has its columns first.
pub(crate) fn entity<E: Entity>(row: &Row) -> Result<E, StoreError> {
    let mut entity = E::default();
    for (index, attribute) in E::columns().enumerate() {
        let value = read(row, index, attribute.kind)?;
        if !(attribute.set)(&mut entity, value) {
            return Err(StoreError::Damaged(format!(
                "{}.{} has a value of the wrong type",
                E::TABLE,
                attribute.column
            )));
        }
    }
    Ok(entity)
}

/// `PostgreSQL` cannot keep a NUL in a text, so no database does.
fn check<E: Entity>(entity: &E) -> Result<(), StoreError> {
    for attribute in E::columns() {
        if let Value::Text(text) = (attribute.get)(entity)
            && text.contains('\0')
        {
            return Err(StoreError::Unstorable(attribute.name));
        }
    }
    Ok(())
}

/// An entity that is not there yet, as a row.
fn new_row<E: Entity>(entity: &E) -> NewRow {
    NewRow {
        head: format!("INSERT INTO {} ({})", E::TABLE, columns::<E>("")).into(),
        tail: "".into(),
        values: E::columns()
            .map(|attribute| argument((attribute.get)(entity)))
            .collect(),
        key: None,
        is_referred_to: false,
    }
}

/// What has a row take the place of the one with the same id.
fn replacing<E: Entity>() -> String {
    let assignments = E::columns()
        .map(|attribute| format!("{0} = excluded.{0}", quoted(attribute)))
        .collect::<Vec<_>>()
        .join(", ");
    let id = id_column::<E>();
    format!("ON CONFLICT ({ORGANIZATION}, {id}) DO UPDATE SET {assignments}")
}

impl Read {
    /// The entity with an id, if the organization has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get<E: Entity>(
        &mut self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<Option<E>, StoreError> {
        Ok(self.get_many(organization, &[id]).await?.remove(&id))
    }

    /// The entities with these ids, as far as the organization has them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get_many<E: Entity>(
        &mut self,
        organization: OrganizationId,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, E>, StoreError> {
        let mut found = HashMap::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let sql = format!(
                "SELECT {} FROM {} WHERE {} AND {} IN ({})",
                columns::<E>(""),
                E::TABLE,
                scope::<E>(),
                id_column::<E>(),
                placeholders(2, batch.len()),
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = batch.iter().fold(statement, |s, id| s.bind(*id));
            for row in statement.fetch_all(self.connection()).await? {
                let entity: E = entity(&row)?;
                found.insert(entity.uuid(), entity);
            }
        }
        Ok(found)
    }

    /// The entities of an organization that may satisfy a query, in the order they were created.
    /// Some of them may not: evaluate the query on each.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list<E: Entity>(
        &mut self,
        organization: OrganizationId,
        query: &Where,
    ) -> Result<Vec<E>, StoreError> {
        let narrowing = narrow::<E>(query, 2);
        let sql = format!(
            "SELECT {} FROM {} WHERE {}{} ORDER BY cursor_id",
            columns::<E>(""),
            E::TABLE,
            scope::<E>(),
            narrowing.sql,
        );
        let statement = Statement::new(sql).bind(organization.0);
        let statement = narrowing
            .literals
            .iter()
            .fold(statement, |s, literal| bind_literal(s, literal));
        statement.fetch_map(self.connection(), entity).await
    }

    /// Some of the entities of an organization that may satisfy a query, in the order they were
    /// created: as many as asked for, behind a cursor and id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_after<E: Entity>(
        &mut self,
        organization: OrganizationId,
        query: &Where,
        (cursor, id): (i64, Uuid),
        limit: i64,
    ) -> Result<Vec<E>, StoreError> {
        let narrowing = narrow::<E>(query, 5);
        let id_column = id_column::<E>();
        let sql = format!(
            "SELECT {} FROM {} WHERE {} AND cursor_id >= $2 AND (cursor_id > $2 OR {id_column} > $3){} \
             ORDER BY cursor_id, {id_column} LIMIT $4",
            columns::<E>(""),
            E::TABLE,
            scope::<E>(),
            narrowing.sql,
        );
        let statement = Statement::new(sql)
            .bind(organization.0)
            .bind(cursor)
            .bind(id)
            .bind(limit);
        let statement = narrowing
            .literals
            .iter()
            .fold(statement, |s, literal| bind_literal(s, literal));
        statement.fetch_map(self.connection(), entity).await
    }

    /// The entities of an organization of which an attribute is one of these ids, in the order they
    /// were created. Nothing for an attribute that is not one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_by<E: Entity>(
        &mut self,
        organization: OrganizationId,
        attribute: &str,
        ids: &[Uuid],
    ) -> Result<Vec<E>, StoreError> {
        let Some(column) = E::query_attribute(attribute).map(quoted) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for batch in ids.chunks(BATCH) {
            let sql = format!(
                "SELECT {} FROM {} WHERE {} AND {column} IN ({}) ORDER BY cursor_id",
                columns::<E>(""),
                E::TABLE,
                scope::<E>(),
                placeholders(2, batch.len()),
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = batch.iter().fold(statement, |s, id| s.bind(*id));
            found.extend(statement.fetch_map(self.connection(), entity).await?);
        }
        Ok(found)
    }

    /// How many entities of a type each space has; those that have none are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_by_space<E: Entity>(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashMap<SpaceId, i64>, StoreError> {
        let sql = format!(
            "SELECT space_id, COUNT(*) FROM {} WHERE {} GROUP BY space_id",
            E::TABLE,
            scope::<E>(),
        );
        let rows = Statement::new(sql)
            .bind(organization.0)
            .fetch_all(self.connection())
            .await?;
        rows.iter()
            .map(|row| Ok((SpaceId(row.try_get(0)?), row.try_get(1)?)))
            .collect()
    }

    /// The entity that satisfies a query exactly, if there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find<E: Entity>(
        &mut self,
        organization: OrganizationId,
        query: &Where,
    ) -> Result<Option<E>, StoreError> {
        Ok(self.list(organization, query).await?.into_iter().next())
    }
}

impl Write {
    /// Adds an entity and stamps it with its cursor, version and times.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a unique attribute is taken.
    pub async fn insert<E: Entity>(&mut self, entity: &mut E, now: Time) -> Result<(), StoreError> {
        check(entity)?;
        let cursor = self.next_cursor().await?;
        entity.stamp_created(cursor, now);
        self.connection().insert(new_row(entity)).await
    }

    /// The number of the next thing that is created. Each organization counts by itself, so that none
    /// waits for another; all go on from where a database of an older version stopped.
    ///
    /// A change takes a block of numbers with its first; those that it does not use are left out.
    async fn next_cursor(&mut self) -> Result<i64, StoreError> {
        if self.cursors.is_empty() {
            let last = self.last_cursor_of_block().await?;
            self.cursors = last - CURSORS + 1..last + 1;
        }
        let next = self.cursors.next();
        next.ok_or_else(|| StoreError::Damaged("no number is left".to_owned()))
    }

    async fn last_cursor_of_block(&mut self) -> Result<i64, StoreError> {
        let name = match self.organization {
            organization if organization.0.is_nil() => CURSOR.to_owned(),
            organization => format!("{CURSOR} {organization}"),
        };
        let row = Statement::new(
            "INSERT INTO meta (name, value) \
             VALUES ($1, (SELECT value + $3 FROM meta WHERE name = $2)) \
             ON CONFLICT (name) DO UPDATE SET value = meta.value + $3 RETURNING value",
        )
        .bind(name)
        .bind(CURSOR.to_owned())
        .bind(CURSORS)
        .fetch_one(self.connection())
        .await?;
        row.try_get(0)
    }

    /// Writes an entity back, with the next version.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when a unique attribute is taken.
    pub async fn update<E: Entity>(
        &mut self,
        organization: OrganizationId,
        entity: &mut E,
        now: Time,
    ) -> Result<(), StoreError> {
        check(entity)?;
        entity.stamp_updated(now);
        if is_scoped::<E>() && id_column::<E>() != ORGANIZATION {
            // It is there: so many are written in one statement.
            let row = NewRow {
                tail: replacing::<E>().into(),
                key: Some(entity.uuid()),
                ..new_row(entity)
            };
            return self.connection().insert(row).await;
        }
        let assignments = E::columns()
            .enumerate()
            .map(|(index, attribute)| format!("{} = ${}", quoted(attribute), index + 3))
            .collect::<Vec<_>>()
            .join(", ");
        let sql = format!(
            "UPDATE {} SET {assignments} WHERE {} AND {} = $2",
            E::TABLE,
            scope::<E>(),
            id_column::<E>(),
        );
        let statement = Statement::new(sql).bind(organization.0).bind(entity.uuid());
        let statement = E::columns().fold(statement, |s, attribute| {
            let value: Value<'_> = (attribute.get)(entity);
            bind(s, value)
        });
        statement.execute(self.connection()).await?;
        Ok(())
    }

    /// Removes an entity with what belongs to it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete<E: Entity>(
        &mut self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "DELETE FROM {} WHERE {} AND {} = $2",
            E::TABLE,
            scope::<E>(),
            id_column::<E>(),
        );
        Statement::new(sql)
            .bind(organization.0)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
