//! Reading lists and single entities: `where`, `filter`, `contains`, `select` and `include` mean
//! the same for every entity.

use std::collections::HashSet;

use cubit_model::{Entity, Extended, Filter, FilterId, OrganizationId, SpaceId};
use cubit_query::{Contains, Literal, Operand, QueryError, Where, parse_names};
use uuid::Uuid;

use crate::bulk::check_affected;
use crate::expand::Expand;
use crate::page::{Paging, Walk};
use crate::{Hub, HubError, Page, Selected};

/// The parameters of a list or a read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Conditions on attributes.
    pub r#where: String,
    /// Id of a saved filter.
    pub filter: String,
    /// Text to look for in any attribute.
    pub contains: String,
    /// References to expand.
    pub include: String,
    /// Attributes to answer.
    pub select: String,
    /// Type of a resource that the data must hold.
    pub resource_type: String,
    /// Conditions on the data.
    pub where_data: String,
    /// Whether to add counts.
    pub summary: bool,
    /// Most entities to answer; all, if empty.
    pub limit: String,
    /// Where the page before ended.
    pub after: String,
    /// The attribute that the list is ordered by; the order of creation, if empty.
    pub order_by: String,
    /// Most entities that a change of what is selected may be about.
    pub max_affected: Option<usize>,
}

/// A checked query for one kind of entity.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) condition: Where,
    contains: Option<Contains>,
    /// Members needed to evaluate the conditions.
    needed: HashSet<&'static str>,
    /// Members the answer shows.
    shown: HashSet<&'static str>,
    pub(crate) attributes: Option<Vec<&'static str>>,
    /// The saved filter that is part of it.
    pub(crate) filter: Option<Filter>,
    /// Which part of the list is answered.
    pub(crate) paging: Paging,
    max_affected: Option<usize>,
}

impl Plan {
    /// Checks a query of what is in a space, or in the organization, and finds its filter.
    pub(crate) async fn new<X: Extended>(
        read: &mut crate::access::Read,
        organization_id: OrganizationId,
        space: Option<SpaceId>,
        query: &ListQuery,
    ) -> Result<Self, HubError> {
        let table = X::table();
        let mut condition = Where::parse(&query.r#where, &table).map_err(bad("where"))?;
        let named = condition.clone();
        let filter = match parse_filter("filter", &query.filter)? {
            Some(id) => Some(find_filter::<X>(read, organization_id, space, id).await?),
            None => None,
        };
        if let Some(filter) = &filter {
            let more = Where::parse(&filter.where_attributes, &table).map_err(bad("filter"))?;
            condition = condition.and_all(more);
        }
        let from_space = filter.as_ref().and_then(|filter| filter.from_space_id);
        if let Some(space) = space.or(from_space) {
            condition = condition.and("SpaceID", Literal::Uuid(space.0));
        }
        let contains = (!query.contains.is_empty()).then(|| Contains::new(&query.contains));

        let includes = X::Entity::INCLUDES;
        let names: Vec<_> = includes.iter().map(|(name, _)| *name).collect();
        let shown: HashSet<_> = parse_names(&query.include, "", &names)
            .map_err(bad("include"))?
            .into_iter()
            .flat_map(|name| includes.iter().filter(move |(known, _)| *known == name))
            .map(|(_, member)| *member)
            .collect();
        let paging = Paging::new(query, &table)?;
        let order = paging.order.iter().map(|order| &order.operand);
        let named_operands = condition.attributes().chain(order);
        let needed = named_operands
            .filter_map(|operand| operand.entity)
            .collect();
        let attributes = selection::<X::Entity>(query, &named)?;
        Ok(Self {
            condition,
            contains,
            needed,
            shown,
            attributes,
            filter,
            paging,
            max_affected: query.max_affected,
        })
    }

    /// Restricts the query to entities of a parent.
    pub(crate) fn within(mut self, attribute: &'static str, id: Uuid) -> Self {
        self.condition = self.condition.and(attribute, Literal::Uuid(id));
        self
    }

    /// Whether nothing but the parent restricts the query.
    pub(crate) fn is_everything(&self) -> bool {
        self.condition.is_empty() && self.contains.is_none()
    }

    /// Whether an attribute is answered.
    pub(crate) fn wants(&self, attribute: &str) -> bool {
        self.attributes
            .as_ref()
            .is_none_or(|attributes| attributes.contains(&attribute))
    }

    /// Expands what the query needs, and keeps the entities that satisfy it.
    pub(crate) async fn evaluate<X: Expand>(
        &self,
        read: &mut crate::access::Read,
        organization_id: OrganizationId,
        entities: Vec<X::Entity>,
    ) -> Result<Vec<X>, HubError> {
        let mut rows: Vec<X> = entities.into_iter().map(X::of).collect();
        X::expand(read, organization_id, &mut rows, &self.needed).await?;
        rows.retain(|row| self.condition.matches(row) && self.contains_text(row.entity()));
        Ok(rows)
    }

    /// Cuts the page that is asked for out of the rows, and expands what it shows.
    pub(crate) async fn show<X: Expand>(
        &self,
        read: &mut crate::access::Read,
        organization_id: OrganizationId,
        mut rows: Vec<X>,
    ) -> Result<Page<X>, HubError> {
        check_affected(rows.len(), self.max_affected)?;
        let next = self.paging.cut(&mut rows);
        for member in self.needed.difference(&self.shown) {
            rows.iter_mut().for_each(|row| row.clear(member));
        }
        let missing = self.shown.difference(&self.needed).copied().collect();
        X::expand(read, organization_id, &mut rows, &missing).await?;
        Ok(Page { rows, next })
    }

    /// What the query selects of these entities.
    pub(crate) async fn select<X: Expand>(
        &self,
        read: &mut crate::access::Read,
        organization_id: OrganizationId,
        entities: Vec<X::Entity>,
    ) -> Result<Page<X>, HubError> {
        let rows = self.evaluate(read, organization_id, entities).await?;
        self.show(read, organization_id, rows).await
    }

    /// What the query selects.
    pub(crate) async fn fetch<X: Expand>(
        &self,
        read: &mut crate::access::Read,
        organization_id: OrganizationId,
    ) -> Result<Page<X>, HubError> {
        let mut rows = Vec::new();
        let mut walk = Walk::<X>::new(self);
        while let Some(more) = walk.next(read, organization_id, self, |_| true).await? {
            walk.keep(more.len());
            rows.extend(more);
        }
        self.show(read, organization_id, rows).await
    }

    fn contains_text<E: Entity>(&self, entity: &E) -> bool {
        self.contains.as_ref().is_none_or(|contains| {
            contains.matches(
                E::ATTRIBUTES
                    .iter()
                    .filter(|attribute| attribute.flags.search)
                    .map(|attribute| (attribute.get)(entity)),
            )
        })
    }

    /// Wraps rows into answers.
    pub(crate) fn answers<X>(&self, page: impl Into<Page<X>>) -> Page<Selected<X>> {
        page.into().map(|extended| Selected {
            extended,
            attributes: self.attributes.clone(),
        })
    }
}

/// The attributes to answer: those selected, those that always come, and those the query used.
fn selection<E: Entity>(
    query: &ListQuery,
    condition: &Where,
) -> Result<Option<Vec<&'static str>>, HubError> {
    if query.select.trim().is_empty() {
        return Ok(None);
    }
    let members = E::INCLUDES
        .iter()
        .flat_map(|(name, member)| [*name, *member]);
    let known: Vec<_> = E::ATTRIBUTES
        .iter()
        .map(|attribute| attribute.name)
        .chain(members)
        .chain([E::NAME])
        .collect();
    let mut selected = parse_names(&query.select, E::NAME, &known).map_err(bad("select"))?;
    let always = E::ATTRIBUTES.iter().filter(|attribute| {
        attribute.flags.always || (attribute.flags.search && !query.contains.is_empty())
    });
    selected.extend(always.map(|attribute| attribute.name));
    let own = |operand: &Operand| operand.entity.is_none().then_some(operand.attribute);
    selected.extend(condition.attributes().filter_map(own));
    Ok(Some(selected))
}

