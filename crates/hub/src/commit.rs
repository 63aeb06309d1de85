//! The one write path: every change of Data goes through [`commit`].

use std::collections::BTreeMap;

use crate::access::Write;
use cubit_configdata::mutation::{compute, fold, with_index, with_index_paths};
use cubit_configdata::{Config, Toolchain};
use cubit_model::{
    Base64, BlobId, DATA_LIMIT, Mutation, MutationId, ResourceMutationList, Revision, RevisionId,
    Time, Unit,
};
use cubit_query::where_data::{Fact, facts};
use cubit_store::identify;

use crate::evaluation;
use crate::text::parse_sources;
use crate::{Caller, HubError};

/// A change of the Data of a unit, not yet written.
#[derive(Debug)]
pub(crate) struct Change {
    /// The new configuration.
    pub(crate) config: Config,
    /// What caused it, in order.
    pub(crate) causes: Vec<Cause>,
    /// Name of the operation.
    pub(crate) source: &'static str,
    /// `MutationSources` of a restored revision, which replace the unit's.
    pub(crate) restored_sources: Option<BlobId>,
    /// Whether it is what follows from another change: then nothing follows from it.
    pub(crate) is_internal: bool,
    /// Whether there is a new revision even of the same text.
    pub(crate) is_forced: bool,
    /// `MutationSources` of the upstream of a clone, whose names the clone remembers.
    pub(crate) upstream_sources: Option<ResourceMutationList>,
}

/// What became of a change.
#[derive(Debug)]
pub(crate) struct Committed {
    /// The new revision; none when the text was the same as before.
    pub(crate) revision: Option<RevisionId>,
    text: Vec<u8>,
    sources: ResourceMutationList,
    config: Config,
}

impl Committed {
    /// Puts the text into the unit, for an answer. Elements of lists are shown by position.
    pub(crate) fn show(self, unit: &mut Unit) {
        unit.mutation_sources = Some(with_index_paths(&self.sources, &self.config));
        unit.data = Some(Base64(self.text));
    }
}

/// One cause: it becomes a Mutation.
#[derive(Debug)]
pub(crate) struct Cause {
    /// The Mutation, with only what describes the cause filled in.
    pub(crate) mutation: Mutation,
    /// What it changed; computed from the texts when not known.
    pub(crate) changed: Option<ResourceMutationList>,
}

impl Cause {
    /// A cause whose changes are the difference of the texts.
    pub(crate) fn of(mutation: Mutation) -> Self {
        Self {
            mutation,
            changed: None,
        }
    }
}

impl Change {
    /// Whether the text is another than that of a unit.
    pub(crate) fn is_of_data(&self, unit: &Unit) -> bool {
        unit.data_blob != Some(identify(self.config.text().as_bytes()))
    }

    /// New text with one cause.
    pub(crate) fn new(config: Config, mutation: Mutation, source: &'static str) -> Self {
        Self {
            config,
            causes: vec![Cause::of(mutation)],
            source,
            restored_sources: None,
            is_internal: false,
            is_forced: false,
            upstream_sources: None,
        }
    }
}

/// Reads text of a toolchain.
pub(crate) async fn parse(toolchain: Toolchain, data: Vec<u8>) -> Result<Config, HubError> {
    if data.len() > DATA_LIMIT {
        return Err(HubError::TooLarge(format!(
            "Data has {} bytes; at most {DATA_LIMIT} are allowed",
            data.len()
        )));
    }
    crate::compute::compute_on(data.len(), move || Config::parse_owned(toolchain, data))
        .await?
        .map_err(|error| HubError::Unprocessable(format!("Data is not valid {toolchain}: {error}")))
}

/// CRC-32 (IEEE) as a signed number, as clients compute it.
pub(crate) fn content_hash(text: &[u8]) -> i64 {
    i64::from(crc32fast::hash(text).cast_signed())
}

