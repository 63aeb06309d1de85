//! Operations on units.

pub(crate) mod action;
pub(crate) mod bulk;

use axum::extract::State;
use axum::response::Response;
use cubit_hub::{CreateUnit, Hub, ListQuery, UnitChange, Verdict};
use cubit_model::{
    ChangeSetId, DeleteResponse, ExtendedUnit, RevisionId, SpaceId, TagId, Unit, UnitId, UnitPatch,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::{bytes, entity, extended, json, page};
use crate::body::Body;
use crate::error::{ApiError, Conflict, Failures, Unprocessable};
use crate::parameters::{
    AllowExists, DataParameters, Ids, ListParameters, Parameters, ReadParameters, flag, optional,
};
use crate::sign_in::SignedIn;

/// List units
#[utoipa::path(
    get, path = "/space/{space_id}/unit", operation_id = "ListUnits", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), ListParameters, DataParameters),
    responses((status = 200, description = "Success.", body = Vec<ExtendedUnit>), Failures)
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(space): Ids<SpaceId>,
    Parameters(parameters): Parameters<ListParameters>,
    Parameters(data): Parameters<DataParameters>,
) -> Result<Response, ApiError> {
    let query = with_data(parameters, data);
    page(hub.list_units(&caller, Some(space), &query).await?).await
}

/// List units across spaces
#[utoipa::path(
    get, path = "/unit", operation_id = "ListAllUnits", tag = "Unit",
    params(ListParameters, DataParameters),
    responses((status = 200, description = "Success.", body = Vec<ExtendedUnit>), Failures)
)]
pub(crate) async fn list_all(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(parameters): Parameters<ListParameters>,
    Parameters(data): Parameters<DataParameters>,
) -> Result<Response, ApiError> {
    let query = with_data(parameters, data);
    page(hub.list_units(&caller, None, &query).await?).await
}

fn with_data(parameters: ListParameters, data: DataParameters) -> ListQuery {
    ListQuery {
        resource_type: data.resource_type,
        where_data: data.where_data,
        ..parameters.into()
    }
}

/// Where a new unit is cloned from.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Upstream {
    /// Space of the unit to clone; the new unit's own if absent.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    upstream_space_id: Option<SpaceId>,
    /// Unit to clone.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    upstream_unit_id: Option<UnitId>,
}

/// Create a unit
#[utoipa::path(
    post, path = "/space/{space_id}/unit", operation_id = "CreateUnit", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), Upstream, AllowExists),
    request_body = Unit,
    responses((status = 200, description = "Success.", body = Unit), Failures, Unprocessable)
)]
pub(crate) async fn create(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(space): Ids<SpaceId>,
    Parameters(upstream): Parameters<Upstream>,
    Parameters(AllowExists { allow_exists }): Parameters<AllowExists>,
    Body(unit): Body<Unit>,
) -> Result<Response, ApiError> {
    let options = CreateUnit {
        upstream_space_id: upstream.upstream_space_id,
        upstream_unit_id: upstream.upstream_unit_id,
        allow_exists,
    };
    entity(hub.create_unit(&caller, space, unit, options).await?).await
}

/// Read one unit
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}", operation_id = "GetUnit", tag = "Unit",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        ReadParameters,
    ),
    responses((status = 200, description = "Success.", body = ExtendedUnit), Failures)
)]
pub(crate) async fn get(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit)): Ids<(SpaceId, UnitId)>,
    Parameters(parameters): Parameters<ReadParameters>,
) -> Result<Response, ApiError> {
    extended(
        hub.get_unit(&caller, space, unit, &parameters.into())
            .await?,
    )
    .await
}

/// The older way to restore.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevisionParameter {
    /// Revision to restore data from, by id.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    revision_id: Option<RevisionId>,
}

/// How a unit is changed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeParameters {
    /// Compute the result without storing it.
    #[serde(deserialize_with = "flag")]
    dry_run: bool,
    /// Bring the unit up to the head of its upstream.
    #[serde(deserialize_with = "flag")]
    upgrade: bool,
    /// Revision reference to restore data from.
    restore: String,
    /// Unit id to merge changes from, or Self.
    merge_source: String,
    /// Revision reference: state before the changes to merge.
    merge_base: String,
    /// Revision reference: state after the changes to merge.
    merge_end: String,
    /// Take a change out again: `Mutation:<id>`, or a revision reference; of a change set all that it
    /// changed. What was changed since at the same places stays.
    undo: String,
    /// Expression over mutations: which may be affected by the merge.
    where_mutation: String,
    /// UUID of a saved Filter over Mutation.
    filter_mutation: String,
    /// Tag to put on the resulting head revision.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    tag: Option<TagId>,
    /// Change set the unit is attached to.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    change_set_id: Option<ChangeSetId>,
}

