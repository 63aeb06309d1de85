//! Validation of selectors: that they find the pods they are made for.

use super::findings::{Findings, Severity};
use super::pods::{Place, Pod, PodIndex, Selector, may_meet, namespace, pods};
use crate::function::{Call, Failure, Function, Output};
use crate::kubernetes::split_type;

const SHOP: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: wep}\n    spec: {}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n";
const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("vet-selectors", "Passes when the selector of every workload finds its own pods, and the selectors of Services, PodDisruptionBudgets and NetworkPolicies find pods of the unit in their namespace. These are checked only where the unit declares pods in that namespace; labels of a custom resource count as those of pods that its operator makes.", vet)
            .validating()
            .example(&[], SHOP, r#"apps/v1/Deployment /web: spec.selector: the selector does not find the pods of its template: label app is \"wep\", not \"web\" (selector-mismatch)"#)
            .example(&[], SHOP, "v1/Service /web: spec.selector: the selector finds no pods of the unit (selector-finds-nothing)")
            .example(&[], SERVICE, r#""Passed":true"#),
    ]
}

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut findings = Findings::default();
    let pods = pods(call);
    for pod in &pods {
        let (group, _, kind) = split_type(&pod.resource.info.resource_type);
        let Some(place) = Place::root(&pod.resource).down("spec.selector") else {
            continue;
        };
        let selector = match (group, kind) {
            ("apps", _) | ("batch", "Job") | ("argoproj.io", "Rollout") => Selector::of(&place),
            ("", "ReplicationController") => Selector::of_labels(
                Place::root(&pod.resource)
                    .down("spec")
                    .map_or(Vec::new(), |spec| spec.strings("selector")),
            ),
            _ => continue,
        };
        if let Some(mismatch) = selector.mismatch(&pod.labels) {
            findings.add(
                call,
                &pod.resource,
                &place.path,
                ("selector-mismatch", Severity::Critical),
                &format!("the selector does not find the pods of its template: {mismatch}"),
            );
        }
    }
    let made = made_by_operators(call);
    let (index, made) = (PodIndex::of(&pods), PodIndex::of(&made));
    for resource in call.resources("*") {
        let (group, _, kind) = split_type(&resource.info.resource_type);
        let Some(spec) = Place::root(&resource).get("spec") else {
            continue;
        };
        let key = match (group, kind) {
            ("", "Service") | ("policy", "PodDisruptionBudget") => "selector",
            ("networking.k8s.io", "NetworkPolicy") => "podSelector",
            _ => continue,
        };
        let Some(place) = spec.get(key).filter(|place| !place.node.is_empty()) else {
            continue;
        };
        let selector = match kind {
            "Service" => Selector::of_labels(spec.strings(key)),
            _ => Selector::of(&place),
        };
        let own = namespace(&resource.info);
        let has_pods = || {
            pods.iter()
                .any(|pod| may_meet(namespace(&pod.resource.info), own))
        };
        if index.selected(own, &selector).next().is_none()
            && made.selected(own, &selector).next().is_none()
            && has_pods()
        {
            findings.add(
                call,
                &resource,
                &place.path,
                ("selector-finds-nothing", Severity::High),
                "the selector finds no pods of the unit",
            );
        }
    }
    Ok(findings.verdict())
}

/// What stands for the pods that operators make of custom resources: operators give them the labels
/// of the resource, or those it states for them.
fn made_by_operators<'a>(call: &Call<'a>) -> Vec<Pod<'a>> {
    let mut made = Vec::new();
    for resource in call.resources("*") {
        let (group, _, _) = split_type(&resource.info.resource_type);
        if !group.contains('.') || group.ends_with(".k8s.io") {
            continue;
        }
        let root = Place::root(&resource);
        let stated = root.down("spec.podMetadata");
        for metadata in root.get("metadata").into_iter().chain(stated) {
            made.push(Pod {
                resource: resource.clone(),
                spec: root.clone(),
                labels: metadata.strings("labels"),
                metadata: Some(metadata),
            });
        }
    }
    made
}
