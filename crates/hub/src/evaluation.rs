//! What follows from a change: triggers run, and their verdicts become gates; spec/semantics.md,
//! section 4.
//!
//! A change that is to be evaluated puts a row into a queue, in its own transaction, and the gate
//! `awaiting/triggers` on the unit. Whoever evaluates computes with nothing locked, and takes the row
//! off the queue in the transaction that writes the outcome; if the row has become another one in
//! the meantime, the outcome is dropped. So nothing is lost when a server is killed, nothing is
//! written twice, and it does no harm when two servers evaluate the same.

mod links;
mod request;
mod run;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use cubit_functions::{FunctionContext, FunctionInvocation};
use cubit_model::{
    BlobId, Invocation, Link, OrganizationId, Permission, Revision, Space, Time, Trigger, Unit,
    UnitId,
};
use cubit_query::{Literal, Where};
use cubit_store::PendingEvaluation;
use jiff::SignedDuration;
use tokio::sync::watch;
use uuid::Uuid;

use crate::bootstrap::ABOVE_ORGANIZATIONS;
use crate::commit::{Change, commit};
use crate::compute::compute_each;
use crate::function::context_of;
use crate::text::{Wanted, fill_text, parse_sources};
use crate::{Caller, Hub, HubError};
use links::{Producer, Taken};
pub(crate) use request::{
    is_pending, request, request_for_approval, request_for_invocation, request_for_link,
    request_for_rules, request_for_trigger,
};
use run::{Call, Evaluated, Work, evaluate};

/// The gate of what is not evaluated yet.
pub(crate) const AWAITING: &str = "awaiting/triggers";
/// How long an answer waits for an evaluation. Debug builds are slow, and run where much else does.
const PATIENCE: Duration = match cfg!(debug_assertions) {
    true => Duration::from_secs(20),
    false => Duration::from_millis(300),
};
/// Evaluations that are computed together.
const BATCH: i64 = 64;
/// How often it is looked for evaluations that nobody was woken for.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// After which time an evaluation that failed is tried again.
const TRY_AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// Of the servers on a database one evaluates what is left over.
const LEASE: &str = "evaluation";
const LEASE_TIME: SignedDuration = SignedDuration::from_secs(15);

impl Hub {
    /// Evaluates a unit that was changed, for a while, and answers it as it is then.
    pub(crate) async fn settle(&self, caller: &Caller, unit: Unit) -> Result<Unit, HubError> {
        if !unit.apply_gates.contains_key(AWAITING) {
            return Ok(unit);
        }
        let organization_id = unit.organization_id;
        self.settle_revision(&unit, unit.head_revision_num).await?;
        let mut read = self.read(caller).await?;
        let found: Option<Unit> = read.get(organization_id, unit.unit_id.0).await?;
        let Some(mut now) = found else {
            return Ok(unit);
        };
        let toolchain = now.toolchain();
        let all = vec![&mut now];
        fill_text(&mut read, organization_id, all, |_| toolchain, Wanted::ALL).await?;
        now.merge_report = unit.merge_report;
        Ok(now)
    }

    /// Evaluates a revision that was approved, for a while.
    pub(crate) async fn settle_revision(
        &self,
        unit: &Unit,
        revision_num: i64,
    ) -> Result<(), HubError> {
        let is_head = revision_num == unit.head_revision_num;
        let number = if is_head { 0 } else { revision_num };
        let mut read = self.store.read().await?;
        let pending = read.pending_evaluation(unit.organization_id, unit.unit_id, number);
        if let Some(pending) = pending.await? {
            drop(read);
            // What takes longer goes on in the background, as does what fails.
            let _ = tokio::time::timeout(PATIENCE, self.evaluate_batch(&[pending])).await;
        }
        Ok(())
    }

    /// Evaluates some units that were changed, for a while.
    pub(crate) async fn settle_many(
        &self,
        organization_id: OrganizationId,
        units: &[UnitId],
    ) -> Result<(), HubError> {
        let mut read = self.store.read().await?;
        let pending = read.pending_evaluations_of(organization_id, units).await?;
        drop(read);
        if !pending.is_empty() {
            let _ = tokio::time::timeout(PATIENCE, self.evaluate_batch(&pending)).await;
        }
        Ok(())
    }

