//! The reports of upgrades and merges, kept with the revisions that they made.

use cubit_model::{ChangeSetId, OrganizationId, RevisionId};

use crate::database::{NewRow, Statement};
use crate::{Read, StoreError, Write};

/// How well reports are compressed.
const LEVEL: i32 = 3;

fn damaged(error: &std::io::Error) -> StoreError {
    StoreError::Damaged(format!("the report of a merge: {error}"))
}

impl Read {
    /// The report of the merge that made a revision, in JSON; none when no merge did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn merge_report(
        &mut self,
        organization: OrganizationId,
        revision: RevisionId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = Statement::new(
            "SELECT report FROM merge_reports WHERE organization_id = $1 AND revision_id = $2",
        )
        .bind(organization.0)
        .bind(revision.0)
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            let packed: Vec<u8> = row.try_get(0)?;
            zstd::decode_all(packed.as_slice()).map_err(|error| damaged(&error))
        })
        .transpose()
    }

    /// Whether there is a unit in a change set.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_open(
        &mut self,
        organization: OrganizationId,
        change_set: ChangeSetId,
    ) -> Result<bool, StoreError> {
        let row = Statement::new(
            "SELECT 1 FROM units WHERE organization_id = $1 AND change_set_id = $2 LIMIT 1",
        )
        .bind(organization.0)
        .bind(change_set.0)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.is_some())
    }
}

impl Write {
    /// Keeps the report of the merge that made a revision.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_merge_report(
        &mut self,
        organization: OrganizationId,
        revision: RevisionId,
        report: &[u8],
    ) -> Result<(), StoreError> {
        let packed = zstd::encode_all(report, LEVEL).map_err(|error| damaged(&error))?;
        let row = NewRow {
            head: "INSERT INTO merge_reports (organization_id, revision_id, report)".into(),
            tail: "".into(),
            values: vec![organization.0.into(), revision.0.into(), packed.into()],
            key: None,
            is_referred_to: false,
        };
        self.connection().insert(row).await
    }
}
