//! Replicas of workloads.

use cubit_configdata::{Missing, Path};

use super::path::attribute_values;
use crate::argument::FunctionInvocation;
use crate::attribute::AttributeDetails;
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::split_type;
use crate::signature::{DataType, OutputType};

/// Types that are replicated.
const TYPES: [&str; 5] = [
    "apps/v1/Deployment",
    "apps/v1/ReplicaSet",
    "apps/v1/StatefulSet",
    "v1/ReplicationController",
    "argoproj.io/v1alpha1/Rollout",
];

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-replicas", "Reads the number of replicas of every workload that has one.", get)
            .attribute("replicas")
            .affects(&TYPES)
            .output(OutputType::AttributeValueList, "replicas", "The numbers of replicas.")
            .example(&[], "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n", r#""Value":2"#),
        Function::kubernetes("set-replicas", "Sets the number of replicas of every workload that can have one.", set)
            .attribute("replicas")
            .affects(&TYPES)
            .mutating()
            .parameter(required("replicas", DataType::Int, "3", "The number of replicas.").between(Some(0), None))
            .example(
                &["3"],
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 2 # for now\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 3 # for now\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n",
            )
            .example(
                &["1"],
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n    serviceName: a\n",
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n    serviceName: a\n    replicas: 1\n",
            ),
    ]
}

fn path() -> Result<Path, Failure> {
    Path::parse("spec.replicas").map_err(|error| error.to_string().into())
}

fn is_replicated(resource_type: &str) -> bool {
    let (group, _, kind) = split_type(resource_type);
    TYPES.iter().any(|known| {
        let (known_group, _, known_kind) = split_type(known);
        (group, kind) == (known_group, known_kind)
    })
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let path = path()?;
    let mut values = Vec::new();
    for resource in call
        .resources("*")
        .into_iter()
        .filter(|resource| is_replicated(&resource.info.resource_type))
    {
        for (mut value, _) in attribute_values(call, &resource, &path, "replicas", DataType::Int) {
            value.details = Some(AttributeDetails {
                getter_invocation: Some(FunctionInvocation::with_names("get-replicas", &[])),
                setter_invocations: vec![FunctionInvocation::with_names("set-replicas", &[])],
            });
            values.push(value);
        }
    }
    Ok(Output::Attributes(values))
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let path = path()?;
    let replicas = call.arguments.int("replicas").unwrap_or_default();
    for resource in call
        .resources("*")
        .into_iter()
        .filter(|resource| is_replicated(&resource.info.resource_type))
    {
        for place in cubit_configdata::resolve(resource.root, &path, Missing::Create) {
            call.set(&resource, &place, replicas);
        }
    }
    Ok(Output::Nothing)
}
