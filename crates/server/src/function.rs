//! Operations on functions.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::{Hub, Invoke, ListQuery};
use cubit_model::{
    ChangeSetId, FunctionInvocationsRequest, FunctionInvocationsResponse, FunctionSignatureSchema,
    RevisionId, SpaceId, UnitId,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::{json, partly};
use crate::body::Body;
use crate::error::{ApiError, Failures, Unprocessable};
use crate::parameters::{Ids, Parameters, Strict, count, flag, optional};
use crate::sign_in::SignedIn;

/// Functions known across the organization
#[utoipa::path(
    get, path = "/function", operation_id = "ListOrgFunctions", tag = "Function",
    responses(
        (status = 200, description = "Success.", body = BTreeMap<String, BTreeMap<String, FunctionSignatureSchema>>),
        Failures
    )
)]
pub(crate) async fn list_all(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
) -> Result<Response, ApiError> {
    json(hub.list_functions(&caller, None, ("", "")).await?).await
}

/// Whose functions to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Owner {
    /// unit, target or worker: add the functions of the worker behind it.
    entity: String,
    /// Its id.
    id: String,
}

/// Functions available in a space
#[utoipa::path(
    get, path = "/space/{space_id}/function", operation_id = "ListFunctions", tag = "Function",
    params(("space_id" = Uuid, Path, description = "Identifier."), Owner),
    responses(
        (status = 200, description = "Success.", body = BTreeMap<String, BTreeMap<String, FunctionSignatureSchema>>),
        Failures
    )
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(space): Ids<SpaceId>,
    Parameters(Owner { entity, id }): Parameters<Owner>,
) -> Result<Response, ApiError> {
    let owner = (entity.as_str(), id.as_str());
    json(hub.list_functions(&caller, Some(space), owner).await?).await
}

/// Which units functions run on, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvokeParameters {
    /// Compute the result without storing it.
    #[serde(deserialize_with = "flag")]
    dry_run: bool,
    /// Change set the changes belong to.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    change_set_id: Option<ChangeSetId>,
    /// Conditions on units, joined by AND.
    r#where: String,
    /// UUID of a saved Filter.
    filter: String,
    /// Text to look for in all text attributes of units.
    contains: String,
    /// Keep units whose data has a resource of this type.
    resource_type: String,
    /// Conditions on the data, joined by AND.
    where_data: String,
    /// Most units that the functions may run on; when there are more, nothing is changed.
    #[serde(deserialize_with = "count")]
    #[param(value_type = Option<i64>)]
    max_affected: Option<usize>,
}

/// The revision functions run on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevisionParameters {
    /// Run on this unit only.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    unit_id: Option<UnitId>,
    /// Run on this revision of the unit; nothing is stored.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<Uuid>)]
    revision_id: Option<RevisionId>,
}

impl InvokeParameters {
    fn on(self, revision: &RevisionParameters) -> Invoke {
        Invoke {
            selection: ListQuery {
                r#where: self.r#where,
                filter: self.filter,
                contains: self.contains,
                resource_type: self.resource_type,
                where_data: self.where_data,
                max_affected: self.max_affected,
                ..ListQuery::default()
            },
            unit_id: revision.unit_id,
            revision_id: revision.revision_id,
            dry_run: self.dry_run,
            change_set_id: self.change_set_id,
        }
    }
}

/// Run functions on units across the organization
#[utoipa::path(
    post, path = "/function/invoke", operation_id = "InvokeFunctionsOnOrg", tag = "Function",
    params(InvokeParameters), request_body = FunctionInvocationsRequest,
    responses(
        (status = 200, description = "Success.", body = Vec<FunctionInvocationsResponse>),
        (status = 207, description = "Failed for some units.", body = Vec<FunctionInvocationsResponse>),
        Failures, Unprocessable
    )
)]
pub(crate) async fn invoke_all(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(parameters, _): Strict<InvokeParameters>,
    Body(request): Body<FunctionInvocationsRequest>,
) -> Result<Response, ApiError> {
    let invoke = parameters.on(&RevisionParameters::default());
    let answers = hub
        .invoke_functions(&caller, None, &request, &invoke)
        .await?;
    partly(has_failed(&answers), answers).await
}

/// Run functions on units of a space, or on one revision
#[utoipa::path(
    post, path = "/space/{space_id}/function/invoke", operation_id = "InvokeFunctions",
    tag = "Function",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        RevisionParameters, InvokeParameters,
    ),
    request_body = FunctionInvocationsRequest,
    responses(
        (status = 200, description = "Success.", body = Vec<FunctionInvocationsResponse>),
        (status = 207, description = "Failed for some units.", body = Vec<FunctionInvocationsResponse>),
        Failures, Unprocessable
    )
)]
pub(crate) async fn invoke(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(space): Ids<SpaceId>,
    Strict(parameters, revision): Strict<InvokeParameters, RevisionParameters>,
    Body(request): Body<FunctionInvocationsRequest>,
) -> Result<Response, ApiError> {
    let invoke = parameters.on(&revision);
    let answers = hub
        .invoke_functions(&caller, Some(space), &request, &invoke)
        .await?;
    partly(has_failed(&answers), answers).await
}

fn has_failed(answers: &[FunctionInvocationsResponse]) -> bool {
    answers.iter().any(|answer| answer.error.is_some())
}
