//! Validation of ports: that the port which something names is there.

use std::collections::{HashMap, HashSet};

use cubit_configdata::Resource;

use super::findings::{Findings, Severity};
use super::pods::{Place, Pod, PodIndex, Selector, may_meet, namespace, pods};
use crate::function::{Call, Failure, Function, Output};
use crate::kubernetes::split_type;

const SHOP: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  containers:\n  - name: web\n    ports:\n    - name: http\n      containerPort: 8080\n    livenessProbe:\n      httpGet: {port: htpp}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports:\n  - port: 80\n    targetPort: 8081\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  defaultBackend:\n    service: {name: web, port: {number: 8080}}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("vet-ports", "Passes when the target ports of Services are ports of the pods they select (a number only when these pods declare ports), the backend ports of Ingresses and HTTPRoutes are ports of the Services of the unit, the ports that probes name exist, and no name of a port stands twice.", vet)
            .validating()
            .example(&[], SHOP, "v1/Pod /web: spec.containers.0.livenessProbe.httpGet.port: the container has no port named htpp (probe-port)")
            .example(&[], SHOP, "v1/Service /web: spec.ports.0.targetPort: no container of the selected pods has the port 8081 (target-port)")
            .example(&[], SHOP, "networking.k8s.io/v1/Ingress /web: spec.defaultBackend.service.port.number: the Service web has no port 8080 (backend-port)")
            .example(&[], "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n", r#""Passed":true"#),
    ]
}

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut findings = Findings::default();
    let pods = pods(call);
    for pod in &pods {
        for container in pod.containers() {
            probes(call, &mut findings, pod, &container);
            unique_names(call, &mut findings, &pod.resource, &container);
        }
    }
    let index = PodIndex::of(&pods);
    let resources = call.resources("*");
    let mut services: HashMap<&str, Vec<&Resource<'_>>> = HashMap::new();
    for resource in &resources {
        if split_type(&resource.info.resource_type).2 == "Service"
            && resource.info.resource_type == "v1/Service"
            && let Some(spec) = Place::root(resource).get("spec")
        {
            services
                .entry(&resource.info.resource_name_without_scope)
                .or_default()
                .push(resource);
            unique_names(call, &mut findings, resource, &spec);
            target_ports(call, &mut findings, &index, resource, &spec);
        }
    }
    for resource in &resources {
        for (name, own, port) in backends(resource) {
            let service = services
                .get(name.as_str())
                .into_iter()
                .flatten()
                .find(|service| may_meet(namespace(&service.info), &own));
            let ports = service
                .and_then(|service| Place::root(service).get("spec"))
                .map(|spec| spec.list("ports"))
                .unwrap_or_default();
            let wanted = port.node.scalar();
            let field = match port.node.as_integer() {
                Some(_) => "port",
                None => "name",
            };
            let is_there = ports
                .iter()
                .any(|port| port.text(field).as_deref() == Some(&wanted));
            if !ports.is_empty() && !is_there {
                findings.add(
                    call,
                    resource,
                    &port.path,
                    ("backend-port", Severity::High),
                    &format!("the Service {name} has no port {wanted}"),
                );
            }
        }
    }
    Ok(findings.verdict())
}

fn probes(call: &Call<'_>, findings: &mut Findings, pod: &Pod<'_>, container: &Place<'_>) {
    const PORTS: [&str; 10] = [
        "livenessProbe.httpGet.port",
        "livenessProbe.tcpSocket.port",
        "readinessProbe.httpGet.port",
        "readinessProbe.tcpSocket.port",
        "startupProbe.httpGet.port",
        "startupProbe.tcpSocket.port",
        "lifecycle.postStart.httpGet.port",
        "lifecycle.postStart.tcpSocket.port",
        "lifecycle.preStop.httpGet.port",
        "lifecycle.preStop.tcpSocket.port",
    ];
    for port in PORTS.iter().filter_map(|path| container.down(path)) {
        let name = port.node.scalar();
        // Digits in quotes are a number to the kubelet.
        let is_number = name.parse::<u16>().is_ok();
        if !is_number && !has_name(&container.list("ports"), &name) {
            findings.add(
                call,
                &pod.resource,
                &port.path,
                ("probe-port", Severity::High),
                &format!("the container has no port named {name}"),
            );
        }
    }
}

