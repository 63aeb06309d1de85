//! Views: how the result of a filter is shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FilterId;

/// One column of a view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct Column {
    /// Built-in column, attribute (Labels.Environment) or extended attribute
    /// (`UpstreamUnit.HeadRevisionNum`).
    #[schema(required)]
    pub name: String,
}

entity_of_space! {
    /// How the result of a filter is shown as a table.
    View in "views", view: view_id ViewId "ViewID", ViewPatch, ViewCreateOrUpdateResponse;
    writable {
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
    }
    read_only {}
    hidden {}
    includes { "FilterID" => "Filter", }
    required { "FilterID" }
}
