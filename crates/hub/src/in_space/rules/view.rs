//! Views.

use crate::access::Read;
use cubit_model::{Filter, OrganizationId, View};

use super::Rules;
use crate::HubError;
use crate::in_space::referred;

/// Most columns of a view.
const MOST_COLUMNS: usize = 256;

impl Rules for View {
    async fn complete(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        _: Option<&Self>,
    ) -> Result<(), HubError> {
        referred::<Filter>(read, organization, self.filter_id).await?;
        let invalid = |message: &str| Err(HubError::Invalid(message.to_owned()));
        if self.columns.len() > MOST_COLUMNS {
            return invalid("Columns: more than 256");
        }
        if self.columns.iter().any(|column| column.name.is_empty()) {
            return invalid("Columns: every column needs a Name");
        }
        match self.order_by_direction.as_str() {
            "" => Ok(()),
            "ASC" | "DESC" if !self.order_by.is_empty() => Ok(()),
            "ASC" | "DESC" => invalid("OrderByDirection: only with OrderBy"),
            other => Err(HubError::Invalid(format!(
                "OrderByDirection: expected ASC or DESC, got {other:?}"
            ))),
        }
    }
}
