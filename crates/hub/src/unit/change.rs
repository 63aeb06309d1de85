//! Changing units: PUT, PATCH and restore.

use crate::access::{Read, Write};
use cubit_configdata::Config;
use cubit_model::{
    BaseRevision, ChangeSetId, Mutation, Patch, RevisionId, RevisionReference, SpaceId, Tag, TagId,
    Time, Unit, UnitId, UnitPatch,
};

use crate::commit::{Change, commit, parse};
use crate::in_space::referred;
use crate::space::{check_version, find_space};
use crate::text::{Wanted, fill_text};
use crate::unit::membership::Step;
use crate::unit::merge::{Incoming, Merging, Prepared};
use crate::unit::reference::resolve;
use crate::unit::{check, find_unit, set_target, slug_owner, tag, taken};
use crate::{Caller, Hub, HubError};
use cubit_model::Permission;

/// The parameters of a change of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitChange {
    /// Compute the result without storing it.
    pub dry_run: bool,
    /// Revision reference to restore data from.
    pub restore: String,
    /// Revision to restore data from, by id.
    pub revision_id: Option<RevisionId>,
    /// Bring the unit up to the head of its upstream.
    pub upgrade: bool,
    /// Unit to merge changes from.
    pub merge_source: String,
    /// State before the changes to merge.
    pub merge_base: String,
    /// State after the changes to merge.
    pub merge_end: String,
    /// Mutation, revision or change set to take out again.
    pub undo: String,
    /// Which mutations a merge may affect.
    pub where_mutation: String,
    /// The same, by saved filter.
    pub filter_mutation: String,
    /// Tag to put on the resulting head revision.
    pub tag: Option<TagId>,
    /// Change set the change belongs to.
    pub change_set_id: Option<ChangeSetId>,
}

/// Where the new data comes from.
pub(super) enum DataSource {
    /// The body.
    Body,
    /// Another revision.
    Restore(RevisionReference),
    /// Changes of the upstream, or of another unit.
    Merge(Merging),
}

impl UnitChange {
    /// At most one source of data may be named.
    pub(super) fn source(&self) -> Result<DataSource, HubError> {
        let restores = !self.restore.is_empty();
        let merges = [&self.merge_source, &self.merge_base, &self.merge_end]
            .iter()
            .any(|parameter| !parameter.is_empty());
        let undoes = !self.undo.is_empty();
        let sources = [
            restores,
            self.revision_id.is_some(),
            self.upgrade,
            merges,
            undoes,
        ];
        if sources.iter().filter(|named| **named).count() > 1 {
            return Err(HubError::Invalid(
                "restore, revision_id, upgrade, merge_source and undo exclude each other: name one"
                    .to_owned(),
            ));
        }
        if merges || self.upgrade {
            return Ok(DataSource::Merge(Merging {
                incoming: self.incoming()?,
                where_mutation: self.where_mutation.clone(),
                filter_mutation: self.filter_mutation.clone(),
            }));
        }
        let has_condition = !(self.where_mutation.is_empty() && self.filter_mutation.is_empty());
        if undoes && !has_condition {
            return Ok(DataSource::Merge(Merging::undo(&self.undo)?));
        }
        if has_condition {
            return Err(HubError::Invalid(
                "where_mutation and filter_mutation are for upgrade and merge_source".to_owned(),
            ));
        }
        Ok(match self.revision_id {
            Some(id) => DataSource::Restore(RevisionReference {
                before: false,
                base: BaseRevision::Revision(id),
            }),
            None if restores => DataSource::Restore(self.restore.parse()?),
            None => DataSource::Body,
        })
    }

    fn incoming(&self) -> Result<Incoming, HubError> {
        if self.upgrade {
            return Ok(Incoming::Upgrade);
        }
        let named = [
            ("merge_source", &self.merge_source),
            ("merge_base", &self.merge_base),
            ("merge_end", &self.merge_end),
        ];
        if let Some((name, _)) = named.iter().find(|(_, text)| text.is_empty()) {
            return Err(HubError::Invalid(format!(
                "{name}: is required: a merge takes merge_source, merge_base and merge_end"
            )));
        }
        let source = match self.merge_source.as_str() {
            "Self" => None,
            id => Some(id.parse().map_err(|_| {
                HubError::Invalid(format!("merge_source: {id:?} is neither a UUID nor Self"))
            })?),
        };
        let (base, end) = (self.merge_base.parse()?, self.merge_end.parse()?);
        Ok(Incoming::Between(source, base, end))
    }

    /// What is asked for beside the data.
    pub(super) const fn asked(&self, version: Option<i64>) -> Asked {
        Asked {
            version,
            tag: self.tag,
            change_set_id: self.change_set_id,
            dry_run: self.dry_run,
        }
    }
}

/// What is asked for beside the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// The version that the unit must have.
    version: Option<i64>,
    /// The tag for the resulting head.
    tag: Option<TagId>,
    /// The change set that the unit must be in.
    change_set_id: Option<ChangeSetId>,
    /// Whether nothing is stored.
    dry_run: bool,
}