impl From<ChangeParameters> for UnitChange {
    fn from(parameters: ChangeParameters) -> Self {
        Self {
            dry_run: parameters.dry_run,
            restore: parameters.restore,
            revision_id: None,
            upgrade: parameters.upgrade,
            merge_source: parameters.merge_source,
            merge_base: parameters.merge_base,
            merge_end: parameters.merge_end,
            undo: parameters.undo,
            where_mutation: parameters.where_mutation,
            filter_mutation: parameters.filter_mutation,
            tag: parameters.tag,
            change_set_id: parameters.change_set_id,
        }
    }
}

/// Replace a unit
#[utoipa::path(
    put, path = "/space/{space_id}/unit/{unit_id}", operation_id = "UpdateUnit", tag = "Unit",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        RevisionParameter,
        ChangeParameters,
    ),
    request_body = Unit,
    responses(
        (status = 200, description = "Success.", body = Unit), Failures, Conflict, Unprocessable
    )
)]
pub(crate) async fn update(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Parameters(RevisionParameter { revision_id }): Parameters<RevisionParameter>,
    Parameters(parameters): Parameters<ChangeParameters>,
    Body(unit): Body<Unit>,
) -> Result<Response, ApiError> {
    let change = UnitChange {
        revision_id,
        ..parameters.into()
    };
    entity(hub.update_unit(&caller, path, unit, &change).await?).await
}

/// Merge-patch a unit
#[utoipa::path(
    patch, path = "/space/{space_id}/unit/{unit_id}", operation_id = "PatchUnit", tag = "Unit",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        RevisionParameter,
        ChangeParameters,
    ),
    request_body(content = UnitPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "Success.", body = Unit), Failures, Conflict, Unprocessable
    )
)]
pub(crate) async fn patch(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Parameters(RevisionParameter { revision_id }): Parameters<RevisionParameter>,
    Parameters(parameters): Parameters<ChangeParameters>,
    Body(patch): Body<Option<UnitPatch>>,
) -> Result<Response, ApiError> {
    let patch = patch.unwrap_or_default();
    let change = UnitChange {
        revision_id,
        ..parameters.into()
    };
    entity(hub.patch_unit(&caller, path, patch, &change).await?).await
}

/// Delete a unit
#[utoipa::path(
    delete, path = "/space/{space_id}/unit/{unit_id}", operation_id = "DeleteUnit", tag = "Unit",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
    ),
    responses((status = 200, description = "Success.", body = DeleteResponse), Failures, Unprocessable)
)]
pub(crate) async fn delete(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit)): Ids<(SpaceId, UnitId)>,
) -> Result<Response, ApiError> {
    json(hub.delete_unit(&caller, space, unit).await?).await
}

/// Configuration data as raw bytes
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/data", operation_id = "DownloadUnitData",
    tag = "Unit",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
    ),
    responses(
        (status = 200, description = "Success.", body = Vec<u8>, content_type = "application/octet-stream"),
        Failures
    )
)]
pub(crate) async fn data(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit)): Ids<(SpaceId, UnitId)>,
) -> Result<Response, ApiError> {
    Ok(bytes(hub.unit_data(&caller, space, unit).await?))
}

/// Approve a revision as the calling user
#[utoipa::path(
    post, path = "/space/{space_id}/unit/{unit_id}/approve", operation_id = "ApproveUnit",
    tag = "Unit",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        bulk::Approving,
    ),
    responses((status = 200, description = "Success.", body = String, content_type = "application/json"), Failures, Conflict)
)]
pub(crate) async fn approve(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Parameters(approving): Parameters<bulk::Approving>,
) -> Result<Response, ApiError> {
    let request = approving.request(Verdict::Approve);
    json(hub.approve_unit(&caller, path, &request).await?).await
}

/// Withdraw the approval of the calling user from a revision
#[utoipa::path(
    delete, path = "/space/{space_id}/unit/{unit_id}/approve", operation_id = "WithdrawApproval",
    tag = "Unit",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        bulk::Approving,
    ),
    responses((status = 200, description = "Success.", body = String, content_type = "application/json"), Failures, Conflict, Unprocessable)
)]
pub(crate) async fn withdraw_approval(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Parameters(approving): Parameters<bulk::Approving>,
) -> Result<Response, ApiError> {
    let request = approving.request(Verdict::Withdraw);
    json(hub.approve_unit(&caller, path, &request).await?).await
}
