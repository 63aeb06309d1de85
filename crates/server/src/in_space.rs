//! Operations on what a space holds besides units: the same for every entity.

mod document;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use cubit_hub::{BulkCreate, Expand, Hub, ListQuery, Rules};
use cubit_model::{Extended, InSpace, SpaceId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::answer::{entity, extended, json, outcomes, page, partly};
use crate::body::Body;
use crate::error::ApiError;
use crate::parameters::{
    AllowExists, Ids, ListParameters, Parameters, ReadParameters, Selection, Strict, Summary,
    count, flag,
};
use crate::sign_in::SignedIn;
use document::Document;

/// What the API calls the operations of an entity.
pub(crate) struct Names {
    /// The segment of its paths, and the beginning of the name of its id: `change_set`.
    pub(crate) path: &'static str,
    /// Many of them: `ChangeSets`.
    pub(crate) plural: &'static str,
    /// The operation that lists those of all spaces.
    pub(crate) list_all: &'static str,
    /// Whether copies of many can be made in one call.
    pub(crate) copies: bool,
    /// Whether the list of all spaces can have counts.
    pub(crate) summary: bool,
}

/// Shorthands for the types that belong to a wrapper.
type Id<X> = <<X as Extended>::Entity as InSpace>::Id;
type Patch<X> = <<X as Extended>::Entity as InSpace>::Patch;
type Outcome<X> = <<X as Extended>::Entity as InSpace>::Outcome;

/// The routes of an entity, with their documentation.
pub(crate) fn routes<X>(names: &Names) -> OpenApiRouter<Hub>
where
    X: Expand + ToSchema,
    X::Entity: Rules + ToSchema,
    Patch<X>: ToSchema,
    Outcome<X>: ToSchema,
{
    let document = Document::of::<X>(names);
    let everywhere: MethodRouter<Hub> = get(list_all::<X>)
        .patch(bulk_patch::<X>)
        .delete(bulk_delete::<X>);
    let everywhere = match names.copies {
        true => everywhere.post(bulk_create::<X>),
        false => everywhere,
    };
    let inside: MethodRouter<Hub> = get(list::<X>).post(create::<X>);
    let one: MethodRouter<Hub> = get(get_one::<X>)
        .put(update::<X>)
        .patch(patch::<X>)
        .delete(delete::<X>);
    let route =
        |paths, router| -> UtoipaMethodRouter<Hub> { (document.schemas.clone(), paths, router) };
    OpenApiRouter::new()
        .routes(route(document.everywhere(names), everywhere))
        .routes(route(document.inside(names), inside))
        .routes(route(document.one(names), one))
}

async fn list_all<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(parameters): Parameters<ListParameters>,
    Parameters(Summary { summary }): Parameters<Summary>,
) -> Result<Response, ApiError>
where
    X::Entity: InSpace,
{
    let query = ListQuery {
        summary,
        ..parameters.into()
    };
    page(hub.list::<X>(&caller, None, &query).await?).await
}

async fn list<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(space): Ids<SpaceId>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Result<Response, ApiError>
where
    X::Entity: InSpace,
{
    let query = parameters.into();
    page(hub.list::<X>(&caller, Some(space), &query).await?).await
}

async fn get_one<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, id)): Ids<(SpaceId, Id<X>)>,
    Parameters(parameters): Parameters<ReadParameters>,
) -> Result<Response, ApiError>
where
    X::Entity: InSpace,
{
    let query = parameters.into();
    extended(hub.get::<X>(&caller, space, id, &query).await?).await
}

async fn create<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(space): Ids<SpaceId>,
    Parameters(AllowExists { allow_exists }): Parameters<AllowExists>,
    Body(body): Body<X::Entity>,
) -> Result<Response, ApiError>
where
    X::Entity: Rules,
{
    entity(hub.create(&caller, space, body, allow_exists).await?).await
}

async fn update<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, id)): Ids<(SpaceId, Id<X>)>,
    Body(body): Body<X::Entity>,
) -> Result<Response, ApiError>
where
    X::Entity: Rules,
{
    entity(hub.update(&caller, space, id, body).await?).await
}

async fn patch<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, id)): Ids<(SpaceId, Id<X>)>,
    Body(patch): Body<Option<Patch<X>>>,
) -> Result<Response, ApiError>
where
    X::Entity: Rules,
{
    let patch = patch.unwrap_or_default();
    entity(hub.patch::<X::Entity>(&caller, space, id, patch).await?).await
}

async fn delete<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, id)): Ids<(SpaceId, Id<X>)>,
) -> Result<Response, ApiError>
where
    X::Entity: Rules,
{
    json(hub.delete::<X::Entity>(&caller, space, id).await?).await
}

async fn bulk_patch<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, _): Strict<Selection>,
    Body(patch): Body<Option<Patch<X>>>,
) -> Result<Response, ApiError>
where
    X::Entity: Rules,
{
    let query = selection.into();
    let patch = patch.unwrap_or_default();
    let results = hub.bulk_patch::<X>(&caller, &query, &patch).await?;
    outcomes::<_, Outcome<X>>(results).await
}

async fn bulk_create<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(copies, _): Strict<Copies>,
    Body(patch): Body<Option<Patch<X>>>,
) -> Result<Response, ApiError>
where
    X::Entity: Rules,
{
    let request: BulkCreate = copies.into();
    let patch = patch.unwrap_or_default();
    let results = hub.bulk_create::<X>(&caller, &request, &patch).await?;
    outcomes::<_, Outcome<X>>(results).await
}

async fn bulk_delete<X: Expand>(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, _): Strict<Selection>,
) -> Result<Response, ApiError>
where
    X::Entity: Rules,
{
    let query: ListQuery = selection.into();
    let answers = hub.bulk_delete::<X>(&caller, &query).await?;
    let failed = answers.iter().any(|answer| answer.error.is_some());
    partly(failed, answers).await
}

/// What is copied, and where to.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Copies {
    /// Conditions on attributes, joined by AND.
    r#where: String,
    /// UUID of a saved Filter.
    filter: String,
    /// Text to look for in all text attributes.
    contains: String,
    /// References to expand, comma-separated.
    include: String,
    /// What the names of the copies begin with, comma-separated: one copy for each.
    name_prefixes: String,
    /// Conditions on the spaces that the copies go to.
    where_space: String,
    /// UUID of a saved Filter of those spaces.
    filter_space: String,
    /// Answer the existing entity instead of failing when the slug is taken.
    #[serde(deserialize_with = "flag")]
    allow_exists: bool,
    /// Most copies to make; when there would be more, none is made.
    #[serde(deserialize_with = "count")]
    #[param(value_type = Option<i64>)]
    max_affected: Option<usize>,
}

impl From<Copies> for cubit_hub::BulkCreate {
    fn from(copies: Copies) -> Self {
        Self {
            selection: Selection {
                r#where: copies.r#where,
                filter: copies.filter,
                contains: copies.contains,
                include: copies.include,
                max_affected: None,
            }
            .into(),
            name_prefixes: copies.name_prefixes,
            where_space: copies.where_space,
            filter_space: copies.filter_space,
            allow_exists: copies.allow_exists,
            max_affected: copies.max_affected,
        }
    }
}
