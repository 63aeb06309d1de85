//! What follows in the database from units that got new heads: done once for all units of a change,
//! when their rows are written.

use std::collections::{BTreeSet, HashSet};

use cubit_model::{BlobId, OrganizationId, Time, UnitId};
use cubit_query::where_data::Fact;
use uuid::Uuid;

use crate::column::placeholders;
use crate::database::Statement;
use crate::{StoreError, Write};

/// Most units in one statement.
const BATCH: usize = 1000;

/// Heads that moved in a change.
#[derive(Debug, Default)]
pub(crate) struct MovedHeads {
    /// Texts that were heads.
    left: BTreeSet<(OrganizationId, BlobId)>,
    /// Units that got new ones.
    units: BTreeSet<(OrganizationId, UnitId)>,
    /// Facts that the change has put.
    facts: HashSet<(OrganizationId, Fact)>,
}

impl MovedHeads {
    /// Whether a fact is put for the first time.
    pub(crate) fn is_new_fact(&mut self, organization: OrganizationId, fact: &Fact) -> bool {
        self.facts.insert((organization, fact.clone()))
    }
}

impl Write {
    /// Notes that a unit gets a new head, in the place of one with this text: the units that links lead
    /// from are to be evaluated, and the text is not searched for any more, unless it is the head of
    /// another unit.
    pub fn move_head(&mut self, organization: OrganizationId, unit: UnitId, left: Option<BlobId>) {
        self.moved.units.insert((organization, unit));
        self.moved
            .left
            .extend(left.map(|text| (organization, text)));
    }

    /// Does what follows from heads that moved. Answers whether there is something to evaluate now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn follow_heads(&mut self) -> Result<bool, StoreError> {
        let left = std::mem::take(&mut self.moved.left);
        let ids = left
            .into_iter()
            .map(|(organization, text)| (organization, text.0.to_vec()));
        for (organization, texts) in grouped(ids) {
            for batch in texts.chunks(BATCH) {
                let sql = format!(
                    "DELETE FROM search_texts WHERE organization_id = $1 AND blob_id IN ({}) \
                     AND NOT EXISTS (SELECT 1 FROM units \
                         WHERE units.organization_id = search_texts.organization_id \
                         AND units.data_blob = search_texts.blob_id)",
                    placeholders(2, batch.len()),
                );
                let statement = Statement::new(sql).bind(organization.0);
                let statement = batch.iter().fold(statement, |s, id| s.bind(id.clone()));
                statement.execute(self.connection()).await?;
            }
        }
        let units = std::mem::take(&mut self.moved.units);
        let ids = units
            .into_iter()
            .map(|(organization, unit)| (organization, unit.0));
        let mut is_asked = false;
        for (organization, producers) in grouped(ids) {
            for batch in producers.chunks(BATCH) {
                is_asked |= self.ask_consumers(organization, batch).await?;
            }
        }
        Ok(is_asked)
    }

    /// Asks for the evaluation of the units that links to some units lead from.
    async fn ask_consumers(
        &mut self,
        organization: OrganizationId,
        producers: &[Uuid],
    ) -> Result<bool, StoreError> {
        let sql = format!(
            "INSERT INTO evaluations (organization_id, unit_id, revision_num, request, is_clone, \
             mutates, not_before) \
             SELECT DISTINCT organization_id, from_unit_id, 0, CAST($2 AS BIGINT), 0, 0, \
             CAST($2 AS BIGINT) FROM links WHERE organization_id = $1 AND to_unit_id IN ({}) \
             ON CONFLICT (organization_id, unit_id, revision_num) DO UPDATE SET \
             request = evaluations.request + 1, not_before = excluded.not_before \
             RETURNING request",
            placeholders(3, producers.len()),
        );
        let statement = Statement::new(sql)
            .bind(organization.0)
            .bind(Time::now().0.as_microsecond());
        let statement = producers.iter().fold(statement, |s, id| s.bind(*id));
        Ok(!statement.fetch_all(self.connection()).await?.is_empty())
    }
}

/// Ids by the organization they belong to.
fn grouped<T>(ids: impl Iterator<Item = (OrganizationId, T)>) -> Vec<(OrganizationId, Vec<T>)> {
    let mut groups: Vec<(OrganizationId, Vec<T>)> = Vec::new();
    for (organization, id) in ids {
        match groups.last_mut() {
            Some((last, ids)) if *last == organization => ids.push(id),
            _ => groups.push((organization, vec![id])),
        }
    }
    groups
}