/// An error of a query language, with the parameter it is in.
pub(crate) fn bad(parameter: &'static str) -> impl Fn(QueryError) -> HubError {
    move |error| HubError::Invalid(format!("{parameter}: {error}"))
}

/// The id of a saved filter; none for no text.
pub(crate) fn parse_filter(parameter: &str, filter: &str) -> Result<Option<FilterId>, HubError> {
    if filter.is_empty() {
        return Ok(None);
    }
    let id = filter.parse().map(Some);
    id.map_err(|_| HubError::Invalid(format!("{parameter}: {filter:?} is not a UUID")))
}

/// The saved filter with an id, when it can be used here.
async fn find_filter<X: Extended>(
    read: &mut crate::access::Read,
    organization_id: OrganizationId,
    space: Option<SpaceId>,
    id: FilterId,
) -> Result<Filter, HubError> {
    let filter: Option<Filter> = read.get(organization_id, id.0).await?;
    let filter = filter.ok_or_else(|| HubError::not_found("Filter", id))?;
    let name = X::Entity::NAME;
    if filter.from_type != name {
        return Err(HubError::Invalid(format!(
            "filter: {} selects entities of type {}, not {name}",
            filter.slug, filter.from_type
        )));
    }
    match (filter.from_space_id, space) {
        (Some(from), Some(space)) if from != space => Err(HubError::Invalid(format!(
            "filter: {} is for another space",
            filter.slug
        ))),
        _ => Ok(filter),
    }
}

impl Hub {
    /// A read that expands and selects like a list, for one entity.
    pub(crate) async fn one<X: Expand>(
        &self,
        read: &mut crate::access::Read,
        organization_id: OrganizationId,
        entity: X::Entity,
        query: &ListQuery,
    ) -> Result<(Plan, X), HubError> {
        let plan = Plan::new::<X>(read, organization_id, None, query).await?;
        let id = entity.uuid();
        let mut rows = plan
            .select::<X>(read, organization_id, vec![entity])
            .await?;
        match rows.pop() {
            Some(row) => Ok((plan, row)),
            None => Err(HubError::not_found(X::Entity::NAME, id)),
        }
    }
}
