//! The queue of evaluations, and what came of them.

use std::collections::{BTreeMap, HashSet};

use cubit_model::{OrganizationId, SpaceId, Time, UnitId};
use serde_json::Value as Json;

use crate::column::placeholders;
use crate::database::{Row, Statement};
use crate::{Read, StoreError, Write};

/// An evaluation that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingEvaluation {
    /// The organization of the unit.
    pub organization_id: OrganizationId,
    /// The unit.
    pub unit_id: UnitId,
    /// The revision; 0 for the head.
    pub revision_num: i64,
    /// Which request it is: another one each time it is asked for.
    pub request: i64,
    /// Whether the unit has just been cloned.
    pub is_clone: bool,
    /// Whether functions that change data run as well.
    pub mutates: bool,
}

/// So many units are few.
const FEW: usize = 64;

const COLUMNS: &str = "organization_id, unit_id, revision_num, request, is_clone, mutates";

fn pending(row: &Row) -> Result<PendingEvaluation, StoreError> {
    Ok(PendingEvaluation {
        organization_id: OrganizationId(row.try_get(0)?),
        unit_id: UnitId(row.try_get(1)?),
        revision_num: row.try_get(2)?,
        request: row.try_get(3)?,
        is_clone: row.try_get::<i64>(4)? != 0,
        mutates: row.try_get::<i64>(5)? != 0,
    })
}

impl Read {
    /// Whether functions run on units of a toolchain in a space when they change.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_triggers(
        &mut self,
        organization: OrganizationId,
        space: SpaceId,
        toolchain: &str,
    ) -> Result<bool, StoreError> {
        let row = Statement::new(
            "SELECT 1 FROM triggers WHERE organization_id = $1 AND space_id = $2 \
             AND toolchain_type = $3 AND disabled = 0 LIMIT 1",
        )
        .bind(organization.0)
        .bind(space.0)
        .bind(toolchain.to_owned())
        .fetch_optional(self.connection())
        .await?;
        Ok(row.is_some())
    }

    /// The spaces and toolchains that triggers are for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn triggered(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashSet<(SpaceId, String)>, StoreError> {
        let statement = Statement::new(
            "SELECT DISTINCT space_id, toolchain_type FROM triggers \
             WHERE organization_id = $1 AND disabled = 0",
        );
        let rows = statement
            .bind(organization.0)
            .fetch_all(self.connection())
            .await?;
        rows.iter()
            .map(|row| Ok((SpaceId(row.try_get(0)?), row.try_get(1)?)))
            .collect()
    }

    /// Some of what is to be evaluated now, in all organizations, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pending_evaluations(
        &mut self,
        now: Time,
        limit: i64,
    ) -> Result<Vec<PendingEvaluation>, StoreError> {
        let rows = Statement::new(format!(
            "SELECT {COLUMNS} FROM evaluations WHERE not_before <= $1 ORDER BY not_before LIMIT $2"
        ))
        .bind(now.0.as_microsecond())
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        rows.iter().map(pending).collect()
    }

    /// The evaluation of a revision of a unit that is asked for; 0 stands for the head.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pending_evaluation(
        &mut self,
        organization: OrganizationId,
        unit: UnitId,
        revision_num: i64,
    ) -> Result<Option<PendingEvaluation>, StoreError> {
        let row = Statement::new(format!(
            "SELECT {COLUMNS} FROM evaluations \
             WHERE organization_id = $1 AND unit_id = $2 AND revision_num = $3"
        ))
        .bind(organization.0)
        .bind(unit.0)
        .bind(revision_num)
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| pending(&row)).transpose()
    }

    /// The evaluations of the heads of these units that are asked for; of the first few of them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pending_evaluations_of(
        &mut self,
        organization: OrganizationId,
        units: &[UnitId],
    ) -> Result<Vec<PendingEvaluation>, StoreError> {
        let units = units.get(..FEW).unwrap_or(units);
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM evaluations \
             WHERE organization_id = $1 AND revision_num = 0 AND unit_id IN ({})",
            placeholders(2, units.len()),
        );
        let statement = Statement::new(sql).bind(organization.0);
        let statement = units.iter().fold(statement, |s, unit| s.bind(unit.0));
        let rows = statement.fetch_all(self.connection()).await?;
        rows.iter().map(pending).collect()
    }

    /// What validating functions said of a revision, in JSON.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn validations(
        &mut self,
        organization: OrganizationId,
        unit: UnitId,
        revision_num: i64,
    ) -> Result<Option<String>, StoreError> {
        let row = Statement::new(
            "SELECT results FROM validations \
             WHERE organization_id = $1 AND unit_id = $2 AND revision_num = $3",
        )
        .bind(organization.0)
        .bind(unit.0)
        .bind(revision_num)
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| row.try_get(0)).transpose()
    }
}

