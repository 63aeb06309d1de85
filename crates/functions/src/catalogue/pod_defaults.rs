//! Defaults that make pods safer. They fill gaps: what is there stays.

use cubit_configdata::{Action, NodeRef, Path, ResolvedPath, Resource, Step, Value};
use serde_json::json;

use super::container::containers;
use crate::function::{Behaviour, Call, Failure, Function, Output, optional};
use crate::kubernetes::{WORKLOAD_TYPES, pod_specs};
use crate::signature::DataType;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: a\n";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

/// One of the groups of defaults.
type Fill = fn(&mut Call<'_>) -> Result<(), Failure>;

/// Each group with the parameter of `set-pod-defaults` that stands for it.
const GROUPS: [(&str, Fill); 5] = [
    ("pod-security", pod_security),
    ("automount-service-account-token", automount),
    ("security-context", security_context),
    ("resources", resources),
    ("probes", probes),
];

pub(crate) fn functions() -> Vec<Function> {
    let one = |name: &str, description: &str, behaviour: Behaviour| {
        Function::kubernetes(
            name,
            &format!("{description} What is there stays."),
            behaviour,
        )
        .affects(&WORKLOAD_TYPES)
        .mutating()
    };
    let mut all = one(
        "set-pod-defaults",
        "Fills in defaults of the groups asked for.",
        |call| {
            for (name, fill) in GROUPS {
                if call.arguments.bool(name) == Some(true) {
                    fill(call)?;
                }
            }
            Ok(Output::Nothing)
        },
    );
    for (name, description) in [
        (
            "pod-security",
            "Labels on namespaces for the Pod Security Standards.",
        ),
        (
            "automount-service-account-token",
            "Whether pods get a token of their service account.",
        ),
        (
            "security-context",
            "Security contexts of pods and containers.",
        ),
        ("resources", "Requests of containers."),
        ("probes", "Probes of containers."),
    ] {
        all = all.parameter(optional(name, DataType::Bool, "true", description));
    }
    vec![
        all.example(
            &["false", "true"],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: a\n  automountServiceAccountToken: false\n",
        ),
        one("set-pod-security-defaults", "Labels namespaces for the Pod Security Standards: baseline enforced, restricted warned of.", |call| done(call, pod_security)).example(
            &[],
            NAMESPACE,
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n    pod-security.kubernetes.io/enforce: baseline\n    pod-security.kubernetes.io/enforce-version: latest\n    pod-security.kubernetes.io/warn: restricted\n    pod-security.kubernetes.io/warn-version: latest\n",
        ),
        one("set-automount-service-account-token-false", "Keeps the token of the service account out of pods.", |call| done(call, automount)).example(
            &[],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: a\n  automountServiceAccountToken: false\n",
        ),
        one("set-pod-container-security-context-defaults", "Runs pods as a user that is not root, without privileges or capabilities, on a file system they cannot write to.", |call| done(call, security_context)).example(
            &[],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    securityContext:\n      readOnlyRootFilesystem: false # cache\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    securityContext:\n      readOnlyRootFilesystem: false # cache\n      allowPrivilegeEscalation: false\n      privileged: false\n      capabilities:\n        drop:\n        - ALL\n  securityContext:\n    runAsNonRoot: true\n    runAsUser: 1000\n    runAsGroup: 3000\n    fsGroup: 2000\n    seccompProfile:\n      type: RuntimeDefault\n",
        ),
        one("set-container-resources-defaults", "Requests 128m of cpu and 128Mi of memory for every container.", |call| done(call, resources)).example(
            &[],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: a\n    resources:\n      requests:\n        cpu: 128m\n        memory: 128Mi\n",
        ),
        one("set-container-probe-defaults", "Gives every container a readiness probe: like its liveness or startup probe if it has one, otherwise all three over HTTP.", |call| done(call, probes)).example(
            &[],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    livenessProbe:\n      exec: {command: [check]}\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    livenessProbe:\n      exec: {command: [check]}\n    readinessProbe:\n      exec:\n        command:\n        - check\n      initialDelaySeconds: 5\n      periodSeconds: 10\n",
        ),
    ]
}

fn done(call: &mut Call<'_>, fill: Fill) -> Result<Output, Failure> {
    fill(call)?;
    Ok(Output::Nothing)
}

fn steps(path: &str) -> ResolvedPath {
    ResolvedPath(
        path.split('/')
            .map(|key| Step::Key(key.replace('|', "/")))
            .collect(),
    )
}

/// Sets a value where there is none. Keys are separated by slashes here; a bar stands for a slash.
fn fill(
    call: &mut Call<'_>,
    resource: &Resource<'_>,
    node: NodeRef<'_>,
    at: &ResolvedPath,
    path: &str,
    value: impl Into<Value>,
) {
    let below = steps(path);
    if node.find(&below).is_none() {
        let place = ResolvedPath([at.0.as_slice(), &below.0].concat());
        call.edit(resource, place, Action::Set(value.into()));
    }
}

/// The specs of all pods.
fn pods<'a>(call: &Call<'a>) -> Vec<(Resource<'a>, ResolvedPath, NodeRef<'a>)> {
    let mut pods = Vec::new();
    for resource in call.resources("*") {
        for spec in pod_specs(&resource.info.resource_type) {
            let place = Path::parse(spec).ok().and_then(|path| path.resolved());
            if let Some(place) = place
                && let Some(node) = resource.root.find(&place)
            {
                pods.push((resource.clone(), place, node));
            }
        }
    }
    pods
}

