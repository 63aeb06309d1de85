//! The catalogue: one file a family.

mod any_path;
mod attributes;
mod cel;
mod container;
mod container_image;
mod container_resources;
mod documents;
mod env_var;
mod fields;
mod hostname;
mod jq;
mod metadata;
mod mutations;
mod names;
mod namespace;
mod path;
mod placeholders;
mod pod_defaults;
mod references;
mod render;
mod replicas;
mod resources;
mod schemas;
mod search_replace;
mod text_rules;
mod unit;
mod values;
mod where_filter;
mod workload_labels;

use crate::function::Function;

/// Every declared function, by family; the only place where families are listed.
pub(crate) fn families() -> Vec<(&'static str, Vec<Function>)> {
    vec![
        ("Resources", resources::functions()),
        ("Whole documents", documents::functions()),
        ("Values by path", path::functions()),
        ("Values of any type by path", any_path::functions()),
        ("Attributes", attributes::functions()),
        ("References", references::functions()),
        ("Names", names::functions()),
        ("Search and replace", search_replace::functions()),
        ("Placeholders", placeholders::functions()),
        ("Conditions", where_filter::functions()),
        ("Expressions", cel::functions()),
        ("Programs in jq", jq::functions()),
        ("Allowed and unchangeable values", values::functions()),
        ("Schemas", schemas::functions()),
        ("The text itself", text_rules::functions()),
        ("Recorded changes", mutations::functions()),
        ("The unit", unit::functions()),
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
