//! Path and query parameters.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use cubit_hub::ListQuery;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;

use crate::error::ApiError;

/// Identifiers in the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(Path), rejection(ApiError))]
pub(crate) struct Ids<T>(pub(crate) T);

impl From<PathRejection> for ApiError {
    fn from(error: PathRejection) -> Self {
        Self::invalid(format!("path: {}", error.body_text()))
    }
}

/// Query parameters.
#[derive(Debug, FromRequestParts)]
#[from_request(via(Query), rejection(ApiError))]
pub(crate) struct Parameters<T>(pub(crate) T);

impl From<QueryRejection> for ApiError {
    fn from(error: QueryRejection) -> Self {
        Self::invalid(format!("query: {}", error.body_text()))
    }
}

/// Query parameters of operations that change whatever is selected, in one or two groups. What is
/// not declared is refused: a misspelt `where` must not select everything.
#[derive(Debug)]
pub(crate) struct Strict<A, B = Nothing>(pub(crate) A, pub(crate) B);

/// No parameters.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(crate) struct Nothing {}

impl<S, A, B> FromRequestParts<S> for Strict<A, B>
where
    S: Send + Sync,
    A: DeserializeOwned + IntoParams + Send,
    B: DeserializeOwned + IntoParams + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut declared = A::into_params(|| None);
        declared.extend(B::into_params(|| None));
        refuse_unknown(parts.uri.query(), &declared)?;
        let Query(first) = Query::try_from_uri(&parts.uri)?;
        let Query(second) = Query::try_from_uri(&parts.uri)?;
        Ok(Self(first, second))
    }
}

fn refuse_unknown(query: Option<&str>, declared: &[Parameter]) -> Result<(), ApiError> {
    for pair in query.unwrap_or_default().split('&') {
        let name = pair.split('=').next().unwrap_or_default();
        if !name.is_empty() && declared.iter().all(|parameter| parameter.name != name) {
            let known: Vec<&str> = declared.iter().map(|p| p.name.as_str()).collect();
            return Err(ApiError::invalid(format!(
                "query: there is no parameter {name:?} here; expected one of {}",
                known.join(", ")
            )));
        }
    }
    Ok(())
}

/// `true` or `false`; nothing is false.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        other => Err(serde::de::Error::custom(format_args!(
            "{other:?} is neither true nor false"
        ))),
    }
}

/// A number of entities; nothing is no number.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            serde::de::Error::custom(format_args!("{text:?} is not a number of entities"))
        }),
    }
}

/// An identifier; nothing and the zero UUID stand for none.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display> + Default + PartialEq,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let id: T = text.parse().map_err(serde::de::Error::custom)?;
    Ok((id != T::default()).then_some(id))
}

/// Parameters of lists.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParameters {
    /// Conditions on attributes, joined by AND.
    r#where: String,
    /// UUID of a saved Filter.
    filter: String,
    /// Text to look for in all text attributes.
    contains: String,
    /// References to expand, comma-separated.
    include: String,
    /// Attributes to answer, comma-separated.
    select: String,
    /// Most entities to answer, 1 to 1000; all if absent.
    #[param(value_type = Option<i64>)]
    limit: String,
    /// X-Next-Page of the page before.
    after: String,
    /// Attribute to order by, perhaps followed by DESC; the order of creation if absent.
    order_by: String,
}

impl From<ListParameters> for ListQuery {
    fn from(parameters: ListParameters) -> Self {
        Self {
            r#where: parameters.r#where,
            filter: parameters.filter,
            contains: parameters.contains,
            include: parameters.include,
            select: parameters.select,
            limit: parameters.limit,
            after: parameters.after,
            order_by: parameters.order_by,
            ..Self::default()
        }
    }
}

/// Parameters of lists that are answered as they are.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueryParameters {
    /// Conditions on attributes, joined by AND.
    r#where: String,
    /// UUID of a saved Filter.
    filter: String,
    /// Text to look for in all text attributes.
    contains: String,
    /// Most entities to answer, 1 to 1000; all if absent.
    #[param(value_type = Option<i64>)]
    limit: String,
    /// X-Next-Page of the page before.
    after: String,
    /// Attribute to order by, perhaps followed by DESC; the order of creation if absent.
    order_by: String,
}

impl From<QueryParameters> for ListQuery {
    fn from(parameters: QueryParameters) -> Self {
        Self {
            r#where: parameters.r#where,
            filter: parameters.filter,
            contains: parameters.contains,
            limit: parameters.limit,
            after: parameters.after,
            order_by: parameters.order_by,
            ..Self::default()
        }
    }
}

/// Whether to add counts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Summary {
    /// Add the counts of what belongs to the entity.
    #[serde(deserialize_with = "flag")]
    pub(crate) summary: bool,
}

/// Parameters of lists of units.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct DataParameters {
    /// Keep units whose data has a resource of this type.
    pub(crate) resource_type: String,
    /// Conditions on the data, joined by AND.
    pub(crate) where_data: String,
}

/// Parameters of reads.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadParameters {
    /// References to expand, comma-separated.
    include: String,
    /// Attributes to answer, comma-separated.
    select: String,
}

impl From<ReadParameters> for ListQuery {
    fn from(parameters: ReadParameters) -> Self {
        Self {
            include: parameters.include,
            select: parameters.select,
            ..Self::default()
        }
    }
}

/// Whether an existing entity is as good as a new one.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllowExists {
    /// Answer the existing entity instead of failing when the slug is taken.
    #[serde(deserialize_with = "flag")]
    pub(crate) allow_exists: bool,
}

/// Which entities a change of many is about.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Selection {
    /// Conditions on attributes, joined by AND.
    pub(crate) r#where: String,
    /// UUID of a saved Filter.
    pub(crate) filter: String,
    /// Text to look for in all text attributes.
    pub(crate) contains: String,
    /// References to expand, comma-separated.
    pub(crate) include: String,
    /// Most entities that may be affected; when there are more, nothing is changed.
    #[serde(deserialize_with = "count")]
    #[param(value_type = Option<i64>)]
    pub(crate) max_affected: Option<usize>,
}

impl From<Selection> for ListQuery {
    fn from(selection: Selection) -> Self {
        Self {
            r#where: selection.r#where,
            filter: selection.filter,
            contains: selection.contains,
            include: selection.include,
            max_affected: selection.max_affected,
            ..Self::default()
        }
    }
}
