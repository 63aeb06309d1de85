//! The query strings of the operations, as types.

use serde::Serialize;
use uuid::Uuid;

/// What the list operations take.
#[derive(Debug, Default, Clone, Serialize)]
pub struct ListQuery {
    /// Condition over the attributes of the entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#where: Option<String>,
    /// A saved filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Uuid>,
    /// Text to look for in all string attributes and labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// Comma-separated attributes to answer with; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<String>,
    /// Comma-separated references to expand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<String>,
    /// Units only: keep those that hold a resource of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Units only: condition over the configuration data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub where_data: Option<String>,
    /// Spaces only: add the counts.
    #[serde(skip_serializing_if = "is_false")]
    pub summary: bool,
}

/// What the operations that read one entity take.
#[derive(Debug, Default, Clone, Serialize)]
pub struct ReadQuery {
    /// Comma-separated references to expand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<String>,
    /// Comma-separated attributes to answer with; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<String>,
    /// Spaces only: add the counts.
    #[serde(skip_serializing_if = "is_false")]
    pub summary: bool,
}

/// What a create takes.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct AllowExists {
    /// Answer with the entity that already has the slug instead of failing.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_exists: bool,
}

/// What creating a unit takes: where to clone it from, if it is a clone.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct CreateUnit {
    /// Space of the unit to clone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_space_id: Option<Uuid>,
    /// The unit to clone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_unit_id: Option<Uuid>,
    /// Answer with the unit that already has the slug instead of failing.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_exists: bool,
}

/// What changing a unit takes besides its body; at most one way of changing
/// the data may be named.
#[derive(Debug, Default, Clone, Serialize)]
pub struct UnitChange {
    /// Restore the data of this revision of the unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_id: Option<Uuid>,
    /// Restore the data of the revision this reference names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
    /// Merge what changed upstream.
    #[serde(skip_serializing_if = "is_false")]
    pub upgrade: bool,
    /// Merge changes of this unit; `Self` for the unit itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_source: Option<String>,
    /// The revision of that unit before the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_base: Option<String>,
    /// The revision of that unit after the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_end: Option<String>,
    /// Condition over the mutations that an upgrade or merge may overwrite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub where_mutation: Option<String>,
    /// `Mutation:ID`, or the reference of a revision or a change set, to take out again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// The open change set the change belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set_id: Option<Uuid>,
    /// A tag for the resulting head revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Uuid>,
    /// Compute the result and store nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
}

/// A change of many units.
#[derive(Debug, Default, Clone, Serialize)]
pub struct BulkPatch {
    /// Condition over unit attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#where: Option<String>,
    /// Most units that may be affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_affected: Option<u32>,
    /// How each is changed.
    #[serde(flatten)]
    pub change: UnitChange,
}

/// Which units functions run on, and how.
#[derive(Debug, Default, Clone, Serialize)]
pub struct InvokeQuery {
    /// Condition over unit attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#where: Option<String>,
    /// A saved filter over units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Uuid>,
    /// Keep units that hold a resource of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Condition over the configuration data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub where_data: Option<String>,
    /// With `revision_id`: the unit whose revision the functions read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_id: Option<Uuid>,
    /// Run on this revision instead of on heads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_id: Option<Uuid>,
    /// The open change set the changes belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set_id: Option<Uuid>,
    /// Compute the result and store nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_parameters_stay_out_of_the_query() {
        let query = ListQuery {
            r#where: Some("Labels.tier = 'web' AND LEN(ApplyGates) > 0".into()),
            summary: true,
            ..ListQuery::default()
        };
        assert_eq!(
            serde_urlencoded::to_string(&query).unwrap(),
            "where=Labels.tier+%3D+%27web%27+AND+LEN%28ApplyGates%29+%3E+0&summary=true"
        );
        assert_eq!(
            serde_urlencoded::to_string(UnitChange::default()).unwrap(),
            ""
        );
    }
}
