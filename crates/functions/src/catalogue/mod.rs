//! The catalogue: one file a family.

mod any_path;
mod attributes;
mod cel;
mod container;
mod container_image;
mod container_resources;
mod documents;
mod env_var;
mod hostname;
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
mod search_replace;
mod text_rules;
mod unit;
mod values;
mod where_filter;
mod workload_labels;

use crate::function::Function;

/// Every declared function; the only place where families are listed.
pub(crate) fn functions() -> Vec<Function> {
    [
        resources::functions(),
        documents::functions(),
        path::functions(),
        any_path::functions(),
        attributes::functions(),
        references::functions(),
        names::functions(),
        search_replace::functions(),
        placeholders::functions(),
        where_filter::functions(),
        cel::functions(),
        values::functions(),
        text_rules::functions(),
        mutations::functions(),
        unit::functions(),
        replicas::functions(),
        container::functions(),
        container_image::functions(),
        pod_defaults::functions(),
        workload_labels::functions(),
        render::functions(),
        container_resources::functions(),
        env_var::functions(),
        namespace::functions(),
        hostname::functions(),
        metadata::functions(),
    ]
    .concat()
}
