//! Validation against the Pod Security Standards, as of Kubernetes 1.34.
//!
//! Each control is one function below, in the order of the standards. Fields of Linux are not asked
//! of pods that say they run on Windows.

use super::findings::{Findings, Severity};
use super::pods::{Place, Pod, pods};
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::WORKLOAD_TYPES;
use crate::signature::DataType;

const OPEN: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostNetwork: true\n  containers:\n  - name: web\n    image: web:1\n    securityContext:\n      privileged: true\n";
const TIGHT: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  securityContext:\n    runAsNonRoot: true\n    seccompProfile: {type: RuntimeDefault}\n  containers:\n  - name: web\n    image: web:1\n    securityContext:\n      allowPrivilegeEscalation: false\n      capabilities: {drop: [ALL]}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("vet-pod-security", "Passes when every pod, and every template of pods, keeps to a level of the Pod Security Standards (Kubernetes 1.34).", vet)
            .affects(&WORKLOAD_TYPES)
            .validating()
            .parameter(required("level", DataType::Enum, "restricted", "The level: privileged allows everything.").one_of(&["privileged", "baseline", "restricted"]))
            .example(&["baseline"], OPEN, r#""Details":["v1/Pod /web: spec.hostNetwork: Host Namespaces: expected false or nothing, found true (host-namespaces)","v1/Pod /web: spec.containers.0.securityContext.privileged: Privileged Containers: expected false or nothing, found true (privileged-containers)"]"#)
            .example(&["restricted"], OPEN, "spec.containers.0.securityContext.capabilities.drop: Capabilities: expected a list with ALL, found nothing (restricted-capabilities)")
            .example(&["restricted"], TIGHT, r#""Passed":true"#)
            .example(&["privileged"], OPEN, r#""Passed":true"#),
    ]
}

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let level = call.arguments.text("level").to_owned();
    let mut findings = Findings::default();
    for pod in pods(call) {
        let mut check = Check::of(call, &mut findings, &pod);
        if level != "privileged" {
            check.baseline();
        }
        if level == "restricted" {
            check.restricted();
        }
    }
    Ok(findings.verdict())
}

/// A control: how people call it, its rule, and how bad it is not to keep to it.
type Control = (&'static str, &'static str, Severity);

/// Capabilities that baseline lets a container add.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Where a probe or hook may name a host.
const HOSTS: [&str; 10] = [
    "livenessProbe.httpGet.host",
    "livenessProbe.tcpSocket.host",
    "readinessProbe.httpGet.host",
    "readinessProbe.tcpSocket.host",
    "startupProbe.httpGet.host",
    "startupProbe.tcpSocket.host",
    "lifecycle.postStart.httpGet.host",
    "lifecycle.postStart.tcpSocket.host",
    "lifecycle.preStop.httpGet.host",
    "lifecycle.preStop.tcpSocket.host",
];

const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

const SELINUX_TYPES: [&str; 5] = [
    "",
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
];

/// Volumes that restricted allows.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

const PROFILES: [&str; 2] = ["RuntimeDefault", "Localhost"];

struct Check<'c, 'a> {
    call: &'c Call<'a>,
    findings: &'c mut Findings,
    pod: &'c Pod<'a>,
    containers: Vec<Place<'a>>,
    /// The security contexts of the pod and of its containers.
    contexts: Vec<Place<'a>>,
    is_windows: bool,
}

impl<'c, 'a> Check<'c, 'a> {
    fn of(call: &'c Call<'a>, findings: &'c mut Findings, pod: &'c Pod<'a>) -> Self {
        let containers = pod.containers();
        let contexts = std::iter::once(&pod.spec)
            .chain(&containers)
            .filter_map(|place| place.get("securityContext"))
            .collect();
        let is_windows = pod
            .spec
            .down("os.name")
            .is_some_and(|name| name.node.scalar() == "windows");
        Self {
            call,
            findings,
            pod,
            containers,
            contexts,
            is_windows,
        }
    }

