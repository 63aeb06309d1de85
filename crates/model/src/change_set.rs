//! Change sets: changes of many units that belong together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    ChangeSetId, ResourceMutationList, SpaceId, TagId, Time, UnitCreateOrUpdateResponse, UnitId,
    UserId,
};

entity_of_space! {
    /// Changes of many units that belong together.
    ChangeSet in "change_sets", change_set: change_set_id ChangeSetId "ChangeSetID", ChangeSetPatch, ChangeSetCreateOrUpdateResponse;
    writable {
        /// What the change is about.
        "Description" description: String [filter search];
    }
    read_only {
        /// Tag on the revisions that begin the change set; made by the server.
        "StartTagID" start_tag_id: Option<TagId> [filter];
        /// Tag on the revisions that end the change set; made by the server.
        "EndTagID" end_tag_id: Option<TagId> [filter];
        /// State of the change set, set by the server.
        "State" state: String [filter search];
    }
    hidden {}
    includes { "StartTagID" => "StartTag", "EndTagID" => "EndTag", }
    required {}
}

/// What a change set did, and what is left to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ChangeSetSummary {
    /// The change set.
    #[serde(rename = "ChangeSetID")]
    #[schema(value_type = Uuid)]
    pub change_set_id: ChangeSetId,
    /// Its state.
    pub state: String,
    /// The units that it changed, by space and slug.
    pub units: Vec<ChangeSetUnit>,
    /// Units that it changed and that are gone.
    pub deleted_units: Vec<ChangeSetDeletion>,
    /// How many of the units have apply gates.
    pub gated_unit_count: usize,
    /// How many of the units nobody has approved as they are.
    pub unapproved_unit_count: usize,
}

/// What a change set did to one unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ChangeSetUnit {
    /// Space that owns the unit.
    #[serde(rename = "SpaceID")]
    #[schema(value_type = Uuid)]
    pub space_id: SpaceId,
    /// Slug of that space.
    pub space_slug: String,
    /// The unit.
    #[serde(rename = "UnitID")]
    #[schema(value_type = Uuid)]
    pub unit_id: UnitId,
    /// Its slug.
    pub slug: String,
    /// Whether it is in the change set still.
    pub is_open: bool,
    /// Whether it was made in the change set.
    pub is_new: bool,
    /// Its first revision in the change set.
    pub first_revision_num: i64,
    /// Its last revision in the change set.
    pub last_revision_num: i64,
    /// Its newest revision.
    pub head_revision_num: i64,
    /// Who made those revisions; the zero UUID for automatic changes.
    #[serde(rename = "UserIDs")]
    #[schema(value_type = Vec<Uuid>)]
    pub user_ids: Vec<UserId>,
    /// Why, in the order of the revisions.
    pub descriptions: Vec<String>,
    /// What all of them together changed, by resource and path.
    #[schema(schema_with = crate::schema::mutation_list)]
    pub mutations: ResourceMutationList,
    /// What keeps the unit from being applied.
    pub apply_gates: BTreeMap<String, bool>,
    /// Who approved the unit as it is.
    pub approved_by: Vec<Uuid>,
}

/// A unit that is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ChangeSetDeletion {
    /// Space that owned the unit.
    #[serde(rename = "SpaceID")]
    #[schema(value_type = Uuid)]
    pub space_id: SpaceId,
    /// The unit.
    #[serde(rename = "UnitID")]
    #[schema(value_type = Uuid)]
    pub unit_id: UnitId,
    /// Its slug.
    pub slug: String,
    /// Who deleted it.
    #[serde(rename = "UserID")]
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub deleted_at: Time,
}

/// What became of undoing a change set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ChangeSetUndo {
    /// The units that it changed, as they are now; or why not. What was changed since is in the
    /// report of each.
    pub units: Vec<UnitCreateOrUpdateResponse>,
    /// Units that were made in it: they stay.
    pub created_units: Vec<ChangeSetUnit>,
    /// Units that it changed and that are gone: they stay away.
    pub deleted_units: Vec<ChangeSetDeletion>,
}