impl Write {
    /// Asks for an evaluation. What is asked for already is asked for anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn request_evaluation(
        &mut self,
        (organization, unit, revision_num): (OrganizationId, UnitId, i64),
        (is_clone, mutates): (bool, bool),
        now: Time,
    ) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO evaluations (organization_id, unit_id, revision_num, request, is_clone, \
             mutates, not_before) VALUES ($1, $2, $3, $6, $4, $5, $6) \
             ON CONFLICT (organization_id, unit_id, revision_num) DO UPDATE SET \
             request = evaluations.request + 1, not_before = excluded.not_before, \
             is_clone = CASE WHEN excluded.is_clone > evaluations.is_clone \
             THEN excluded.is_clone ELSE evaluations.is_clone END, \
             mutates = CASE WHEN excluded.mutates > evaluations.mutates \
             THEN excluded.mutates ELSE evaluations.mutates END",
        )
        .bind(organization.0)
        .bind(unit.0)
        .bind(revision_num)
        .bind(i64::from(is_clone))
        .bind(i64::from(mutates))
        .bind(now.0.as_microsecond())
        .execute(self.connection())
        .await
    }

    /// Asks for an evaluation of the heads of all units of a toolchain in a space, by functions that
    /// change nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn request_evaluations_of_space(
        &mut self,
        (organization, space): (OrganizationId, SpaceId),
        toolchain: &str,
        now: Time,
    ) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO evaluations (organization_id, unit_id, revision_num, request, is_clone, \
             mutates, not_before) \
             SELECT organization_id, unit_id, 0, CAST($4 AS BIGINT), 0, 0, CAST($4 AS BIGINT) \
             FROM units WHERE organization_id = $1 AND space_id = $2 AND toolchain_type = $3 \
             ON CONFLICT (organization_id, unit_id, revision_num) DO UPDATE SET \
             request = evaluations.request + 1, not_before = excluded.not_before",
        )
        .bind(organization.0)
        .bind(space.0)
        .bind(toolchain.to_owned())
        .bind(now.0.as_microsecond())
        .execute(self.connection())
        .await
    }

    /// Takes a request from the queue. False when it is not there any more, or was asked for anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finish_evaluation(
        &mut self,
        pending: &PendingEvaluation,
    ) -> Result<bool, StoreError> {
        let row = Statement::new(
            "DELETE FROM evaluations WHERE organization_id = $1 AND unit_id = $2 \
             AND revision_num = $3 AND request = $4 RETURNING request",
        )
        .bind(pending.organization_id.0)
        .bind(pending.unit_id.0)
        .bind(pending.revision_num)
        .bind(pending.request)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.is_some())
    }

    /// Leaves a request for later.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn postpone_evaluation(
        &mut self,
        pending: &PendingEvaluation,
        until: Time,
    ) -> Result<(), StoreError> {
        Statement::new(
            "UPDATE evaluations SET not_before = $4 \
             WHERE organization_id = $1 AND unit_id = $2 AND revision_num = $3",
        )
        .bind(pending.organization_id.0)
        .bind(pending.unit_id.0)
        .bind(pending.revision_num)
        .bind(until.0.as_microsecond())
        .execute(self.connection())
        .await
    }

    /// Writes gates into a revision of a unit, and into the unit, with values, where these are given.
    /// Both count as unchanged.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_gates(
        &mut self,
        (organization, unit, revision_num): (OrganizationId, UnitId, i64),
        gates: &BTreeMap<String, bool>,
        values: Option<&BTreeMap<String, String>>,
    ) -> Result<(), StoreError> {
        let gates = Json::from_iter(gates.iter().map(|(name, set)| (name.clone(), *set)));
        Statement::new(
            "UPDATE revisions SET apply_gates = $4 \
             WHERE organization_id = $1 AND unit_id = $2 AND revision_num = $3",
        )
        .bind(organization.0)
        .bind(unit.0)
        .bind(revision_num)
        .bind(gates.to_string())
        .execute(self.connection())
        .await?;
        let Some(values) = values else {
            return Ok(());
        };
        let values = Json::from_iter(
            values
                .iter()
                .map(|(name, text)| (name.clone(), text.clone())),
        );
        // "values" is a word of SQL.
        Statement::new(
            "UPDATE units SET apply_gates = $3, \"values\" = $4 \
             WHERE organization_id = $1 AND unit_id = $2",
        )
        .bind(organization.0)
        .bind(unit.0)
        .bind(gates.to_string())
        .bind(values.to_string())
        .execute(self.connection())
        .await
    }

    /// Keeps what validating functions said of a revision, in JSON.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_validations(
        &mut self,
        (organization, unit, revision_num): (OrganizationId, UnitId, i64),
        results: String,
    ) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO validations (organization_id, unit_id, revision_num, results) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, unit_id, revision_num) \
             DO UPDATE SET results = excluded.results",
        )
        .bind(organization.0)
        .bind(unit.0)
        .bind(revision_num)
        .bind(results)
        .execute(self.connection())
        .await
    }
}
