//! Labels of pods, and the selectors that find them.

use cubit_configdata::{Action, Missing, Path, ResolvedPath, Resource, Step, Value, resolve};

use super::attributes::at_path;
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::{WORKLOAD_TYPES, pod_specs, split_type};
use crate::signature::{DataType, OutputType};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector:\n    matchLabels: {app: a}\n  template:\n    metadata:\n      labels: {app: a}\n    spec: {}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  selector: {app: a}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-workload-labels", "Reads the labels of pods and the selectors that find them.", get)
            .affects(&WORKLOAD_TYPES)
            .output(OutputType::AttributeValueList, "workload-labels", "The labels, one value each.")
            .example(&[], DEPLOYMENT, r#""Path":"spec.selector.matchLabels.app""#),
        Function::kubernetes("set-workload-labels", "Sets labels of pods and in the selectors that find them: in workloads, and in the Services, policies and disruption budgets of the same unit whose selectors match.", set)
            .affects(&WORKLOAD_TYPES)
            .mutating()
            .parameter(required("label", DataType::String, "tier=web", "A label as key=value; key= removes it.").matching(r"^([a-z0-9A-Z]([-a-z0-9A-Z.]{0,251}[a-z0-9A-Z])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"))
            .repeating()
            .example(
                &["app=b"],
                DEPLOYMENT,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector:\n    matchLabels: {app: b}\n  template:\n    metadata:\n      labels: {app: b}\n    spec: {}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  selector: {app: b}\n",
            ),
    ]
}

/// Where labels of pods and selectors for them stand in a type.
fn maps(resource: &Resource<'_>) -> (Vec<String>, Vec<&'static str>) {
    let labels = pod_specs(&resource.info.resource_type)
        .map(|spec| match spec.strip_suffix(".spec") {
            Some(template) => format!("{template}.metadata.labels"),
            None => "metadata.labels".to_owned(),
        })
        .collect();
    let (group, _, kind) = split_type(&resource.info.resource_type);
    let selectors = match (group, kind) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet")
        | ("batch", "Job")
        | ("argoproj.io", "Rollout")
        | ("policy", "PodDisruptionBudget") => vec!["spec.selector.matchLabels"],
        ("", "ReplicationController" | "Service") => vec!["spec.selector"],
        ("networking.k8s.io", "NetworkPolicy") => vec!["spec.podSelector.matchLabels"],
        _ => vec![],
    };
    (labels, selectors)
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut found = Vec::new();
    for resource in call.resources("*") {
        let (labels, selectors) = maps(&resource);
        if labels.is_empty() {
            continue;
        }
        for map in labels.iter().map(String::as_str).chain(selectors) {
            let path = Path::parse(&format!("{map}.*")).map_err(|error| error.to_string())?;
            found.extend(at_path(&resource, &path, Missing::Skip));
        }
    }
    for found in &mut found {
        found.named = "workload-labels";
    }
    Ok(Output::Attributes(super::attributes::values(call, found)))
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let pairs: Vec<(String, String)> = call
        .arguments
        .repeated()
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let resources = call.resources("*");
    // Labels as they are now, to see which selectors find them.
    let mut before: Vec<Vec<(String, String)>> = Vec::new();
    for resource in &resources {
        for labels in maps(resource).0 {
            before.extend(entries(resource, &labels));
        }
    }
    for resource in &resources {
        let (labels, selectors) = maps(resource);
        let is_workload = !labels.is_empty();
        for map in labels {
            change(call, resource, &map, &pairs, true);
        }
        for map in selectors {
            let finds = entries(resource, map).is_some_and(|selector| {
                !selector.is_empty()
                    && before
                        .iter()
                        .any(|labels| selector.iter().all(|entry| labels.contains(entry)))
            });
            // A selector names no more labels than it did.
            if is_workload || finds {
                change(call, resource, map, &pairs, false);
            }
        }
    }
    Ok(Output::Nothing)
}

fn entries(resource: &Resource<'_>, path: &str) -> Option<Vec<(String, String)>> {
    let path = Path::parse(path).ok()?;
    let place = resolve(resource.root, &path, Missing::Skip)
        .into_iter()
        .next()?;
    let entries = place.node?.entries();
    Some(
        entries
            .map(|(key, value)| (key.into_owned(), value.scalar().into_owned()))
            .collect(),
    )
}

/// Sets labels in one map; new ones only where they may come.
fn change(
    call: &mut Call<'_>,
    resource: &Resource<'_>,
    map: &str,
    pairs: &[(String, String)],
    may_come: bool,
) {
    let Some(place) = Path::parse(map).ok().and_then(|path| path.resolved()) else {
        return;
    };
    for (key, value) in pairs {
        let entry: ResolvedPath = place.child(Step::Key(key.clone()));
        let is_there = resource.root.find(&entry).is_some();
        if value.is_empty() {
            if is_there {
                call.edit(resource, entry, Action::Delete);
            }
        } else if is_there || may_come {
            call.edit(resource, entry, Action::Set(Value::String(value.clone())));
        }
    }
}
