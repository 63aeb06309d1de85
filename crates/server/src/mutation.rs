//! Operations on mutations.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::Hub;
use cubit_model::{ExtendedMutation, MutationId, SpaceId, UnitId};

use crate::answer::{json, page};
use crate::error::{ApiError, Failures};
use crate::parameters::{Ids, ListParameters, Parameters, ReadParameters};
use crate::sign_in::SignedIn;

/// List mutations
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/mutation",
    operation_id = "ListExtendedMutations", tag = "Mutation",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        ListParameters,
    ),
    responses((status = 200, description = "Success.", body = Vec<ExtendedMutation>), Failures)
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit)): Ids<(SpaceId, UnitId)>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Result<Response, ApiError> {
    let query = parameters.into();
    page(hub.list_mutations(&caller, space, unit, &query).await?).await
}

/// Read one mutation
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/mutation/{mutation_id}",
    operation_id = "GetExtendedMutation", tag = "Mutation",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        ("mutation_id" = Uuid, Path, description = "Identifier."),
        ReadParameters,
    ),
    responses((status = 200, description = "Success.", body = ExtendedMutation), Failures)
)]
pub(crate) async fn get(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit, id)): Ids<(SpaceId, UnitId, MutationId)>,
    Parameters(parameters): Parameters<ReadParameters>,
) -> Result<Response, ApiError> {
    let query = parameters.into();
    json(hub.get_mutation(&caller, (space, unit), id, &query).await?).await
}