impl Hub {
    /// `UpdateUnit`: replaces what clients may write. Data that is absent stays.
    ///
    /// # Errors
    /// When there is no such unit, the Version is not the stored one, an attribute is not valid,
    /// or the data is not text of the toolchain.
    pub async fn update_unit(
        &self,
        caller: &Caller,
        (space_id, id): (SpaceId, UnitId),
        body: Unit,
        options: &UnitChange,
    ) -> Result<Unit, HubError> {
        if !body.unit_id.0.is_nil() && body.unit_id != id {
            return Err(HubError::Invalid(format!(
                "UnitID: {} in the body is not the unit of the path",
                body.unit_id
            )));
        }
        let version = caller.version_of(body.version);
        let data = body.data.map(|data| data.0);
        self.change_unit(
            caller,
            (space_id, id),
            (version, data),
            "UpdateUnit",
            options,
            |unit| {
                unit.slug = body.slug;
                unit.display_name = body.display_name;
                unit.toolchain_type = body.toolchain_type.or(unit.toolchain_type);
                unit.labels = body.labels;
                unit.annotations = body.annotations;
                unit.delete_gates = body.delete_gates;
                unit.destroy_gates = body.destroy_gates;
                unit.target_id = body.target_id;
                unit.change_set_id = body.change_set_id;
                unit.last_change_description = body.last_change_description;
            },
        )
        .await
    }

    /// `PatchUnit`
    ///
    /// # Errors
    /// As [`Hub::update_unit`]; the Version is only compared when it is given.
    pub async fn patch_unit(
        &self,
        caller: &Caller,
        (space_id, id): (SpaceId, UnitId),
        mut patch: UnitPatch,
        options: &UnitChange,
    ) -> Result<Unit, HubError> {
        let (version, data) = take_apart(&mut patch);
        self.change_unit(
            caller,
            (space_id, id),
            (version, data),
            "PatchUnit",
            options,
            |unit| {
                patch.apply(unit);
            },
        )
        .await
    }

    async fn change_unit(
        &self,
        caller: &Caller,
        (space_id, id): (SpaceId, UnitId),
        (version, data): (Option<i64>, Option<Vec<u8>>),
        operation: &'static str,
        options: &UnitChange,
        edit: impl FnOnce(&mut Unit),
    ) -> Result<Unit, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let source = options.source()?;
        // Reading and merging a large text takes time: nobody waits for it at the write lock.
        let data = match (&source, data) {
            (DataSource::Body, Some(data)) => {
                let mut read = self.read(caller).await?;
                let unit = find_unit(&mut read, organization_id, space_id, id).await?;
                drop(read);
                NewData::Text(parse(unit.toolchain(), data).await, operation)
            }
            (DataSource::Body, None) => NewData::Kept,
            (DataSource::Restore(reference), _) => NewData::Restored(*reference),
            (DataSource::Merge(merging), _) => {
                let mut read = self.read(caller).await?;
                let unit = find_unit(&mut read, organization_id, space_id, id).await?;
                NewData::Merged(prepare_one(&mut read, merging, &unit).await, merging)
            }
        };
        let mut write = self.write(caller, Permission::Edit).await?;
        let stored = find_unit(&mut write, organization_id, space_id, id).await?;
        write.allow(&stored)?;
        caller.check_match(&stored)?;
        let unit = change_stored(
            &mut write,
            caller,
            stored,
            options.asked(version),
            data,
            edit,
        )
        .await?;
        if options.dry_run {
            return Ok(unit);
        }
        write.commit().await?;
        self.settle(caller, unit).await
    }
}

/// Takes the version and the data out of a patch, so that the rest can be laid over a unit.
pub(super) fn take_apart(patch: &mut UnitPatch) -> (Option<i64>, Option<Vec<u8>>) {
    let version = patch.version.as_set().copied();
    patch.version = Patch::Keep;
    if patch.toolchain_type == Patch::Clear {
        patch.toolchain_type = Patch::Keep;
    }
    let data = match std::mem::replace(&mut patch.data, Patch::Keep) {
        Patch::Keep => None,
        // Clearing the text is text like any other: none.
        Patch::Clear => Some(Vec::new()),
        Patch::Set(data) => Some(data.map(|data| data.0).unwrap_or_default()),
    };
    (version, data)
}

