//! Running a list of functions on one text (section 4.3 of the function engine).

use std::collections::BTreeMap;

use cubit_configdata::Config;
use cubit_configdata::limits;
use cubit_configdata::mutation::{self, ResourceMutation};
use serde_json::{Value as Json, json};

use crate::argument::{Arguments, FunctionInvocation};
use crate::attribute::ValidationResult;
use crate::context::FunctionContext;
use crate::evaluate::evaluated;
use crate::function::{Call, Failure, Function, Output};
use crate::registry::{Registry, registry};
use crate::signature::OutputType;
use crate::text::Text;

/// Most messages of one run, and the length of one message in characters.
const MAX_MESSAGES: usize = 1024;
const MAX_MESSAGE_LENGTH: usize = 1024;

/// A list of functions to run on one text.
pub struct Execution<'a> {
    /// Facts about the unit.
    pub context: &'a FunctionContext,
    /// The text, parsed.
    pub config: Config,
    /// What to run, in order.
    pub invocations: &'a [FunctionInvocation],
    /// How many of the leading validating functions are filters: when one does not pass, the rest
    /// is left out without an error.
    pub num_filters: usize,
    /// Stop at the first error instead of gathering them all.
    pub stop_on_error: bool,
}

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The text after all functions.
    pub config: Config,
    /// For each function that changed something, what it changed.
    pub changes: Vec<Change>,
    /// Outputs by type name.
    pub outputs: BTreeMap<String, Json>,
    /// Whether every function ran without an error. A validation that did not pass is no error.
    pub success: bool,
    /// What went wrong, in order.
    pub messages: Vec<String>,
}

/// What one function changed.
#[derive(Debug)]
pub struct Change {
    /// Its index in the list.
    pub index: usize,
    /// The changes, with that index.
    pub mutations: Vec<ResourceMutation>,
}

/// All changes of a run as one list of mutations, with indices as paths.
#[must_use]
pub fn mutations_of(outcome: &Outcome) -> Vec<ResourceMutation> {
    let folded = outcome
        .changes
        .iter()
        .map(|change| change.mutations.clone())
        .reduce(mutation::fold)
        .unwrap_or_default();
    mutation::with_index_paths(&folded, &outcome.config)
}

/// Runs the functions in order on the evolving text. A function that fails contributes nothing.
#[must_use]
pub fn execute(execution: Execution<'_>) -> Outcome {
    execute_with(registry(), execution)
}

/// As [`execute`], with the functions of another registry.
#[must_use]
pub fn execute_with(registry: &Registry, execution: Execution<'_>) -> Outcome {
    let Execution {
        context,
        config,
        invocations,
        num_filters,
        stop_on_error,
    } = execution;
    let mut outcome = Outcome {
        config,
        changes: Vec::new(),
        outputs: BTreeMap::new(),
        success: true,
        messages: Vec::new(),
    };
    let mut filters = num_filters;
    let mut calls = invocations.iter().enumerate();
    'texts: loop {
        let config = outcome.config.clone();
        let text = Text::of(&config);
        for (index, invocation) in calls.by_ref() {
            let is_filter = filters > 0 && is_validating(registry, &config, invocation);
            filters -= usize::from(is_filter);
            match run(registry, context, &text, invocation, index) {
                Err(failure) => {
                    outcome.success = false;
                    for message in failure.0 {
                        outcome.say(format!(
                            "{} (function {index}): {message}",
                            invocation.function_name
                        ));
                    }
                    if stop_on_error {
                        break 'texts;
                    }
                }
                Ok(run) => {
                    if is_filter && matches!(run.output, Output::Validation { passed: false, .. }) {
                        break 'texts;
                    }
                    outcome.gather(run.function, run.output, index);
                    if let Some((config, mutations)) = run.changed {
                        outcome.config = config;
                        outcome.changes.push(Change { index, mutations });
                        continue 'texts;
                    }
                }
            }
        }
        break;
    }
    outcome
}

/// Whether a call is of a validating function; whether it can run does not matter.
fn is_validating(registry: &Registry, config: &Config, invocation: &FunctionInvocation) -> bool {
    registry
        .find(config.toolchain(), &invocation.function_name)
        .is_some_and(|function| function.signature.validating)
}

/// What one function did.
struct Run<'f> {
    function: &'f Function,
    output: Output,
    changed: Option<(Config, Vec<ResourceMutation>)>,
}

