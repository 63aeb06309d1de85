//! Recorded changes: computed, applied, taken back.

use cubit_configdata::merge::{Local, MergeOptions, Outcome, Strategy, patch};
use cubit_configdata::mutation::{self, MutationInfo, MutationType, ResourceMutation};
use cubit_configdata::{Config, Value};
use serde_json::Value as Json;

use super::placeholders;
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::signature::{DataType, FunctionParameter, OutputType};

const BEFORE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  color: red # ours\n  size: big\n";
const CHANGE: &str = r#"[{"Resource":{"ResourceName":"/a","ResourceNameWithoutScope":"a","ResourceType":"v1/ConfigMap","ResourceCategory":"Resource"},"ResourceMutationInfo":{"MutationType":"Update"},"PathMutationMap":{"data.color":{"MutationType":"Update","Predicate":true,"Value":"blue"}}}]"#;
const KEPT: &str = r#"[{"Resource":{"ResourceName":"/a","ResourceNameWithoutScope":"a","ResourceType":"v1/ConfigMap","ResourceCategory":"Resource"},"ResourceMutationInfo":{"MutationType":"Add","Predicate":true},"PathMutationMap":{"data.color":{"MutationType":"Update","Predicate":false,"Value":"red"}}}]"#;

fn mutations(name: &str, description: &str) -> FunctionParameter {
    required(name, DataType::ResourceMutationList, CHANGE, description)
}

fn json(list: &[ResourceMutation]) -> Output {
    Output::Rows(
        list.iter()
            .filter_map(|row| serde_json::to_value(row).ok())
            .collect(),
    )
}

