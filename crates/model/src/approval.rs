//! Approvals of revisions, and the rules that a space can have about them; spec/semantics.md,
//! sections 5.9 and 20.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Time, UserId};

/// Rules about approving the units of a space. None of them holds unless it is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct ApprovalRules {
    /// Who changed a unit after it was last approved may not approve it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_self_approval: bool,
    /// The ids of users by the name of their group: `vet-approvedby` can ask for approvals of one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<uuid::Uuid>>)]
    pub groups: BTreeMap<String, Vec<UserId>>,
}

impl ApprovalRules {
    /// Those of some users who are in a group, by group.
    #[must_use]
    pub fn members(&self, users: &[UserId]) -> BTreeMap<String, usize> {
        let groups = self.groups.iter();
        let count = |members: &[UserId]| users.iter().filter(|user| members.contains(user)).count();
        groups
            .map(|(name, members)| (name.clone(), count(members)))
            .collect()
    }
}

/// That somebody approved a revision, and perhaps did not any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Approval {
    /// Who.
    #[serde(rename = "UserID")]
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub approved_at: Time,
    /// Why, as far as it was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it was withdrawn, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    pub withdrawn_at: Option<Time>,
    /// Why it was withdrawn, as far as it was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub withdrawal_reason: String,
}
