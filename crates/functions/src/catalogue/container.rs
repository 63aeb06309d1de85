//! Containers: their names, flags, registries, ports and mounts.

use cubit_configdata::placeholder::TEXT;
use cubit_configdata::{
    Action, Kind, Match, Missing, NodeRef, Path, ResolvedPath, Resource, Step, Value, resolve,
};

use super::attributes::{find, values, write};
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::{
    CONTAINER_NAME, DNS_LABEL, REGISTRY, WORKLOAD_TYPES, container_lists, pod_specs,
};
use crate::signature::{DataType, FunctionParameter, OutputType};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/shop/web:1.0\n    args:\n    - --port=8080\n    - --verbose\n    ports:\n    - name: http\n      containerPort: 8080\n  - name: log\n    image: busybox\n";

pub(super) fn container_name() -> FunctionParameter {
    required(
        "container-name",
        DataType::String,
        "web",
        "Name of the container; * for every container.",
    )
    .matching(CONTAINER_NAME)
}

fn flag() -> FunctionParameter {
    required(
        "container-flag",
        DataType::String,
        "port",
        "Name of the flag, with or without its leading hyphens.",
    )
    .matching(r"^-{0,2}[a-zA-Z0-9][-a-zA-Z0-9._]*$")
}

fn kubernetes(name: &str, description: &str, behaviour: crate::function::Behaviour) -> Function {
    Function::kubernetes(name, description, behaviour).affects(&WORKLOAD_TYPES)
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        kubernetes("get-container-name", "Lists the names of all containers.", |call| {
            let found = find(call, "container-name", &[], Missing::Skip);
            Ok(Output::Attributes(values(call, found)))
        })
        .attribute("container-name")
        .output(OutputType::AttributeValueList, "container-name", "The names.")
        .example(&[], POD, r#""Value":"log""#),
        kubernetes("get-container-flag", "Reads the value of a flag on the command line of a container.", |call| {
            let found = flags(call);
            Ok(Output::Attributes(values(call, found)))
        })
        .attribute("container-flag")
        .parameter(container_name())
        .parameter(flag())
        .output(OutputType::AttributeValueList, "container-flag", "The values; a flag that is not there gives none.")
        .example(&["web", "port"], POD, r#""Value":"8080""#),
        kubernetes("set-container-flag", "Sets the value of a flag that a container's command line has.", |call| {
            let value = Value::String(call.arguments.text("flag-value").to_owned());
            for found in flags(call) {
                write(call, &found, &value)?;
            }
            Ok(Output::Nothing)
        })
        .attribute("container-flag")
        .mutating()
        .parameter(container_name())
        .parameter(flag())
        .parameter(required("flag-value", DataType::String, "9090", "The new value."))
        .example(
            &["*", "--port", "9090"],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/shop/web:1.0\n    args:\n    - --port=9090\n    - --verbose\n    ports:\n    - name: http\n      containerPort: 8080\n  - name: log\n    image: busybox\n",
        ),
        kubernetes("set-image-registry-by-registry", "Moves images from one registry to another.", set_registry)
            .attribute("container-image")
            .mutating()
            .parameter(required("registry", DataType::String, "ghcr.io", "The registry that images come from now; empty for images that name none.").matching(&format!("{REGISTRY}|^$")))
            .parameter(required("new-registry", DataType::String, "mirror.example.com", "The registry they shall come from; empty to name none.").matching(&format!("{REGISTRY}|^$")))
            .parameter(FunctionParameter { required: false, ..container_name() })
            .example(
                &["", "mirror.example.com:5000"],
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: x, image: 'shop/web:1'}, {name: y, image: 'ghcr.io/a/b:2'}]}\n",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: x, image: 'mirror.example.com:5000/shop/web:1'}, {name: y, image: 'ghcr.io/a/b:2'}]}\n",
            ),
        kubernetes("set-container-port", "Names a port of a container, or adds one. A port of that number and protocol is renamed, one of that name gets the number.", set_port)
            .mutating()
            .parameter(container_name())
            .parameter(required("port-name", DataType::String, "http", "Name of the port.").matching(DNS_LABEL))
            .parameter(required("port-number", DataType::Int, "8080", "Number of the port.").between(Some(1), Some(65535)))
            .parameter(optional("protocol", DataType::Enum, "TCP", "Protocol; TCP when left out.").one_of(&["TCP", "UDP", "SCTP"]))
            .example(
                &["web", "metrics", "9100"],
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    ports:\n    - name: http\n      containerPort: 8080\n",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    ports:\n    - name: http\n      containerPort: 8080\n    - name: metrics\n      containerPort: 9100\n      protocol: TCP\n",
            )
            .example(
                &["web", "http", "9100"],
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    ports:\n    - name: http\n      containerPort: 8080 # old\n",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    ports:\n    - name: http\n      containerPort: 9100 # old\n",
            ),
        kubernetes("set-container-volume-mount-path", "Mounts a volume in a container at a path, and adds the volume when a source is given.", set_mount)
            .mutating()
            .parameter(container_name())
            .parameter(required("volume-name", DataType::String, "cache", "Name of the volume.").matching(DNS_LABEL))
            .parameter(required("volume-path", DataType::String, "/var/cache", "Where it is mounted."))
            .parameter(optional("volume-source", DataType::Enum, "emptyDir", "Kind of volume to add.").one_of(&["emptyDir", "configMap", "secret", "persistentVolumeClaim"]))
            .example(
                &["web", "cache", "/var/cache", "emptyDir"],
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: a\n",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: a\n    volumeMounts:\n    - name: cache\n      mountPath: /var/cache\n  volumes:\n  - name: cache\n    emptyDir: {}\n",
            ),
    ]
}