fn has_name(ports: &[Place<'_>], name: &str) -> bool {
    ports
        .iter()
        .any(|port| port.text("name").as_deref() == Some(name))
}

/// `above` is a container, or the spec of a Service.
fn unique_names(
    call: &Call<'_>,
    findings: &mut Findings,
    resource: &Resource<'_>,
    above: &Place<'_>,
) {
    let mut seen = HashSet::new();
    for port in above.list("ports") {
        if let Some(name) = port.text("name").filter(|name| !name.is_empty())
            && !seen.insert(name.clone())
        {
            findings.add(
                call,
                resource,
                &port.path_of("name"),
                ("duplicate-port-name", Severity::High),
                &format!("another port has the name {name}"),
            );
        }
    }
}

fn target_ports(
    call: &Call<'_>,
    findings: &mut Findings,
    index: &PodIndex<'_, '_>,
    resource: &Resource<'_>,
    spec: &Place<'_>,
) {
    let labels = spec.strings("selector");
    if labels.is_empty() {
        return;
    }
    let selector = Selector::of_labels(labels);
    let own = namespace(&resource.info);
    // What the selected pods declare is read once for all ports.
    let (mut names, mut numbers) = (HashSet::new(), HashSet::new());
    let mut any = false;
    for pod in index.selected(own, &selector) {
        any = true;
        for port in pod
            .containers()
            .iter()
            .flat_map(|container| container.list("ports"))
        {
            let protocol = port.text("protocol").unwrap_or_else(|| "TCP".to_owned());
            names.extend(port.text("name").map(|name| (name, protocol.clone())));
            numbers.extend(port.text("containerPort").map(|number| (number, protocol)));
        }
    }
    if !any {
        return;
    }
    for port in spec.list("ports") {
        let protocol = port.text("protocol").unwrap_or_else(|| "TCP".to_owned());
        let key = if port.get("targetPort").is_some() {
            "targetPort"
        } else {
            "port"
        };
        let Some(target) = port.get(key) else {
            continue;
        };
        let text = target.node.scalar().into_owned();
        let wanted = (text.clone(), protocol);
        let is_missing = match target.node.as_integer() {
            Some(_) => !numbers.is_empty() && !numbers.contains(&wanted),
            None => !names.contains(&wanted),
        };
        if is_missing {
            findings.add(
                call,
                resource,
                &target.path,
                ("target-port", Severity::High),
                &format!("no container of the selected pods has the port {text}"),
            );
        }
    }
}

/// Names of Services, their namespaces, and the ports of theirs that are meant.
fn backends<'a>(resource: &Resource<'a>) -> Vec<(String, String, Place<'a>)> {
    let own = namespace(&resource.info).to_owned();
    let Some(spec) = Place::root(resource).get("spec") else {
        return Vec::new();
    };
    let (group, _, kind) = split_type(&resource.info.resource_type);
    match (group, kind) {
        ("networking.k8s.io", "Ingress") => {
            let paths = spec
                .list("rules")
                .into_iter()
                .filter_map(|rule| rule.get("http"))
                .flat_map(|http| http.list("paths"))
                .filter_map(|path| path.down("backend.service"));
            spec.down("defaultBackend.service")
                .into_iter()
                .chain(paths)
                .filter_map(|service| {
                    let port = service.get("port")?;
                    let port = port.get("number").or_else(|| port.get("name"))?;
                    Some((service.text("name")?, own.clone(), port))
                })
                .collect()
        }
        (
            "gateway.networking.k8s.io",
            "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute",
        ) => spec
            .list("rules")
            .iter()
            .flat_map(|rule| rule.list("backendRefs"))
            .filter(|backend| backend.text("kind").is_none_or(|kind| kind == "Service"))
            .filter_map(|backend| {
                let namespace = backend.text("namespace").unwrap_or_else(|| own.clone());
                Some((backend.text("name")?, namespace, backend.get("port")?))
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use cubit_configdata::{Config, Toolchain};

    use crate::{Execution, FunctionContext, FunctionInvocation, execute};

    /// The rules that a text breaks.
    fn broken(function: &str, text: &str) -> Vec<String> {
        let outcome = execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new(function, Vec::<String>::new())],
            num_filters: 0,
            stop_on_error: false,
        });
        assert!(outcome.success, "{:?}", outcome.messages);
        let failed = &outcome.outputs["ValidationResult"][0]["FailedAttributes"];
        failed
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| {
                value["Issues"][0]["Identifier"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    fn unit(pod: &str, service: &str, route: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: a, labels: {{app: p}}}}\nspec: {{containers: [{pod}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: a}}\nspec: {{selector: {{app: p}}, ports: [{service}]}}\n---\n{route}\n"
        )
    }

    #[test]
    fn ports_that_are_there_and_that_are_not() {
        let declared = "{name: c, ports: [{name: web, containerPort: 80}]}";
        let route = |port: &str| {
            format!(
                "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, namespace: a}}\nspec: {{rules: [{{backendRefs: [{{name: s, port: {port}}}]}}]}}"
            )
        };
        for (text, expected) in [
            (unit(declared, "{port: 80}", &route("80")), vec![]),
            (
                unit(declared, "{port: 8080, targetPort: web}", &route("80")),
                vec!["backend-port"],
            ),
            (
                unit(declared, "{port: 80, protocol: UDP}", ""),
                vec!["target-port"],
            ),
            (
                unit(declared, "{port: 80, targetPort: admin}", ""),
                vec!["target-port"],
            ),
            (
                unit("{name: c}", "{port: 80, targetPort: 9999}", ""),
                vec![],
            ),
            (
                unit("{name: c}", "{port: 80, targetPort: web}", ""),
                vec!["target-port"],
            ),
            (
                unit(
                    "{name: c, livenessProbe: {tcpSocket: {port: web}}}",
                    "{port: 80}",
                    "",
                ),
                vec!["probe-port"],
            ),
            (
                unit(
                    "{name: c, readinessProbe: {httpGet: {port: '80'}}}",
                    "{port: 80}",
                    "",
                ),
                vec![],
            ),
            (
                unit(
                    "{name: c, ports: [{name: x, containerPort: 80}, {name: x, containerPort: 81}]}",
                    "{port: 80}",
                    "",
                ),
                vec!["duplicate-port-name"],
            ),
        ] {
            assert_eq!(broken("vet-ports", &text), expected, "{text}");
        }
    }

    #[test]
    fn selectors_that_find_and_that_do_not() {
        let policy = |selector: &str, namespace: &str| {
            let policy = format!(
                "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b, namespace: {namespace}}}\nspec: {{selector: {selector}}}"
            );
            unit("{name: c}", "{port: 80}", &policy)
        };
        for (text, expected) in [
            (policy("{matchLabels: {app: p}}", "a"), vec![]),
            (
                policy("{matchLabels: {app: q}}", "a"),
                vec!["selector-finds-nothing"],
            ),
            (policy("{matchLabels: {app: p}}", "b"), vec![]),
            (policy("{}", "a"), vec![]),
            (
                policy(
                    "{matchExpressions: [{key: app, operator: In, values: [p, q]}, {key: x, operator: DoesNotExist}]}",
                    "a",
                ),
                vec![],
            ),
            (
                policy(
                    "{matchExpressions: [{key: app, operator: NotIn, values: [p]}]}",
                    "a",
                ),
                vec!["selector-finds-nothing"],
            ),
            (
                policy("{matchExpressions: [{key: x, operator: Exists}]}", "a"),
                vec!["selector-finds-nothing"],
            ),
        ] {
            assert_eq!(broken("vet-selectors", &text), expected, "{text}");
        }
        let operated = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: q, namespace: a, labels: {app: q}}\n";
        let text = format!("{}---\n{operated}", policy("{matchLabels: {app: q}}", "a"));
        assert_eq!(broken("vet-selectors", &text), Vec::<String>::new());
    }
}
