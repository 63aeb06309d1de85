//! Clones: units that begin as the head of another one, their upstream.

use std::collections::{HashMap, HashSet};

use crate::access::{Read, Write};
use cubit_model::{
    InSpace, Link, LinkCreateOrUpdateResponse, Mutation, OrganizationId, Space, SpaceId, Time,
    Unit, UnitCreateOrUpdateResponse, UnitId, UnitPatch,
};
use uuid::Uuid;

use super::change::take_apart;
use super::check;
use super::create::{existing_or_taken, insert_unit};
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
            let mut known = Known::read(&mut write, organization_id, batch, &patch).await?;
            for (wanted, clone) in batch.iter().zip(known.clones(batch, &patch)) {
                let cloned = known.insert(&mut write, caller, clone, request.allow_exists);
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

/// What a batch of clones needs to know, read at once.
struct Known {
    upstreams: HashMap<Uuid, Unit>,
    spaces: HashMap<Uuid, Space>,
    /// Who has the slugs that clones want.
    owners: HashMap<(SpaceId, String), Unit>,
}

impl Known {
    async fn read(
        write: &mut Write,
        organization_id: OrganizationId,
        batch: &[Wanted],
        patch: &UnitPatch,
    ) -> Result<Self, HubError> {
        let ids: HashSet<Uuid> = batch.iter().map(|wanted| wanted.upstream.0).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let upstreams: HashMap<Uuid, Unit> = write.get_many(organization_id, &ids).await?;
        let ids: HashSet<Uuid> = batch.iter().map(|wanted| wanted.space.0).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let spaces = write.get_many(organization_id, &ids).await?;
        write
            .keep_texts_of(organization_id, upstreams.values())
            .await?;
        let mut known = Self {
            upstreams,
            spaces,
            owners: HashMap::new(),
        };
        let clones = known.clones(batch, patch).into_iter().flatten();
        let slugs: Vec<(SpaceId, String)> =
            clones.map(|clone| (clone.space_id, clone.slug)).collect();
        let everywhere = Read::unguarded(write);
        let owners = everywhere.units_by_slug(organization_id, &slugs).await?;
        known.owners = owners
            .into_iter()
            .map(|unit| ((unit.space_id, unit.slug.clone()), unit))
            .collect();
        Ok(known)
    }

    /// The clones that are asked for, as yet without data.
    fn clones(&self, batch: &[Wanted], patch: &UnitPatch) -> Vec<Result<Unit, HubError>> {
        let clones = batch.iter().map(|wanted| {
            let upstream = self.upstreams.get(&wanted.upstream.0);
            let upstream = upstream.ok_or_else(|| HubError::not_found("Unit", wanted.upstream))?;
            let mut unit = Unit {
                organization_id: upstream.organization_id,
                space_id: wanted.space,
                unit_id: UnitId::new(),
                slug: format!("{}{}", wanted.prefix, upstream.slug),
                upstream_unit_id: Some(upstream.unit_id),
                ..Unit::default()
            };
            inherit(&mut unit, upstream);
            patch.clone().apply(&mut unit);
            check(&unit)?;
            Ok(unit)
        });
        clones.collect()
    }

    async fn insert(
        &mut self,
        write: &mut Write,
        caller: &Caller,
        clone: Result<Unit, HubError>,
        allow_exists: bool,
    ) -> Result<Unit, HubError> {
        let mut unit = clone?;
        let id = unit.space_id;
        let space = self.spaces.get(&id.0);
        let space = space.ok_or_else(|| HubError::not_found("Space", id))?;
        write.allow(&unit)?;
        let slug = (unit.space_id, unit.slug.clone());
        let owner = self.owners.get(&slug).cloned();
        if let Some(existing) = existing_or_taken(write, &unit, space, owner, allow_exists).await? {
            return Ok(existing);
        }
        let upstream = unit
            .upstream_unit_id
            .and_then(|id| self.upstreams.get(&id.0));
        let upstream = upstream.ok_or_else(|| HubError::not_found("Unit", unit.unit_id))?;
        let change = clone_change(write, &mut unit, upstream).await?;
        let unit = insert_unit(write, caller, unit, change, Time::now()).await?;
        self.owners.insert(slug, unit.clone());
        Ok(unit)
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
