//! Entities, identifiers, enums and attribute tables of the API.
//!
//! Invariants: every attribute of an entity is declared once, in the table of its `entity!`
//! block; the struct, its JSON, merge patch, query types, storage columns and `OpenAPI` schema all
//! come from that line. JSON names are the API's. Reading is lenient (nulls, zero UUIDs and
//! unknown members are accepted), writing is strict.
//!
//! ```
//! use cubit_model::{Patch, Space, SpacePatch};
//!
//! let mut space: Space = serde_json::from_str(r#"{"Slug": "dev", "Labels": null}"#)?;
//! let patch: SpacePatch = serde_json::from_str(r#"{"Labels": {"tier": "web"}}"#)?;
//! patch.apply(&mut space);
//! assert_eq!(space.labels["tier"], "web");
//! # Ok::<(), serde_json::Error>(())
//! ```

#[macro_use]
mod entity;
#[macro_use]
mod in_space;
#[macro_use]
mod words;
mod action;
mod approval;
mod audit;
mod base64;
mod bridge_worker;
mod change_set;
mod engine;
mod error;
mod extended;
mod field;
mod filter;
mod function;
mod id;
mod info;
mod invocation;
mod limits;
mod link;
mod mutation;
mod organization;
mod permission;
mod reference;
mod revision;
mod schema;
mod session;
mod space;
mod tag;
mod target;
mod trigger;
mod unit;
mod user;
mod view;

#[cfg(test)]
mod tests;

pub use action::{
    ActionResult, ActionResultType, ActionStatusType, ActionType, BridgeWorkerStatus, EventMessage,
    ImportFilter, ImportOptions, ImportRequest, OperationStatus, QueuedOperation, UnitAction,
    UnitActionResponse, UnitEvent, UnitExtended, UnitStatus, UnitValidation,
};
pub use approval::{Approval, ApprovalRules};
pub use audit::{AuditRecord, SpaceChange, SpaceChanges};
pub use base64::Base64;
pub use bridge_worker::{
    AvailableTarget, BridgeWorker, BridgeWorkerCreateOrUpdateResponse, BridgeWorkerInfo,
    BridgeWorkerPatch, ConfigType, FunctionWorkerInfo, WorkerInfo,
};
pub use change_set::{
    ChangeSet, ChangeSetCreateOrUpdateResponse, ChangeSetDeletion, ChangeSetPatch,
    ChangeSetSummary, ChangeSetUndo, ChangeSetUnit,
};
pub use engine::{
    FunctionArgument, FunctionInvocation, MergeReport, ResourceInfo, ResourceMutation,
    ResourceMutationList,
};
pub use entity::{Attribute, Entity, Flags};
pub use error::{DeleteResponse, ErrorItem, ErrorMetadata, ResponseError, StandardErrorResponse};
pub use extended::{
    Bare, Extended, ExtendedBridgeWorker, ExtendedChangeSet, ExtendedFilter, ExtendedInvocation,
    ExtendedLink, ExtendedMutation, ExtendedRevision, ExtendedSpace, ExtendedTag, ExtendedTarget,
    ExtendedTrigger, ExtendedUnit, ExtendedView,
};
pub use field::{Field, Mergeable, Patch, Time};
pub use filter::{Filter, FilterCreateOrUpdateResponse, FilterPatch};
pub use function::{FunctionInvocationsRequest, FunctionInvocationsResponse};
pub use id::{
    BlobId, BridgeWorkerId, ChangeSetId, FilterId, InvocationId, LinkId, MutationId,
    OrganizationId, QueuedOperationId, RevisionId, SpaceId, TagId, TargetId, TriggerId,
    UnitEventId, UnitId, UserId, ViewId,
};
pub use in_space::{Described, InSpace, MergePatch};
pub use info::ApiInfo;
pub use invocation::{Invocation, InvocationCreateOrUpdateResponse, InvocationPatch};
pub use limits::{
    ANNOTATION_VALUE_LIMIT, DATA_LIMIT, DESCRIPTION_LIMIT, Invalid, KEY_LIMIT, LABEL_VALUE_LIMIT,
    SLUG_LIMIT, check_annotations, check_description, check_gates, check_labels, check_slug,
};
pub use link::{Link, LinkCreateOrUpdateResponse, LinkPatch};
pub use mutation::Mutation;
pub use organization::{Organization, OrganizationMember};
pub use permission::{Grant, Permission, PermissionSet, Permissions, Role};
pub use reference::{BaseRevision, InvalidReference, RevisionReference};
pub use revision::Revision;
pub use schema::{FunctionSignatureSchema, MergeReportLineSchema};
pub use session::{
    CodeRequest, DeviceCode, DeviceCodeRequest, PasswordChange, RefreshRequest, Session,
    SessionUser, SignInRequest, TokenInfo, TokenRequest, WorkerSignInRequest,
};
pub use space::{Space, SpaceCreateOrUpdateResponse, SpacePatch};
pub use tag::{Tag, TagCreateOrUpdateResponse, TagPatch};
pub use target::{Target, TargetCreateOrUpdateResponse, TargetPatch};
pub use trigger::{Trigger, TriggerCreateOrUpdateResponse, TriggerPatch};
pub use unit::{
    ApproveResponse, Unit, UnitCreateOrUpdateResponse, UnitPatch, UnitTagRequest, UnitTagResponse,
};
pub use user::User;
pub use view::{Column, View, ViewCreateOrUpdateResponse, ViewPatch};