fn flags<'a>(call: &Call<'a>) -> Vec<crate::attribute_path::Found<'a>> {
    let name = call.arguments.text("container-flag");
    let flag = match name.strip_prefix('-') {
        Some(_) => name.to_owned(),
        None => format!("--{name}"),
    };
    let container = call.arguments.text("container-name");
    find(call, "container-flag", &[container, &flag], Missing::Skip)
}

/// The host at the start of an image, if it names one, and the rest.
pub(super) fn split_registry(image: &str) -> (&str, &str) {
    match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        _ => ("", image),
    }
}

fn set_registry(call: &mut Call<'_>) -> Result<Output, Failure> {
    let (from, to) = (
        call.arguments.text("registry").to_owned(),
        call.arguments.text("new-registry").to_owned(),
    );
    let container = match call.arguments.text("container-name") {
        "" => "*",
        name => name,
    };
    for found in find(call, "container-image", &[container], Missing::Skip) {
        let Some(image) = found.place.node.and_then(NodeRef::as_str) else {
            continue;
        };
        let (host, rest) = split_registry(&image);
        if host == from && !rest.is_empty() {
            let moved = match to.as_str() {
                "" => rest.to_owned(),
                to => format!("{to}/{rest}"),
            };
            write(call, &found, &Value::String(moved))?;
        }
    }
    Ok(Output::Nothing)
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

/// The containers of a name in a resource.
pub(super) fn containers<'a>(
    resource: &Resource<'a>,
    name: &str,
) -> Result<Vec<(Match<'a>, NodeRef<'a>)>, Failure> {
    let mut found = Vec::new();
    for list in container_lists(&resource.info.resource_type) {
        let path = Path::with_arguments(&format!("{list}.?name=%s"), &[name])
            .map_err(|error| error.to_string())?;
        found.extend(
            resolve(resource.root, &path, Missing::Skip)
                .into_iter()
                .filter_map(|place| place.node.map(|node| (place, node))),
        );
    }
    Ok(found)
}

