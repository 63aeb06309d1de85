//! Actions: what workers are asked to do with units, and what they report.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::engine::ResourceInfo;
use crate::schema::ResourceInfoSchema;
use crate::{
    BridgeWorkerId, Link, OrganizationId, QueuedOperationId, ResponseError, SpaceId, TargetId,
    Time, TriggerId, Unit, UnitEventId, UnitId, UserId,
};

words! {
    /// What a worker is asked to do.
    ActionType {
        /// Nothing was asked.
        None = "N/A",
        /// Make the unit real.
        Apply = "Apply",
        /// Remove what the unit made real.
        Destroy = "Destroy",
        /// Read what is real, and say how it differs.
        Refresh = "Refresh",
        /// Read what is real, as the data of the unit.
        Import = "Import",
        /// Clean up.
        Finalize = "Finalize",
        /// Show that it lives.
        Heartbeat = "Heartbeat",
    }
}

words! {
    /// How far an action is.
    ActionStatusType {
        /// Not begun.
        None = "None",
        /// Waits for its turn.
        Pending = "Pending",
        /// Sent to the worker.
        Submitted = "Submitted",
        /// The worker is at it.
        Progressing = "Progressing",
        /// Done.
        Completed = "Completed",
        /// Not done.
        Failed = "Failed",
        /// Given up before it was sent.
        Canceled = "Canceled",
    }
}

words! {
    /// What came of an action.
    ActionResultType {
        /// Nothing yet.
        None = "None",
        /// The unit is real.
        ApplyCompleted = "ApplyCompleted",
        /// The unit could not be made real.
        ApplyFailed = "ApplyFailed",
        /// The unit was sent and did not become ready.
        ApplyWaitFailed = "ApplyWaitFailed",
        /// The unit is gone.
        DestroyCompleted = "DestroyCompleted",
        /// The unit could not be removed.
        DestroyFailed = "DestroyFailed",
        /// The removal was sent and did not end.
        DestroyWaitFailed = "DestroyWaitFailed",
        /// What is real differs from the unit.
        RefreshAndDrifted = "RefreshAndDrifted",
        /// What is real is as the unit says.
        RefreshAndNoDrift = "RefreshAndNoDrift",
        /// What is real could not be read.
        RefreshFailed = "RefreshFailed",
        /// The data of the unit is what is real.
        ImportCompleted = "ImportCompleted",
        /// What is real could not be imported.
        ImportFailed = "ImportFailed",
    }
}

words! {
    /// Where a queued operation is.
    OperationStatus {
        /// Being set up.
        Initializing = "Initializing",
        /// Waits for its turn.
        Pending = "Pending",
        /// Sent to the worker.
        Delivered = "Delivered",
        /// The worker is at it.
        Progressing = "Progressing",
        /// Done.
        Completed = "Completed",
        /// Not done.
        Failed = "Failed",
        /// Given up.
        Aborted = "Aborted",
    }
}

entity! {
    /// One action queued for a worker. Actions of one worker are sent in the order they were asked
    /// for, and after their dependencies.
    QueuedOperation in "queued_operations", id queued_operation_id;
    writable {}
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space of the unit.
        "SpaceID" space_id: SpaceId [filter always];
        /// The unit.
        "UnitID" unit_id: UnitId [filter always];
        /// Identifier of the operation.
        "QueuedOperationID" queued_operation_id: QueuedOperationId [filter always];
        /// Requested action.
        "Action" action: ActionType [filter];
        /// Worker that will do it.
        "BridgeWorkerID" bridge_worker_id: BridgeWorkerId [filter];
        /// Target acted on.
        "TargetID" target_id: TargetId [filter];
        /// Revision acted on.
        "RevisionNum" revision_num: i64 [filter];
        /// Operations that must complete before this one is delivered.
        "Dependencies" dependencies: Vec<Uuid> [filter];
        /// Extra parameters, as a string (for example the import request).
        "ExtraParams" extra_params: String [];
        /// Where it is.
        "Status" status: OperationStatus [filter];
        /// User who asked for it.
        "UserID" user_id: UserId [filter];
        /// User-Agent of the request.
        "UserAgent" user_agent: String [filter];
        /// Change counter.
        "Version" version: i64 [];
    }
    hidden {}
    derived {}
    includes {}
    required {}
}