    /// The field of some keys below a place breaks a control; it may be missing.
    fn fail(&mut self, at: &Place<'_>, keys: &str, control: Control, expected: &str) {
        let (name, rule, severity) = control;
        let node = at.down(keys).map(|place| place.node);
        let found = match node {
            None => "nothing".to_owned(),
            Some(node) if node.is_collection() => "another value".to_owned(),
            Some(node) => node.source().to_owned(),
        };
        let mut path = at.path.clone();
        for key in keys.split('.').filter(|key| !key.is_empty()) {
            path = path.child(cubit_configdata::Step::Key(key.to_owned()));
        }
        self.findings.add(
            self.call,
            &self.pod.resource,
            &path,
            (rule, severity),
            &format!("{name}: expected {expected}, found {found}"),
        );
    }

    /// A field of some places must not be true.
    fn not_true(&mut self, places: &[Place<'_>], keys: &str, control: Control) {
        for at in places {
            let is_true = at
                .down(keys)
                .is_some_and(|place| place.node.as_bool() == Some(true));
            if is_true {
                self.fail(at, keys, control, "false or nothing");
            }
        }
    }

    /// A field of some places is nothing or one of some values.
    fn nothing_or(&mut self, places: &[Place<'_>], keys: &str, values: &[&str], control: Control) {
        for at in places {
            let is_wrong = at
                .down(keys)
                .is_some_and(|place| !is_null(&place) && !values.contains(&&*place.node.scalar()));
            if is_wrong {
                let named: Vec<&str> = values.iter().copied().filter(|v| !v.is_empty()).collect();
                let expected = match named.as_slice() {
                    [] => "nothing".to_owned(),
                    named => format!("nothing or one of {}", named.join(", ")),
                };
                self.fail(at, keys, control, &expected);
            }
        }
    }

    fn baseline(&mut self) {
        let pod = self.pod;
        let spec = [pod.spec.clone()];
        let (contexts, containers) = (self.contexts.clone(), self.containers.clone());
        self.not_true(
            &contexts,
            "windowsOptions.hostProcess",
            ("HostProcess", "host-process", Severity::Critical),
        );
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            let control = ("Host Namespaces", "host-namespaces", Severity::High);
            self.not_true(&spec, field, control);
        }
        self.not_true(
            &containers,
            "securityContext.privileged",
            (
                "Privileged Containers",
                "privileged-containers",
                Severity::Critical,
            ),
        );
        for container in &containers {
            let added = container.down("securityContext.capabilities.add");
            for capability in added.map(|list| list.items()).unwrap_or_default() {
                if !CAPABILITIES.contains(&&*capability.node.scalar()) {
                    let control = ("Capabilities", "capabilities", Severity::High);
                    self.fail_here(
                        &capability,
                        control,
                        &format!("one of {}", CAPABILITIES.join(", ")),
                    );
                }
            }
        }
        for volume in pod.spec.list("volumes") {
            if volume.get("hostPath").is_some_and(|place| !is_null(&place)) {
                let control = ("HostPath Volumes", "host-path-volumes", Severity::High);
                self.fail(&volume, "hostPath", control, "nothing");
            }
        }
        for port in containers
            .iter()
            .flat_map(|container| container.list("ports"))
        {
            self.nothing_or(
                &[port],
                "hostPort",
                &["0"],
                ("Host Ports", "host-ports", Severity::Medium),
            );
        }
        for host in HOSTS {
            let control = (
                "Host Probes / Lifecycle Hooks",
                "host-probes",
                Severity::Medium,
            );
            self.nothing_or(&containers, host, &[""], control);
        }
        self.app_armor(&contexts);
        let selinux = ("SELinux", "selinux", Severity::High);
        self.nothing_or(&contexts, "seLinuxOptions.type", &SELINUX_TYPES, selinux);
        self.nothing_or(&contexts, "seLinuxOptions.user", &[""], selinux);
        self.nothing_or(&contexts, "seLinuxOptions.role", &[""], selinux);
        self.nothing_or(
            &containers,
            "securityContext.procMount",
            &["Default"],
            ("/proc Mount Type", "proc-mount", Severity::High),
        );
        self.nothing_or(
            &contexts,
            "seccompProfile.type",
            &PROFILES,
            ("Seccomp", "seccomp", Severity::High),
        );
        let sysctls = pod.spec.get("securityContext");
        for sysctl in sysctls
            .map(|place| place.list("sysctls"))
            .unwrap_or_default()
        {
            let name = sysctl.text("name").unwrap_or_default();
            if !SYSCTLS.contains(&name.as_str()) {
                let expected = format!("one of {}", SYSCTLS.join(", "));
                self.fail(
                    &sysctl,
                    "name",
                    ("Sysctls", "sysctls", Severity::High),
                    &expected,
                );
            }
        }
    }

    fn fail_here(&mut self, at: &Place<'_>, control: Control, expected: &str) {
        let (name, rule, severity) = control;
        let found = at.node.scalar().into_owned();
        let message = format!("{name}: expected {expected}, found {found}");
        self.findings.add(
            self.call,
            &self.pod.resource,
            &at.path,
            (rule, severity),
            &message,
        );
    }

    fn app_armor(&mut self, contexts: &[Place<'_>]) {
        let control = ("AppArmor", "app-armor", Severity::High);
        self.nothing_or(contexts, "appArmorProfile.type", &PROFILES, control);
        let annotations = self
            .pod
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.get("annotations"));
        let Some(annotations) = annotations else {
            return;
        };
        for (key, value) in annotations.node.entries() {
            let text = value.scalar();
            let is_allowed =
                matches!(&*text, "" | "runtime/default") || text.starts_with("localhost/");
            if key.starts_with("container.apparmor.security.beta.kubernetes.io/")
                && !is_allowed
                && let Some(place) = annotations.get(&key)
            {
                self.fail_here(&place, control, "nothing, runtime/default or localhost/...");
            }
        }
    }

    fn restricted(&mut self) {
        let pod = self.pod;
        let containers = self.containers.clone();
        for volume in pod.spec.list("volumes") {
            for (kind, _) in volume.node.entries() {
                if kind != "name" && !VOLUMES.contains(&&*kind) && kind != "hostPath" {
                    let control = ("Volume Types", "volume-types", Severity::Medium);
                    let expected = format!("a volume of one of {}", VOLUMES.join(", "));
                    if let Some(place) = volume.get(&kind) {
                        let (name, rule, severity) = control;
                        self.findings.add(
                            self.call,
                            &pod.resource,
                            &place.path,
                            (rule, severity),
                            &format!("{name}: expected {expected}, found {kind}"),
                        );
                    }
                }
            }
        }
        let of_pod = |keys: &str| {
            pod.spec
                .get("securityContext")
                .and_then(|context| context.down(keys))
                .filter(|place| !is_null(place))
        };
        for container in &containers {
            if !self.is_windows {
                self.linux_only(container, of_pod("seccompProfile.type").is_some());
            }
            let key = "securityContext.runAsNonRoot";
            let own = container.down(key).filter(|place| !is_null(place));
            let effective = own.or_else(|| of_pod("runAsNonRoot"));
            if effective.is_none_or(|place| place.node.as_bool() != Some(true)) {
                let control = ("Running as Non-root", "run-as-non-root", Severity::Medium);
                self.fail(container, key, control, "true here or for the pod");
            }
        }
        for context in self.contexts.clone() {
            if context
                .get("runAsUser")
                .is_some_and(|place| place.node.as_integer() == Some(0))
            {
                let control = ("Running as Non-root user", "run-as-user", Severity::Medium);
                self.fail(
                    &context,
                    "runAsUser",
                    control,
                    "nothing or a user other than 0",
                );
            }
        }
    }

    /// The controls of restricted that Windows has no fields for.
    fn linux_only(&mut self, container: &Place<'_>, pod_has_seccomp: bool) {
        let key = "securityContext.allowPrivilegeEscalation";
        let escalation = container.down(key);
        if escalation.is_none_or(|place| place.node.as_bool() != Some(false)) {
            let control = (
                "Privilege Escalation",
                "privilege-escalation",
                Severity::Medium,
            );
            self.fail(container, key, control, "false");
        }
        // A type that is wrong was found by baseline.
        let key = "securityContext.seccompProfile.type";
        if !pod_has_seccomp && container.down(key).is_none_or(|place| is_null(&place)) {
            let control = ("Seccomp", "restricted-seccomp", Severity::Medium);
            self.fail(
                container,
                key,
                control,
                "RuntimeDefault or Localhost, here or for the pod",
            );
        }
        let control = ("Capabilities", "restricted-capabilities", Severity::Medium);
        let key = "securityContext.capabilities";
        let list = |name: &str| {
            container
                .down(key)
                .map(|place| place.list(name))
                .unwrap_or_default()
        };
        if !list("drop")
            .iter()
            .any(|place| place.node.scalar() == "ALL")
        {
            self.fail(
                container,
                &format!("{key}.drop"),
                control,
                "a list with ALL",
            );
        }
        for capability in list("add") {
            let name = capability.node.scalar();
            // Those that baseline forbids were found there.
            if name != "NET_BIND_SERVICE" && CAPABILITIES.contains(&&*name) {
                self.fail_here(&capability, control, "NET_BIND_SERVICE or nothing");
            }
        }
    }
}

fn is_null(place: &Place<'_>) -> bool {
    place.node.kind() == cubit_configdata::Kind::Null
}

#[cfg(test)]
mod tests {
    use cubit_configdata::{Config, Toolchain};

