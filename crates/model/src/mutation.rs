//! Mutations.

use cubit_query::Value;

use crate::engine::{FunctionInvocation, ResourceInfo};
use crate::{
    InvocationId, LinkId, MutationId, OrganizationId, RevisionId, SpaceId, TriggerId, UnitId,
};

entity! {
    /// One source of change inside a revision.
    Mutation in "mutations", id mutation_id;
    writable {}
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// The unit.
        "UnitID" unit_id: UnitId [filter always];
        /// Identifier of the mutation.
        "MutationID" mutation_id: MutationId [filter always];
        /// Sequence number within the unit.
        "MutationNum" mutation_num: i64 [filter always];
        /// Revision it belongs to.
        "RevisionID" revision_id: RevisionId [filter];
        /// Number of that revision.
        "RevisionNum" revision_num: i64 [filter];
        /// Function call that made the change, if any.
        "FunctionInvocation" function_invocation: FunctionInvocation [];
        /// Saved invocation that was run, if any.
        "InvocationID" invocation_id: Option<InvocationId> [filter];
        /// Trigger that made the change, if any.
        "TriggerID" trigger_id: Option<TriggerId> [filter];
        /// Link whose resolution made the change, if any.
        "LinkID" link_id: Option<LinkId> [filter];
        /// Resource the value came from when a link was resolved.
        "ProvidedResource" provided_resource: ResourceInfo [];
        /// Path the value came from when a link was resolved.
        "ProvidedPath" provided_path: String [];
        /// Revision restored, if it was a restore.
        "RestoredRevisionNum" restored_revision_num: i64 [filter];
        /// Upstream revision upgraded from, if it was an upgrade.
        "UpgradedFromUpstreamRevisionNum" upgraded_from_upstream_revision_num: i64 [filter];
        /// Unit merged from, if it was a merge.
        "MergeSourceID" merge_source_id: Option<UnitId> [filter];
        /// Revision before the merged changes.
        "MergeBaseRevisionNum" merge_base_revision_num: i64 [filter];
        /// Last revision of the merged changes.
        "MergeEndRevisionNum" merge_end_revision_num: i64 [filter];
        /// Change counter.
        "Version" version: i64 [];
    }
    hidden {}
    derived {
        /// Name of the function that made the change.
        "FunctionName": Text = |mutation| Value::text(&mutation.function_invocation.function_name);
    }
    includes {
        "InvocationID" => "Invocation",
        "LinkID" => "Link",
        "MergeSourceID" => "MergeSource",
        "OrganizationID" => "Organization",
        "RevisionID" => "Revision",
        "SpaceID" => "Space",
        "TriggerID" => "Trigger",
        "UnitID" => "Unit",
    }
    required {}
}
