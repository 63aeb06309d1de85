//! Validation of roles and bindings: who gets more than is good.

use cubit_configdata::Resource;

use super::findings::{Findings, Severity};
use super::pods::Place;
use crate::function::{Call, Failure, Function, Output, optional};
use crate::kubernetes::split_type;
use crate::signature::DataType;

const ROLE: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules:\n- apiGroups: ['']\n  resources: [secrets, pods/exec]\n  verbs: [get, create]\n- apiGroups: [apps]\n  resources: [deployments]\n  verbs: ['*']\n";
const BINDING: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects:\n- {kind: User, name: ann}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("vet-rbac", "Passes when no role has wildcards, may raise its own rights (escalate, bind, impersonate), reads Secrets of the whole cluster or runs commands in pods, and no binding gives cluster-admin or gives anything to everybody.", vet)
            .affects(&["rbac.authorization.k8s.io/v1/Role", "rbac.authorization.k8s.io/v1/ClusterRole", "rbac.authorization.k8s.io/v1/RoleBinding", "rbac.authorization.k8s.io/v1/ClusterRoleBinding"])
            .validating()
            .parameter(optional("score-threshold", DataType::Enum, "High", "The least severity that fails; Low when left out.").one_of(&Severity::NAMES))
            .example(&["High"], ROLE, r#""Details":["rbac.authorization.k8s.io/v1/ClusterRole /a: rules.0.resources.0: the role reads every Secret of the cluster (secrets-of-cluster)","rbac.authorization.k8s.io/v1/ClusterRole /a: rules.0.resources.1: the role runs commands in pods (pod-commands)","rbac.authorization.k8s.io/v1/ClusterRole /a: rules.1.verbs.0: the role has every verb (wildcard-verbs)"]"#)
            .example(&["Critical"], ROLE, r#""Passed":true"#)
            .example(&[], BINDING, "roleRef.name: the binding gives every right there is (cluster-admin)"),
    ]
}

/// What a check finds: where, its rule and severity, and why.
type Problem<'a> = (Place<'a>, &'static str, Severity, &'static str);

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let threshold = match call.arguments.text("score-threshold") {
        "" => Severity::Low,
        name => Severity::of(name),
    };
    let mut findings = Findings::default();
    for resource in call.resources("*") {
        let (group, _, kind) = split_type(&resource.info.resource_type);
        if group != "rbac.authorization.k8s.io" {
            continue;
        }
        let problems = match kind {
            "Role" => role(&resource, false),
            "ClusterRole" => role(&resource, true),
            "RoleBinding" => binding(&resource, false),
            "ClusterRoleBinding" => binding(&resource, true),
            _ => Vec::new(),
        };
        for (place, rule, severity, message) in problems {
            if severity <= threshold {
                findings.add(call, &resource, &place.path, (rule, severity), message);
            }
        }
    }
    Ok(findings.verdict())
}

/// The elements of a list that are one of some words.
fn among<'a>(rule: &Place<'a>, list: &str, words: &[&str]) -> Vec<Place<'a>> {
    let mut found = rule.list(list);
    found.retain(|place| words.contains(&&*place.node.scalar()));
    found
}

fn role<'a>(resource: &Resource<'a>, is_cluster_wide: bool) -> Vec<Problem<'a>> {
    let mut problems = Vec::new();
    // What holds in one namespace is half as bad.
    let in_scope = |severity: Severity| match severity {
        _ if is_cluster_wide => severity,
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        _ => Severity::Low,
    };
    for rule in Place::root(resource).list("rules") {
        let mut note = |places: Vec<Place<'a>>, name, severity, message| {
            problems.extend(
                places
                    .into_iter()
                    .map(|place| (place, name, in_scope(severity), message)),
            );
        };
        let all_verbs = among(&rule, "verbs", &["*"]);
        let all_resources = among(&rule, "resources", &["*"]);
        let in_core = !among(&rule, "apiGroups", &["", "*"]).is_empty();
        let worst = if in_core && !all_verbs.is_empty() && !all_resources.is_empty() {
            Severity::Critical
        } else {
            Severity::High
        };
        note(
            all_verbs,
            "wildcard-verbs",
            worst,
            "the role has every verb",
        );
        note(
            all_resources,
            "wildcard-resources",
            worst,
            "the role has every resource",
        );
        note(
            among(&rule, "apiGroups", &["*"]),
            "wildcard-groups",
            Severity::Medium,
            "the role has every API group",
        );
        note(
            among(&rule, "nonResourceURLs", &["*", "/*"]),
            "wildcard-urls",
            Severity::Medium,
            "the role has every URL",
        );
        note(
            among(&rule, "verbs", &["escalate", "bind"]),
            "raises-rights",
            Severity::Critical,
            "the role may give itself more rights",
        );
        note(
            among(&rule, "verbs", &["impersonate"]),
            "impersonation",
            Severity::Critical,
            "the role may act as somebody else",
        );
        let is_named = !rule.list("resourceNames").is_empty();
        let has_verb = |verbs: &[&str]| !among(&rule, "verbs", verbs).is_empty();
        let core = |names: &[&str]| match in_core {
            true => among(&rule, "resources", names),
            false => Vec::new(),
        };
        if is_cluster_wide && !is_named && has_verb(&["get", "list", "watch", "*"]) {
            note(
                core(&["secrets"]),
                "secrets-of-cluster",
                Severity::High,
                "the role reads every Secret of the cluster",
            );
        }
        if has_verb(&["create", "get", "*"]) {
            note(
                core(&["pods/exec", "pods/attach", "pods/*"]),
                "pod-commands",
                Severity::High,
                "the role runs commands in pods",
            );
            note(
                core(&["nodes/proxy", "nodes/*"]),
                "node-proxy",
                Severity::High,
                "the role reaches the API of the kubelets",
            );
        }
        if has_verb(&["create", "*"]) {
            note(
                core(&["serviceaccounts/token", "serviceaccounts/*"]),
                "account-tokens",
                Severity::High,
                "the role makes tokens of ServiceAccounts",
            );
        }
    }
    problems
}

