//! Counts of what a space holds.

use std::collections::{BTreeMap, HashMap};

use cubit_model::{OrganizationId, SpaceId};

use crate::database::Statement;
use crate::{Read, StoreError};

/// How many units of a space are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnitCounts {
    /// All of them.
    pub total: i64,
    /// With apply gates.
    pub gated: i64,
    /// Whose head nobody approved.
    pub unapproved: i64,
    /// Whose head is not live.
    pub unapplied: i64,
    /// With an unfinished apply.
    pub incomplete: i64,
    /// Clones behind their upstream.
    pub upgradable: i64,
    /// Without a link to or from another unit.
    pub unlinked: i64,
}

impl Read {
    /// The counts of every space that has units.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unit_counts(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashMap<SpaceId, UnitCounts>, StoreError> {
        let rows = Statement::new(
            "SELECT u.space_id, COUNT(*), \
             SUM(CASE WHEN u.apply_gates <> '{}' THEN 1 ELSE 0 END), \
             SUM(CASE WHEN u.approved_by = '[]' THEN 1 ELSE 0 END), \
             SUM(CASE WHEN u.head_revision_num > u.live_revision_num THEN 1 ELSE 0 END), \
             SUM(CASE WHEN u.last_applied_revision_num <> u.live_revision_num THEN 1 ELSE 0 END), \
             SUM(CASE WHEN u.upstream_revision_num > 0 \
                 AND u.upstream_revision_num < upstream.head_revision_num THEN 1 ELSE 0 END), \
             SUM(CASE WHEN EXISTS (SELECT 1 FROM links WHERE links.organization_id = $1 \
                 AND links.from_unit_id = u.unit_id) \
                 OR EXISTS (SELECT 1 FROM links WHERE links.organization_id = $1 \
                 AND links.to_unit_id = u.unit_id) THEN 0 ELSE 1 END) \
             FROM units u LEFT JOIN units upstream \
             ON upstream.organization_id = u.organization_id \
             AND upstream.unit_id = u.upstream_unit_id \
             WHERE u.organization_id = $1 GROUP BY u.space_id",
        )
        .bind(organization.0)
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                let counts = UnitCounts {
                    total: row.try_get(1)?,
                    gated: row.try_get(2)?,
                    unapproved: row.try_get(3)?,
                    unapplied: row.try_get(4)?,
                    incomplete: row.try_get(5)?,
                    upgradable: row.try_get(6)?,
                    unlinked: row.try_get(7)?,
                };
                Ok((SpaceId(row.try_get(0)?), counts))
            })
            .collect()
    }

    /// How many triggers each space has for each event.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn trigger_counts(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashMap<SpaceId, BTreeMap<String, i64>>, StoreError> {
        self.counts_by(
            organization,
            "SELECT space_id, event, COUNT(*) FROM triggers \
             WHERE organization_id = $1 GROUP BY space_id, event",
        )
        .await
    }

    /// How many targets each space has for each toolchain type.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn target_counts(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashMap<SpaceId, BTreeMap<String, i64>>, StoreError> {
        self.counts_by(
            organization,
            "SELECT space_id, toolchain_type, COUNT(*) FROM targets \
             WHERE organization_id = $1 GROUP BY space_id, toolchain_type",
        )
        .await
    }

    async fn counts_by(
        &mut self,
        organization: OrganizationId,
        sql: &'static str,
    ) -> Result<HashMap<SpaceId, BTreeMap<String, i64>>, StoreError> {
        let rows = Statement::new(sql)
            .bind(organization.0)
            .fetch_all(self.connection())
            .await?;
        let mut counts: HashMap<SpaceId, BTreeMap<String, i64>> = HashMap::new();
        for row in rows {
            counts
                .entry(SpaceId(row.try_get(0)?))
                .or_default()
                .insert(row.try_get(1)?, row.try_get(2)?);
        }
        Ok(counts)
    }
}
