//! Making many links.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::{Hub, LinkPairs, Side};
use cubit_model::{LinkCreateOrUpdateResponse, LinkPatch};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::outcomes;
use crate::body::Body;
use crate::error::{ApiError, Failures};
use crate::parameters::{AllowExists, Strict, count};
use crate::sign_in::SignedIn;

/// Which units are linked to which.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Pairs {
    /// Conditions on the consumers.
    where_from: String,
    /// UUID of a saved Filter of the consumers.
    filter_from: String,
    /// Conditions on the spaces of the consumers.
    where_space: String,
    /// UUID of a saved Filter of the spaces of the consumers.
    filter_space: String,
    /// Conditions on the producers.
    where_to: String,
    /// UUID of a saved Filter of the producers.
    filter_to: String,
    /// Conditions on the spaces of the producers.
    where_to_space: String,
    /// UUID of a saved Filter of the spaces of the producers.
    filter_to_space: String,
    /// Most links to make; when there would be more, none is made.
    #[serde(deserialize_with = "count")]
    #[param(value_type = Option<i64>)]
    max_affected: Option<usize>,
}

/// Link each selected consumer to each selected producer
#[utoipa::path(
    post, path = "/link", operation_id = "BulkCreateLinks", tag = "Link",
    params(Pairs, AllowExists),
    request_body(content = LinkPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "Success.", body = Vec<LinkCreateOrUpdateResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<LinkCreateOrUpdateResponse>),
        Failures
    )
)]
pub(crate) async fn bulk_create(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(pairs, AllowExists { allow_exists }): Strict<Pairs, AllowExists>,
    Body(patch): Body<Option<LinkPatch>>,
) -> Result<Response, ApiError> {
    let pairs = LinkPairs {
        from: Side {
            r#where: pairs.where_from,
            filter: pairs.filter_from,
            where_space: pairs.where_space,
            filter_space: pairs.filter_space,
        },
        to: Side {
            r#where: pairs.where_to,
            filter: pairs.filter_to,
            where_space: pairs.where_to_space,
            filter_space: pairs.filter_to_space,
        },
        allow_exists,
        max_affected: pairs.max_affected,
    };
    let patch = patch.unwrap_or_default();
    let results = hub.bulk_create_links(&caller, &pairs, &patch).await?;
    outcomes::<_, LinkCreateOrUpdateResponse>(results).await
}
