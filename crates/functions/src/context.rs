//! What a function may know besides the text and its arguments.

use std::collections::BTreeMap;

use cubit_configdata::{Toolchain, Value};
use serde_json::json;

/// Facts about the unit a function runs on. Ids are in their text form; what does not apply is
/// empty.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "each field is the attribute of the unit or space of the same name"
)]
pub struct FunctionContext {
    pub toolchain: Toolchain,
    pub organization_id: String,
    pub space_id: String,
    pub space_slug: String,
    pub unit_id: String,
    pub unit_slug: String,
    pub unit_display_name: String,
    pub unit_labels: BTreeMap<String, String>,
    pub unit_annotations: BTreeMap<String, String>,
    pub target_id: String,
    pub revision_id: String,
    /// Number of the head revision before the change.
    pub revision_num: i64,
    /// Whether the unit was never applied.
    pub is_new: bool,
    /// CRC-32 of the stored data.
    pub previous_content_hash: i32,
    /// Ids of the users who approved the head revision.
    pub approved_by: Vec<String>,
    /// How many of them are members of each group that the space names in its `ApprovalRules`.
    pub approvals_by_group: BTreeMap<String, usize>,
    /// Texts of other revisions by the name of their source, such as `LiveRevisionNum`.
    pub other_data: BTreeMap<String, String>,
    /// What the last merge or upgrade left out, one line each.
    pub merge_conflicts: Vec<String>,
}

impl Default for FunctionContext {
    fn default() -> Self {
        Self {
            toolchain: Toolchain::KubernetesYaml,
            organization_id: String::new(),
            space_id: String::new(),
            space_slug: String::new(),
            unit_id: String::new(),
            unit_slug: String::new(),
            unit_display_name: String::new(),
            unit_labels: BTreeMap::new(),
            unit_annotations: BTreeMap::new(),
            target_id: String::new(),
            revision_id: String::new(),
            revision_num: 0,
            is_new: true,
            previous_content_hash: 0,
            approved_by: Vec::new(),
            approvals_by_group: BTreeMap::new(),
            other_data: BTreeMap::new(),
            merge_conflicts: Vec::new(),
        }
    }
}

impl FunctionContext {
    /// What programs may know of the unit.
    pub(crate) fn facts(&self) -> Value {
        Value::from_json(&json!({
            "ToolchainType": self.toolchain.to_string(),
            "OrganizationID": self.organization_id,
            "SpaceID": self.space_id,
            "SpaceSlug": self.space_slug,
            "UnitID": self.unit_id,
            "UnitSlug": self.unit_slug,
            "UnitDisplayName": self.unit_display_name,
            "UnitLabels": self.unit_labels,
            "UnitAnnotations": self.unit_annotations,
            "RevisionNum": self.revision_num,
        }))
    }
}
