//! Listing and invoking functions. Functions run on all cores, before anything is locked; what
//! they changed is then written unit by unit, all or nothing for each.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

use crate::access::Read;
use cubit_configdata::mutation::{fold, with_index_paths};
use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    Execution, FunctionContext, FunctionInvocation, FunctionSignature, Outcome, execute, registry,
};
use cubit_model::{
    Base64, BlobId, BridgeWorker, ChangeSetId, ExtendedUnit, FunctionInvocationsRequest,
    FunctionInvocationsResponse, Mutation, OrganizationId, ResponseError, RevisionId, Space,
    SpaceId, Target, Time, Unit, UnitId, UserId, check_description,
};

use crate::bulk::BATCH;
use crate::commit::{Cause, Change, commit};
use crate::compute::compute_each;
use crate::in_space::find;
use crate::revision::find_revision;
use crate::space::find_space;
use crate::unit::{check_lock, find_unit, select_units};
use crate::{Caller, Hub, HubError, ListQuery};
use cubit_model::Permission;
use uuid::Uuid;

/// Functions that one call may name: each runs on each unit that is selected.
const MOST_FUNCTIONS: usize = 1000;

/// Signatures by toolchain and name.
pub type FunctionCatalogue = BTreeMap<Toolchain, BTreeMap<String, FunctionSignature>>;

/// Where and how to invoke functions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invoke {
    /// Which units.
    pub selection: ListQuery,
    /// Only this unit.
    pub unit_id: Option<UnitId>,
    /// Only this revision of the unit; nothing is written.
    pub revision_id: Option<RevisionId>,
    /// Compute the result without storing it.
    pub dry_run: bool,
    /// Change set the changes belong to.
    pub change_set_id: Option<ChangeSetId>,
}

impl Hub {
    /// `ListOrgFunctions` without a space, `ListFunctions` with one. Only built-in functions
    /// exist yet, so the entity a client asks about only has to be there.
    ///
    /// # Errors
    /// When the space or the entity does not exist.
    pub async fn list_functions(
        &self,
        caller: &Caller,
        space: Option<SpaceId>,
        (entity, id): (&str, &str),
    ) -> Result<FunctionCatalogue, HubError> {
        let organization_id = caller.check(Permission::View)?;
        if let Some(space) = space {
            let mut read = self.read(caller).await?;
            find_space(&mut read, organization_id, space).await?;
            match entity {
                "" => {}
                "unit" => {
                    find_unit(&mut read, organization_id, space, parse_id(id)?).await?;
                }
                // What a worker offers comes with workers that connect; the built-in functions are
                // there for every target.
                "target" => {
                    find::<Target>(&mut read, organization_id, space, parse_id(id)?).await?;
                }
                "worker" => {
                    find::<BridgeWorker>(&mut read, organization_id, space, parse_id(id)?).await?;
                }
                other => {
                    return Err(HubError::Invalid(format!(
                        "entity: {other:?} is not one of unit, target, worker"
                    )));
                }
            }
        }
        Ok(registry().signatures())
    }

    /// `InvokeFunctionsOnOrg` without a space, `InvokeFunctions` with one: one answer for each
    /// unit, in the order units are listed.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one unit is in its answer.
    pub async fn invoke_functions(
        &self,
        caller: &Caller,
        space: Option<SpaceId>,
        request: &FunctionInvocationsRequest,
        invoke: &Invoke,
    ) -> Result<Vec<FunctionInvocationsResponse>, HubError> {
        let permission = match invoke.dry_run || invoke.revision_id.is_some() {
            true => Permission::View,
            false => Permission::Edit,
        };
        let organization_id = caller.check(permission)?;
        check(request, invoke)?;
        let runs = self
            .prepare(caller, organization_id, space, request, invoke)
            .await?;
        let request = std::sync::Arc::new(request.clone());
        let executing = request.clone();
        let mut runs = compute_each(runs, move |run| run.execute(&executing)).await?;
        if !invoke.dry_run && invoke.revision_id.is_none() {
            for batch in runs.chunks_mut(BATCH) {
                let asked = (&*request, invoke.change_set_id);
                self.write_batch(caller, organization_id, batch, asked)
                    .await?;
            }
            let changed = runs.iter().filter(|run| run.is_change());
            let changed: Vec<UnitId> = changed.map(|run| run.unit.unit_id).collect();
            self.settle_many(organization_id, &changed).await?;
        }
        compute_each(runs, Run::answer).await
    }

