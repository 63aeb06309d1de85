//! Reads the text of units and revisions for answers: Data and `MutationSources`, only when they
//! are wanted, in a constant number of statements.

use std::collections::{HashMap, HashSet};

use crate::access::Read;
use cubit_configdata::mutation::with_index_paths;
use cubit_configdata::{Config, Toolchain};
use cubit_model::{Base64, BlobId, OrganizationId, ResourceMutationList, Revision, Unit, UnitId};
use uuid::Uuid;

use crate::HubError;
use crate::compute::compute_each;
use crate::list::Plan;

/// An entity with text.
pub(crate) trait Textual {
    /// The blobs of Data and `MutationSources`.
    fn blobs(&self) -> [Option<BlobId>; 2];

    /// Puts the text in; what is not wanted stays out.
    fn set(&mut self, data: Option<Base64>, sources: Option<ResourceMutationList>);
}

impl Textual for Unit {
    fn blobs(&self) -> [Option<BlobId>; 2] {
        [self.data_blob, self.mutation_sources_blob]
    }

    fn set(&mut self, data: Option<Base64>, sources: Option<ResourceMutationList>) {
        self.data = data;
        self.mutation_sources = sources;
    }
}

impl Textual for Revision {
    fn blobs(&self) -> [Option<BlobId>; 2] {
        [self.data_blob, self.mutation_sources_blob]
    }

    fn set(&mut self, data: Option<Base64>, sources: Option<ResourceMutationList>) {
        self.data = data;
        self.mutation_sources = sources;
    }
}

/// Which text an answer has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    data: bool,
    sources: bool,
}

impl Wanted {
    /// What a query asks for.
    pub(crate) fn of(plan: &Plan) -> Self {
        Self {
            data: plan.wants("Data"),
            sources: plan.wants("MutationSources"),
        }
    }

    /// Both.
    pub(crate) const ALL: Self = Self {
        data: true,
        sources: true,
    };
}

/// What is read and converted for one entity.
type Text = (Vec<u8>, Vec<u8>, Toolchain);

/// Fills the text of entities in.
pub(crate) async fn fill_text<T: Textual>(
    read: &mut Read,
    organization_id: OrganizationId,
    entities: Vec<&mut T>,
    toolchain: impl Fn(&T) -> Toolchain,
    wanted: Wanted,
) -> Result<(), HubError> {
    if !wanted.data && !wanted.sources {
        return Ok(());
    }
    let ids: HashSet<BlobId> = entities
        .iter()
        .flat_map(|entity| {
            let [data, sources] = entity.blobs();
            [data, sources.filter(|_| wanted.sources)]
        })
        .flatten()
        .collect();
    let texts = read.blobs(organization_id, &ids).await?;
    let text = |id: Option<BlobId>| id.and_then(|id| texts.get(&id)).cloned();
    let work: Vec<Text> = entities
        .iter()
        .map(|entity| {
            let [data, sources] = entity.blobs();
            let sources = text(sources.filter(|_| wanted.sources));
            (
                text(data).unwrap_or_default(),
                sources.unwrap_or_default(),
                toolchain(entity),
            )
        })
        .collect();
    let done = compute_each(work, move |(data, sources, toolchain)| {
        let sources = wanted
            .sources
            .then(|| shown_sources(&sources, &data, toolchain))
            .transpose();
        sources.map(|sources| (wanted.data.then_some(Base64(data)), sources))
    })
    .await?;
    for (entity, text) in entities.into_iter().zip(done) {
        let (data, sources) = text?;
        entity.set(data, sources);
    }
    Ok(())
}

/// Stored `MutationSources` as answers show them: elements of lists by position.
fn shown_sources(
    stored: &[u8],
    data: &[u8],
    toolchain: Toolchain,
) -> Result<ResourceMutationList, HubError> {
    let list = parse_sources(stored)?;
    let keyed = list.iter().any(|resource| {
        resource
            .path_mutation_map
            .keys()
            .any(|path| path.contains('?'))
    });
    Ok(match Config::parse(toolchain, data) {
        Ok(config) if keyed => with_index_paths(&list, &config),
        _ => list,
    })
}

/// Reads stored `MutationSources`; a unit without text has none.
///
/// # Errors
/// When they are damaged: an empty list in their place would be stored with the next change.
pub(crate) fn parse_sources(stored: &[u8]) -> Result<ResourceMutationList, HubError> {
    if stored.is_empty() {
        return Ok(ResourceMutationList::new());
    }
    serde_json::from_slice(stored)
        .map_err(|error| HubError::Internal(format!("MutationSources cannot be read: {error}")))
}

/// The toolchain of the unit of each revision.
pub(crate) async fn toolchains(
    read: &mut Read,
    organization_id: OrganizationId,
    revisions: impl Iterator<Item = UnitId>,
) -> Result<HashMap<UnitId, Toolchain>, HubError> {
    let ids: HashSet<Uuid> = revisions.map(|id| id.0).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let units: HashMap<Uuid, Unit> = read.get_many(organization_id, &ids).await?;
    Ok(units
        .into_values()
        .map(|unit| (unit.unit_id, unit.toolchain()))
        .collect())
}