    use crate::{Execution, FunctionContext, FunctionInvocation, execute};

    /// The rules that a pod's spec breaks.
    fn broken(level: &str, spec: &str) -> Vec<String> {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n");
        let outcome = execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new("vet-pod-security", [level])],
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

    #[test]
    fn each_control_of_baseline() {
        for (spec, rules) in [
            ("{containers: [{name: a}]}", vec![]),
            (
                "{securityContext: {windowsOptions: {hostProcess: true}}}",
                vec!["host-process"],
            ),
            (
                "{hostPID: true, hostIPC: true, hostNetwork: false}",
                vec!["host-namespaces", "host-namespaces"],
            ),
            (
                "{initContainers: [{name: a, securityContext: {privileged: true}}]}",
                vec!["privileged-containers"],
            ),
            (
                "{containers: [{securityContext: {capabilities: {add: [SYS_ADMIN, CHOWN]}}}]}",
                vec!["capabilities"],
            ),
            (
                "{volumes: [{name: a, hostPath: {path: /}}]}",
                vec!["host-path-volumes"],
            ),
            (
                "{containers: [{ports: [{hostPort: 80}, {hostPort: 0}]}]}",
                vec!["host-ports"],
            ),
            (
                "{containers: [{livenessProbe: {httpGet: {host: a.b}}}]}",
                vec!["host-probes"],
            ),
            (
                "{securityContext: {appArmorProfile: {type: Unconfined}}}",
                vec!["app-armor"],
            ),
            (
                "{securityContext: {seLinuxOptions: {type: spc_t, role: r}}}",
                vec!["selinux", "selinux"],
            ),
            (
                "{containers: [{securityContext: {procMount: Unmasked}}]}",
                vec!["proc-mount"],
            ),
            (
                "{containers: [{securityContext: {seccompProfile: {type: Unconfined}}}]}",
                vec!["seccomp"],
            ),
            (
                "{securityContext: {sysctls: [{name: kernel.msgmax}, {name: net.ipv4.tcp_rmem}]}}",
                vec!["sysctls"],
            ),
        ] {
            assert_eq!(broken("baseline", spec), rules, "{spec}");
        }
    }

