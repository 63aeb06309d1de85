//! Environment variables of containers.

use cubit_configdata::{Action, Missing, Path, ResolvedPath, Step, Value, resolve};

use super::path::attribute_values;
use crate::argument::FunctionInvocation;
use crate::attribute::AttributeDetails;
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::{CONTAINER_NAME, ENV_VAR, WORKLOAD_TYPES, container_lists};
use crate::signature::{DataType, FunctionParameter, OutputType};

fn container_name() -> FunctionParameter {
    required(
        "container-name",
        DataType::String,
        "web",
        "Name of the container; * for every container.",
    )
    .matching(CONTAINER_NAME)
}

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
    let value = Value::String(call.arguments.text("env-value").to_owned());
    let key = |name: &str| Step::Key(name.to_owned());
    for resource in call.resources("*") {
        for list in container_lists(&resource.info.resource_type) {
            let path = Path::with_arguments(&format!("{list}.?name=%s"), &[&container])
                .map_err(|error| error.to_string())?;
            for place in resolve(resource.root, &path, Missing::Skip) {
                let Some(node) = place.node else { continue };
                let env = place.path.child(key("env"));
                let known = node.get("env").and_then(|env| {
                    env.items().enumerate().find(|(_, entry)| {
                        entry
                            .get("name")
                            .is_some_and(|name| name.scalar() == variable)
                    })
                });
                match known {
                    Some((at, entry)) => {
                        let entry_path: ResolvedPath = env.child(Step::Index(at));
                        call.edit(
                            &resource,
                            entry_path.child(key("value")),
                            Action::Set(value.clone()),
                        );
                        if entry.get("valueFrom").is_some() {
                            call.edit(
                                &resource,
                                entry_path.child(key("valueFrom")),
                                Action::Delete,
                            );
                        }
                    }
                    None => {
                        let entry = Value::Map(vec![
                            ("name".into(), Value::String(variable.clone())),
                            ("value".into(), value.clone()),
                        ]);
                        call.edit(&resource, env.child(key("-")), Action::Set(entry));
                    }
                }
            }
        }
    }
    Ok(Output::Nothing)
}