fn binding<'a>(resource: &Resource<'a>, is_cluster_wide: bool) -> Vec<Problem<'a>> {
    let mut problems = Vec::new();
    let root = Place::root(resource);
    if let Some(name) = root.down("roleRef.name")
        && name.node.scalar() == "cluster-admin"
        && root
            .down("roleRef.kind")
            .is_some_and(|kind| kind.node.scalar() == "ClusterRole")
    {
        problems.push(if is_cluster_wide {
            (
                name,
                "cluster-admin",
                Severity::Critical,
                "the binding gives every right there is",
            )
        } else {
            (
                name,
                "cluster-admin",
                Severity::High,
                "the binding gives every right in the namespace",
            )
        });
    }
    for subject in root.list("subjects") {
        let Some(name) = subject.get("name") else {
            continue;
        };
        let problem = match &*name.node.scalar() {
            "system:unauthenticated" | "system:anonymous" => (
                "anonymous",
                Severity::Critical,
                "the binding gives rights to everybody, unknown",
            ),
            "system:authenticated" => (
                "everybody",
                Severity::High,
                "the binding gives rights to everybody who is known",
            ),
            "system:masters" => (
                "masters",
                Severity::Critical,
                "the group passes every check of rights",
            ),
            "system:serviceaccounts" => (
                "every-account",
                Severity::Medium,
                "the binding gives rights to every ServiceAccount",
            ),
            _ => continue,
        };
        problems.push((name.clone(), problem.0, problem.1, problem.2));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use cubit_configdata::{Config, Toolchain};

    #[test]
    fn rules_and_severities() {
        for (kind, body, expected) in [
            (
                "Role",
                "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]",
                vec![],
            ),
            (
                "Role",
                "rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]",
                vec![],
            ),
            (
                "ClusterRole",
                "rules: [{apiGroups: [''], resources: [secrets], resourceNames: [a], verbs: [get]}]",
                vec![],
            ),
            (
                "ClusterRole",
                "rules: [{apiGroups: [x.io], resources: [secrets], verbs: [get]}]",
                vec![],
            ),
            (
                "ClusterRole",
                "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]",
                vec![
                    ("wildcard-verbs", Severity::Critical),
                    ("wildcard-resources", Severity::Critical),
                    ("wildcard-groups", Severity::Medium),
                ],
            ),
            (
                "Role",
                "rules: [{apiGroups: [''], resources: ['*'], verbs: [get]}]",
                vec![("wildcard-resources", Severity::Medium)],
            ),
            (
                "ClusterRole",
                "rules: [{resources: [roles], verbs: [bind, impersonate]}]",
                vec![
                    ("raises-rights", Severity::Critical),
                    ("impersonation", Severity::Critical),
                ],
            ),
            (
                "RoleBinding",
                "roleRef: {kind: ClusterRole, name: cluster-admin}",
                vec![("cluster-admin", Severity::High)],
            ),
            (
                "ClusterRoleBinding",
                "subjects: [{kind: Group, name: 'system:unauthenticated'}, {kind: User, name: ann}]",
                vec![("anonymous", Severity::Critical)],
            ),
        ] {
            let text = format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: a}}\n{body}\n"
            );
            let config =
                Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
            let resource = config.resources().next().expect("a resource");
            let is_cluster_wide = kind.starts_with("Cluster");
            let problems = match kind.contains("Binding") {
                true => binding(&resource, is_cluster_wide),
                false => role(&resource, is_cluster_wide),
            };
            let found: Vec<_> = problems
                .iter()
                .map(|(_, rule, severity, _)| (*rule, *severity))
                .collect();
            assert_eq!(found, expected, "{kind} {body}");
        }
    }
}
