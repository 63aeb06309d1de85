//! Attributes by name: what is known of a text, and writing it back.

use cubit_configdata::placeholder::TEXT;
use cubit_configdata::{Kind, Missing, NodeRef, Path, Resource, Value};
use serde::Deserialize;
use serde_json::Value as Json;

use super::path::{set_part, typed};
use crate::argument::FunctionInvocation;
use crate::attribute::{AttributeDetails, AttributeValue};
use crate::attribute_path::{self, AttributePath, Found, REFERENCES};
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::accessor_of;
use crate::signature::{DataType, OutputType};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: confighubplaceholder}\nspec:\n  serviceAccountName: runner\n  containers:\n  - name: web\n    image: shop/web:1.0\n";

pub(crate) fn functions() -> Vec<Function> {
    let listing = |name: &str, description: &str, behaviour| {
        Function::generic(name, description, behaviour).output(
            OutputType::AttributeValueList,
            "attribute-value",
            "The values found.",
        )
    };
    vec![
        listing("get-attribute", "Reads every value of a known attribute, such as container-image. Keys name the container, variable or label; a key left out stands for all.", get_attribute)
            .parameter(required("attribute-name", DataType::String, "container-image", "Name of the attribute."))
            .parameter(optional("key", DataType::String, "web", "Keys of the attribute, in order."))
            .repeating()
            .example(&["container-image", "web"], POD, r#""Value":"shop/web:1.0""#)
            .example(&["replicas"], POD, "[]"),
        listing("get-attributes", "Lists the values of the attributes that people look at first: names, namespaces, images, replicas, host names.", |call| {
            let mut values = listed(call, |row| row.lists.general);
            values.extend(namespaces(call));
            Ok(Output::Attributes(values))
        })
        .example(&[], POD, r#""Path":"spec.containers.0.image#uri""#),
        listing("get-details", "Lists the values that describe what resources offer and allow: ports, hosts and paths, images, rules of roles.", |call| {
            Ok(Output::Attributes(listed(call, |row| row.lists.detail)))
        })
        .example(&[], POD, r#""AttributeName":"container-image-reference""#),
        listing("get-needed", "Lists the values that hold a placeholder and that another unit can provide.", get_needed)
            .example(&[], POD, r#""ParameterName":"resource-type","Value":"v1/Namespace""#),
        listing("get-provided", "Lists the names that other units can need.", get_provided).example(
            &[],
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
            r#""AttributeName":"resource-name","DataType":"string","Details":{"GetterInvocation":{"FunctionName":"get-resources-of-type""#,
        ),
        listing("list-paths", "Lists every value that is no map or list, with its path.", |call| {
            let resource_type = call.arguments.text("resource-type").to_owned();
            Ok(Output::Attributes(leaves(call, &resource_type)))
        })
        .parameter(optional("resource-type", DataType::String, "v1/Pod", "Type of the resources; * for all, which is the default."))
        .example(&[], POD, r#""Path":"spec.containers.0.name""#),
        listing("get-paths", "Reads the values at some paths of some types.", get_paths)
            .parameter(required("paths", DataType::AttributeInfoList, r#"[{"ResourceType":"v1/Pod","Path":"spec.serviceAccountName"}]"#, "JSON list of objects with ResourceType and Path, and ResourceName where one resource is meant."))
            .example(&[r#"[{"ResourceType":"v1/Pod","Path":"spec.serviceAccountName"}]"#], POD, r#""Value":"runner""#),
        Function::generic("set-attributes", "Sets values that were read before, each at its path: the JSON that a getter returned, with other values.", set_attributes)
            .mutating()
            .parameter(required("attribute-list", DataType::AttributeValueList, r#"[{"ResourceType":"v1/Pod","Path":"spec.serviceAccountName","DataType":"string","Value":"admin"}]"#, "JSON list of attribute values. Without ResourceName, every resource of the type is meant. Nothing is created."))
            .example(
                &[r#"[{"ResourceType":"v1/Pod","Path":"spec.serviceAccountName","DataType":"string","Value":"admin"}]"#],
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {serviceAccountName: runner}\n",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {serviceAccountName: admin}\n",
            ),
    ]
}

/// The value of a node of any kind: maps, lists, null and floats as JSON text.
pub(super) fn any_value(node: NodeRef<'_>) -> (DataType, Json) {
    let text = || Json::String(node.value().to_json().to_string());
    match node.kind() {
        Kind::String => (DataType::String, node.scalar().into_owned().into()),
        Kind::Bool => match node.as_bool() {
            Some(value) => (DataType::Bool, value.into()),
            None => (DataType::Json, text()),
        },
        Kind::Integer => match node.as_integer() {
            Some(value) => (DataType::Int, value.into()),
            None => (DataType::Json, text()),
        },
        _ => (DataType::Json, text()),
    }
}

/// The values at places found. One of another type is a problem of its resource.
pub(super) fn values(call: &mut Call<'_>, found: Vec<Found<'_>>) -> Vec<AttributeValue> {
    let mut values = Vec::new();
    for found in found {
        let Some(node) = found.place.node else {
            continue;
        };
        let read = match (&found.part, found.data_type) {
            (Some(part), _) => read_part(call, &found, node, part),
            (None, DataType::Json) => Ok(any_value(node)),
            (None, data_type) => typed(node, data_type).map(|value| (data_type, value)),
        };
        match read {
            Ok((data_type, value)) => {
                let mut value = call.attribute(
                    &found.resource.info,
                    found.path,
                    found.named,
                    data_type,
                    value,
                );
                value.comment = node.line_comment().unwrap_or_default().to_owned();
                if found.getter.is_some() || !found.setters.is_empty() {
                    value.details = Some(AttributeDetails {
                        getter_invocation: found.getter,
                        setter_invocations: found.setters,
                    });
                }
                values.push(value);
            }
            Err(reason) => {
                call.problem(&found.resource.info, &format!("{}: {reason}", found.path));
            }
        }
    }
    values
}

fn read_part(
    call: &Call<'_>,
    found: &Found<'_>,
    node: NodeRef<'_>,
    part: &str,
) -> Result<(DataType, Json), String> {
    let path = Path::parse(&found.path).map_err(|error| error.to_string())?;
    let resource_type = &found.resource.info.resource_type;
    let text = typed(node, DataType::String)?;
    let value = match accessor_of(call.config.toolchain(), resource_type, &path)? {
        Some((accessor, _)) => accessor
            .read(text.as_str().unwrap_or_default(), part)
            .into_owned(),
        None => String::new(),
    };
    Ok((DataType::String, value.into()))
}

/// Writes a value at a place found, or at the part of it that is meant.
pub(super) fn write(call: &mut Call<'_>, found: &Found<'_>, value: &Value) -> Result<(), Failure> {
    let Some(part) = &found.part else {
        call.set(&found.resource, &found.place, value.clone());
        return Ok(());
    };
    let path = Path::parse(&found.path).map_err(|error| error.to_string())?;
    let resource_type = &found.resource.info.resource_type;
    if let (Some((accessor, _)), Some(node), Value::String(new)) = (
        accessor_of(call.config.toolchain(), resource_type, &path)?,
        found.place.node,
        value,
    ) {
        set_part(
            call,
            &found.resource,
            &found.place,
            node,
            accessor,
            part,
            new,
        );
    }
    Ok(())
}

/// Where an attribute stands in all resources.
pub(super) fn find<'a>(
    call: &Call<'a>,
    attribute: &str,
    keys: &[&str],
    missing: Missing,
) -> Vec<Found<'a>> {
    let resources = call.resources("*");
    attribute_path::rows(call.config.toolchain(), |row| row.attribute == attribute)
        .flat_map(|row| attribute_path::find(row, &resources, keys, missing))
        .collect()
}

fn listed(call: &mut Call<'_>, wanted: fn(&AttributePath) -> bool) -> Vec<AttributeValue> {
    let resources = call.resources("*");
    let found = attribute_path::rows(call.config.toolchain(), wanted)
        .flat_map(|row| attribute_path::find(row, &resources, &[], Missing::Skip))
        .collect();
    values(call, found)
}

fn get_attribute(call: &mut Call<'_>) -> Result<Output, Failure> {
    let name = call.arguments.text("attribute-name").to_owned();
    let toolchain = call.config.toolchain();
    let Some(most) = attribute_path::keys_of(toolchain, &name) else {
        let known = attribute_path::rows(toolchain, |_| true).map(|row| row.attribute);
        let hint = cubit_query::nearest(&name, known)
            .map_or(String::new(), |known| format!(": did you mean {known}?"));
        return Err(
            format!("parameter attribute-name: no attribute {name:?} is known{hint}").into(),
        );
    };
    let keys: Vec<String> = call.arguments.repeated().to_vec();
    if keys.len() > most {
        return Err(format!(
            "parameter key: {name} takes at most {most} keys, got {}",
            keys.len()
        )
        .into());
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let found = find(call, &name, &keys, Missing::Skip);
    Ok(Output::Attributes(values(call, found)))
}

/// A reference as a value, with the call that rewrites it.
pub(super) fn reference_values(
    call: &mut Call<'_>,
    wanted: impl Fn(&attribute_path::Reference) -> bool,
) -> Vec<AttributeValue> {
    let resources = call.resources("*");
    let mut found = Vec::new();
    for reference in REFERENCES.iter().filter(|reference| wanted(reference)) {
        for resource in &resources {
            for place in reference.places(resource, Missing::Skip) {
                found.push(Found {
                    resource: resource.clone(),
                    path: place.path.to_string(),
                    part: None,
                    data_type: DataType::String,
                    named: "resource-name",
                    getter: None,
                    setters: vec![FunctionInvocation::with_names(
                        "set-references-of-type",
                        &[("resource-type", reference.target)],
                    )],
                    place,
                });
            }
        }
    }
    values(call, found)
}

fn namespaces(call: &mut Call<'_>) -> Vec<AttributeValue> {
    if call.config.toolchain() != cubit_configdata::Toolchain::KubernetesYaml {
        return Vec::new();
    }
    reference_values(call, |reference| reference.is_to("v1/Namespace"))
}

fn get_needed(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut needed = listed(call, |row| row.lists.needed);
    if call.config.toolchain() == cubit_configdata::Toolchain::KubernetesYaml {
        needed.extend(reference_values(call, |_| true));
    }
    needed.retain(|value| value.value.as_str().is_some_and(|text| text.contains(TEXT)));
    Ok(Output::Attributes(needed))
}

fn get_provided(call: &mut Call<'_>) -> Result<Output, Failure> {
    if call.config.toolchain() != cubit_configdata::Toolchain::KubernetesYaml {
        return Ok(Output::Attributes(vec![]));
    }
    let mut found: Vec<Found<'_>> = Vec::new();
    for resource in call.resources("*") {
        let target = REFERENCES
            .iter()
            .find(|reference| reference.is_to(&resource.info.resource_type));
        let (Some(target), Ok(path)) = (target, Path::parse("metadata.name")) else {
            continue;
        };
        for place in cubit_configdata::resolve(resource.root, &path, Missing::Skip) {
            found.push(Found {
                resource: resource.clone(),
                path: place.path.to_string(),
                part: None,
                data_type: DataType::String,
                named: "resource-name",
                getter: Some(FunctionInvocation::with_names(
                    "get-resources-of-type",
                    &[("resource-type", target.target)],
                )),
                setters: vec![],
                place,
            });
        }
    }
    Ok(Output::Attributes(values(call, found)))
}

fn leaves(call: &mut Call<'_>, resource_type: &str) -> Vec<AttributeValue> {
    let mut found = Vec::new();
    for resource in call.resources(resource_type) {
        resource.root.visit_leaves(&mut |path, node| {
            let (data_type, value) = any_value(node);
            let mut value = call.attribute(
                &resource.info,
                path.to_string(),
                "attribute-value",
                data_type,
                value,
            );
            value.comment = node.line_comment().unwrap_or_default().to_owned();
            found.push(value);
        });
    }
    found
}

/// A place that a caller names.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    #[serde(default)]
    resource_type: String,
    #[serde(default)]
    resource_name: String,
    path: String,
    #[serde(default)]
    value: Json,
    #[serde(default)]
    data_type: DataType,
}

impl Wanted {
    fn resources<'a>(&self, call: &Call<'a>) -> Vec<Resource<'a>> {
        let mut resources = call.resources(&self.resource_type);
        if !self.resource_name.is_empty() {
            resources.retain(|resource| resource.info.resource_name == self.resource_name);
        }
        resources
    }

    /// The value in the type it is declared with.
    fn value(&self) -> Result<Value, String> {
        let wrong = |expected: &str| format!("expected {expected}, got {}", self.value);
        match self.data_type {
            DataType::Int => {
                let number = match &self.value {
                    Json::Number(number) => number.as_i64(),
                    Json::String(text) => text.parse().ok(),
                    _ => None,
                };
                number.map(Value::from).ok_or_else(|| wrong("an int"))
            }
            DataType::Bool => match &self.value {
                Json::Bool(value) => Ok((*value).into()),
                Json::String(text) => text
                    .parse::<bool>()
                    .map(Value::from)
                    .map_err(|_| wrong("a bool")),
                _ => Err(wrong("a bool")),
            },
            DataType::String => match &self.value {
                Json::String(text) => Ok(text.clone().into()),
                _ => Err(wrong("a string")),
            },
            _ => match &self.value {
                Json::String(text) => serde_json::from_str(text)
                    .map(|json: Json| Value::from_json(&json))
                    .map_err(|error| format!("expected JSON: {error}")),
                other => Ok(Value::from_json(other)),
            },
        }
    }
}

fn get_paths(call: &mut Call<'_>) -> Result<Output, Failure> {
    let wanted: Vec<Wanted> = call.arguments.json("paths")?;
    let mut all = Vec::new();
    for (at, wanted) in wanted.iter().enumerate() {
        let path = Path::parse(&wanted.path)
            .map_err(|error| format!("parameter paths: entry {at}: {error}"))?;
        let found = wanted
            .resources(call)
            .into_iter()
            .flat_map(|resource| at_path(&resource, &path, Missing::Skip))
            .collect();
        all.extend(values(call, found));
    }
    Ok(Output::Attributes(all))
}

/// The places of a path in one resource, of any type of value.
pub(super) fn at_path<'a>(
    resource: &Resource<'a>,
    path: &Path,
    missing: Missing,
) -> Vec<Found<'a>> {
    cubit_configdata::resolve(resource.root, &path.without_part(), missing)
        .into_iter()
        .map(|place| {
            let shown = match path.part() {
                Some(part) => format!("{}#{part}", place.path),
                None => place.path.to_string(),
            };
            let arguments = [
                ("resource-type", resource.info.resource_type.as_str()),
                ("path", &shown),
            ];
            Found {
                resource: resource.clone(),
                part: path.part().map(str::to_owned),
                data_type: DataType::Json,
                named: "attribute-value",
                getter: Some(FunctionInvocation::with_names("get-path", &arguments)),
                setters: vec![FunctionInvocation::with_names("set-path", &arguments)],
                path: shown,
                place,
            }
        })
        .collect()
}

fn set_attributes(call: &mut Call<'_>) -> Result<Output, Failure> {
    let wanted: Vec<Wanted> = call.arguments.json("attribute-list")?;
    for (at, wanted) in wanted.iter().enumerate() {
        let here = |error: String| format!("parameter attribute-list: entry {at}: {error}");
        let path = Path::parse(&wanted.path).map_err(|error| here(error.to_string()))?;
        let value = wanted.value().map_err(here)?;
        for resource in wanted.resources(call) {
            for found in at_path(&resource, &path, Missing::Skip) {
                write(call, &found, &value)?;
            }
        }
    }
    Ok(Output::Nothing)
}