pub(crate) fn functions() -> Vec<Function> {
    let listing = |function: Function| {
        function.output(
            OutputType::ResourceMutationList,
            "mutation",
            "The mutations, by resource and path.",
        )
    };
    vec![
        listing(Function::generic("compute-mutations", "Says what changed from another text to this one, by resource and path.", compute))
            .parameter(required("config-doc-list", DataType::Yaml, "apiVersion: v1\nkind: ConfigMap\n...", "The other text, in the format of the unit."))
            .parameter(required("functionIndex", DataType::Int, "0", "Index that the mutations get."))
            .parameter(optional("alreadyConverted", DataType::Bool, "false", "Has no meaning here and is taken for older callers."))
            .example(
                &["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  color: blue\n  size: big\n", "2"],
                BEFORE,
                r#""PathMutationMap":{"data.color":{"MutationType":"Update","Index":2,"Predicate":true,"Value":"red\n"}}"#,
            ),
        Function::generic("patch-mutations", "Makes recorded changes. What a predicate protects stays as it is.", patch_mutations)
            .mutating()
            .parameter(required("mutation-predicates", DataType::ResourceMutationList, KEPT, "MutationSources of the text: a path whose Predicate is false is not overwritten; an empty list protects nothing."))
            .parameter(mutations("mutation-patch", "The changes to make."))
            .parameter(optional("mutations-to-subtract", DataType::ResourceMutationList, "[]", "Changes whose paths are left out."))
            .output(OutputType::MutationConflictList, "conflict", "What was not applied, and why.")
            .example(&["[]", CHANGE], BEFORE, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  color: blue # ours\n  size: big\n")
            .example(&[KEPT, CHANGE], BEFORE, BEFORE),
        Function::generic("reset", "Puts placeholders in the place of values that were filled in: those whose Predicate is true.", reset)
            .mutating()
            .parameter(mutations("mutation-predicates", "The recorded changes; values whose Predicate is true are reset."))
            .example(&[CHANGE], BEFORE, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  color: confighubplaceholder # ours\n  size: big\n"),
        listing(Function::generic("get-placeholder-mutations", "Lists the values that hold a placeholder as mutations, to be used with reset or patch-mutations.", placeholder_mutations))
            .example(&[], "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: confighubplaceholder}\n", r#""PathMutationMap":{"metadata.namespace":{"MutationType":"Update","Index":0,"Predicate":true,"Value":"confighubplaceholder\n"}}"#),
        listing(Function::generic("set-protection", "Marks recorded changes as protected or not; the data stays. Store the answer as the unit's MutationSources.", set_protection))
            .parameter(required("mutation-sources", DataType::ResourceMutationList, KEPT, "MutationSources of the text."))
            .parameter(required("resource-protection", DataType::Json, r#"[{"ResourceType":"v1/ConfigMap","Path":"data","Protected":true}]"#, "JSON list: ResourceType (* for all), ResourceName if one is meant, Path (empty for the whole resource), and Protected."))
            .example(&[CHANGE, r#"[{"ResourceType":"*","Path":"data","Protected":true}]"#], BEFORE, r#""data.color":{"MutationType":"Update","Index":0,"Predicate":false"#),
        Function::generic("vet-no-merge-conflicts", "Passes when the last merge or upgrade left nothing out.", |call| {
            let details = call.context.merge_conflicts.clone();
            Ok(Output::Validation { passed: details.is_empty(), details, failed: vec![] })
        })
        .validating()
        .example(&[], BEFORE, r#""Passed":true"#),
    ]
}

fn compute(call: &mut Call<'_>) -> Result<Output, Failure> {
    let other = Config::parse(
        call.config.toolchain(),
        call.arguments.text("config-doc-list").as_bytes(),
    )
    .map_err(|error| format!("parameter config-doc-list: {error}"))?;
    let index = call.arguments.int("functionIndex").unwrap_or_default();
    Ok(json(&mutation::compute(&other, call.config, index)))
}

fn patch_mutations(call: &mut Call<'_>) -> Result<Output, Failure> {
    let predicates: Vec<ResourceMutation> = call.arguments.json("mutation-predicates")?;
    let mut changes: Vec<ResourceMutation> = call.arguments.json("mutation-patch")?;
    if !call.arguments.text("mutations-to-subtract").is_empty() {
        let gone: Vec<ResourceMutation> = call.arguments.json("mutations-to-subtract")?;
        for change in &mut changes {
            for gone in gone.iter().filter(|gone| gone.resource == change.resource) {
                change
                    .path_mutation_map
                    .retain(|path, _| !gone.path_mutation_map.contains_key(path));
            }
        }
    }
    let options = MergeOptions {
        local: if predicates.is_empty() {
            Local::Nothing
        } else {
            Local::Recorded(&predicates)
        },
        strategy: Strategy::KeepLocal,
        paths: &[],
    };
    let merged = patch(call.config, &changes, &options).map_err(|error| error.to_string())?;
    let conflicts: Vec<Json> = merged
        .held_back()
        .filter(|line| line.outcome != Outcome::AlreadyThere)
        .filter_map(|line| serde_json::to_value(line).ok())
        .collect();
    call.rewritten = Some(merged.config);
    Ok(Output::Rows(conflicts))
}

fn reset(call: &mut Call<'_>) -> Result<Output, Failure> {
    let sources: Vec<ResourceMutation> = call.arguments.json("mutation-predicates")?;
    let mut config = call.config.clone();
    mutation::reset(&mut config, &sources).map_err(|error| error.to_string())?;
    call.rewritten = Some(config);
    Ok(Output::Nothing)
}

fn placeholder_mutations(call: &mut Call<'_>) -> Result<Output, Failure> {
    let index = i64::try_from(call.index).unwrap_or_default();
    let mut list: Vec<ResourceMutation> = Vec::new();
    for value in placeholders::find(call) {
        if list
            .last()
            .is_none_or(|last| last.resource != value.resource)
        {
            list.push(ResourceMutation {
                resource: value.resource.clone(),
                resource_mutation_info: MutationInfo {
                    mutation_type: MutationType::Update,
                    index,
                    ..MutationInfo::default()
                },
                ..ResourceMutation::default()
            });
        }
        let Some(last) = list.last_mut() else {
            continue;
        };
        let text = match Value::from_json(&value.value) {
            Value::String(text) => text,
            other => other.to_json().to_string(),
        };
        last.path_mutation_map.insert(
            value.path,
            MutationInfo {
                mutation_type: MutationType::Update,
                index,
                predicate: true,
                value: format!("{text}\n"),
            },
        );
    }
    Ok(json(&list))
}

/// What is to be protected, or no longer.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Protection {
    #[serde(default)]
    resource_type: String,
    #[serde(default)]
    resource_name: String,
    #[serde(default)]
    path: String,
    protected: bool,
}

impl Protection {
    fn is_about(&self, mutation: &ResourceMutation) -> bool {
        let resource = &mutation.resource;
        (matches!(self.resource_type.as_str(), "" | "*")
            || self.resource_type == resource.resource_type)
            && (self.resource_name.is_empty() || self.resource_name == resource.resource_name)
    }

    fn covers(&self, path: &str) -> bool {
        self.path.is_empty()
            || path
                .strip_prefix(self.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

fn set_protection(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut sources: Vec<ResourceMutation> = call.arguments.json("mutation-sources")?;
    let rules: Vec<Protection> = call.arguments.json("resource-protection")?;
    for rule in &rules {
        for mutation in sources
            .iter_mut()
            .filter(|mutation| rule.is_about(mutation))
        {
            if rule.path.is_empty() {
                mutation.resource_mutation_info.predicate = !rule.protected;
            }
            for (path, info) in &mut mutation.path_mutation_map {
                if rule.covers(path) {
                    info.predicate = !rule.protected;
                }
            }
            // What nobody wrote alone is protected by an entry of its own.
            if !rule.path.is_empty() && !mutation.path_mutation_map.contains_key(&rule.path) {
                let above = mutation::source_of(mutation, &rule.path).clone();
                mutation.path_mutation_map.insert(
                    rule.path.clone(),
                    MutationInfo {
                        predicate: !rule.protected,
                        mutation_type: MutationType::Update,
                        ..above
                    },
                );
            }
        }
    }
    Ok(json(&sources))
}
