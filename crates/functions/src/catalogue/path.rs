//! Reading and writing single values by path.

use cubit_configdata::{Action, Kind, Match, Missing, NodeRef, Resource, Value};
use serde_json::Value as Json;

use crate::argument::FunctionInvocation;
use crate::attribute::{AttributeDetails, AttributeValue};
use crate::function::{Call, Failure, Function, Output, path_argument, required};
use crate::kubernetes::accessor_of;
use crate::signature::{DataType, FunctionParameter, OutputType};

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2 # two are enough
  paused: false
  template:
    spec:
      containers:
      - name: web
        image: 'shop/web:1.0'
      - name: log
        image: shop/log:2
";

fn resource_type() -> FunctionParameter {
    required(
        "resource-type",
        DataType::String,
        "apps/v1/Deployment",
        "Type of the resources to visit; * for all.",
    )
}

fn path() -> FunctionParameter {
    required(
        "path",
        DataType::String,
        "spec.replicas",
        "Path of the value, with wildcards, matches and parts.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    let getter = |name: &str, what: &str, behaviour| {
        Function::generic(
            name,
            &format!("Reads the {what} values at a path."),
            behaviour,
        )
        .attribute("attribute-value")
        .parameter(resource_type())
        .parameter(path())
        .output(
            OutputType::AttributeValueList,
            "attribute-value",
            "The values found; a missing path gives none.",
        )
    };
    let setter = |name: &str, what: &str, data_type, example: &str, behaviour| {
        let description = format!(
            "Sets the {what} values at a path. Maps missing on the way are created where no wildcard, match or gate follows."
        );
        Function::generic(name, &description, behaviour)
            .attribute("attribute-value")
            .mutating()
            .parameter(resource_type())
            .parameter(path())
            .parameter(required(
                "attribute-value",
                data_type,
                example,
                "The new value.",
            ))
    };
    vec![
        getter("get-string-path", "string", |call| get(call, DataType::String)).example(
            &["apps/v1/Deployment", "spec.template.spec.containers.?name=web.image#reference"],
            DEPLOYMENT,
            r#""Value":":1.0""#,
        ),
        getter("get-int-path", "integer", |call| get(call, DataType::Int)).example(
            &["apps/v1/Deployment", "spec.replicas"],
            DEPLOYMENT,
            r#""Path":"spec.replicas","AttributeName":"attribute-value","DataType":"int""#,
        ),
        getter("get-bool-path", "true or false", |call| get(call, DataType::Bool))
            .example(&["*", "spec.paused"], DEPLOYMENT, r#""Value":false"#)
            .example(&["*", "spec.missing"], DEPLOYMENT, "[]"),
        setter("set-string-path", "string", DataType::String, "web", |call| {
            let value = call.arguments.text("attribute-value").to_owned();
            set(call, &Value::String(value))
        })
        .example(
            &["apps/v1/Deployment", "spec.template.spec.containers.*.image#reference", ":3"],
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: x, image: 'r/x:1'}, {name: y, image: r/y}]}}}\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: x, image: 'r/x:3'}, {name: y, image: r/y:3}]}}}\n",
        )
        .example(
            &["v1/ConfigMap", "data.app~1yaml#server~1port", "9090"],
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  app.yaml: | # read at start\n    # the door\n    server:\n      port: 8080 # http\n  other: x\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  app.yaml: | # read at start\n    # the door\n    server:\n      port: 9090 # http\n  other: x\n",
        )
        .example(
            &["apps/v1/Deployment", "spec.template.spec.containers.?name=x.args.?flag=--port#value", "9090"],
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: x, args: [--verbose, '--port=8080']}]}}}\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: x, args: [--verbose, '--port=9090']}]}}}\n",
        )
        .example(
            &["*", "metadata.annotations.example~1com/on", "yes"],
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n",
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  annotations:\n    example.com/on: \"yes\"\n",
        ),
        setter("set-int-path", "integer", DataType::Int, "3", |call| {
            let value = call.arguments.int("attribute-value").unwrap_or_default();
            set(call, &Value::from(value))
        })
        .example(
            &["*", "spec.replicas", "3"],
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 2 # two are enough\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 3 # two are enough\n",
        ),
        setter("set-bool-path", "true or false", DataType::Bool, "true", |call| {
            let value = call.arguments.bool("attribute-value").unwrap_or_default();
            set(call, &Value::from(value))
        })
        .example(
            &["*", "spec.|paused", "true"],
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 2\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 2\n  paused: true\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n",
        ),
        Function::generic("set-path-comment", "Sets the line comment of every value at a path; an empty comment removes it.", set_comment)
            .mutating()
            .parameter(resource_type())
            .parameter(path())
            .parameter(required("comment", DataType::String, "reviewed", "The comment, without the number sign."))
            .example(
                &["*", "spec.replicas", "scaled for the sale"],
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 2 # two are enough\n",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 2 # scaled for the sale\n",
            ),
    ]
}