    /// Evaluates what is asked for until the sender says to stop, or is gone.
    pub async fn keep_evaluating(&self, mut stopping: watch::Receiver<bool>) {
        let holder = Uuid::now_v7();
        let mut changes = self.store.changes();
        loop {
            let is_more = match self.evaluate_some(holder).await {
                Ok(is_more) => is_more,
                Err(error) => {
                    tracing::warn!(%error, "units could not be evaluated");
                    false
                }
            };
            if *stopping.borrow() || stopping.has_changed().is_err() {
                return;
            }
            if is_more {
                continue;
            }
            tokio::select! {
                () = self.evaluator.notified() => {}
                _ = changes.recv() => {}
                _ = stopping.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Evaluates some of what is asked for; answers whether there may be more.
    async fn evaluate_some(&self, holder: Uuid) -> Result<bool, HubError> {
        let now = Time::now();
        let mut read = self.store.read().await?;
        let pending = read.pending_evaluations(now, BATCH).await?;
        drop(read);
        if pending.is_empty() {
            return Ok(false);
        }
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let until = Time(now.0 + LEASE_TIME);
        let lease = write.take_lease(LEASE, holder, (now, until)).await?;
        write.commit().await?;
        if lease.is_none() {
            return Ok(false);
        }
        self.evaluate_batch(&pending).await?;
        Ok(true)
    }

    /// Evaluates; what fails is left for later.
    async fn evaluate_batch(&self, pending: &[PendingEvaluation]) -> Result<(), HubError> {
        let mut works = Vec::with_capacity(pending.len());
        let mut kept = Vec::with_capacity(pending.len());
        for pending in pending {
            match self.work(pending).await {
                Ok(Some((work, text))) => {
                    works.push(work);
                    kept.push((pending, text));
                }
                // The unit, or the revision, is gone.
                Ok(None) => self.forget(pending).await?,
                Err(error) => self.postpone(pending, &error).await?,
            }
        }
        let evaluated = compute_each(works, evaluate).await?;
        for ((pending, text), evaluated) in kept.into_iter().zip(evaluated) {
            if let Err(error) = self.conclude((pending, text), evaluated).await {
                self.postpone(pending, &error).await?;
            }
        }
        Ok(())
    }

    async fn postpone(
        &self,
        pending: &PendingEvaluation,
        error: &HubError,
    ) -> Result<(), HubError> {
        tracing::warn!(%error, unit = %pending.unit_id, "a unit could not be evaluated");
        let mut write = self.store.write(pending.organization_id).await?;
        write.in_background();
        let later = Time(Time::now().0 + TRY_AGAIN);
        write.postpone_evaluation(pending, later).await?;
        Ok(write.commit().await?)
    }

    async fn forget(&self, pending: &PendingEvaluation) -> Result<(), HubError> {
        let mut write = self.store.write(pending.organization_id).await?;
        write.in_background();
        write.finish_evaluation(pending).await?;
        Ok(write.commit().await?)
    }

    /// Reads what an evaluation needs; and which text it is about.
    async fn work(
        &self,
        pending: &PendingEvaluation,
    ) -> Result<Option<(Work, Option<BlobId>)>, HubError> {
        let id = pending.organization_id;
        let mut read = self.store.read().await?;
        let Some(unit) = read.get::<Unit>(id, pending.unit_id.0).await? else {
            return Ok(None);
        };
        let number = match pending.revision_num {
            0 => unit.head_revision_num,
            number => number,
        };
        let key = (unit.unit_id, number);
        let mut revisions = read.revisions(id, &[key]).await?;
        let Some(revision) = revisions.remove(&key) else {
            return Ok(None);
        };
        let text = read.blob(id, revision.data_blob).await?;
        let in_space = Where::default().and("SpaceID", Literal::Uuid(unit.space_id.0));
        let triggers: Vec<Trigger> = read.list(id, &in_space).await?;
        let triggers = triggers
            .into_iter()
            .filter(|trigger| !trigger.disabled && trigger.toolchain_type == unit.toolchain_type);
        let triggers: Vec<Trigger> = triggers.collect();
        let saved = triggers
            .iter()
            .filter_map(|trigger| Some(trigger.invocation_id?.0));
        let saved: Vec<Uuid> = saved.collect();
        let saved: HashMap<Uuid, Invocation> = read.get_many(id, &saved).await?;
        let space: Option<Space> = read.get(id, unit.space_id.0).await?;
        let calls = triggers.iter().map(|trigger| call(trigger, &saved));
        let (producers, taken) = match pending.revision_num {
            0 => producers(&mut read, &unit).await?,
            _ => (Vec::new(), Vec::new()),
        };
        let work = Work {
            toolchain: unit.toolchain(),
            text,
            context: context(&unit, &revision, &space.unwrap_or_default()),
            calls: calls.collect(),
            producers,
            taken,
            is_clone: pending.is_clone,
            mutates: pending.mutates && pending.revision_num == 0,
        };
        Ok(Some((work, revision.data_blob)))
    }

    /// Writes the outcome, unless it is asked for anew.
    async fn conclude(
        &self,
        (pending, text): (&PendingEvaluation, Option<BlobId>),
        evaluated: Evaluated,
    ) -> Result<(), HubError> {
        let id = pending.organization_id;
        let nobody = Caller::nobody(id, "Evaluate");
        let mut write = self.write(&nobody, Permission::Edit).await?;
        write.unguarded()?.in_background();
        if !write.unguarded()?.finish_evaluation(pending).await? {
            return Ok(());
        }
        let Some(mut unit) = write.get::<Unit>(id, pending.unit_id.0).await? else {
            return Ok(());
        };
        if pending.revision_num == 0 && unit.data_blob != text {
            // It was changed while nothing ran on it: the request stays.
            return Ok(());
        }
        let now = Time::now();
        if let Some((config, causes)) = evaluated.changed {
            let change = Change {
                causes,
                is_internal: true,
                ..Change::new(config, cubit_model::Mutation::default(), "Resolve")
            };
            commit(&mut write, &nobody, &mut unit, change, now).await?;
            write.update(id, &mut unit, now).await?;
        }
        let (number, values) = match pending.revision_num {
            0 => (unit.head_revision_num, Some(&evaluated.values)),
            number => (number, None),
        };
        let what = (id, unit.unit_id, number);
        let results = serde_json::to_string(&evaluated.validations)
            .map_err(|error| HubError::Internal(error.to_string()))?;
        let store = write.unguarded()?;
        store.set_gates(what, &evaluated.gates, values).await?;
        store.put_validations(what, results).await?;
        write.commit().await
    }
}

/// The units that the links of a unit lead to, in the order of the links, and the places of which
/// links wrote the values.
async fn producers(
    read: &mut cubit_store::Read,
    unit: &Unit,
) -> Result<(Vec<Producer>, Vec<Taken>), HubError> {
    if unit.from_link_id.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let id = unit.organization_id;
    let mut links: Vec<Link> = read.list_by(id, "FromUnitID", &[unit.unit_id.0]).await?;
    links.sort_by_key(|link| link.cursor_id);
    let ids: Vec<Uuid> = links.iter().map(|link| link.to_unit_id.0).collect();
    let units: HashMap<Uuid, Unit> = read.get_many(id, &ids).await?;
    let blobs = units.values().filter_map(|unit| unit.data_blob).collect();
    let texts = read.blobs(id, &blobs).await?;
    let producers = links.iter().filter_map(|link| {
        let unit = units.get(&link.to_unit_id.0)?;
        Some(Producer {
            link_id: link.link_id,
            toolchain: unit.toolchain(),
            text: texts.get(&unit.data_blob?)?.clone(),
        })
    });
    let producers = producers.collect();

    let sources = parse_sources(&read.blob(id, unit.mutation_sources_blob).await?)?;
    let indices = sources.iter().flat_map(|resource| {
        let paths = resource.path_mutation_map.values();
        paths.map(|info| (unit.unit_id, info.index))
    });
    let indices: HashSet<(UnitId, i64)> = indices.collect();
    let indices: Vec<(UnitId, i64)> = indices.into_iter().collect();
    let mutations = read.mutations(id, &indices).await?;
    let mut taken = Vec::new();
    for resource in &sources {
        for (path, info) in &resource.path_mutation_map {
            let mutation = mutations.get(&(unit.unit_id, info.index));
            if let Some((mutation, link_id)) = mutation.and_then(|m| Some((m, m.link_id?))) {
                taken.push(Taken {
                    resource: resource.resource.clone(),
                    path: path.clone(),
                    link_id,
                    provided: mutation.provided_resource.clone(),
                });
            }
        }
    }
    Ok((producers, taken))
}

/// The call that a trigger stands for.
fn call(trigger: &Trigger, saved: &HashMap<Uuid, Invocation>) -> Call {
    let saved = trigger.invocation_id.and_then(|id| saved.get(&id.0));
    let (name, arguments, worker) = match saved {
        Some(saved) => (
            &saved.function_name,
            &saved.arguments,
            saved.bridge_worker_id.or(trigger.bridge_worker_id),
        ),
        None => (
            &trigger.function_name,
            &trigger.arguments,
            trigger.bridge_worker_id,
        ),
    };
    Call {
        trigger_id: trigger.trigger_id,
        slug: trigger.slug.clone(),
        is_for_clones: trigger.event == "PostClone",
        is_elsewhere: worker.is_some(),
        invocation: FunctionInvocation {
            function_name: name.clone(),
            arguments: arguments.clone(),
        },
    }
}

/// What functions may know of a unit, at one of its revisions.
fn context(unit: &Unit, revision: &Revision, space: &Space) -> FunctionContext {
    FunctionContext {
        revision_id: revision.revision_id.to_string(),
        revision_num: revision.revision_num,
        previous_content_hash: i32::try_from(revision.content_hash).unwrap_or_default(),
        ..context_of(unit, space, &revision.approved_by)
    }
}
