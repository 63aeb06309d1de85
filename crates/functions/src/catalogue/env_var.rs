//! Environment variables of containers.

use cubit_configdata::{Action, NodeRef, Path, ResolvedPath, Resource, Step, Value};

use super::container::{container_name, containers};
use super::path::attribute_values;
use crate::argument::FunctionInvocation;
use crate::attribute::AttributeDetails;
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::{ENV_VAR, WORKLOAD_TYPES, container_lists};
use crate::signature::{DataType, FunctionParameter, OutputType};

fn env_var() -> FunctionParameter {
    required(
        "env-var",
        DataType::String,
        "LOG_LEVEL",
        "Name of the variable.",
    )
    .matching(ENV_VAR)
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-env-var", "Reads the value of an environment variable of a container.", get)
            .attribute("env-value")
            .affects(&WORKLOAD_TYPES)
            .parameter(container_name())
            .parameter(env_var())
            .output(OutputType::AttributeValueList, "env-value", "The values found.")
            .example(
                &["*", "MODE"],
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: web, env: [{name: MODE, value: fast}]}]}\n",
                r#""Value":"fast""#,
            ),
        Function::kubernetes(
            "set-env-var",
            "Sets an environment variable of a container that exists; the variable is added when it is missing, and a value taken from elsewhere (valueFrom) is replaced.",
            set,
        )
        .attribute("env-value")
        .affects(&WORKLOAD_TYPES)
        .mutating()
        .parameter(container_name())
        .parameter(env_var())
        .parameter(required("env-value", DataType::String, "debug", "The new value."))
        .example(
            &["web", "MODE", "1"],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: MODE\n      value: fast # for now\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: MODE\n      value: \"1\" # for now\n",
        )
        .example(
            &["web", "MODE", "slow"],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: web\n      image: web\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: web\n      image: web\n      env:\n        - name: MODE\n          value: slow\n",
        )
        .example(
            &["web", "MODE", "slow"],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: MODE\n      valueFrom: {configMapKeyRef: {name: a, key: b}}\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: MODE\n      value: slow\n",
        ),
        Function::kubernetes(
            "set-env",
            "Sets environment variables of a container that exists: those that are there in their place, the others at the end. NAME= removes a variable.",
            set_many,
        )
        .affects(&WORKLOAD_TYPES)
        .mutating()
        .parameter(container_name())
        .parameter(
            required("env-key-value", DataType::String, "LOG_LEVEL=debug", "A variable as NAME=VALUE.")
                .matching(r"^[-._a-zA-Z][-._a-zA-Z0-9]*=(?s:.*)$"),
        )
        .repeating()
        .example(
            &["web", "MODE=slow", "OLD=", "NEW=a b"],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: OLD\n      value: x\n    - name: MODE\n      value: fast # for now\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: MODE\n      value: slow # for now\n    - name: NEW\n      value: a b\n",
        )
        .example(
            &["web", "OLD="],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: OLD\n      value: x\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n",
        ),
    ]
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let container = call.arguments.text("container-name").to_owned();
    let variable = call.arguments.text("env-var").to_owned();
    let mut values = Vec::new();
    for resource in call.resources("*") {
        for list in container_lists(&resource.info.resource_type) {
            let pattern = format!("{list}.?name:container-name=%s.env.?name:env-var=%s.value");
            let path = Path::with_arguments(&pattern, &[&container, &variable])
                .map_err(|error| error.to_string())?;
            for (mut value, place) in
                attribute_values(call, &resource, &path, "env-value", DataType::String)
            {
                let bound: Vec<(&str, &str)> = place
                    .arguments
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect();
                value.details = Some(AttributeDetails {
                    getter_invocation: Some(FunctionInvocation::with_names("get-env-var", &bound)),
                    setter_invocations: vec![FunctionInvocation::with_names("set-env-var", &bound)],
                });
                values.push(value);
            }
        }
    }
    Ok(Output::Attributes(values))
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let container = call.arguments.text("container-name").to_owned();
    let variable = call.arguments.text("env-var").to_owned();
    let value = call.arguments.text("env-value").to_owned();
    for resource in call.resources("*") {
        for (place, node) in containers(&resource, &container)? {
            write(call, &resource, &place.path, node, &variable, &value);
        }
    }
    Ok(Output::Nothing)
}

fn set_many(call: &mut Call<'_>) -> Result<Output, Failure> {
    let container = call.arguments.text("container-name").to_owned();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in call.arguments.repeated() {
        // The parameter's pattern asks for the sign.
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Of a name given twice, the last value counts.
        pairs.retain(|(known, _)| known != name);
        pairs.push((name.to_owned(), value.to_owned()));
    }
    for resource in call.resources("*") {
        for (place, node) in containers(&resource, &container)? {
            let (gone, kept): (Vec<_>, Vec<_>) =
                pairs.iter().partition(|(_, value)| value.is_empty());
            for (name, value) in kept {
                write(call, &resource, &place.path, node, name, value);
            }
            let mut gone: Vec<usize> = gone
                .iter()
                .filter_map(|(name, _)| entry(node, name))
                .map(|(at, _)| at)
                .collect();
            gone.sort_unstable();
            let env = place.path.child(key("env"));
            let all = node.get("env").is_some_and(|env| env.len() == gone.len());
            let any_left = pairs.iter().any(|(_, value)| !value.is_empty());
            if all && !gone.is_empty() && !any_left {
                call.edit(&resource, env, Action::Delete);
                continue;
            }
            for at in gone.into_iter().rev() {
                call.edit(&resource, env.child(Step::Index(at)), Action::Delete);
            }
        }
    }
    Ok(Output::Nothing)
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

/// The entry of a variable in a container, with its position.
fn entry<'a>(container: NodeRef<'a>, variable: &str) -> Option<(usize, NodeRef<'a>)> {
    container
        .get("env")?
        .items()
        .enumerate()
        .find(|(_, entry)| {
            entry
                .get("name")
                .is_some_and(|name| name.scalar() == variable)
        })
}

/// Gives a container's variable a value, in its place when it is there.
fn write(
    call: &mut Call<'_>,
    resource: &Resource<'_>,
    container: &ResolvedPath,
    node: NodeRef<'_>,
    variable: &str,
    value: &str,
) {
    let env = container.child(key("env"));
    let value = Value::String(value.to_owned());
    match entry(node, variable) {
        Some((at, entry)) => {
            let path = env.child(Step::Index(at));
            call.edit(resource, path.child(key("value")), Action::Set(value));
            if entry.get("valueFrom").is_some() {
                call.edit(resource, path.child(key("valueFrom")), Action::Delete);
            }
        }
        None => {
            let entry = Value::Map(vec![
                ("name".into(), Value::String(variable.to_owned())),
                ("value".into(), value),
            ]);
            call.edit(resource, env.child(key("-")), Action::Set(entry));
        }
    }
}
