//! Namespaces: of resources, and of what refers to them.

use cubit_configdata::{Match, Missing, Path, Resource, resolve};

use super::path::attribute_values;
use crate::argument::FunctionInvocation;
use crate::attribute::AttributeDetails;
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::{DNS_LABEL, is_cluster_scoped, split_type};
use crate::signature::{DataType, OutputType};

/// References to namespaces besides `metadata.namespace`, by group and kind.
const REFERENCES: [(&str, &str, &str); 8] = [
    (
        "rbac.authorization.k8s.io",
        "RoleBinding",
        "subjects.*.namespace",
    ),
    (
        "rbac.authorization.k8s.io",
        "ClusterRoleBinding",
        "subjects.*.namespace",
    ),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec.conversion.webhook.clientConfig.service.namespace",
    ),
    (
        "apiregistration.k8s.io",
        "APIService",
        "spec.service.namespace",
    ),
    (
        "kustomize.toolkit.fluxcd.io",
        "Kustomization",
        "spec.targetNamespace",
    ),
    (
        "helm.toolkit.fluxcd.io",
        "HelmRelease",
        "spec.chartRef.namespace",
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "webhooks.*.clientConfig.service.namespace",
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        "webhooks.*.clientConfig.service.namespace",
    ),
];

const BINDING: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: a\n  namespace: old\nsubjects:\n- kind: ServiceAccount\n  name: b\n  namespace: old # same\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-namespace", "Reads the namespaces of resources and the references to namespaces.", get)
            .attribute("namespace-name-reference")
            .output(OutputType::AttributeValueList, "namespace-name", "The namespaces.")
            .example(&[], BINDING, r#""Path":"subjects.0.namespace""#),
        Function::kubernetes(
            "set-namespace",
            "Sets the namespace of every resource that names one, and the references to namespaces. The name of a Namespace stays.",
            set,
        )
        .attribute("namespace-name-reference")
        .mutating()
        .parameter(required("namespace-name", DataType::String, "shop", "Name of the namespace.").matching(DNS_LABEL))
        .example(
            &["new"],
            BINDING,
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: a\n  namespace: new\nsubjects:\n- kind: ServiceAccount\n  name: b\n  namespace: new # same\n",
        )
        .example(&["new"], "apiVersion: v1\nkind: Namespace\nmetadata: {name: old}\n", "apiVersion: v1\nkind: Namespace\nmetadata: {name: old}\n"),
    ]
}

fn paths(resource: &Resource<'_>) -> Result<Vec<Path>, Failure> {
    let (group, _, kind) = split_type(&resource.info.resource_type);
    let own = (!is_cluster_scoped(&resource.info)).then_some("metadata.namespace");
    let references = REFERENCES
        .iter()
        .filter(|(g, k, _)| *g == group && *k == kind)
        .map(|(_, _, path)| *path);
    own.into_iter()
        .chain(references)
        .map(|path| Path::parse(path).map_err(|error| error.to_string().into()))
        .collect()
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut values = Vec::new();
    for resource in call.resources("*") {
        for path in paths(&resource)? {
            for (mut value, _) in attribute_values(
                call,
                &resource,
                &path,
                "namespace-name-reference",
                DataType::String,
            ) {
                value.details = Some(AttributeDetails {
                    getter_invocation: Some(FunctionInvocation::with_names("get-namespace", &[])),
                    setter_invocations: vec![FunctionInvocation::with_names("set-namespace", &[])],
                });
                values.push(value);
            }
        }
    }
    Ok(Output::Attributes(values))
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let namespace = call.arguments.text("namespace-name").to_owned();
    for resource in call.resources("*") {
        for path in paths(&resource)? {
            let places: Vec<Match<'_>> = resolve(resource.root, &path, Missing::Skip);
            for place in places {
                call.set(&resource, &place, namespace.clone());
            }
        }
    }
    Ok(Output::Nothing)
}