    /// Reads what the functions run on.
    async fn prepare(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        space: Option<SpaceId>,
        request: &FunctionInvocationsRequest,
        invoke: &Invoke,
    ) -> Result<Vec<Run>, HubError> {
        let mut read = self.read(caller).await?;
        let read = &mut read;
        let rows = match (invoke.unit_id, space) {
            (Some(unit), Some(space)) => {
                let unit = find_unit(read, organization_id, space, unit).await?;
                let space = find_space(read, organization_id, space).await?;
                vec![ExtendedUnit {
                    unit,
                    space: Some(Box::new(space)),
                    ..ExtendedUnit::default()
                }]
            }
            (Some(_), None) => {
                return Err(HubError::Invalid("unit_id needs a space".to_owned()));
            }
            (None, _) => {
                let selection = ListQuery {
                    include: "SpaceID".to_owned(),
                    ..invoke.selection.clone()
                };
                select_units(read, organization_id, space, &selection)
                    .await?
                    .1
                    .rows
            }
        };
        let wanted = request.toolchain_type;
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|row| wanted.is_none_or(|toolchain| row.unit.toolchain() == toolchain))
            .collect();
        if let Some(id) = invoke.revision_id {
            return revision_runs(read, organization_id, rows, id).await;
        }
        let ids: HashSet<BlobId> = rows.iter().filter_map(|row| row.unit.data_blob).collect();
        let texts = read.blobs(organization_id, &ids).await?;
        let numbers: Vec<_> = rows
            .iter()
            .map(|row| (row.unit.unit_id, row.unit.head_revision_num))
            .collect();
        let heads = read.revisions(organization_id, &numbers).await?;
        let runs = rows.into_iter().map(|row| {
            let text = row.unit.data_blob.and_then(|id| texts.get(&id));
            let head = heads.get(&(row.unit.unit_id, row.unit.head_revision_num));
            let revision_id = head.map(|head| head.revision_id).unwrap_or_default();
            Run::new(row, text.cloned().unwrap_or_default(), revision_id)
        });
        Ok(runs.collect())
    }

    /// Writes what functions changed in some units.
    async fn write_batch(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        runs: &mut [Run],
        (request, change_set_id): (&FunctionInvocationsRequest, Option<ChangeSetId>),
    ) -> Result<(), HubError> {
        if !runs.iter().any(Run::is_change) {
            return Ok(());
        }
        let mut write = self.write(caller, Permission::Edit).await?;
        let now = Time::now();
        let changed = runs.iter().filter(|run| run.is_change());
        let ids: Vec<Uuid> = changed.map(|run| run.unit.unit_id.0).collect();
        let mut stored: HashMap<Uuid, Unit> = write.get_many(organization_id, &ids).await?;
        write
            .keep_texts_of(organization_id, stored.values())
            .await?;
        for run in runs.iter_mut().filter(|run| run.is_change()) {
            let Some(mut unit) = stored.remove(&run.unit.unit_id.0) else {
                run.fail(&HubError::not_found("Unit", run.unit.unit_id));
                continue;
            };
            if let Err(error) = write.allow(&unit) {
                run.fail(&error);
                continue;
            }
            if unit.data_blob != run.unit.data_blob {
                // Someone else was faster: run again on what is there now.
                let text = write.blob(organization_id, unit.data_blob).await?;
                run.repeat(unit.clone(), text, request);
                if !run.is_change() {
                    continue;
                }
            }
            let Some(change) = run.change(request) else {
                continue;
            };
            if let Err(error) = check_lock(&unit, unit.change_set_id, change_set_id) {
                run.fail(&error);
                continue;
            }
            unit.last_change_description
                .clone_from(&request.change_description);
            let committed = commit(&mut write, caller, &mut unit, change, now).await?;
            if let Some(id) = committed.revision {
                write.update(organization_id, &mut unit, now).await?;
                run.revision_id = id;
            }
        }
        write.commit().await?;
        Ok(())
    }
}

