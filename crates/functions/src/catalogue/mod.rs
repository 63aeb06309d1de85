//! The catalogue: one file a family.

mod cel;
mod container_image;
mod container_resources;
mod env_var;
mod metadata;
mod namespace;
mod path;
mod placeholders;
mod replicas;
mod resources;
mod schemas;
mod search_replace;
mod where_filter;

use crate::function::Function;

/// Every declared function; the only place where families are listed.
pub(crate) fn functions() -> Vec<Function> {
    [
        resources::functions(),
        path::functions(),
        search_replace::functions(),
        placeholders::functions(),
        where_filter::functions(),
        cel::functions(),
        schemas::functions(),
        replicas::functions(),
        container_image::functions(),
        container_resources::functions(),
        env_var::functions(),
        namespace::functions(),
        metadata::functions(),
    ]
    .concat()
}