fn pod_security(call: &mut Call<'_>) -> Result<(), Failure> {
    for resource in call.resources("v1/Namespace") {
        for (label, value) in [
            ("enforce", "baseline"),
            ("enforce-version", "latest"),
            ("warn", "restricted"),
            ("warn-version", "latest"),
        ] {
            let path = format!("metadata/labels/pod-security.kubernetes.io|{label}");
            fill(
                call,
                &resource,
                resource.root,
                &ResolvedPath::default(),
                &path,
                value,
            );
        }
    }
    Ok(())
}

fn automount(call: &mut Call<'_>) -> Result<(), Failure> {
    for (resource, place, pod) in pods(call) {
        fill(
            call,
            &resource,
            pod,
            &place,
            "automountServiceAccountToken",
            false,
        );
    }
    Ok(())
}

fn security_context(call: &mut Call<'_>) -> Result<(), Failure> {
    for (resource, place, pod) in pods(call) {
        for (path, value) in [
            ("securityContext/runAsNonRoot", Value::from(true)),
            ("securityContext/runAsUser", 1000.into()),
            ("securityContext/runAsGroup", 3000.into()),
            ("securityContext/fsGroup", 2000.into()),
            (
                "securityContext/seccompProfile/type",
                "RuntimeDefault".into(),
            ),
        ] {
            fill(call, &resource, pod, &place, path, value);
        }
        for (found, container) in containers(&resource, "*")? {
            if !found.path.0.starts_with(&place.0) {
                continue;
            }
            for (path, value) in [
                (
                    "securityContext/allowPrivilegeEscalation",
                    Value::from(false),
                ),
                ("securityContext/privileged", false.into()),
                ("securityContext/readOnlyRootFilesystem", true.into()),
                (
                    "securityContext/capabilities/drop",
                    Value::List(vec!["ALL".into()]),
                ),
            ] {
                fill(call, &resource, container, &found.path, path, value);
            }
        }
    }
    Ok(())
}

fn resources(call: &mut Call<'_>) -> Result<(), Failure> {
    for resource in call.resources("*") {
        for (found, container) in containers(&resource, "*")? {
            fill(
                call,
                &resource,
                container,
                &found.path,
                "resources/requests/cpu",
                "128m",
            );
            fill(
                call,
                &resource,
                container,
                &found.path,
                "resources/requests/memory",
                "128Mi",
            );
        }
    }
    Ok(())
}

fn probes(call: &mut Call<'_>) -> Result<(), Failure> {
    for resource in call.resources("*") {
        for (found, container) in containers(&resource, "*")? {
            // Containers that run to their end, or come later, have none.
            let list = found.path.0.iter().rev().nth(1);
            if list != Some(&Step::Key("containers".to_owned())) {
                continue;
            }
            if container.get("readinessProbe").is_some() {
                continue;
            }
            let like = container
                .get("livenessProbe")
                .or_else(|| container.get("startupProbe"));
            let probe = |initial: i64, failures: Option<i64>| {
                let port = container
                    .get("ports")
                    .and_then(|ports| ports.item(0))
                    .and_then(|port| port.get("containerPort"))
                    .and_then(NodeRef::as_integer)
                    .unwrap_or(8080);
                let mut probe = json!({
                    "httpGet": {"path": "/healthz", "port": port},
                    "initialDelaySeconds": initial,
                    "periodSeconds": 10,
                    "timeoutSeconds": 1,
                    "successThreshold": 1,
                });
                probe["failureThreshold"] = failures.unwrap_or(3).into();
                Value::from_json(&probe)
            };
            match like {
                Some(like) => {
                    let mut ready = like.value();
                    if let Value::Map(entries) = &mut ready {
                        entries.retain(|(name, _)| {
                            !matches!(name.as_str(), "initialDelaySeconds" | "periodSeconds")
                        });
                        entries.push(("initialDelaySeconds".to_owned(), 5.into()));
                        entries.push(("periodSeconds".to_owned(), 10.into()));
                    }
                    fill(
                        call,
                        &resource,
                        container,
                        &found.path,
                        "readinessProbe",
                        ready,
                    );
                }
                None => {
                    for (name, value) in [
                        ("startupProbe", probe(10, Some(30))),
                        ("livenessProbe", probe(30, None)),
                        ("readinessProbe", probe(5, None)),
                    ] {
                        fill(call, &resource, container, &found.path, name, value);
                    }
                }
            }
        }
    }
    Ok(())
}