/// The value of a node as JSON, when it has the type that is asked for.
pub(super) fn typed(node: NodeRef<'_>, data_type: DataType) -> Result<Json, String> {
    let value = match (data_type, node.kind()) {
        (DataType::Int, Kind::Integer) => node.as_integer().map(Json::from),
        (DataType::Bool, Kind::Bool) => node.as_bool().map(Json::from),
        (DataType::String, Kind::String) => Some(Json::String(node.scalar().into_owned())),
        _ => None,
    };
    let wanted = match data_type {
        DataType::Int => "an int",
        DataType::Bool => "a bool",
        _ => "a string",
    };
    value.ok_or_else(|| {
        format!(
            "expected {wanted}, found the {} {}",
            node.kind(),
            shorten(node.source())
        )
    })
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

fn get(call: &mut Call<'_>, data_type: DataType) -> Result<Output, Failure> {
    let path = path_argument(call.arguments.text("path"))?;
    let mut values = Vec::new();
    let suffix = match data_type {
        DataType::Int => "int",
        DataType::Bool => "bool",
        _ => "string",
    };
    for (resource, place) in call.places(
        call.arguments.text("resource-type"),
        &path.without_part(),
        Missing::Skip,
    ) {
        let Some(node) = place.node else { continue };
        let accessor = accessor_of(call.config.toolchain(), &resource.info.resource_type, &path)?;
        let value = match &accessor {
            Some((accessor, part)) => typed(node, DataType::String)
                .map(|value| Json::from(&*accessor.read(value.as_str().unwrap_or_default(), part))),
            None => typed(node, data_type),
        };
        match value {
            Ok(value) => {
                let shown = match path.part() {
                    Some(part) => format!("{}#{part}", place.path),
                    None => place.path.to_string(),
                };
                let mut found = call.attribute(
                    &resource.info,
                    shown.clone(),
                    "attribute-value",
                    data_type,
                    value,
                );
                found.comment = node.line_comment().unwrap_or_default().to_owned();
                let arguments = [
                    ("resource-type", resource.info.resource_type.as_str()),
                    ("path", &shown),
                ];
                found.details = Some(AttributeDetails {
                    getter_invocation: Some(FunctionInvocation::with_names(
                        &format!("get-{suffix}-path"),
                        &arguments,
                    )),
                    setter_invocations: vec![FunctionInvocation::with_names(
                        &format!("set-{suffix}-path"),
                        &arguments,
                    )],
                });
                values.push(found);
            }
            Err(reason) => call.problem(&resource.info, &format!("{}: {reason}", place.path)),
        }
    }
    Ok(Output::Attributes(values))
}

/// Sets what the arguments `resource-type` and `path` name; without a type in every resource.
pub(super) fn set(call: &mut Call<'_>, value: &Value) -> Result<Output, Failure> {
    let path = path_argument(call.arguments.text("path"))?;
    let missing = if path.part().is_some() {
        Missing::Skip
    } else {
        Missing::Create
    };
    for (resource, place) in call.places(
        call.arguments.text("resource-type"),
        &path.without_part(),
        missing,
    ) {
        match accessor_of(call.config.toolchain(), &resource.info.resource_type, &path)? {
            Some((accessor, part)) => {
                let Value::String(new) = value else {
                    return Err(format!(
                        "parameter path: the part {part:?} of a text can only be set to a string"
                    )
                    .into());
                };
                if let Some(node) = place.node {
                    set_part(call, &resource, &place, node, accessor, &part, new);
                }
            }
            None => call.set(&resource, &place, value.clone()),
        }
    }
    Ok(Output::Nothing)
}

/// Replaces one part of a text.
pub(super) fn set_part(
    call: &mut Call<'_>,
    resource: &Resource<'_>,
    place: &Match<'_>,
    node: NodeRef<'_>,
    accessor: &cubit_configdata::Accessor,
    part: &str,
    new: &str,
) {
    let written = match node.as_str() {
        Some(text) => accessor
            .write(&text, part, new)
            .map_err(|error| error.to_string()),
        None => Err(format!(
            "expected a string, found the {} {}",
            node.kind(),
            shorten(node.source())
        )),
    };
    match written {
        Ok(text) => call.set(resource, place, text),
        Err(reason) => call.problem(&resource.info, &format!("{}: {reason}", place.path)),
    }
}

fn set_comment(call: &mut Call<'_>) -> Result<Output, Failure> {
    let path = path_argument(call.arguments.text("path"))?;
    let comment = call.arguments.text("comment").to_owned();
    for (resource, place) in call.places(
        call.arguments.text("resource-type"),
        &path.without_part(),
        Missing::Skip,
    ) {
        call.edit(&resource, place.path, Action::Comment(comment.clone()));
    }
    Ok(Output::Nothing)
}

/// The values at a path that is known, for getters of one attribute. A value of another type is a
/// problem of its resource; the others are still read.
pub(super) fn attribute_values<'a>(
    call: &mut Call<'a>,
    resource: &Resource<'a>,
    path: &cubit_configdata::Path,
    name: &str,
    data_type: DataType,
) -> Vec<(AttributeValue, Match<'a>)> {
    let mut values = Vec::new();
    for place in cubit_configdata::resolve(resource.root, path, Missing::Skip) {
        let Some(node) = place.node else { continue };
        match typed(node, data_type) {
            Ok(value) => {
                let path = place.path.to_string();
                let mut found = call.attribute(&resource.info, path, name, data_type, value);
                found.comment = node.line_comment().unwrap_or_default().to_owned();
                values.push((found, place));
            }
            Err(reason) => call.problem(&resource.info, &format!("{}: {reason}", place.path)),
        }
    }
    values
}
