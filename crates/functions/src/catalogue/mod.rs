//! The catalogue: one file a family.

mod any_path;
mod attributes;
mod capacity;
mod cel;
mod container;
mod container_image;
mod container_resources;
mod dangling;
mod documents;
mod env_var;
mod fields;
mod findings;
mod hostname;
mod images_policy;
mod jq;
mod metadata;
mod mutations;
mod names;
mod namespace;
mod network_policy;
mod patches;
mod path;
mod placeholders;
mod pod_defaults;
mod pod_security;
mod pods;
mod ports;
mod rbac;
mod references;
mod rego;
mod render;
mod replicas;
mod resources;
mod schemas;
mod search_replace;
mod secrets;
mod selectors;
mod starlark;
mod template;
mod text_rules;
mod unit;
mod values;
mod verdict;
mod where_filter;
mod workload_labels;
mod yq;

pub(crate) use verdict::Verdict;

use crate::function::Function;

/// Every declared function, by family; the only place where families are listed.
pub(crate) fn families() -> Vec<(&'static str, Vec<Function>)> {
    vec![
        ("Resources", resources::functions()),
        ("Whole documents", documents::functions()),
        ("Values by path", path::functions()),
        ("Values of any type by path", any_path::functions()),
        ("Patches", patches::functions()),
        ("Attributes", attributes::functions()),
        ("References", references::functions()),
        ("Names", names::functions()),
        ("Search and replace", search_replace::functions()),
        ("Placeholders", placeholders::functions()),
        ("Conditions", where_filter::functions()),
        ("Expressions", cel::functions()),
        ("Programs in jq", jq::functions()),
        ("Paths in yq", yq::functions()),
        ("Templates", template::functions()),
        ("Programs in Starlark", starlark::functions()),
        ("Policies in Rego", rego::functions()),
        ("Allowed and unchangeable values", values::functions()),
        ("Names that lead nowhere", dangling::functions()),
        ("Selectors", selectors::functions()),
        ("Ports", ports::functions()),
        ("Security of pods", pod_security::functions()),
        ("Where images come from", images_policy::functions()),
        ("Secrets in plain text", secrets::functions()),
        ("Rights", rbac::functions()),
        ("Schemas", schemas::functions()),
        ("The text itself", text_rules::functions()),
        ("Recorded changes", mutations::functions()),
        ("The unit", unit::functions()),
        ("Capacity and cost", capacity::functions()),
        ("Network policies", network_policy::functions()),
        ("Replicas", replicas::functions()),
        ("Containers", container::functions()),
        ("Images", container_image::functions()),
        ("Resources of containers", container_resources::functions()),
        ("Environment variables", env_var::functions()),
        ("Fields of Kubernetes resources", fields::functions()),
        ("Defaults for pods", pod_defaults::functions()),
        ("Labels of workloads", workload_labels::functions()),
        ("Namespaces", namespace::functions()),
        ("Host names", hostname::functions()),
        ("Labels and annotations", metadata::functions()),
        ("Configuration files in Kubernetes", render::functions()),
    ]
}