entity! {
    /// One state change of an action on a unit, as reported by the worker.
    UnitEvent in "unit_events", id unit_event_id;
    writable {}
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// The unit.
        "UnitID" unit_id: UnitId [filter always];
        /// Identifier of the event.
        "UnitEventID" unit_event_id: UnitEventId [filter always];
        /// Operation it belongs to.
        "QueuedOperationID" queued_operation_id: QueuedOperationId [filter];
        /// Worker that reported it.
        "BridgeWorkerID" bridge_worker_id: Option<BridgeWorkerId> [filter];
        /// Action it belongs to.
        "Action" action: ActionType [filter];
        /// Outcome so far.
        "Result" result: ActionResultType [filter];
        /// Progress.
        "Status" status: ActionStatusType [filter];
        /// Text from the worker.
        "Message" message: String [];
        /// Revision number.
        "RevisionNum" revision_num: i64 [filter];
        /// Start of the action.
        "StartedAt" started_at: Time [filter];
        /// End of the action; null while it runs.
        "TerminatedAt" terminated_at: Option<Time> [filter];
        /// Change counter.
        "Version" version: i64 [];
    }
    hidden {}
    derived {}
    includes {}
    required {}
}

/// A queued operation, seen from its unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitAction(pub QueuedOperation);

impl PartialSchema for UnitAction {
    fn schema() -> RefOr<Schema> {
        QueuedOperation::schema()
    }
}

impl ToSchema for UnitAction {
    fn name() -> Cow<'static, str> {
        "UnitAction".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        add::<ActionType>(schemas);
        add::<ActionStatusType>(schemas);
        add::<ActionResultType>(schemas);
        add::<OperationStatus>(schemas);
    }
}

fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
}

/// Result for one unit of an action on many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct UnitActionResponse {
    /// The queued operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action: Option<QueuedOperation>,
    /// Set when this item failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<ResponseError>,
}

impl From<Result<QueuedOperation, ResponseError>> for UnitActionResponse {
    fn from(result: Result<QueuedOperation, ResponseError>) -> Self {
        let (action, error) = match result {
            Ok(action) => (Some(action), None),
            Err(error) => (None, Some(error)),
        };
        Self { action, error }
    }
}

/// What to import into a unit from the live system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImportRequest {
    /// Selection clauses; not together with Where.
    pub filters: Vec<ImportFilter>,
    /// Options of the worker.
    #[schema(value_type = ImportOptions)]
    pub options: ImportOptions,
    /// The resources to import, one by one.
    #[schema(value_type = Vec<ResourceInfoSchema>)]
    pub resource_info_list: Vec<ResourceInfo>,
    /// Selection as one expression; not together with Filters.
    pub r#where: String,
}

/// Options of an import, defined by the worker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportOptions(pub BTreeMap<String, Json>);

impl PartialSchema for ImportOptions {
    fn schema() -> RefOr<Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .description(Some("Options of an import, defined by the worker."))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)))
            .into()
    }
}

impl ToSchema for ImportOptions {}

/// One selection clause of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImportFilter {
    /// include, exclude, equals, contains or matches.
    pub operator: String,
    /// What it filters on: namespace, label, `resource_type` and others.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Values to compare with.
    pub values: Vec<String>,
}

/// Latest action of a unit, and what it made of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct UnitStatus {
    /// Latest action.
    pub action: ActionType,
    /// Its outcome.
    pub action_result: ActionResultType,
    /// Its start.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub action_started_at: Option<Time>,
    /// Its end; null while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub action_terminated_at: Option<Time>,
    /// Drift found by the last refresh: N/A, `NotDrifted` or Drifted.
    pub drift: String,
    /// `NotLive`, Ready, Progressing, Failed or Aborted.
    pub status: String,
}

