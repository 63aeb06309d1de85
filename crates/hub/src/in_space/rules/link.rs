//! Links.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::access::{Read, Write};
use cubit_model::{Link, LinkId, OrganizationId, Unit, UnitId};
use cubit_query::{Literal, Where};
use uuid::Uuid;

use super::Rules;
use crate::HubError;
use crate::evaluation;

impl Rules for Link {
    async fn complete(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        before: Option<&Self>,
    ) -> Result<(), HubError> {
        let ends = |link: &Self| (link.from_unit_id, link.to_unit_id, link.to_space_id);
        if before.is_some_and(|before| ends(before) == ends(self)) {
            return Ok(());
        }
        let from = unit(read, organization, "FromUnitID", self.from_unit_id).await?;
        let to = unit(read, organization, "ToUnitID", self.to_unit_id).await?;
        if from.space_id != self.space_id {
            return Err(HubError::Invalid(format!(
                "FromUnitID: Unit {} is not in the space of the link",
                from.slug
            )));
        }
        if !self.to_space_id.0.is_nil() && self.to_space_id != to.space_id {
            return Err(HubError::Invalid(format!(
                "ToSpaceID: Unit {} is in another space",
                to.slug
            )));
        }
        self.to_space_id = to.space_id;
        let outgoing = outgoing(read, organization, self.from_unit_id).await?;
        let same = |link: &&Link| link.to_unit_id == to.unit_id && link.link_id != self.link_id;
        if let Some(other) = outgoing.iter().find(same) {
            return Err(HubError::Invalid(format!(
                "ToUnitID: the Link {} is between the same units",
                other.slug
            )));
        }
        check_cycle(read, organization, self).await
    }

    /// Units know which links start at them.
    async fn on_stored(&self, write: &mut Write, before: Option<&Self>) -> Result<(), HubError> {
        let moved = before.filter(|before| before.from_unit_id != self.from_unit_id);
        for unit in [self]
            .into_iter()
            .chain(moved)
            .map(|link| link.from_unit_id)
        {
            tell_unit(write, self.organization_id, unit, None).await?;
        }
        evaluation::request_for_link(write, self).await
    }

    async fn on_delete(
        &self,
        write: &mut Write,
        organization: OrganizationId,
    ) -> Result<(), HubError> {
        let left_out = Some(self.link_id);
        tell_unit(write, organization, self.from_unit_id, left_out).await
    }
}

/// Writes into a unit which links start at it, without one that is about to go.
async fn tell_unit(
    write: &mut Write,
    organization: OrganizationId,
    unit: UnitId,
    left_out: Option<LinkId>,
) -> Result<(), HubError> {
    let links = outgoing(write, organization, unit).await?;
    let ids = links.iter().map(|link| link.link_id);
    let ids: Vec<Uuid> = ids
        .filter(|id| Some(*id) != left_out)
        .map(|id| id.0)
        .collect();
    Ok(write
        .unguarded()?
        .set_links_of(organization, unit, ids)
        .await?)
}

/// The links that start at a unit.
pub(crate) async fn outgoing(
    read: &mut Read,
    organization: OrganizationId,
    unit: UnitId,
) -> Result<Vec<Link>, HubError> {
    let query = Where::default().and("FromUnitID", Literal::Uuid(unit.0));
    Ok(read.list(organization, &query).await?)
}

async fn unit(
    read: &mut Read,
    organization: OrganizationId,
    attribute: &str,
    id: UnitId,
) -> Result<Unit, HubError> {
    let unit: Option<Unit> = read.get(organization, id.0).await?;
    unit.ok_or_else(|| HubError::Invalid(format!("{attribute}: there is no Unit {id}")))
}

/// Refuses a link that closes a circle: values and order would chase each other.
async fn check_cycle(
    read: &mut Read,
    organization: OrganizationId,
    link: &Link,
) -> Result<(), HubError> {
    let (from, to) = (link.from_unit_id.0, link.to_unit_id.0);
    // Each unit reached, with the unit that it was reached from.
    let mut reached: HashMap<Uuid, Uuid> = HashMap::from([(to, from)]);
    let mut level = vec![to];
    while !reached.contains_key(&from) && !level.is_empty() {
        let links = read.unguarded();
        let links: Vec<Link> = links.list_by(organization, "FromUnitID", &level).await?;
        level.clear();
        for next in links.iter().filter(|other| other.link_id != link.link_id) {
            if let Entry::Vacant(entry) = reached.entry(next.to_unit_id.0) {
                entry.insert(next.from_unit_id.0);
                level.push(next.to_unit_id.0);
            }
        }
    }
    if from != to && !reached.contains_key(&from) {
        return Ok(());
    }
    let mut circle = vec![from];
    let mut unit = from;
    while let Some(before) = reached.get(&unit) {
        circle.push(*before);
        unit = *before;
        if unit == from {
            break;
        }
    }
    let units: HashMap<Uuid, Unit> = read.get_many(organization, &circle).await?;
    let slug = |id: &Uuid| units.get(id).map_or("?", |unit| unit.slug.as_str());
    let names: Vec<&str> = circle.iter().rev().map(slug).collect();
    Err(HubError::Invalid(format!(
        "ToUnitID: the link would close a circle: {}",
        names.join(" -> ")
    )))
}
