//! Whole resources: put in, taken out, repeated, selected.

use cubit_configdata::{Action, Config, Path, Resource, Value};
use cubit_query::where_data;
use serde::Deserialize;

use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::BuiltInAccessors;
use crate::signature::{DataType, FunctionParameter};

const TWO: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web} # settings\ndata: {a: b}\n";

fn resource_type() -> FunctionParameter {
    required(
        "resource-type",
        DataType::String,
        "v1/ConfigMap",
        "Type of the resource.",
    )
}

fn resource_name() -> FunctionParameter {
    required(
        "resource-name",
        DataType::String,
        "web",
        "Name of the resource; what stands before a slash is left out.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("upsert-resource", "Puts a resource in the place of the one with its type and name, or at the end.", upsert)
            .mutating()
            .parameter(required("resource-list", DataType::ResourceList, r#"[{"ResourceType":"v1/ConfigMap","ResourceName":"/web","ResourceBody":"apiVersion: v1\n..."}]"#, "What get-resources returned: JSON objects with ResourceType, ResourceName and ResourceBody."))
            .parameter(resource_type())
            .parameter(resource_name())
            .example(
                &[r#"[{"ResourceType":"v1/ConfigMap","ResourceName":"/web","ResourceBody":"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: c} # new\n"}]"#, "v1/ConfigMap", "web"],
                TWO,
                "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: c} # new\n",
            )
            .example(
                &[r#"[{"ResourceType":"v1/Secret","ResourceName":"/key","ResourceBody":"apiVersion: v1\nkind: Secret\nmetadata: {name: key}\n"}]"#, "v1/Secret", "/key"],
                "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
                "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: key}\n",
            ),
        Function::generic("delete-resource", "Removes a resource; it is an error when there is none of that type and name.", delete)
            .mutating()
            .not_idempotent()
            .parameter(resource_type())
            .parameter(resource_name())
            .example(&["v1/ConfigMap", "web"], TWO, "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"),
        Function::generic("replicate", "Puts numbered copies of a resource in its place: a resource web becomes web0, web1 and so on. Without such a resource nothing happens.", replicate)
            .mutating()
            .parameter(resource_type())
            .parameter(resource_name())
            .parameter(required("replicas", DataType::Int, "2", "The number of copies; 0 removes the resource.").between(Some(0), Some(1000)))
            .parameter(optional("resource-category", DataType::String, "Resource", "Category of the resource."))
            .example(
                &["v1/ConfigMap", "web", "2"],
                TWO,
                "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web0} # settings\ndata: {a: b}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web1} # settings\ndata: {a: b}\n",
            ),
        Function::generic("select-where-resource", "Keeps the resources of a type that satisfy conditions and removes all others.", select)
            .mutating()
            .parameter(required("resource-type", DataType::String, "v1/ConfigMap", "Type of the resources to keep; * for any."))
            .parameter(required("where-expression", DataType::String, "data.a = 'b'", "Conditions on paths, joined by AND; empty for none."))
            .example(&["*", "data.a = 'b'"], TWO, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web} # settings\ndata: {a: b}\n"),
    ]
}

/// A name without its scope.
fn scopeless(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, name)| name)
}

/// The resource of a type and name. Of several, the last one.
fn named<'a>(call: &Call<'a>, resource_type: &str, name: &str) -> Option<Resource<'a>> {
    call.resources(resource_type)
        .into_iter()
        .rfind(|resource| resource.info.resource_name_without_scope == scopeless(name))
}

/// One entry of a list that `get-resources` returned.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    resource_type: String,
    resource_name: String,
    #[serde(default)]
    resource_body: String,
}