impl UnitStatus {
    /// The status of a unit by its newest event; spec/semantics.md, section 12.4.
    #[must_use]
    pub fn of(unit: &Unit, newest: Option<&UnitEvent>) -> Self {
        let status = match newest.map(|event| event.status) {
            Some(
                ActionStatusType::Pending
                | ActionStatusType::Submitted
                | ActionStatusType::Progressing,
            ) => "Progressing",
            Some(ActionStatusType::Failed) => "Failed",
            Some(ActionStatusType::Canceled) => "Aborted",
            _ if unit.live_revision_num == 0 => "NotLive",
            _ => "Ready",
        };
        let drift = match newest.map(|event| event.result) {
            Some(ActionResultType::RefreshAndDrifted) => "Drifted",
            Some(ActionResultType::RefreshAndNoDrift) => "NotDrifted",
            _ => "N/A",
        };
        Self {
            action: newest.map(|event| event.action).unwrap_or_default(),
            action_result: newest.map(|event| event.result).unwrap_or_default(),
            action_started_at: newest.map(|event| event.started_at),
            action_terminated_at: newest.and_then(|event| event.terminated_at),
            drift: drift.to_owned(),
            status: status.to_owned(),
        }
    }
}

/// A unit with its links, the names of its approvers and its latest status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct UnitExtended {
    /// What each validating trigger said of the head revision, and why.
    pub validations: Vec<UnitValidation>,
    /// Names of the users who approved the head revision.
    pub approved_by_users: Vec<String>,
    /// Links that start at the unit.
    pub from_links: Vec<Link>,
    /// Links that end at the unit.
    pub to_links: Vec<Link>,
    /// The unit.
    pub unit: Unit,
    /// Latest action and status.
    #[serde(flatten)]
    pub status: UnitStatus,
}

/// What a trigger said of a revision. When it did not pass, a gate of this name is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct UnitValidation {
    /// trigger-slug/function-name.
    pub gate: String,
    /// The trigger.
    #[serde(rename = "TriggerID")]
    #[schema(value_type = Uuid)]
    pub trigger_id: TriggerId,
    /// Its slug.
    pub trigger_slug: String,
    /// The function it calls.
    pub function_name: String,
    /// Whether the data passed.
    pub passed: bool,
    /// What did not pass, or went wrong, in words.
    pub details: Vec<String>,
}

/// One entry in the connection history of a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct BridgeWorkerStatus {
    /// The worker.
    #[serde(rename = "BridgeWorkerID")]
    #[schema(value_type = Uuid)]
    pub bridge_worker_id: BridgeWorkerId,
    /// Its slug.
    pub bridge_worker_slug: String,
    /// Identifier of this entry.
    #[serde(rename = "BridgeWorkerStatusID")]
    #[schema(value_type = Uuid)]
    pub bridge_worker_status_id: Uuid,
    /// Address it connected from.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
    /// Organization that owns it.
    #[serde(rename = "OrganizationID")]
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    /// When it last answered.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Time,
    /// Space that owns it.
    #[serde(rename = "SpaceID")]
    #[schema(value_type = Uuid)]
    pub space_id: SpaceId,
    /// Connected, Disconnected, `ActionSent` or `ActionResultReceived`.
    pub status: String,
}

/// What a worker reports of an action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ActionResult {
    /// Action this reports on.
    pub action: String,
    /// New configuration data, of a refresh or an import.
    #[schema(value_type = String, format = Byte)]
    pub data: Option<crate::Base64>,
    /// Live state after the action.
    #[schema(value_type = String, format = Byte)]
    pub live_state: Option<crate::Base64>,
    /// Text from the worker.
    pub message: String,
    /// Outputs of an apply.
    #[schema(value_type = String, format = Byte)]
    pub outputs: Option<crate::Base64>,
    /// Operation this answers.
    #[serde(rename = "QueuedOperationID")]
    #[schema(value_type = Uuid)]
    pub queued_operation_id: QueuedOperationId,
    /// Outcome.
    pub result: String,
    /// Revision number.
    pub revision_num: i64,
    /// Space of the unit.
    #[serde(rename = "SpaceID")]
    #[schema(value_type = Uuid)]
    pub space_id: SpaceId,
    /// Start of the action.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Time,
    /// Progress.
    pub status: String,
    /// End of the action; null while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub terminated_at: Option<Time>,
    /// The unit.
    #[serde(rename = "UnitID")]
    #[schema(value_type = Uuid)]
    pub unit_id: UnitId,
}

/// One event of the stream that a worker reads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct EventMessage {
    /// What it is about; JSON as it is, not base64.
    #[schema(value_type = String)]
    pub data: Json,
    /// `WorkerEvent`, `BridgeWorkerEvent` or `FunctionWorkerEvent`.
    pub event: String,
}