    #[test]
    fn each_control_of_restricted() {
        let pod = "securityContext: {runAsNonRoot: true, seccompProfile: {type: Localhost}}";
        let own = "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}";
        for (spec, rules) in [
            (
                format!("{{{pod}, containers: [{{securityContext: {{{own}}}}}]}}"),
                vec![],
            ),
            (
                format!(
                    "{{{pod}, containers: [{{securityContext: {{{own}, runAsNonRoot: false}}}}]}}"
                ),
                vec!["run-as-non-root"],
            ),
            (
                format!("{{{pod}, containers: [{{securityContext: {{{own}, runAsUser: 0}}}}]}}"),
                vec!["run-as-user"],
            ),
            (
                format!(
                    "{{{pod}, volumes: [{{name: a, nfs: {{}}}}, {{name: b, emptyDir: {{}}}}]}}"
                ),
                vec!["volume-types"],
            ),
            (
                format!(
                    "{{{pod}, containers: [{{securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL], add: [CHOWN, NET_BIND_SERVICE]}}}}}}]}}"
                ),
                vec!["restricted-capabilities"],
            ),
            (
                "{containers: [{name: a}]}".to_owned(),
                vec![
                    "privilege-escalation",
                    "restricted-seccomp",
                    "restricted-capabilities",
                    "run-as-non-root",
                ],
            ),
            (
                "{os: {name: windows}, containers: [{name: a}]}".to_owned(),
                vec!["run-as-non-root"],
            ),
        ] {
            assert_eq!(broken("restricted", &spec), rules, "{spec}");
        }
    }
}
