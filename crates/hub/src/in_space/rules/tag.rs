//! Tags.

use cubit_model::{ChangeSet, OrganizationId, Tag};
use cubit_query::{Literal, Where};
use cubit_store::Read;

use super::Rules;
use crate::HubError;

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
}
