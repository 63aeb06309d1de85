//! Tags on revisions of units.

use std::collections::{HashMap, HashSet};

use crate::access::Write;
use cubit_model::{
    BaseRevision, OrganizationId, ResponseError, Revision, Tag, TagId, Time, Unit, UnitId,
    UnitTagRequest,
};
use uuid::Uuid;

use super::approve::revision_reference;
use super::reference::{resolve, resolve_many};
use crate::bulk::{BATCH, answer, check_restricted};
use crate::in_space::referred;
use crate::{Caller, Hub, HubError, ListQuery};
use cubit_model::Permission;

/// What a request says to take a tag off.
const REMOVE: &str = "Remove";

impl Hub {
    /// `BulkTagUnits`: puts a tag on a revision of each unit selected, or takes it off all of them.
    /// One answer for each unit, in the order of the list.
    ///
    /// # Errors
    /// When there is no such tag, or the request as a whole is not valid. What fails for one unit is
    /// in its answer.
    pub async fn bulk_tag_units(
        &self,
        caller: &Caller,
        query: &ListQuery,
        request: &UnitTagRequest,
    ) -> Result<Vec<Result<String, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        check_restricted(query)?;
        let reference = match request.revision.as_str() {
            REMOVE => None,
            revision => Some(revision_reference(revision)?),
        };
        if let Some(reference) = &reference {
            let is_pointer = matches!(
                reference.base,
                BaseRevision::Head
                    | BaseRevision::Live
                    | BaseRevision::LastApplied
                    | BaseRevision::PreviousLive
            );
            if reference.before || !is_pointer {
                return Err(HubError::Invalid(format!(
                    "Revision: {reference} cannot be tagged: expected HeadRevisionNum, LiveRevisionNum, LastAppliedRevisionNum, PreviousLiveRevisionNum or {REMOVE}"
                )));
            }
        }
        let mut read = self.read(caller).await?;
        let tag: Tag = referred(&mut read, organization_id, request.tag_id).await?;
        drop(read);
        let selected = self.selected_units(caller, organization_id, query).await?;
        let mut answers = Vec::with_capacity(selected.len());
        for batch in selected.chunks(BATCH) {
            let ids: Vec<Uuid> = batch.iter().map(|unit| unit.unit_id.0).collect();
            let mut write = self.write(caller, Permission::Edit).await?;
            // It may have been deleted between two batches.
            let tag: Tag = referred(&mut write, organization_id, tag.tag_id).await?;
            let mut found: HashMap<Uuid, Unit> = write.get_many(organization_id, &ids).await?;
            let units: Vec<Unit> = ids.iter().filter_map(|id| found.remove(id)).collect();
            match &reference {
                None => {
                    let (units, denied): (Vec<Unit>, Vec<Unit>) = units
                        .into_iter()
                        .partition(|unit| write.allow(unit).is_ok());
                    let removed = untag(&mut write, organization_id, &tag, &units).await?;
                    answers.extend(removed.into_iter().map(Ok));
                    for unit in denied {
                        let refused = write.allow(&unit).map(|()| String::new());
                        answers.push(answer(refused, "Unit", unit.unit_id)?);
                    }
                }
                Some(reference) => {
                    let revisions =
                        resolve_many(&mut write, organization_id, &units, reference).await?;
                    for (unit, revision) in units.iter().zip(revisions) {
                        let tagged = match revision {
                            Ok(revision) => {
                                let number = revision.revision_num;
                                let put = put(&mut write, organization_id, tag.tag_id, revision);
                                put.await.map(|()| {
                                    let (unit, tag) = (&unit.slug, &tag.slug);
                                    format!("revision {number} of Unit {unit} has the Tag {tag}")
                                })
                            }
                            Err(error) => Err(error),
                        };
                        answers.push(answer(tagged, "Unit", unit.unit_id)?);
                    }
                }
            }
            write.commit().await?;
        }
        Ok(answers)
    }
}

/// Puts a tag on the newest revision of a unit.
pub(super) async fn put_on_head(
    write: &mut Write,
    unit: &Unit,
    tag: TagId,
) -> Result<(), HubError> {
    let organization_id = unit.organization_id;
    let head = revision_reference("")?;
    let head = resolve(write, organization_id, unit, &head).await?;
    put(write, organization_id, tag, head).await
}

/// Puts a tag on a revision. Again changes nothing.
pub(super) async fn put(
    write: &mut Write,
    organization_id: OrganizationId,
    tag: TagId,
    mut revision: Revision,
) -> Result<(), HubError> {
    write.allow(&revision)?;
    let tag = tag.to_string();
    if !revision.tags.contains_key(&tag) {
        revision.tags.insert(tag.clone(), tag);
        let now = Time::now();
        write.update(organization_id, &mut revision, now).await?;
    }
    Ok(())
}

/// Takes a tag off all revisions of units; a text for each unit.
async fn untag(
    write: &mut Write,
    organization_id: OrganizationId,
    tag: &Tag,
    units: &[Unit],
) -> Result<Vec<String>, HubError> {
    let ids: Vec<UnitId> = units.iter().map(|unit| unit.unit_id).collect();
    let tagged = write
        .tagged_revisions(organization_id, tag.tag_id, Some(&ids))
        .await?;
    let had: HashSet<UnitId> = tagged.iter().map(|revision| revision.unit_id).collect();
    take_off(write, organization_id, tag.tag_id, tagged).await?;
    let said = units.iter().map(|unit| {
        let (unit_slug, tag_slug) = (&unit.slug, &tag.slug);
        match had.contains(&unit.unit_id) {
            true => format!("the Tag {tag_slug} was taken off Unit {unit_slug}"),
            false => format!("Unit {unit_slug} did not have the Tag {tag_slug}"),
        }
    });
    Ok(said.collect())
}

/// Takes a tag off revisions that have it: what follows when the tag goes, wherever they are.
pub(crate) async fn take_off(
    write: &mut Write,
    organization_id: OrganizationId,
    tag: TagId,
    tagged: Vec<Revision>,
) -> Result<(), HubError> {
    let tag = tag.to_string();
    let now = Time::now();
    for mut revision in tagged {
        revision.tags.remove(&tag);
        let all = write.unguarded()?;
        all.update(organization_id, &mut revision, now).await?;
    }
    Ok(())
}