fn parse_id<I: FromStr>(id: &str) -> Result<I, HubError> {
    let wrong = |_| HubError::Invalid(format!("id: {id:?} is not a UUID"));
    id.parse().map_err(wrong)
}

/// Checks what concerns the request as a whole.
fn check(request: &FunctionInvocationsRequest, invoke: &Invoke) -> Result<(), HubError> {
    let runs_elsewhere = request.bridge_worker_id.is_some_and(|id| !id.0.is_nil());
    for (asked, what) in [
        (
            runs_elsewhere,
            "BridgeWorkerID: running functions in workers",
        ),
        (
            !request.invocations.is_empty(),
            "Invocations: running saved invocations",
        ),
        (
            !request.triggers.is_empty(),
            "Triggers: running triggers by hand",
        ),
    ] {
        if asked {
            return Err(HubError::not_available(what));
        }
    }
    if invoke.revision_id.is_some() && invoke.change_set_id.is_some() {
        return Err(HubError::Invalid(
            "change_set_id is not valid on a revision".to_owned(),
        ));
    }
    if invoke.revision_id.is_some() && invoke.unit_id.is_none() {
        return Err(HubError::Invalid("revision_id needs unit_id".to_owned()));
    }
    if request.function_invocations.is_empty() {
        return Err(HubError::Invalid(
            "FunctionInvocations: name at least one function".to_owned(),
        ));
    }
    let count = request.function_invocations.len();
    if count > MOST_FUNCTIONS {
        return Err(HubError::Invalid(format!(
            "FunctionInvocations: there are {count}; name at most {MOST_FUNCTIONS} functions"
        )));
    }
    check_description("ChangeDescription", &request.change_description)?;
    for (index, invocation) in request.function_invocations.iter().enumerate() {
        let name = &invocation.function_name;
        if !registry().knows(name) {
            let hint = registry()
                .nearest(name)
                .map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return Err(HubError::Invalid(format!(
                "FunctionInvocations[{index}]: there is no function {name:?}{hint}"
            )));
        }
    }
    Ok(())
}

/// The run on one revision.
async fn revision_runs(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: Vec<ExtendedUnit>,
    id: RevisionId,
) -> Result<Vec<Run>, HubError> {
    let mut runs = Vec::new();
    for row in rows {
        let path = (row.unit.space_id, row.unit.unit_id);
        let revision = find_revision(read, organization_id, path, id).await?;
        let text = read.blob(organization_id, revision.data_blob).await?;
        runs.push(Run::new(row, text, id));
    }
    Ok(runs)
}

/// What functions may know of a unit as it is. What was applied or merged is not told yet.
pub(crate) fn context_of(unit: &Unit, space: &Space, approved_by: &[Uuid]) -> FunctionContext {
    let approvers: Vec<UserId> = approved_by.iter().copied().map(UserId).collect();
    FunctionContext {
        toolchain: unit.toolchain(),
        organization_id: unit.organization_id.to_string(),
        space_id: unit.space_id.to_string(),
        space_slug: space.slug.clone(),
        unit_id: unit.unit_id.to_string(),
        unit_slug: unit.slug.clone(),
        unit_display_name: unit.display_name.clone(),
        unit_labels: unit.labels.clone(),
        unit_annotations: unit.annotations.clone(),
        target_id: unit.target_id.map(|id| id.to_string()).unwrap_or_default(),
        revision_num: unit.head_revision_num,
        is_new: unit.live_revision_num == 0,
        previous_content_hash: i32::try_from(unit.content_hash).unwrap_or_default(),
        approved_by: approvers.iter().map(ToString::to_string).collect(),
        approvals_by_group: space.approval_rules.members(&approvers),
        ..FunctionContext::default()
    }
}

/// The functions on one unit: before, and after [`Run::execute`].
struct Run {
    unit: Unit,
    space: Space,
    revision_id: RevisionId,
    text: Vec<u8>,
    /// Which of the functions are for the toolchain of the unit.
    indices: Vec<usize>,
    outcome: Option<Outcome>,
    error: Option<ResponseError>,
}

impl Run {
    fn new(row: ExtendedUnit, text: Vec<u8>, revision_id: RevisionId) -> Self {
        Self {
            space: row.space.map(|space| *space).unwrap_or_default(),
            unit: row.unit,
            revision_id,
            text,
            indices: Vec::new(),
            outcome: None,
            error: None,
        }
    }

