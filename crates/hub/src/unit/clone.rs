//! Clones: units that begin as the head of another one, their upstream.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::access::Write;
use cubit_model::{
    InSpace, Link, LinkCreateOrUpdateResponse, Mutation, OrganizationId, SpaceId, Time, Unit,
    UnitCreateOrUpdateResponse, UnitId, UnitPatch,
};
use uuid::Uuid;

use super::change::take_apart;
use super::check;
use super::create::{insert_unit, owner_or_taken};
use crate::bulk::{BATCH, BulkCreate, Places, answer, check_restricted};
use crate::commit::{Change, parse};
use crate::in_space;
use crate::text::parse_sources;
use crate::{Caller, Hub, HubError};
use cubit_model::Permission;

/// One clone that is asked for.
struct Wanted {
    upstream: UnitId,
    space: SpaceId,
    prefix: String,
}

impl Hub {
    /// `BulkCreateUnits`: clones of the units selected, in the spaces and under the prefixes given,
    /// with the links that start at them. A link to a unit of the upstream's space that is cloned
    /// to the same place leads to that clone, any other to where it led. One answer for each clone.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one clone is in its answer.
    pub async fn bulk_create_units(
        &self,
        caller: &Caller,
        request: &BulkCreate,
        mut patch: UnitPatch,
    ) -> Result<Vec<UnitCreateOrUpdateResponse>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        check_restricted(&request.selection)?;
        if take_apart(&mut patch).1.is_some() {
            return Err(HubError::Invalid(
                "Data: clones take it from their upstream units".to_owned(),
            ));
        }
        let mut read = self.read(caller).await?;
        let places = Places::of(&mut read, organization_id, request).await?;
        drop(read);
        let upstreams = self
            .selected_units(caller, organization_id, &request.selection)
            .await?;
        places.check_count(upstreams.len(), request.max_affected)?;
        let mut wanted = Vec::new();
        for unit in &upstreams {
            wanted.extend(
                places
                    .of_one(unit.space_id)
                    .into_iter()
                    .map(|(space, prefix)| Wanted {
                        upstream: unit.unit_id,
                        space,
                        prefix: prefix.to_owned(),
                    }),
            );
        }
        let mut answers: Vec<UnitCreateOrUpdateResponse> = Vec::with_capacity(wanted.len());
        for batch in wanted.chunks(BATCH) {
            let mut write = self.write(caller, Permission::Edit).await?;
            let mut upstreams = Upstreams::default();
            for wanted in batch {
                let cloned = upstreams.clone_unit(
                    &mut write,
                    (organization_id, caller),
                    wanted,
                    (&patch, request.allow_exists),
                );
                let cloned = answer(cloned.await, "Unit", wanted.upstream)?;
                answers.push(cloned.into());
            }
            write.commit().await?;
        }
        self.clone_links(caller, organization_id, &upstreams, &wanted, &mut answers)
            .await?;
        Ok(answers)
    }

    /// Copies the links that start at the upstreams to their clones.
    async fn clone_links(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        upstreams: &[Unit],
        wanted: &[Wanted],
        answers: &mut [UnitCreateOrUpdateResponse],
    ) -> Result<(), HubError> {
        let ids: Vec<Uuid> = upstreams.iter().map(|unit| unit.unit_id.0).collect();
        let mut read = self.read(caller).await?;
        let found: Vec<Link> = read.list_by(organization_id, "FromUnitID", &ids).await?;
        drop(read);
        let mut outgoing: HashMap<UnitId, Vec<Link>> = HashMap::new();
        for link in found {
            outgoing.entry(link.from_unit_id).or_default().push(link);
        }
        let clones: HashMap<(UnitId, SpaceId, &str), UnitId> = wanted
            .iter()
            .zip(answers.iter())
            .filter_map(|(wanted, answer)| {
                let clone = answer.unit.as_ref()?.unit_id;
                Some((
                    (wanted.upstream, wanted.space, wanted.prefix.as_str()),
                    clone,
                ))
            })
            .collect();
        let mut copies = Vec::new();
        for (at, wanted) in wanted.iter().enumerate() {
            let place = (wanted.space, wanted.prefix.as_str());
            let Some(clone) = clones.get(&(wanted.upstream, place.0, place.1)) else {
                continue;
            };
            for link in outgoing.get(&wanted.upstream).into_iter().flatten() {
                let slug = format!("{}{}", wanted.prefix, link.slug);
                let mut copy = link.clone().placed(organization_id, wanted.space, slug);
                copy.from_unit_id = *clone;
                if link.to_space_id == link.space_id
                    && let Some(producer) = clones.get(&(link.to_unit_id, place.0, place.1))
                {
                    copy.to_unit_id = *producer;
                    copy.to_space_id = wanted.space;
                }
                copies.push((at, link.link_id, copy));
            }
        }
        for batch in copies.chunks(BATCH) {
            let mut write = self.write(caller, Permission::Edit).await?;
            for (at, original, copy) in batch {
                let copied =
                    in_space::insert(&mut write, organization_id, copy.clone(), true).await;
                let copied: LinkCreateOrUpdateResponse = answer(copied, "Link", original)?.into();
                if let Some(answer) = answers.get_mut(*at) {
                    answer.links.push(copied);
                }
            }
            write.commit().await?;
        }
        Ok(())
    }
}

