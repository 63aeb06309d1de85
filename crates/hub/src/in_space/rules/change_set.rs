//! Change sets.

use crate::access::{Read, Write};
use cubit_model::{ChangeSet, InSpace, OrganizationId, Tag, Time, Unit, check_description};
use cubit_query::{Literal, Where};

use super::Rules;
use crate::HubError;
use crate::in_space::{slug_owner, taken};
use crate::unit::take_off;

impl Rules for ChangeSet {
    async fn complete(
        &mut self,
        _: &mut Read,
        _: OrganizationId,
        before: Option<&Self>,
    ) -> Result<(), HubError> {
        check_description("Description", &self.description)?;
        if before.is_none() {
            "New".clone_into(&mut self.state);
        }
        Ok(())
    }

    async fn needed_by(
        &self,
        read: &mut Read,
        organization: OrganizationId,
    ) -> Result<Option<String>, HubError> {
        let query = Where::default().and("ChangeSetID", Literal::Uuid(self.change_set_id.0));
        let unit: Option<Unit> = read.unguarded().find(organization, &query).await?;
        Ok(unit.map(|unit| format!("it is open: Unit {} is in it", unit.slug)))
    }

    /// The tags that delimit it.
    async fn on_create(&mut self, write: &mut Write, now: Time) -> Result<(), HubError> {
        let slugs = ["start", "end"].map(|end| format!("{}-{end}", self.slug));
        // Before anything is written: others may be made in the same transaction.
        for slug in &slugs {
            let owner = slug_owner::<Tag>(write, self.organization_id, self.space_id, slug).await?;
            if owner.is_some() {
                return Err(taken::<Tag>(slug));
            }
        }
        let mut ids = Vec::new();
        for slug in slugs {
            let mut tag = Tag::default().placed(self.organization_id, self.space_id, slug);
            tag.change_set_id = Some(self.change_set_id);
            write.insert(&mut tag, now).await?;
            ids.push(tag.tag_id);
        }
        self.start_tag_id = ids.first().copied();
        self.end_tag_id = ids.last().copied();
        Ok(())
    }

    async fn on_delete(
        &self,
        write: &mut Write,
        organization: OrganizationId,
    ) -> Result<(), HubError> {
        for tag in [self.start_tag_id, self.end_tag_id].into_iter().flatten() {
            let tagged = write.tagged_revisions(organization, tag, None).await?;
            take_off(write, organization, tag, tagged).await?;
            write
                .unguarded()?
                .delete::<Tag>(organization, tag.0)
                .await?;
        }
        let store = write.unguarded()?;
        store
            .forget_change_set(organization, self.change_set_id)
            .await?;
        Ok(())
    }
}
