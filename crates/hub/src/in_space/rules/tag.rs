//! Tags.

use cubit_model::{ChangeSet, OrganizationId, Tag};
use cubit_query::{Literal, Where};
use cubit_store::{Read, Write};

use super::Rules;
use crate::HubError;
use crate::unit::take_off;

impl Rules for Tag {
    async fn needed_by(
        &self,
        read: &mut Read,
        organization: OrganizationId,
    ) -> Result<Option<String>, HubError> {
        for end in ["StartTagID", "EndTagID"] {
            let query = Where::default().and(end, Literal::Uuid(self.tag_id.0));
            let found: Option<ChangeSet> = read.find(organization, &query).await?;
            if let Some(change_set) = found {
                return Ok(Some(format!(
                    "it delimits the ChangeSet {}",
                    change_set.slug
                )));
            }
        }
        Ok(None)
    }

    async fn on_delete(
        &self,
        write: &mut Write,
        organization: OrganizationId,
    ) -> Result<(), HubError> {
        let tagged = write
            .tagged_revisions(organization, self.tag_id, None)
            .await?;
        take_off(write, organization, self.tag_id, tagged).await
    }
}
