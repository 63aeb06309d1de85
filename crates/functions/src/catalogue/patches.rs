//! Standard patches: JSON Patch, JSON Merge Patch and the strategic merge patch of Kubernetes.
//!
//! A patch is worked out on the value of a resource, which is then set as a whole; an edit that
//! sets a collection touches only what differs, so comments and layout survive.

mod json_patch;
mod merge_patch;
mod strategic;

use cubit_configdata::{Action, Config, ResolvedPath, Resource, Toolchain, Value};

use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::signature::{DataType, FunctionParameter};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2 # for now\n  template:\n    spec:\n      containers:\n      # the shop\n      - name: web\n        image: web:1 # pinned\n      - name: log\n        image: log:1\n";

fn resource_type() -> FunctionParameter {
    required(
        "resource-type",
        DataType::String,
        "apps/v1/Deployment",
        "Type of the resources to patch; * for any.",
    )
}

fn resource_name() -> FunctionParameter {
    optional(
        "resource-name",
        DataType::String,
        "web",
        "Name of the resource to patch, without a namespace; all of the type when left out.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("apply-json-patch", "Applies a JSON Patch (RFC 6902) to each resource of a type. When an operation fails, nothing is changed.", json_patch)
            .mutating()
            .not_idempotent()
            .parameter(resource_type())
            .parameter(required("patch", DataType::Json, r#"[{"op":"replace","path":"/spec/replicas","value":3}]"#, "List of operations: add, remove, replace, move, copy, test."))
            .parameter(resource_name())
            .example(
                &["apps/v1/Deployment", r#"[{"op":"test","path":"/spec/replicas","value":2},{"op":"replace","path":"/spec/replicas","value":3},{"op":"add","path":"/metadata/labels","value":{"a.b/tier":"web"}},{"op":"remove","path":"/spec/template/spec/containers/1"}]"#],
                DEPLOYMENT,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {a.b/tier: web}}\nspec:\n  replicas: 3 # for now\n  template:\n    spec:\n      containers:\n      # the shop\n      - name: web\n        image: web:1 # pinned\n",
            )
            .example(&["v1/Service", r#"[{"op":"remove","path":"/spec"}]"#], DEPLOYMENT, DEPLOYMENT)
            .example_in(
                Toolchain::AppConfigToml,
                &["*", r#"[{"op":"copy","from":"/server/port","path":"/server/admin"}]"#],
                "[server]\nport = 80 # open\n\n[log]\nlevel = \"info\"\n",
                "[server]\nport = 80 # open\nadmin = 80\n\n[log]\nlevel = \"info\"\n",
            ),
        Function::generic("apply-merge-patch", "Applies a JSON Merge Patch (RFC 7386) to each resource of a type: maps are merged, null removes, lists and everything else are replaced.", merge_patch)
            .mutating()
            .parameter(resource_type())
            .parameter(required("patch", DataType::Json, r#"{"spec":{"replicas":3,"paused":null}}"#, "The patch, as JSON or YAML."))
            .parameter(resource_name())
            .example(
                &["apps/v1/Deployment", r#"{"spec":{"replicas":null,"paused":true}}"#],
                DEPLOYMENT,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      # the shop\n      - name: web\n        image: web:1 # pinned\n      - name: log\n        image: log:1\n  paused: true\n",
            )
            .example(&["*", "spec: {}", "other"], DEPLOYMENT, DEPLOYMENT),
        Function::kubernetes("apply-strategic-merge-patch", "Applies a strategic merge patch to each resource of a type: as a merge patch, but the elements of lists that have a merge key, such as containers, are merged by it. Knows $patch, $deleteFromPrimitiveList and $retainKeys; $setElementOrder is passed over. A patch that states apiVersion, kind, name or namespace is applied only where they fit.", strategic_patch)
            .mutating()
            .parameter(resource_type())
            .parameter(required("patch", DataType::Yaml, "spec: {template: {spec: {containers: [{name: web, image: 'web:2'}]}}}", "The patch, as YAML or JSON."))
            .parameter(resource_name())
            .example(
                &["apps/v1/Deployment", "spec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: web:2\n      - name: log\n        $patch: delete\n"],
                DEPLOYMENT,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2 # for now\n  template:\n    spec:\n      containers:\n      # the shop\n      - name: web\n        image: web:2 # pinned\n",
            )
            .example(&["*", "metadata: {name: other}\nspec: {replicas: 5}\n"], DEPLOYMENT, DEPLOYMENT),
    ]
}

/// The value of a patch. Read by our own formats, which keep the order of keys and every digit.
fn patch_argument(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.arguments.text("patch");
    let toolchain = match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => {
            Toolchain::AppConfigJson
        }
        _ => Toolchain::AppConfigYaml,
    };
    let patch = Config::parse(toolchain, text.as_bytes())
        .map_err(|error| format!("parameter patch: {error}"))?;
    let mut roots = patch
        .documents()
        .iter()
        .filter_map(|document| document.root());
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(root.value()),
        _ => Err("parameter patch: expected one document".into()),
    }
}

fn map_argument(call: &Call<'_>) -> Result<Value, Failure> {
    match patch_argument(call)? {
        patch @ Value::Map(_) => Ok(patch),
        _ => Err("parameter patch: expected a map".into()),
    }
}

/// Patches each resource that is meant.
fn patch_each(
    call: &mut Call<'_>,
    mut patch: impl FnMut(&Resource<'_>, Value) -> Result<Value, String>,
) -> Result<Output, Failure> {
    let name = call.arguments.text("resource-name").to_owned();
    let size = call.arguments.text("patch").len();
    let mut failures = Vec::new();
    for resource in call.resources(call.arguments.text("resource-type")) {
        let info = &resource.info;
        if !name.is_empty() && info.resource_name_without_scope != name {
            continue;
        }
        let patched = patch(&resource, resource.root.value())
            .and_then(|value| still_a_resource(call.config.toolchain(), value));
        match patched {
            Ok(value) => {
                // One patch may go into many resources.
                call.written += size;
                call.edit(&resource, ResolvedPath::default(), Action::Set(value));
            }
            Err(reason) => failures.push(format!(
                "{} {}: {reason}",
                info.resource_type, info.resource_name
            )),
        }
    }
    if failures.is_empty() {
        Ok(Output::Nothing)
    } else {
        Err(Failure(failures))
    }
}

/// A patch may take away much, but not what makes a resource one.
fn still_a_resource(toolchain: Toolchain, value: Value) -> Result<Value, String> {
    if !matches!(value, Value::Map(_)) {
        return Err("the patch leaves no map".to_owned());
    }
    let name = value.get("metadata").and_then(|node| node.get("name"));
    let fields = [
        ("apiVersion", value.get("apiVersion")),
        ("kind", value.get("kind")),
        ("metadata.name", name),
    ];
    let is_lost = |field: &Option<&Value>| match field {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Number(_) | Value::Bool(_)) => false,
        _ => true,
    };
    let lost = fields.iter().find(|(_, field)| is_lost(field));
    match lost {
        Some((field, _)) if toolchain == Toolchain::KubernetesYaml => Err(format!(
            "the patch leaves no {field}: every resource has one"
        )),
        _ => Ok(value),
    }
}

fn json_patch(call: &mut Call<'_>) -> Result<Output, Failure> {
    let operations = json_patch::parse(&patch_argument(call)?)
        .map_err(|error| format!("parameter patch: {error}"))?;
    patch_each(call, |_, value| json_patch::apply(value, &operations))
}

fn merge_patch(call: &mut Call<'_>) -> Result<Output, Failure> {
    let patch = map_argument(call)?;
    patch_each(call, |_, value| Ok(merge_patch::apply(value, &patch)))
}

fn strategic_patch(call: &mut Call<'_>) -> Result<Output, Failure> {
    let patch = map_argument(call)?;
    patch_each(call, |resource, value| {
        if strategic::is_meant(&value, &patch) {
            strategic::apply(&resource.info.resource_type, value, &patch)
        } else {
            Ok(value)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Execution, FunctionContext, FunctionInvocation, execute};

    pub(super) fn value(json: &str) -> Value {
        Value::from_json(&serde_json::from_str(json).expect("JSON"))
    }

    #[test]
    fn refusals_name_what_is_wrong() {
        for (name, arguments, expected) in [
            (
                "apply-json-patch",
                vec![
                    "*",
                    r#"[{"op":"add","path":"/a","value":1},{"op":"remove","path":"/spec/x"}]"#,
                ],
                "apps/v1/Deployment /web: operation 1 (remove /spec/x): there is no /spec/x",
            ),
            (
                "apply-json-patch",
                vec!["*", r#"[{"op":"test","path":"/spec/replicas","value":9}]"#],
                "operation 0 (test /spec/replicas): the value is another one",
            ),
            (
                "apply-json-patch",
                vec!["*", r#"[{"op":"remove","path":"/kind"}]"#],
                "the patch leaves no kind",
            ),
            (
                "apply-json-patch",
                vec!["*", "{}"],
                "parameter patch: expected a list",
            ),
            (
                "apply-merge-patch",
                vec!["*", "[]"],
                "parameter patch: expected a map",
            ),
            (
                "apply-merge-patch",
                vec!["*", "{a: [}"],
                "parameter patch: line 1",
            ),
            (
                "apply-strategic-merge-patch",
                vec!["*", "spec: {template: {spec: {containers: [{image: a}]}}}"],
                "containers: element 0 of the patch has no merge key: expected name",
            ),
        ] {
            let config = Config::parse(Toolchain::KubernetesYaml, DEPLOYMENT.as_bytes());
            let outcome = execute(Execution {
                context: &FunctionContext::default(),
                config: config.expect("readable"),
                invocations: &[FunctionInvocation::new(name, arguments.clone())],
                num_filters: 0,
                stop_on_error: false,
            });
            assert_eq!(outcome.config.text(), DEPLOYMENT);
            assert!(
                outcome.messages.join("\n").contains(expected),
                "{name} {arguments:?}: {:?}",
                outcome.messages
            );
        }
    }
}
