//! What is noted of units beside their history: events, links, workers.

use std::collections::HashMap;

use cubit_model::{BridgeWorkerId, OrganizationId, SpaceId, TargetId, Unit, UnitEvent, UnitId};
use cubit_query::Value;
use uuid::Uuid;

use crate::column::{bind, placeholders};
use crate::database::Statement;
use crate::row::{columns, entity};
use crate::{Read, StoreError, Write};

/// Most units in one statement.
const BATCH: usize = 5000;

impl Read {
    /// The units that have these slugs, each in its space.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn units_by_slug(
        &mut self,
        organization: OrganizationId,
        slugs: &[(SpaceId, String)],
    ) -> Result<Vec<Unit>, StoreError> {
        let mut found = Vec::new();
        for batch in slugs.chunks(BATCH) {
            let pairs: Vec<String> = (0..batch.len())
                .map(|index| format!("({})", placeholders(2 + 2 * index, 2)))
                .collect();
            let sql = format!(
                "SELECT {} FROM units WHERE organization_id = $1 \
                 AND (space_id, slug) IN (VALUES {})",
                columns::<Unit>(""),
                pairs.join(", "),
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = batch.iter().fold(statement, |s, (space, slug)| {
                s.bind(space.0).bind(slug.clone())
            });
            for row in statement.fetch_all(self.connection()).await? {
                found.push(entity(&row)?);
            }
        }
        Ok(found)
    }

    /// The newest event of each of these units that has one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn newest_events(
        &mut self,
        organization: OrganizationId,
        units: &[UnitId],
    ) -> Result<HashMap<UnitId, UnitEvent>, StoreError> {
        let mut found = HashMap::new();
        for batch in units.chunks(BATCH) {
            let sql = format!(
                "SELECT {} FROM unit_events WHERE organization_id = $1 AND cursor_id IN \
                 (SELECT MAX(cursor_id) FROM unit_events \
                 WHERE organization_id = $1 AND unit_id IN ({}) GROUP BY unit_id)",
                columns::<UnitEvent>(""),
                placeholders(2, batch.len()),
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = batch.iter().fold(statement, |s, unit| s.bind(unit.0));
            for row in statement.fetch_all(self.connection()).await? {
                let event: UnitEvent = entity(&row)?;
                found.insert(event.unit_id, event);
            }
        }
        Ok(found)
    }
}

impl Write {
    /// Notes in a unit which links start at it. The unit counts as unchanged.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_links_of(
        &mut self,
        organization: OrganizationId,
        unit: UnitId,
        links: Vec<Uuid>,
    ) -> Result<(), StoreError> {
        let statement = Statement::new(
            "UPDATE units SET from_link_id = $3 WHERE organization_id = $1 AND unit_id = $2",
        );
        let statement = statement.bind(organization.0).bind(unit.0);
        bind(statement, Value::Uuids(links.into()))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Notes in the units of a target which worker it has. The units count as unchanged.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_worker_of_target(
        &mut self,
        organization: OrganizationId,
        target: TargetId,
        worker: BridgeWorkerId,
    ) -> Result<(), StoreError> {
        Statement::new(
            "UPDATE units SET bridge_worker_id = $3 \
             WHERE organization_id = $1 AND target_id = $2",
        )
        .bind(organization.0)
        .bind(target.0)
        .bind(worker.0)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
