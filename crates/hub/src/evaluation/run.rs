//! The triggers of one unit, run on its text: nothing is read or written here.

use std::collections::BTreeMap;

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, Outcome, execute, registry};
use cubit_model::{Mutation, TriggerId, UnitValidation};

use super::links::{Producer, Taken, resolve};
use crate::commit::{Cause, content_hash};

/// A trigger with the function it calls.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) trigger_id: TriggerId,
    pub(super) slug: String,
    pub(super) is_for_clones: bool,
    /// Whether a worker is to run it.
    pub(super) is_elsewhere: bool,
    pub(super) invocation: FunctionInvocation,
}

/// All that an evaluation needs to know.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) toolchain: Toolchain,
    pub(super) text: Vec<u8>,
    pub(super) context: FunctionContext,
    pub(super) calls: Vec<Call>,
    /// The units that its links lead to, in the order of the links.
    pub(super) producers: Vec<Producer>,
    /// The places of which links wrote the values.
    pub(super) taken: Vec<Taken>,
    pub(super) is_clone: bool,
    /// Whether functions that change data run.
    pub(super) mutates: bool,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// The new text with what caused it, when there is one.
    pub(super) changed: Option<(Config, Vec<Cause>)>,
    pub(super) gates: BTreeMap<String, bool>,
    pub(super) values: BTreeMap<String, String>,
    pub(super) validations: Vec<UnitValidation>,
}

/// Functions that complete what others made: they run last of those that change data.
const FINAL: [&str; 1] = ["ensure-context"];

/// What a function does, by its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mutating,
    ReadOnly,
    Validating,
}

impl Call {
    fn kind(&self, toolchain: Toolchain) -> Kind {
        let function = registry().find(toolchain, &self.invocation.function_name);
        match function.map(|function| &function.signature) {
            Some(signature) if signature.mutating => Kind::Mutating,
            Some(signature) if !signature.validating => Kind::ReadOnly,
            _ => Kind::Validating,
        }
    }

    fn is_final(&self) -> bool {
        FINAL.contains(&self.invocation.function_name.as_str())
    }

    /// The name of its gate.
    fn gate(&self) -> String {
        format!("{}/{}", self.slug, self.invocation.function_name)
    }

    fn run(&self, context: &FunctionContext, config: Config) -> Outcome {
        execute(Execution {
            context,
            config,
            invocations: std::slice::from_ref(&self.invocation),
            num_filters: 0,
            stop_on_error: true,
        })
    }
}

impl Evaluated {
    /// Notes what a function said; what did not pass, or failed, is a gate.
    fn note(&mut self, call: &Call, passed: bool, details: Vec<String>) {
        let gate = call.gate();
        if !passed {
            self.gates.insert(gate.clone(), true);
        }
        self.validations.push(UnitValidation {
            gate,
            trigger_id: call.trigger_id,
            trigger_slug: call.slug.clone(),
            function_name: call.invocation.function_name.clone(),
            passed,
            details,
        });
    }
}

/// Runs the triggers in phases: spec/semantics.md, section 4.
pub(super) fn evaluate(work: Work) -> Evaluated {
    let Work {
        toolchain,
        text,
        mut context,
        mut calls,
        producers,
        taken,
        is_clone,
        mutates,
    } = work;
    let mut evaluated = Evaluated {
        changed: None,
        gates: BTreeMap::new(),
        values: BTreeMap::new(),
        validations: Vec::new(),
    };
    calls.retain(|call| is_clone || !call.is_for_clones);
    calls.sort_by(|a, b| {
        let order = |call: &Call| (call.is_final(), !call.is_for_clones, call.slug.clone());
        order(a).cmp(&order(b))
    });
    let mut config = match Config::parse_owned(toolchain, text) {
        Ok(config) => config,
        Err(error) => {
            for call in &calls {
                evaluated.note(
                    call,
                    false,
                    vec![format!("the data cannot be read: {error}")],
                );
            }
            return evaluated;
        }
    };
    let mut causes;
    (config, causes) = resolve(&context, config, &producers, &taken);
    for call in &calls {
        if call.is_elsewhere {
            let why = "it runs in a worker, and none is connected".to_owned();
            evaluated.note(call, false, vec![why]);
            continue;
        }
        if call.kind(toolchain) != Kind::Mutating || !mutates {
            continue;
        }
        let outcome = call.run(&context, config.clone());
        if !outcome.success {
            evaluated.note(call, false, outcome.messages);
            continue;
        }
        for change in outcome.changes {
            causes.push(Cause {
                mutation: Mutation {
                    function_invocation: call.invocation.clone(),
                    trigger_id: Some(call.trigger_id),
                    ..Mutation::default()
                },
                changed: Some(change.mutations),
            });
        }
        config = outcome.config;
    }
    if !causes.is_empty() {
        // Nobody has approved what has just come to be.
        let text = config.text().into_owned().into_bytes();
        context.previous_content_hash = i32::try_from(content_hash(&text)).unwrap_or_default();
        context.approved_by.clear();
        context
            .approvals_by_group
            .values_mut()
            .for_each(|count| *count = 0);
    }
    for call in calls.iter().filter(|call| !call.is_elsewhere) {
        let kind = call.kind(toolchain);
        if kind == Kind::Mutating {
            continue;
        }
        let outcome = call.run(&context, config.clone());
        if !outcome.success {
            evaluated.note(call, false, outcome.messages);
            continue;
        }
        match kind {
            Kind::ReadOnly => read_values(&mut evaluated.values, call, &outcome),
            _ => {
                let (passed, details) = verdict(&outcome);
                evaluated.note(call, passed, details);
            }
        }
    }
    if !causes.is_empty() {
        evaluated.changed = Some((config, causes));
    }
    evaluated
}

/// Whether a validating function passed the text, and what it said. Without a result it did not.
fn verdict(outcome: &Outcome) -> (bool, Vec<String>) {
    let Some(result) = outcome.outputs.get("ValidationResult").map(|rows| &rows[0]) else {
        return (false, vec!["the function gave no result".to_owned()]);
    };
    let details = result["Details"].as_array().into_iter().flatten();
    let details = details.filter_map(|line| line.as_str().map(str::to_owned));
    (result["Passed"] == true, details.collect())
}

/// The first value of each attribute that a function found, under the name of its trigger.
fn read_values(values: &mut BTreeMap<String, String>, call: &Call, outcome: &Outcome) {
    let found = outcome.outputs.get("AttributeValueList");
    for row in found.and_then(|rows| rows.as_array()).into_iter().flatten() {
        let name = row["AttributeName"].as_str().unwrap_or_default();
        let value = match &row["Value"] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        values
            .entry(format!("{}/{name}", call.slug))
            .or_insert(value);
    }
}