fn upsert(call: &mut Call<'_>) -> Result<Output, Failure> {
    let list: Vec<Listed> = call.arguments.json("resource-list")?;
    let resource_type = call.arguments.text("resource-type");
    let name = call.arguments.text("resource-name");
    let Some(listed) = list.iter().find(|listed| {
        listed.resource_type == resource_type && scopeless(&listed.resource_name) == scopeless(name)
    }) else {
        let message = format!(
            "parameter resource-list: expected an entry for {resource_type} {name}, found none among {}",
            list.len()
        );
        return Err(message.into());
    };
    let rewritten = match named(call, resource_type, name) {
        Some(resource) => call
            .config
            .with_document_replaced(resource.document, &listed.resource_body),
        None => call.config.with_documents(&listed.resource_body),
    };
    call.rewritten =
        Some(rewritten.map_err(|error| format!("parameter resource-list: ResourceBody: {error}"))?);
    Ok(Output::Nothing)
}

fn delete(call: &mut Call<'_>) -> Result<Output, Failure> {
    let resource_type = call.arguments.text("resource-type");
    let name = call.arguments.text("resource-name");
    let Some(resource) = named(call, resource_type, name) else {
        return Err(format!("there is no {resource_type} {name}").into());
    };
    remove(call, &[resource.document])
}

fn remove(call: &mut Call<'_>, documents: &[usize]) -> Result<Output, Failure> {
    let rest = call.config.without_documents(documents);
    call.rewritten = Some(rest.map_err(|error| error.to_string())?);
    Ok(Output::Nothing)
}

fn replicate(call: &mut Call<'_>) -> Result<Output, Failure> {
    let name = call.arguments.text("resource-name").to_owned();
    if name.contains('/') {
        return Err("parameter resource-name: expected a name without a scope".into());
    }
    let category = call.arguments.text("resource-category");
    let count = call.arguments.int("replicas").unwrap_or_default();
    let found = call
        .resources(call.arguments.text("resource-type"))
        .into_iter()
        .find(|resource| {
            resource.info.resource_name_without_scope == name
                && (category.is_empty() || resource.info.resource_category == category)
        });
    let Some(resource) = found else {
        return Ok(Output::Nothing);
    };
    let document = call.config.documents()[resource.document].text();
    let size = document
        .len()
        .saturating_mul(usize::try_from(count).unwrap_or_default());
    if size > cubit_configdata::limits::MAX_BYTES {
        return Err(format!(
            "{count} copies would be longer than {} bytes",
            cubit_configdata::limits::MAX_BYTES
        )
        .into());
    }
    let place = Path::parse(call.config.toolchain().name_path())
        .ok()
        .and_then(|path| path.resolved())
        .ok_or("the name of the resource has no place")?;
    let one = Config::parse(call.config.toolchain(), document.as_bytes())
        .map_err(|error| error.to_string())?;
    let mut copies: Option<Config> = None;
    for number in 0..count {
        let mut copy = one.clone();
        let edit = cubit_configdata::Edit {
            document: copy.documents().len() - 1,
            path: place.clone(),
            action: Action::Set(Value::String(format!("{name}{number}"))),
        };
        copy.apply(&[edit]).map_err(|error| error.to_string())?;
        copies = Some(match copies {
            None => copy,
            Some(copies) => copies
                .with_documents(&copy.text())
                .map_err(|error| error.to_string())?,
        });
    }
    match copies {
        None => remove(call, &[resource.document]),
        Some(copies) => {
            let rewritten = call
                .config
                .with_document_replaced(resource.document, &copies.text());
            call.rewritten = Some(rewritten.map_err(|error| error.to_string())?);
            Ok(Output::Nothing)
        }
    }
}

fn select(call: &mut Call<'_>) -> Result<Output, Failure> {
    let expression = call.arguments.text("where-expression");
    let parsed = where_data::parse(expression)
        .map_err(|error| format!("parameter where-expression: {error}"))?;
    let resource_type = call.arguments.text("resource-type");
    let mut gone = Vec::new();
    for resource in call.resources("*") {
        let is_type =
            matches!(resource_type, "" | "*") || resource.info.resource_type == resource_type;
        if !(is_type
            && parsed.matches_resource(
                call.config.toolchain(),
                &resource.info.resource_type,
                resource.root,
                &BuiltInAccessors,
            ))
        {
            gone.push(resource.document);
        }
    }
    if gone.is_empty() {
        return Ok(Output::Nothing);
    }
    remove(call, &gone)
}
