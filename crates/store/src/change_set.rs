//! What a change set did, beside what its revisions say.

use cubit_model::{ChangeSetDeletion, ChangeSetId, OrganizationId, SpaceId, Time, Unit, UserId};

use crate::database::Statement;
use crate::{Read, StoreError, Write};

impl Read {
    /// The units that were changed in a change set and are gone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_set_deletions(
        &mut self,
        organization: OrganizationId,
        change_set: ChangeSetId,
    ) -> Result<Vec<ChangeSetDeletion>, StoreError> {
        let rows = Statement::new(
            "SELECT unit_id, space_id, slug, user_id, deleted_at FROM change_set_deletions \
             WHERE organization_id = $1 AND change_set_id = $2 ORDER BY deleted_at, slug",
        )
        .bind(organization.0)
        .bind(change_set.0)
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ChangeSetDeletion {
                    unit_id: cubit_model::UnitId(row.try_get(0)?),
                    space_id: SpaceId(row.try_get(1)?),
                    slug: row.try_get(2)?,
                    user_id: UserId(row.try_get(3)?),
                    deleted_at: time(row.try_get(4)?),
                })
            })
            .collect()
    }
}

impl Write {
    /// Notes for the change sets that changed a unit that it goes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_deletion(
        &mut self,
        unit: &Unit,
        user: UserId,
        now: Time,
    ) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO change_set_deletions \
             SELECT DISTINCT organization_id, change_set_id, unit_id, space_id, $3, $4, $5 \
             FROM revisions WHERE organization_id = $1 AND unit_id = $2 \
             AND change_set_id IS NOT NULL",
        )
        .bind(unit.organization_id.0)
        .bind(unit.unit_id.0)
        .bind(unit.slug.clone())
        .bind(user.0)
        .bind(now.0.as_microsecond())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes a change set out of the history, as it goes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_change_set(
        &mut self,
        organization: OrganizationId,
        change_set: ChangeSetId,
    ) -> Result<(), StoreError> {
        for sql in [
            "UPDATE revisions SET change_set_id = NULL \
             WHERE organization_id = $1 AND change_set_id = $2",
            "DELETE FROM change_set_deletions WHERE organization_id = $1 AND change_set_id = $2",
        ] {
            Statement::new(sql)
                .bind(organization.0)
                .bind(change_set.0)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }
}

fn time(microseconds: i64) -> Time {
    jiff::Timestamp::from_microsecond(microseconds).map_or_else(|_| Time::default(), Time)
}
