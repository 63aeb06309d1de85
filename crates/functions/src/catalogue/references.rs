//! Names of resources where other resources stand for them.

use cubit_configdata::Missing;

use super::attributes::reference_values;
use crate::attribute_path::REFERENCES;
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::signature::{DataType, FunctionParameter, OutputType};

const BINDING: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: shop}\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: viewer\nsubjects:\n- kind: ServiceAccount\n  name: runner\n- kind: Group\n  name: staff\n";

fn target() -> FunctionParameter {
    required(
        "resource-type",
        DataType::String,
        "v1/ServiceAccount",
        "Type of the resources that are referred to.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-references", "Lists every name that stands for another resource.", |call| {
            Ok(Output::Attributes(reference_values(call, |_| true)))
        })
        .output(OutputType::AttributeValueList, "resource-name", "The names.")
        .example(&[], BINDING, r#""Path":"roleRef.name""#),
        Function::kubernetes("get-references-of-type", "Lists every name that stands for a resource of one type.", |call| {
            let target = call.arguments.text("resource-type").to_owned();
            Ok(Output::Attributes(reference_values(call, |reference| reference.is_to(&target))))
        })
        .parameter(target())
        .output(OutputType::AttributeValueList, "resource-name", "The names.")
        .example(&["v1/ServiceAccount"], BINDING, r#""Path":"subjects.0.name""#)
        .example(&["rbac.authorization.k8s.io/v1/Role"], BINDING, "[]"),
        Function::kubernetes("set-references-of-type", "Sets every name that stands for a resource of one type; whether another type is meant is looked up beside it. Nothing is created.", set)
            .mutating()
            .parameter(target())
            .parameter(required("resource-name", DataType::String, "runner", "The new name, without a namespace."))
            .parameter(optional("old-name", DataType::String, "worker", "Only references to this name are changed."))
            .example(
                &["v1/ServiceAccount", "worker"],
                BINDING,
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: shop}\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: viewer\nsubjects:\n- kind: ServiceAccount\n  name: worker\n- kind: Group\n  name: staff\n",
            )
            .example(&["v1/ServiceAccount", "worker", "somebody"], BINDING, BINDING),
    ]
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let target = call.arguments.text("resource-type").to_owned();
    let name = call.arguments.text("resource-name").to_owned();
    let old = call.arguments.text("old-name").to_owned();
    let resources = call.resources("*");
    for reference in REFERENCES
        .iter()
        .filter(|reference| reference.is_to(&target))
    {
        for resource in &resources {
            for place in reference.places(resource, Missing::Skip) {
                let is_old = place.node.is_some_and(|node| node.scalar() == old);
                if old.is_empty() || is_old {
                    call.set(resource, &place, name.clone());
                }
            }
        }
    }
    Ok(Output::Nothing)
}