    fn execute(mut self, request: &FunctionInvocationsRequest) -> Self {
        let toolchain = self.unit.toolchain();
        let config = match Config::parse(toolchain, &self.text) {
            Ok(config) => config,
            Err(error) => {
                self.fail(&HubError::Unprocessable(format!(
                    "Data is not valid {toolchain}: {error}"
                )));
                return self;
            }
        };
        let (indices, invocations): (Vec<usize>, Vec<FunctionInvocation>) = request
            .function_invocations
            .iter()
            .enumerate()
            .filter(|(_, call)| registry().find(toolchain, &call.function_name).is_some())
            .map(|(index, call)| (index, call.clone()))
            .unzip();
        let outcome = execute(Execution {
            context: &self.context(),
            config,
            invocations: &invocations,
            num_filters: request.num_filters,
            stop_on_error: request.stop_on_error,
        });
        if !outcome.success {
            self.fail(&HubError::Unprocessable(outcome.messages.join("; ")));
            if let Some(error) = &mut self.error {
                error.details.clone_from(&outcome.messages);
            }
        }
        self.indices = indices;
        self.outcome = Some(outcome);
        self
    }

    /// Runs the functions again on newer text.
    fn repeat(&mut self, unit: Unit, text: Vec<u8>, request: &FunctionInvocationsRequest) {
        let again = Self {
            unit,
            space: std::mem::take(&mut self.space),
            revision_id: self.revision_id,
            text,
            indices: Vec::new(),
            outcome: None,
            error: None,
        };
        *self = again.execute(request);
    }

    fn context(&self) -> FunctionContext {
        FunctionContext {
            revision_id: self.revision_id.to_string(),
            ..context_of(&self.unit, &self.space, &self.unit.approved_by)
        }
    }

    /// Whether there is something to write: all functions ran, and some changed the text.
    fn is_change(&self) -> bool {
        self.error.is_none()
            && self
                .outcome
                .as_ref()
                .is_some_and(|outcome| !outcome.changes.is_empty())
    }

    /// What to write: one cause for each function that changed something.
    fn change(&self, request: &FunctionInvocationsRequest) -> Option<Change> {
        let outcome = self.outcome.as_ref()?;
        let causes = outcome.changes.iter().map(|change| {
            let index = self.indices.get(change.index);
            let call = index.and_then(|index| request.function_invocations.get(*index));
            Cause {
                mutation: Mutation {
                    function_invocation: call.cloned().unwrap_or_default(),
                    ..Mutation::default()
                },
                changed: Some(change.mutations.clone()),
            }
        });
        Some(Change {
            causes: causes.collect(),
            ..Change::new(
                outcome.config.clone(),
                Mutation::default(),
                "InvokeFunctions",
            )
        })
    }

    fn fail(&mut self, error: &HubError) {
        self.error = Some(error.for_item("Unit", self.unit.unit_id));
    }

    fn answer(self) -> FunctionInvocationsResponse {
        let mut answer = FunctionInvocationsResponse {
            organization_id: self.unit.organization_id,
            space_id: self.unit.space_id,
            unit_id: self.unit.unit_id,
            revision_id: self.revision_id,
            success: self.error.is_none(),
            error: self.error,
            ..FunctionInvocationsResponse::default()
        };
        let Some(outcome) = self.outcome else {
            answer.config_data = Base64(self.text);
            return answer;
        };
        let mut mutations = Vec::new();
        for change in outcome.changes {
            let index = self.indices.get(change.index).copied().unwrap_or_default();
            let number = i64::try_from(index).unwrap_or(i64::MAX);
            let list = cubit_configdata::mutation::with_index(change.mutations, number);
            mutations = fold(mutations, list);
            answer.mutators.push(index);
        }
        answer.mutations = with_index_paths(&mutations, &outcome.config);
        answer.config_data = Base64(outcome.config.text().into_owned().into_bytes());
        answer.outputs = outcome
            .outputs
            .into_iter()
            .map(|(name, json)| (name, Base64(json.to_string().into_bytes())))
            .collect();
        answer
    }
}