/// What is made of the data of a unit.
pub(super) enum NewData<'a> {
    /// It stays.
    Kept,
    /// A text that a request holds, or why it cannot be read; and the name of the operation.
    Text(Result<Config, HubError>, &'static str),
    /// That of another revision.
    Restored(RevisionReference),
    /// The outcome of a merge; and the merge, should the unit have changed since.
    Merged(Result<Prepared, HubError>, &'a Merging),
}

/// The outcome of a merge for one unit.
async fn prepare_one(
    read: &mut Read,
    merging: &Merging,
    unit: &Unit,
) -> Result<Prepared, HubError> {
    let units = std::slice::from_ref(unit);
    let mut prepared = merging.prepare(read, unit.organization_id, units).await?;
    prepared
        .pop()
        .unwrap_or_else(|| Err(HubError::not_found("Unit", unit.unit_id)))
}

/// Changes a stored unit, and answers it with its text.
pub(super) async fn change_stored(
    write: &mut Write,
    caller: &Caller,
    stored: Unit,
    asked: Asked,
    data: NewData<'_>,
    edit: impl FnOnce(&mut Unit),
) -> Result<Unit, HubError> {
    let organization_id = stored.organization_id;
    write.allow(&stored)?;
    check_version("Unit", &stored.slug, stored.version, asked.version)?;
    let mut unit = stored.clone();
    edit(&mut unit);
    check_edit(write, &stored, &mut unit).await?;
    if let Some(tag) = asked.tag {
        referred::<Tag>(write, organization_id, tag).await?;
    }
    let step = Step::between(write, Some(&stored), &unit).await?;

    let now = Time::now();
    let mut report = None;
    let mut change = match data {
        NewData::Kept => None,
        NewData::Text(config, operation) => {
            Some(Change::new(config?, Mutation::default(), operation))
        }
        NewData::Restored(reference) => Some(restore(write, &stored, &reference).await?),
        NewData::Merged(prepared, merging) => {
            let merged = match prepared?.for_unit(&stored) {
                Some(merged) => merged,
                // Somebody was faster: it is merged into what is there now.
                None => prepare_one(write, merging, &stored)
                    .await?
                    .for_unit(&stored)
                    .flatten(),
            };
            report = Some(Vec::new());
            merged.map(|merged| {
                if let Some(number) = merged.upstream_revision_num {
                    unit.upstream_revision_num = number;
                }
                report = Some(merged.report);
                merged.change
            })
        }
    };
    // Before anything is written: in a call about many, the others still are.
    let concerns_a_change_set = stored.change_set_id.is_some() || asked.change_set_id.is_some();
    if concerns_a_change_set
        && !asked.dry_run
        && change
            .as_ref()
            .is_some_and(|change| change.is_of_data(&stored))
    {
        step.check_lock(&stored, asked.change_set_id)?;
    }
    if matches!(step, Step::Opens(_)) {
        // The revision that the change set begins with, changed or not.
        let mut first = match change {
            Some(change) => change,
            None => same_text(write, &stored).await?,
        };
        first.is_forced = true;
        change = Some(first);
    }
    let is_edited = unit != stored;
    // The last revision of a change set is still one of it.
    let change_set_id = unit.change_set_id;
    unit.change_set_id = change_set_id.or(stored.change_set_id);
    let committed = match change {
        Some(change) => Some(commit(write, caller, &mut unit, change, now).await?),
        None => None,
    };
    unit.change_set_id = change_set_id;
    let revision = committed.as_ref().and_then(|committed| committed.revision);
    if is_edited || revision.is_some() {
        write.update(organization_id, &mut unit, now).await?;
    }
    if let (Some(revision), Some(report)) = (revision, &report) {
        let json = serde_json::to_vec(report).map_err(|e| HubError::Internal(e.to_string()))?;
        let stored = write.unguarded()?;
        stored
            .put_merge_report(organization_id, revision, &json)
            .await?;
    }
    let delimiter = step.take(write, organization_id).await?;
    for tag in [asked.tag, delimiter].into_iter().flatten() {
        tag::put_on_head(write, &unit, tag).await?;
    }
    match committed {
        Some(committed) => committed.show(&mut unit),
        None => {
            let toolchain = unit.toolchain();
            let all = vec![&mut unit];
            fill_text(write, organization_id, all, |_| toolchain, Wanted::ALL).await?;
        }
    }
    unit.merge_report = report;
    Ok(unit)
}

/// A change that is none: the text as it is.
async fn same_text(write: &mut Write, unit: &Unit) -> Result<Change, HubError> {
    let text = write.blob(unit.organization_id, unit.data_blob).await?;
    let config = parse(unit.toolchain(), text).await?;
    Ok(Change::new(config, Mutation::default(), "OpenChangeSet"))
}

/// Checks what an edit may not do.
async fn check_edit(write: &mut Write, stored: &Unit, unit: &mut Unit) -> Result<(), HubError> {
    check(unit)?;
    set_target(write, unit, Some(stored)).await?;
    if unit.toolchain_type != stored.toolchain_type {
        return Err(HubError::Invalid(format!(
            "ToolchainType: cannot be changed; it is {}",
            stored.toolchain()
        )));
    }
    if unit.slug != stored.slug && slug_owner(write, unit).await?.is_some() {
        let space = find_space(write, unit.organization_id, unit.space_id).await?;
        return Err(taken(unit, &space));
    }
    Ok(())
}

/// The change that brings back the data of an earlier revision, with its provenance.
async fn restore(
    write: &mut Write,
    unit: &Unit,
    reference: &RevisionReference,
) -> Result<Change, HubError> {
    let revision = resolve(write, unit.organization_id, unit, reference).await?;
    let text = write.blob(unit.organization_id, revision.data_blob).await?;
    let mutation = Mutation {
        restored_revision_num: revision.revision_num,
        ..Mutation::default()
    };
    let config = parse(unit.toolchain(), text).await?;
    Ok(Change {
        restored_sources: revision.mutation_sources_blob,
        ..Change::new(config, mutation, "RestoreUnit")
    })
}