/// The text of a field.
fn field(node: NodeRef<'_>, name: &str) -> Option<String> {
    node.get(name).map(|node| node.scalar().into_owned())
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// Puts an element at the end of a list, which is created when it is missing.
fn append(
    call: &mut Call<'_>,
    resource: &Resource<'_>,
    above: NodeRef<'_>,
    list: &ResolvedPath,
    name: &str,
    element: Value,
) {
    let path = list.child(key(name));
    match above.get(name) {
        Some(node) if node.kind() == Kind::Sequence => {
            call.edit(resource, path.child(key("-")), Action::Set(element));
        }
        _ => call.edit(resource, path, Action::Set(Value::List(vec![element]))),
    }
}

fn set_port(call: &mut Call<'_>) -> Result<Output, Failure> {
    let container = call.arguments.text("container-name").to_owned();
    let name = call.arguments.text("port-name").to_owned();
    let number = call.arguments.int("port-number").unwrap_or_default();
    let protocol = match call.arguments.text("protocol") {
        "" => "TCP".to_owned(),
        protocol => protocol.to_owned(),
    };
    for resource in call.resources("*") {
        for (place, node) in containers(&resource, &container)? {
            let ports = place.path.child(key("ports"));
            let list: Vec<NodeRef<'_>> = node
                .get("ports")
                .iter()
                .flat_map(|node| node.items())
                .collect();
            let is_protocol =
                |port: &NodeRef<'_>| field(*port, "protocol").is_none_or(|found| found == protocol);
            let same_number = list.iter().position(|port| {
                port.get("containerPort").and_then(NodeRef::as_integer) == Some(number)
                    && is_protocol(port)
            });
            let same_name = || {
                list.iter()
                    .position(|port| field(*port, "name").as_deref() == Some(&name))
            };
            if let Some(at) = same_number {
                let path = ports.child(Step::Index(at)).child(key("name"));
                call.edit(&resource, path, Action::Set(name.clone().into()));
            } else if let Some(at) = same_name() {
                let port = ports.child(Step::Index(at));
                call.edit(
                    &resource,
                    port.child(key("containerPort")),
                    Action::Set(number.into()),
                );
                if !is_protocol(&list[at]) {
                    call.edit(
                        &resource,
                        port.child(key("protocol")),
                        Action::Set(protocol.clone().into()),
                    );
                }
            } else {
                let port = map([
                    ("name", name.clone().into()),
                    ("containerPort", number.into()),
                    ("protocol", protocol.clone().into()),
                ]);
                append(call, &resource, node, &place.path, "ports", port);
            }
        }
    }
    Ok(Output::Nothing)
}

/// What a new volume of a kind holds.
fn volume_source(kind: &str) -> Value {
    let open = || Value::String(TEXT.to_owned());
    match kind {
        "configMap" => map([("name", open())]),
        "secret" => map([("secretName", open())]),
        "persistentVolumeClaim" => map([("claimName", open())]),
        _ => map([]),
    }
}

fn set_mount(call: &mut Call<'_>) -> Result<Output, Failure> {
    let container = call.arguments.text("container-name").to_owned();
    let name = call.arguments.text("volume-name").to_owned();
    let mount_path = call.arguments.text("volume-path").to_owned();
    let source = call.arguments.text("volume-source").to_owned();
    let mut any = false;
    for resource in call.resources("*") {
        for spec in pod_specs(&resource.info.resource_type) {
            let spec_path = Path::parse(spec)
                .ok()
                .and_then(|path| path.resolved())
                .ok_or("the pod has no place")?;
            let Some(pod) = resource.root.find(&spec_path) else {
                continue;
            };
            let mut mounted = false;
            for (place, node) in containers(&resource, &container)? {
                if !place.path.0.starts_with(&spec_path.0) {
                    continue;
                }
                mounted = true;
                let mounts: Vec<NodeRef<'_>> = node
                    .get("volumeMounts")
                    .iter()
                    .flat_map(|node| node.items())
                    .collect();
                let at = mounts
                    .iter()
                    .position(|mount| field(*mount, "name").as_deref() == Some(&name));
                match at {
                    Some(at) => {
                        let path = place
                            .path
                            .child(key("volumeMounts"))
                            .child(Step::Index(at))
                            .child(key("mountPath"));
                        call.edit(&resource, path, Action::Set(mount_path.clone().into()));
                    }
                    None => {
                        let mount = map([
                            ("name", name.clone().into()),
                            ("mountPath", mount_path.clone().into()),
                        ]);
                        append(call, &resource, node, &place.path, "volumeMounts", mount);
                    }
                }
            }
            if mounted {
                any = true;
                add_volume(call, &resource, pod, &spec_path, &name, &source);
            }
        }
    }
    if !any {
        return Err(format!("there is no container {container}").into());
    }
    Ok(Output::Nothing)
}

/// Sees to it that a pod has a volume of a name, and of the kind asked for, if one is.
fn add_volume(
    call: &mut Call<'_>,
    resource: &Resource<'_>,
    pod: NodeRef<'_>,
    spec: &ResolvedPath,
    name: &str,
    source: &str,
) {
    let volumes: Vec<NodeRef<'_>> = pod
        .get("volumes")
        .iter()
        .flat_map(|node| node.items())
        .collect();
    let known = volumes
        .iter()
        .position(|volume| field(*volume, "name").as_deref() == Some(name));
    match known {
        None if source.is_empty() => call.problem(
            &resource.info,
            &format!("there is no volume {name}: give volume-source to add one"),
        ),
        None => {
            let volume = Value::Map(vec![
                ("name".to_owned(), name.into()),
                (source.to_owned(), volume_source(source)),
            ]);
            append(call, resource, pod, spec, "volumes", volume);
        }
        Some(at) if !source.is_empty() && volumes[at].get(source).is_none() => {
            let volume = Value::Map(vec![
                ("name".to_owned(), name.into()),
                (source.to_owned(), volume_source(source)),
            ]);
            let path = spec.child(key("volumes")).child(Step::Index(at));
            call.edit(resource, path, Action::Set(volume));
        }
        Some(_) => {}
    }
}