/// Writes a change of Data: Mutations, a Revision, and the unit's pointers to them. The unit
/// itself is left to the caller to write, with whatever else changed.
///
/// Text that is the same as before changes nothing, except for a unit that has no revision yet, and
/// where that is wanted.
pub(crate) async fn commit(
    write: &mut Write,
    caller: &Caller,
    unit: &mut Unit,
    change: Change,
    now: Time,
) -> Result<Committed, HubError> {
    let organization_id = unit.organization_id;
    let text = change.config.text().into_owned().into_bytes();
    write
        .keep_texts_of(organization_id, std::iter::once(&*unit))
        .await?;
    let stored_sources = write
        .blob(organization_id, unit.mutation_sources_blob)
        .await?;
    let is_same = unit.head_revision_num > 0 && unit.data_blob == Some(identify(&text));
    if is_same && !change.is_forced {
        return Ok(Committed {
            revision: None,
            text,
            sources: parse_sources(&stored_sources)?,
            config: change.config,
        });
    }

    // Functions bring along what they changed; only for other causes the texts are compared.
    let old = match change.causes.iter().all(|cause| cause.changed.is_some()) {
        true => Vec::new(),
        false => write.blob(organization_id, unit.data_blob).await?,
    };
    let first = unit.head_mutation_num + 1;
    let mut sources = parse_sources(&stored_sources)?;
    let mut mutations = Vec::with_capacity(change.causes.len());
    let toolchain = unit.toolchain();
    // The text of a clone is the head of its upstream: it is in the index, if anything is.
    let is_indexed = change.upstream_sources.is_some();
    let (config, lists, found) = changes(toolchain, old, change.config, change.causes).await?;
    for ((mutation, list), number) in lists.into_iter().zip(first..) {
        sources = fold(sources, with_index(list, number));
        mutations.push(mutation);
    }
    if let Some(upstream) = &change.upstream_sources {
        adopt_names(&mut sources, upstream);
    }
    if let Some(restored) = change.restored_sources {
        sources = parse_sources(&write.blob(organization_id, Some(restored)).await?)?;
    }

    let json = serde_json::to_vec(&sources).map_err(|e| HubError::Internal(e.to_string()))?;
    let hash = content_hash(&text);
    let previous = (unit.data_blob, unit.mutation_sources_blob);
    let data_blob = write
        .put_blob(organization_id, text.clone(), previous.0)
        .await?;
    let sources_blob = write.put_blob(organization_id, json, previous.1).await?;
    let store = write.unguarded()?;
    if !is_indexed {
        let (toolchain, found) = (toolchain.to_string(), found.as_deref());
        store
            .put_facts(organization_id, data_blob, &toolchain, found)
            .await?;
    }
    let left = previous.0.filter(|text| *text != data_blob);
    store.move_head(organization_id, unit.unit_id, left);

    // Approvals and gates belong to the text that was approved and checked.
    unit.approved_by.clear();
    unit.apply_gates = match change.is_internal {
        true => BTreeMap::new(),
        false => evaluation::request(write, unit, change.source == "CloneUnit", now).await?,
    };
    let mut revision = Revision {
        organization_id,
        space_id: unit.space_id,
        unit_id: unit.unit_id,
        revision_id: RevisionId::new(),
        revision_num: unit.head_revision_num + 1,
        description: unit.last_change_description.clone(),
        source: change.source.to_owned(),
        user_id: caller.user_id(),
        user_agent: caller.user_agent().to_owned(),
        content_hash: hash,
        apply_gates: unit.apply_gates.clone(),
        change_set_id: unit.change_set_id,
        data_blob: Some(data_blob),
        mutation_sources_blob: Some(sources_blob),
        ..Revision::default()
    };
    write.insert(&mut revision, now).await?;
    for (mut mutation, number) in mutations.into_iter().zip(first..) {
        mutation.organization_id = organization_id;
        mutation.space_id = unit.space_id;
        mutation.unit_id = unit.unit_id;
        mutation.mutation_id = MutationId::new();
        mutation.mutation_num = number;
        mutation.revision_id = revision.revision_id;
        mutation.revision_num = revision.revision_num;
        write.insert(&mut mutation, now).await?;
        unit.head_mutation_num = number;
    }

    unit.head_revision_num = revision.revision_num;
    unit.content_hash = hash;
    unit.data_blob = Some(data_blob);
    unit.mutation_sources_blob = Some(sources_blob);
    Ok(Committed {
        revision: Some(revision.revision_id),
        text,
        sources,
        config,
    })
}

/// The new configuration, what each cause changed, and what the index notes of it.
type Changes = (
    Config,
    Vec<(Mutation, ResourceMutationList)>,
    Option<Vec<Fact>>,
);

/// What each cause changed.
async fn changes(
    toolchain: Toolchain,
    old: Vec<u8>,
    new: Config,
    causes: Vec<Cause>,
) -> Result<Changes, HubError> {
    let size = old.len() + new.text().len();
    crate::compute::compute_on(size, move || {
        let lists = causes
            .into_iter()
            .map(|cause| {
                let list = match cause.changed {
                    Some(list) => list,
                    None => {
                        let old = Config::parse(toolchain, &old).map_err(|error| {
                            HubError::Internal(format!("stored Data cannot be read: {error}"))
                        })?;
                        compute(&old, &new, 0)
                    }
                };
                Ok((cause.mutation, list))
            })
            .collect::<Result<_, HubError>>()?;
        let found = facts(&new);
        Ok((new, lists, found))
    })
    .await?
}

/// A clone remembers the names its resources had upstream, so that they are still matched after
/// they are renamed.
fn adopt_names(sources: &mut ResourceMutationList, upstream: &ResourceMutationList) {
    for resource in sources {
        let origin = upstream
            .iter()
            .find(|candidate| candidate.resource == resource.resource);
        if let Some(origin) = origin {
            let aliases = origin.aliases.iter().map(|(k, v)| (k.clone(), *v));
            resource.aliases.extend(aliases);
            let names = origin.aliases_without_scopes.iter();
            resource
                .aliases_without_scopes
                .extend(names.map(|(k, v)| (k.clone(), *v)));
        }
    }
}