fn run<'r>(
    registry: &'r Registry,
    context: &FunctionContext,
    text: &Text<'_>,
    invocation: &FunctionInvocation,
    index: usize,
) -> Result<Run<'r>, Failure> {
    let config = text.config;
    let name = invocation.function_name.as_str();
    let toolchain = config.toolchain();
    let Some(function) = registry.find(toolchain, name) else {
        let hint = match registry.nearest(name) {
            Some(known) if known == name => " for this toolchain type".to_owned(),
            Some(known) => format!(": did you mean {known}?"),
            None => String::new(),
        };
        return Err(format!("the function does not exist{hint}").into());
    };
    let sent = evaluated(&invocation.arguments, context)?;
    let arguments = Arguments::check(&function.signature, &sent)?;
    let mut call = Call {
        config,
        arguments,
        context,
        index,
        function,
        function_name: name,
        edits: Vec::new(),
        rewritten: None,
        written: 0,
        problems: Vec::new(),
        text,
    };
    let output = (function.behaviour)(&mut call)?;
    if call.written > limits::MAX_BYTES {
        let message = format!(
            "the result would be longer than {} bytes",
            limits::MAX_BYTES
        );
        return Err(message.into());
    }
    // Documents that are no resources are passed over, and said to be: a visit of paths must not
    // look complete when it was not.
    let mut problems = call.problems;
    problems.extend_from_slice(&text.errors);
    if !problems.is_empty() {
        return Err(Failure(problems));
    }
    let mut edited = call.rewritten;
    if !call.edits.is_empty() {
        let config = edited.get_or_insert_with(|| config.clone());
        config
            .apply(&call.edits)
            .map_err(|error| error.to_string())?;
    }
    let changed = edited
        .filter(|edited| edited.text() != config.text())
        .map(|edited| {
            let index = i64::try_from(index).unwrap_or(i64::MAX);
            let mutations = mutation::compute(config, &edited, index);
            (edited, mutations)
        });
    Ok(Run {
        function,
        output,
        changed,
    })
}

impl Outcome {
    fn say(&mut self, message: String) {
        if self.messages.len() < MAX_MESSAGES {
            self.messages
                .push(match message.char_indices().nth(MAX_MESSAGE_LENGTH) {
                    Some((at, _)) => format!("{}...", &message[..at]),
                    None => message,
                });
        }
    }

    /// Joins a text to those of its type, as documents of one stream.
    fn gather_payload(&mut self, output_type: OutputType, text: &str) {
        let payload = &mut self
            .outputs
            .entry(output_type.name().to_owned())
            .or_insert_with(|| json!({ "Payload": "" }))["Payload"];
        let before = payload.as_str().unwrap_or_default();
        *payload = match before {
            "" => text.into(),
            before => format!("{}\n---\n{text}", before.trim_end_matches('\n')).into(),
        };
    }

