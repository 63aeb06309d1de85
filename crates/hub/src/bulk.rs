//! Calls about many entities: each is changed by itself and has an answer of its own.

use crate::access::Read;
use cubit_model::{OrganizationId, ResponseError, SpaceId};
use cubit_store::StoreError;

use crate::error::ErrorKind;
use crate::list::parse_filter;
use crate::space::select_spaces;
use crate::{HubError, ListQuery};

/// Entities written in one transaction: enough to share the cost of making it durable, few enough
/// not to keep others waiting.
pub(crate) const BATCH: usize = 64;
/// Most copies that one call makes.
const MOST_COPIES: usize = 100_000;

/// Where copies go, and what they are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkCreate {
    /// What is copied.
    pub selection: ListQuery,
    /// What stands in front of the slugs, separated by commas.
    pub name_prefixes: String,
    /// Conditions on the spaces that copies go to.
    pub where_space: String,
    /// Id of a saved filter of those spaces.
    pub filter_space: String,
    /// Answer what is there already instead of failing when a slug is taken.
    pub allow_exists: bool,
    /// Most copies that the caller wants.
    pub max_affected: Option<usize>,
}

/// The answer of one item. A failure of the hub itself ends the whole call.
pub(crate) fn answer<T>(
    result: Result<T, HubError>,
    entity: &str,
    id: impl std::fmt::Display,
) -> Result<Result<T, ResponseError>, HubError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable) => {
            Err(error)
        }
        // A transaction in which a statement failed cannot be committed.
        Err(error @ HubError::Store(StoreError::Taken(_))) => Err(error),
        Err(error) => Ok(Err(error.for_item(entity, id))),
    }
}

/// Refuses a call that would change everything there is because nothing was asked for.
pub(crate) fn check_restricted(query: &ListQuery) -> Result<(), HubError> {
    let restrictions = [
        &query.r#where,
        &query.filter,
        &query.contains,
        &query.where_data,
        &query.resource_type,
    ];
    if restrictions.iter().any(|text| !text.trim().is_empty()) {
        return Ok(());
    }
    Err(HubError::Invalid(
        "say which: where, filter or contains; nothing is not taken for everything".to_owned(),
    ))
}

/// Where copies go: for each entity, one under each prefix in each space.
#[derive(Debug)]
pub(crate) struct Places {
    /// None for the space of the entity itself.
    spaces: Option<Vec<SpaceId>>,
    prefixes: Vec<String>,
}

impl Places {
    /// The places a request names.
    pub(crate) async fn of(
        read: &mut Read,
        organization_id: OrganizationId,
        request: &BulkCreate,
    ) -> Result<Self, HubError> {
        let to_spaces = !(request.where_space.is_empty() && request.filter_space.is_empty());
        let prefixes = match request.name_prefixes.trim() {
            "" if !to_spaces => {
                return Err(HubError::Invalid(
                    "name where the copies go: name_prefixes, where_space or filter_space"
                        .to_owned(),
                ));
            }
            prefixes => split_prefixes(prefixes),
        };
        let spaces = match to_spaces {
            true => {
                parse_filter("filter_space", &request.filter_space)?;
                let query = ListQuery {
                    r#where: request.where_space.clone(),
                    filter: request.filter_space.clone(),
                    ..ListQuery::default()
                };
                let (_, rows) = select_spaces(read, organization_id, &query).await?;
                Some(rows.into_iter().map(|row| row.space.space_id).collect())
            }
            false => None,
        };
        Ok(Self { spaces, prefixes })
    }

    /// The places of an entity that is in a space.
    pub(crate) fn of_one(&self, own: SpaceId) -> Vec<(SpaceId, &str)> {
        let own = [own];
        let spaces = self.spaces.as_deref().unwrap_or(&own);
        let prefixes = |space: &SpaceId| {
            let space = *space;
            self.prefixes.iter().map(move |p| (space, p.as_str()))
        };
        spaces.iter().flat_map(prefixes).collect()
    }

    /// Refuses more copies of so many entities than one call makes, or than the caller wants.
    pub(crate) fn check_count(
        &self,
        entities: usize,
        max_affected: Option<usize>,
    ) -> Result<(), HubError> {
        let places = self.spaces.as_ref().map_or(1, Vec::len);
        let copies = entities
            .saturating_mul(places)
            .saturating_mul(self.prefixes.len());
        check_count(copies, max_affected)
    }
}

/// Refuses to make more entities than one call makes, or than the caller wants.
pub(crate) fn check_count(count: usize, max_affected: Option<usize>) -> Result<(), HubError> {
    check_affected(count, max_affected)?;
    if count <= MOST_COPIES {
        return Ok(());
    }
    Err(HubError::Invalid(format!(
        "{count} copies are more than the {MOST_COPIES} that one call makes"
    )))
}

/// Refuses a call that is about more entities than the caller thought, before it changes any.
pub(crate) fn check_affected(count: usize, max_affected: Option<usize>) -> Result<(), HubError> {
    match max_affected {
        Some(most) if count > most => Err(HubError::Unprocessable(format!(
            "{count} entities would be affected, and max_affected is {most}: nothing was changed"
        ))),
        _ => Ok(()),
    }
}

/// The prefixes in a list; no text is one prefix, nothing.
pub(crate) fn split_prefixes(prefixes: &str) -> Vec<String> {
    let prefixes = prefixes.trim().split(',');
    prefixes.map(|prefix| prefix.trim().to_owned()).collect()
}
