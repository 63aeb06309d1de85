//! `cubit data get`, `paths` and `resources`

use clap::Args;
use cubit_configdata::{Missing, NodeRef, ResolvedPath};
use serde_json::{Value, json};

use super::{File, files_and, matches, parse_path};
use crate::error::{Error, Result};
use crate::output::formats;
use crate::output::table::{Column, Listing};
use crate::output::{self, Output};
use crate::record;

#[derive(Debug, Args)]
#[command(override_usage = "cubit data get [OPTIONS] <FILE>... <PATH>")]
pub(crate) struct Get {
    /// Files (- for standard input), then a path such as
    /// spec.template.spec.containers.*.image
    #[arg(required = true, value_name = "ARGUMENT")]
    words: Vec<String>,
    /// Only in resources of this type, such as apps/v1/Deployment
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Files {
    /// Files (- for standard input)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    output: Output,
}

const VALUES: Listing = Listing {
    entity: "",
    name: "Path",
    include: "",
    columns: &[
        Column::new("Place", &["File", "Line"]).shown(place),
        Column::new("Path", &["Path"]),
        Column::new("Value", &["Value"]).shown(value),
    ],
};

const RESOURCES: Listing = Listing {
    entity: "",
    name: "ResourceName",
    include: "",
    columns: &[
        Column::new("Place", &["File", "Line"]).shown(place),
        Column::new("Resource-type", &["ResourceType"]),
        Column::new("Resource", &["ResourceName"]),
    ],
};

fn place(fields: &[&Value]) -> String {
    format!("{}:{}", record::plain(fields[0]), record::plain(fields[1]))
}

/// A value on one line.
fn value(fields: &[&Value]) -> String {
    match fields[0] {
        Value::String(text) if text.contains('\n') => fields[0].to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => fields[0].to_string(),
        value => record::plain(value),
    }
}

fn entry(file: &File, document: usize, path: &ResolvedPath, node: NodeRef<'_>) -> Value {
    let line = file
        .document(document)
        .map(|document| document.position(node.span().start).line);
    json!({
        "File": file.name,
        "Line": line,
        "Path": path.to_string(),
        "Value": node.value().to_json(),
    })
}

pub(super) fn get(arguments: &Get) -> Result<()> {
    let (files, [path]) = files_and(&arguments.words)?;
    let parsed = parse_path(path)?;
    let mut found = Vec::new();
    for name in files {
        let file = File::read(name)?;
        let resource_type = arguments.resource_type.as_deref();
        for (document, place) in matches(&file, &parsed, resource_type, Missing::Skip) {
            if let Some(node) = place.node {
                found.push(entry(&file, document, &place.path, node));
            }
        }
    }
    match found.as_slice() {
        [] => Err(Error::not_found(format!("nothing is at `{path}`"))
            .hint(format!("see `cubit data paths {}`", files.join(" ")))),
        [only] if arguments.output.format().is_none() && !arguments.output.quiet() => {
            match &only["Value"] {
                collection @ (Value::Array(_) | Value::Object(_)) => {
                    output::print(&formats::yaml(collection)?)
                }
                scalar => output::print(&format!("{}\n", record::plain(scalar))),
            }
        }
        _ => arguments.output.list(&VALUES, found),
    }
}

pub(super) fn paths(arguments: &Files) -> Result<()> {
    let mut entries = Vec::new();
    for name in &arguments.files {
        let file = File::read(name)?;
        for (index, document) in file.config.documents().iter().enumerate() {
            if let Some(root) = document.root() {
                root.visit_leaves(&mut |path, node| entries.push(entry(&file, index, path, node)));
            }
        }
    }
    arguments.output.list(&VALUES, entries)
}

pub(super) fn resources(arguments: &Files) -> Result<()> {
    let mut entries = Vec::new();
    for name in &arguments.files {
        let file = File::read(name)?;
        for resource in file.config.documents_with_resources() {
            match resource {
                Ok(resource) => {
                    let start = resource.root.span().start;
                    let document = file.document(resource.document);
                    entries.push(json!({
                        "File": file.name,
                        "Line": document.map(|document| document.position(start).line),
                        "ResourceType": resource.info.resource_type,
                        "ResourceName": resource.info.resource_name,
                    }));
                }
                Err(error) => output::say(&format!(
                    "warning: {}\n  at {}",
                    error.message,
                    file.place(error.position)
                )),
            }
        }
    }
    arguments.output.list(&RESOURCES, entries)
}
