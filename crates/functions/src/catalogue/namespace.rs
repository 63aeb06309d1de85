//! Namespaces: of resources, and of what refers to them.

use cubit_configdata::placeholder::TEXT;
use cubit_configdata::{Missing, NodeRef, ResolvedPath, Resource, Value};

use crate::argument::FunctionInvocation;
use crate::attribute::{AttributeDetails, AttributeValue};
use crate::attribute_path::REFERENCES;
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::{DNS_LABEL, container_lists, is_cluster_scoped};
use crate::signature::{DataType, OutputType};

use super::attributes::reference_values;

const BINDING: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: a\n  namespace: old\nsubjects:\n- kind: ServiceAccount\n  name: b\n  namespace: old # same\n";
const OPEN: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: confighubplaceholder}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-namespace", "Reads the namespaces of resources and the references to namespaces.", |call| {
            Ok(Output::Attributes(namespaces(call)))
        })
        .attribute("namespace-name-reference")
        .output(OutputType::AttributeValueList, "namespace-name", "The namespaces.")
        .example(&[], BINDING, r#""Path":"subjects.0.namespace""#),
        Function::kubernetes(
            "set-namespace",
            "Sets the namespace of every resource that names one, and the references to namespaces. The name of a Namespace stays. With an old namespace, only what names that one changes, and host names of its services in commands, arguments and variables.",
            set,
        )
        .attribute("namespace-name-reference")
        .mutating()
        .parameter(required("namespace-name", DataType::String, "shop", "Name of the namespace.").matching(DNS_LABEL))
        .parameter(optional("old-namespace", DataType::String, "old", "The namespace that is left.").matching(DNS_LABEL))
        .example(
            &["new"],
            BINDING,
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: a\n  namespace: new\nsubjects:\n- kind: ServiceAccount\n  name: b\n  namespace: new # same\n",
        )
        .example(&["new"], "apiVersion: v1\nkind: Namespace\nmetadata: {name: old}\n", "apiVersion: v1\nkind: Namespace\nmetadata: {name: old}\n")
        .example(
            &["new", "old"],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: old}\nspec: {containers: [{name: c, args: ['http://db.old.svc:80', old]}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: other}\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: new}\nspec: {containers: [{name: c, args: ['http://db.new.svc:80', old]}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: other}\n",
        ),
        Function::kubernetes("get-needed-namespaces", "Lists the namespaces and references to namespaces that hold a placeholder.", |call| {
            let mut needed = namespaces(call);
            needed.retain(|value| value.value.as_str().is_some_and(|text| text.contains(TEXT)));
            Ok(Output::Attributes(needed))
        })
        .attribute("namespace-name-reference")
        .output(OutputType::AttributeValueList, "namespace-name", "The places to fill in.")
        .example(&[], OPEN, r#""Path":"metadata.namespace""#),
        Function::kubernetes("ensure-namespaces", "Gives a placeholder as namespace to every resource that lives in a namespace and names none.", ensure)
            .mutating()
            .parameter(optional("cluster-scoped-types", DataType::StringList, "example.com/v1/Fleet", "More types that live outside namespaces, separated by commas."))
            .example(
                &[],
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: confighubplaceholder\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
            ),
    ]
}

fn namespaces(call: &mut Call<'_>) -> Vec<AttributeValue> {
    let mut values = reference_values(call, |reference| reference.is_to("v1/Namespace"));
    for value in &mut values {
        "namespace-name-reference".clone_into(&mut value.attribute_name);
        value.details = Some(AttributeDetails {
            getter_invocation: Some(FunctionInvocation::with_names("get-namespace", &[])),
            setter_invocations: vec![FunctionInvocation::with_names("set-namespace", &[])],
        });
    }
    values
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let new = call.arguments.text("namespace-name").to_owned();
    let old = call.arguments.text("old-namespace").to_owned();
    for resource in call.resources("*") {
        let references = REFERENCES
            .iter()
            .filter(|reference| reference.is_to("v1/Namespace"));
        for reference in references {
            for place in reference.places(&resource, Missing::Skip) {
                let is_old = place.node.is_some_and(|node| node.scalar() == old);
                if old.is_empty() || is_old {
                    call.set(&resource, &place, new.clone());
                }
            }
        }
        if !old.is_empty() {
            set_hosts(
                call,
                &resource,
                &format!(".{old}.svc"),
                &format!(".{new}.svc"),
            );
        }
    }
    Ok(Output::Nothing)
}

/// Rewrites host names in what containers are told.
fn set_hosts(call: &mut Call<'_>, resource: &Resource<'_>, old: &str, new: &str) {
    let lists: Vec<String> = container_lists(&resource.info.resource_type).collect();
    let mut found: Vec<(ResolvedPath, String)> = Vec::new();
    resource
        .root
        .visit_leaves(&mut |path: &ResolvedPath, node: NodeRef<'_>| {
            let shown = path.to_string();
            let is_told = lists.iter().any(|list| {
                shown
                    .strip_prefix(list.as_str())
                    .and_then(|rest| rest.strip_prefix('.'))
                    .and_then(|rest| rest.split('.').nth(1))
                    .is_some_and(|field| matches!(field, "command" | "args" | "env"))
            });
            if let Some(text) = node.as_str().filter(|text| is_told && text.contains(old)) {
                found.push((path.clone(), text.replace(old, new)));
            }
        });
    for (path, text) in found {
        call.edit(
            resource,
            path,
            cubit_configdata::Action::Set(Value::String(text)),
        );
    }
}

fn ensure(call: &mut Call<'_>) -> Result<Output, Failure> {
    let more = call.arguments.text("cluster-scoped-types").to_owned();
    let more: Vec<&str> = more.split(',').map(str::trim).collect();
    let place = ResolvedPath(
        ["metadata", "namespace"]
            .map(|key| cubit_configdata::Step::Key(key.to_owned()))
            .to_vec(),
    );
    for resource in call.resources("*") {
        let outside = is_cluster_scoped(&resource.info)
            || more.contains(&resource.info.resource_type.as_str())
            || is_declared_cluster_scoped(call, &resource.info.resource_type);
        let named = resource
            .root
            .find(&place)
            .is_some_and(|node| !node.scalar().is_empty());
        if !outside && !named {
            call.edit(
                &resource,
                place.clone(),
                cubit_configdata::Action::Set(Value::String(TEXT.to_owned())),
            );
        }
    }
    Ok(Output::Nothing)
}

/// Whether a `CustomResourceDefinition` of the same unit says that a type lives outside namespaces.
fn is_declared_cluster_scoped(call: &Call<'_>, resource_type: &str) -> bool {
    let (group, _, kind) = crate::kubernetes::split_type(resource_type);
    call.resources("apiextensions.k8s.io/v1/CustomResourceDefinition")
        .iter()
        .filter_map(|definition| definition.root.get("spec"))
        .any(|spec| {
            let is = |node: Option<NodeRef<'_>>, text: &str| {
                node.is_some_and(|node| node.scalar() == text)
            };
            is(spec.get("group"), group)
                && is(spec.get("names").and_then(|names| names.get("kind")), kind)
                && is(spec.get("scope"), "Cluster")
        })
}
