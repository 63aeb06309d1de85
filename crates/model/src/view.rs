//! Views: how the result of a filter is shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{FilterId, OrganizationId, SpaceId, ViewId};

/// One column of a view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct Column {
    /// Built-in column, attribute (Labels.Environment) or extended attribute
    /// (`UpstreamUnit.HeadRevisionNum`).
    #[schema(required)]
    pub name: String,
}

entity! {
    /// How the result of a filter is shown as a table.
    View in "views", id view_id, patch ViewPatch;
    writable {
        /// URL-safe name, unique within the space.
        "Slug" slug: String [filter search always];
        /// Human-readable name.
        "DisplayName" display_name: String [filter search];
        /// Key/value pairs for grouping and filtering.
        "Labels" labels: BTreeMap<String, String> [filter search];
        /// Key/value notes for tools. Not filterable.
        "Annotations" annotations: BTreeMap<String, String> [search];
        /// Named gates; any entry blocks deletion.
        "DeleteGates" delete_gates: BTreeMap<String, bool> [filter search];
        /// Filter whose result is shown.
        "FilterID" filter_id: FilterId [filter];
        /// Columns, in order.
        "Columns" columns: Vec<Column> [];
        /// Column to group by.
        "GroupBy" group_by: String [filter search];
        /// Column to sort by.
        "OrderBy" order_by: String [filter search];
        /// ASC (default) or DESC; only with `OrderBy`.
        "OrderByDirection" order_by_direction: String [filter search];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the view.
        "ViewID" view_id: ViewId [filter always];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", "SpaceID" => "Space", "FilterID" => "Filter", }
    required { "Slug" "FilterID" }
}

in_space! { View, view: view_id ViewId, ViewPatch, ViewCreateOrUpdateResponse }