/// The upstreams met in a transaction: many clones are often made of one.
#[derive(Default)]
struct Upstreams(HashMap<UnitId, Unit>);

impl Upstreams {
    async fn clone_unit(
        &mut self,
        write: &mut Write,
        (organization_id, caller): (OrganizationId, &Caller),
        wanted: &Wanted,
        (patch, allow_exists): (&UnitPatch, bool),
    ) -> Result<Unit, HubError> {
        let upstream = match self.0.entry(wanted.upstream) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let found: Option<Unit> = write.get(organization_id, wanted.upstream.0).await?;
                entry.insert(found.ok_or_else(|| HubError::not_found("Unit", wanted.upstream))?)
            }
        };
        let mut unit = Unit {
            organization_id,
            space_id: wanted.space,
            unit_id: UnitId::new(),
            slug: format!("{}{}", wanted.prefix, upstream.slug),
            ..Unit::default()
        };
        inherit(&mut unit, upstream);
        patch.clone().apply(&mut unit);
        check(&unit)?;
        if let Some(existing) = owner_or_taken(write, &unit, allow_exists).await? {
            return Ok(existing);
        }
        let change = clone_change(write, &mut unit, upstream).await?;
        insert_unit(write, caller, unit, change, Time::now()).await
    }
}

/// Takes over what describes the upstream, as far as the clone does not say it itself.
pub(super) fn inherit(unit: &mut Unit, upstream: &Unit) {
    if unit.display_name.is_empty() {
        unit.display_name.clone_from(&upstream.display_name);
    }
    for (key, value) in &upstream.labels {
        let label = unit.labels.entry(key.clone());
        label.or_insert_with(|| value.clone());
    }
    for (key, value) in &upstream.annotations {
        let annotation = unit.annotations.entry(key.clone());
        annotation.or_insert_with(|| value.clone());
    }
}

/// Makes the unit a clone of the head of another one.
pub(super) async fn clone_change(
    write: &mut Write,
    unit: &mut Unit,
    upstream: &Unit,
) -> Result<Change, HubError> {
    let organization_id = unit.organization_id;
    unit.toolchain_type = upstream.toolchain_type;
    unit.upstream_organization_id = Some(upstream.organization_id);
    unit.upstream_space_id = Some(upstream.space_id);
    unit.upstream_unit_id = Some(upstream.unit_id);
    unit.upstream_revision_num = upstream.head_revision_num;

    let text = write.blob(organization_id, upstream.data_blob).await?;
    let sources = upstream.mutation_sources_blob;
    let sources = write.blob(organization_id, sources).await?;
    let mutation = Mutation {
        merge_source_id: Some(upstream.unit_id),
        merge_end_revision_num: upstream.head_revision_num,
        ..Mutation::default()
    };
    let config = parse(unit.toolchain(), text).await?;
    Ok(Change {
        upstream_sources: Some(parse_sources(&sources)?),
        ..Change::new(config, mutation, "CloneUnit")
    })
}