    /// Adds an output to those of its type.
    fn gather(&mut self, function: &Function, output: Output, index: usize) {
        let Some(output_type) = function
            .signature
            .output_info
            .as_ref()
            .map(|info| info.output_type)
        else {
            return;
        };
        let rows: Vec<Json> = match output {
            Output::Nothing => return,
            Output::Attributes(mut values) => {
                values.sort_by(|a, b| {
                    let key = |value: &crate::AttributeValue| {
                        (
                            value.resource.resource_type.clone(),
                            value.resource.resource_name.clone(),
                            value.path.clone(),
                        )
                    };
                    key(a).cmp(&key(b))
                });
                values
                    .iter()
                    .filter_map(|value| serde_json::to_value(value).ok())
                    .collect()
            }
            Output::Validation {
                passed,
                details,
                failed,
            } => {
                let result = ValidationResult {
                    passed,
                    index,
                    function_name: function.signature.function_name.clone(),
                    details,
                    failed_attributes: failed,
                };
                serde_json::to_value(result).into_iter().collect()
            }
            Output::Rows(rows) => rows,
            Output::Payload(text) => return self.gather_payload(output_type, &text),
        };
        debug_assert!(output_type != OutputType::ValidationResult || rows.len() == 1);
        let gathered = self
            .outputs
            .entry(output_type.name().to_owned())
            .or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(gathered) = gathered {
            gathered.extend(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cubit_configdata::Toolchain;

    const TEXT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # the shop\nspec:\n  replicas: 2\n";

    fn run_all(
        text: &str,
        calls: &[(&str, &[&str])],
        num_filters: usize,
        stop_on_error: bool,
    ) -> Outcome {
        let invocations: Vec<FunctionInvocation> = calls
            .iter()
            .map(|(name, arguments)| FunctionInvocation::new(*name, arguments.iter().copied()))
            .collect();
        execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &invocations,
            num_filters,
            stop_on_error,
        })
    }

    fn indices(outcome: &Outcome) -> Vec<usize> {
        outcome.changes.iter().map(|change| change.index).collect()
    }

    #[test]
    fn functions_run_in_order_on_the_evolving_text() {
        let outcome = run_all(
            TEXT,
            &[
                ("set-replicas", &["3"]),
                ("set-replicas", &["3"]),
                ("get-replicas", &[]),
                ("set-label", &["tier", "web"]),
            ],
            0,
            false,
        );
        assert!(outcome.success);
        assert_eq!(indices(&outcome), [0, 3], "the second call changed nothing");
        assert_eq!(outcome.outputs["AttributeValueList"][0]["Value"], 3);
        assert_eq!(outcome.outputs["AttributeValueList"][0]["Index"], 2);
        assert_eq!(
            outcome.config.text(),
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # the shop\n  labels:\n    tier: web\nspec:\n  replicas: 3\n"
        );
        let paths: Vec<&String> = outcome.changes[0].mutations[0]
            .path_mutation_map
            .keys()
            .collect();
        assert_eq!(paths, ["spec.replicas"]);
    }

    #[test]
    fn a_filter_that_does_not_pass_ends_the_run_quietly() {
        let calls: &[(&str, &[&str])] = &[
            ("where-filter", &["*", "spec.replicas > 5"]),
            ("set-replicas", &["3"]),
        ];
        let filtered = run_all(TEXT, calls, 1, false);
        assert!(filtered.success && filtered.changes.is_empty() && filtered.outputs.is_empty());
        let validated = run_all(TEXT, calls, 0, false);
        assert_eq!(
            indices(&validated),
            [1],
            "a validator that is no filter stops nothing"
        );
        assert_eq!(validated.outputs["ValidationResult"][0]["Passed"], false);
    }

    #[test]
    fn errors_name_the_function_and_the_rest_still_runs() {
        let calls: &[(&str, &[&str])] = &[
            ("set-replica", &["3"]),
            ("set-replicas", &["many"]),
            ("set-replicas", &["4"]),
        ];
        let all = run_all(TEXT, calls, 0, false);
        assert!(!all.success);
        assert_eq!(
            all.messages,
            [
                "set-replica (function 0): the function does not exist: did you mean set-replicas?",
                "set-replicas (function 1): parameter replicas: expected an integer, got \"many\"",
            ]
        );
        assert_eq!(indices(&all), [2]);
        let stopped = run_all(TEXT, calls, 0, true);
        assert_eq!((stopped.messages.len(), stopped.changes.len()), (1, 0));
    }

    #[test]
    fn a_document_that_is_no_resource_is_reported() {
        for (text, message) in [
            (
                "kind: Deployment\n",
                "expected a Kubernetes resource: apiVersion is missing",
            ),
            (
                "apiVersion: v1\nkind: ConfigMapList\nitems: []\n",
                "a ConfigMapList is no resource, it holds some in items: expected each of them as a document of its own, with --- between them",
            ),
            (
                "apiVersion: example.com/v1\nkind: AllowList\nmetadata: {}\n",
                "expected a Kubernetes resource: metadata.name is missing",
            ),
        ] {
            let outcome = run_all(text, &[("set-replicas", &["3"])], 0, false);
            assert!(!outcome.success);
            assert_eq!(
                outcome.messages,
                [format!(
                    "set-replicas (function 0): line 1, column 1: {message}"
                )]
            );
        }
    }

    #[test]
    fn a_refused_edit_changes_nothing() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nx: &r {image: i}\nspec: {containers: [{name: c, image: b}, *r]}\n";
        let outcome = run_all(
            text,
            &[("set-string-path", &["*", "spec.containers.*.image", "new"])],
            0,
            false,
        );
        assert!(!outcome.success && outcome.config.text() == text);
        assert!(
            outcome.messages[0].contains("spec.containers.1.image at line 5"),
            "{:?}",
            outcome.messages
        );
    }

    #[test]
    fn a_result_that_cannot_be_stored_is_refused() {
        let data = "a".repeat(700_000);
        let text =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata:\n  a: {data}\n");
        let long = "b".repeat(100);
        let outcome = run_all(&text, &[("search-replace", &["a", &long])], 0, false);
        assert!(!outcome.success && outcome.config.text() == text);
        assert!(
            outcome.messages[0].contains("longer than 67108864 bytes"),
            "{:?}",
            outcome.messages
        );
    }

    #[test]
    fn a_value_of_another_type_is_a_failure() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {tier: 1}}\n";
        let outcome = run_all(text, &[("get-label", &["tier"])], 0, false);
        assert_eq!(
            outcome.messages,
            [
                "get-label (function 0): v1/Service /a: metadata.labels.tier: expected a string, found the int 1"
            ]
        );
    }
}
