//! Validation of names that stand for other resources, and of resources that stand twice.

use std::collections::HashMap;

use cubit_configdata::{Match, Missing, NodeRef, Resource, ResourceInfo, Step, placeholder};

use super::findings::{Findings, Severity};
use super::pods::{Place, may_meet, namespace};
use crate::attribute_path::{REFERENCES, Reference};
use crate::function::{Call, Failure, Function, Output, optional};
use crate::kubernetes::{is_cluster_scoped, split_type};
use crate::signature::DataType;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  serviceAccountName: default\n  containers:\n  - name: web\n    envFrom:\n    - configMapRef: {name: setings}\n    - secretRef: {name: key}\n    - configMapRef: {name: extra, optional: true}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("vet-references", "Passes when every name that stands for another resource is that of a resource in the unit. References that say they are optional, and what every cluster has (the ServiceAccount default, ClusterRoles such as view, namespaces such as kube-system), pass.", vet_references)
            .validating()
            .parameter(optional("external", DataType::StringList, "v1/Secret/key,v1/ConfigMap/shared-*", "What exists elsewhere: TYPE/NAME, separated by commas; * stands for any text."))
            .parameter(optional("strict", DataType::Bool, "true", "Whether names of types of which the unit has no resource at all fail too."))
            .example(&[], POD, r#""Details":["v1/Pod shop/web: spec.containers.0.envFrom.0.configMapRef.name: there is no v1/ConfigMap setings in the unit: did you mean settings? (dangling-reference)"]"#)
            .example(&["v1/ConfigMap/*"], POD, r#""Passed":true"#)
            .example(&["v1/ConfigMap/*", "true"], POD, "spec.containers.0.envFrom.1.secretRef.name: there is no v1/Secret key in the unit"),
        Function::kubernetes("vet-duplicate-resources", "Passes when no two resources of the unit have the same type, in any version, and the same name.", vet_duplicates)
            .validating()
            .example(
                &[],
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
                r#""Details":["v1/ConfigMap /a: metadata.name: document 2 is the same resource as document 1 (duplicate-resource)"]"#,
            )
            .example(&[], POD, r#""Passed":true"#),
    ]
}

/// What every cluster has, by kind; what ends with `*` is a beginning.
const WELL_KNOWN: [(&str, &[&str]); 8] = [
    ("ServiceAccount", &["default"]),
    (
        "ClusterRole",
        &["cluster-admin", "admin", "edit", "view", "system:*"],
    ),
    (
        "Role",
        &["system:*", "extension-apiserver-authentication-reader"],
    ),
    (
        "Namespace",
        &["default", "kube-system", "kube-public", "kube-node-lease"],
    ),
    (
        "PriorityClass",
        &["system-cluster-critical", "system-node-critical"],
    ),
    (
        "ConfigMap",
        &["kube-root-ca.crt", "extension-apiserver-authentication"],
    ),
    ("Service", &["kubernetes"]),
    ("StorageClass", &[""]),
];

/// Types that make a resource of another type: what they make, and where its name stands; their
/// own name when nothing stands there.
const MAKERS: [(&str, &str, &str, &str); 3] = [
    (
        "cert-manager.io",
        "Certificate",
        "Secret",
        "spec.secretName",
    ),
    (
        "external-secrets.io",
        "ExternalSecret",
        "Secret",
        "spec.target.name",
    ),
    (
        "bitnami.com",
        "SealedSecret",
        "Secret",
        "spec.template.metadata.name",
    ),
];

/// The resources of a unit by group, kind and name, with their namespaces.
#[derive(Default)]
struct Known {
    namespaces: HashMap<(String, String, String), Vec<String>>,
    /// Names by group and kind.
    names: HashMap<(String, String), Vec<String>>,
}

impl Known {
    fn of(resources: &[Resource<'_>]) -> Self {
        let mut known = Self::default();
        for resource in resources {
            let info = &resource.info;
            let (group, _, kind) = split_type(&info.resource_type);
            let name = &info.resource_name_without_scope;
            known.add(group, kind, name, namespace(info));
            for (maker_group, maker, made, path) in MAKERS {
                if (group, kind) == (maker_group, maker) {
                    let made_name = Place::root(resource)
                        .down(path)
                        .map(|place| place.node.scalar().into_owned());
                    known.add(
                        "",
                        made,
                        made_name.as_ref().unwrap_or(name),
                        namespace(info),
                    );
                }
            }
        }
        known
    }

    fn add(&mut self, group: &str, kind: &str, name: &str, namespace: &str) {
        let key = (group.to_owned(), kind.to_owned());
        self.names.entry(key).or_default().push(name.to_owned());
        let key = (group.to_owned(), kind.to_owned(), name.to_owned());
        self.namespaces
            .entry(key)
            .or_default()
            .push(namespace.to_owned());
    }

    fn has(&self, group: &str, kind: &str, name: &str, wanted: Option<&str>) -> bool {
        let key = (group.to_owned(), kind.to_owned(), name.to_owned());
        self.namespaces.get(&key).is_some_and(|found| {
            wanted.is_none_or(|wanted| found.iter().any(|found| may_meet(found, wanted)))
        })
    }
}

fn vet_references(call: &mut Call<'_>) -> Result<Output, Failure> {
    let strict = call.arguments.bool("strict").unwrap_or_default();
    let external = call.arguments.text("external").to_owned();
    let external: Vec<&str> = external
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    if let Some(wrong) = external.iter().find(|text| !text.contains(['/', '*'])) {
        return Err(format!(
            "parameter external: expected TYPE/NAME, such as v1/Secret/key, got {wrong:?}"
        )
        .into());
    }
    let resources = call.resources("*");
    let known = Known::of(&resources);
    let mut findings = Findings::default();
    for reference in &REFERENCES {
        let (group, _, kind) = split_type(reference.target);
        let own = known.names.get(&(group.to_owned(), kind.to_owned()));
        if own.is_none() && !strict {
            continue;
        }
        for resource in &resources {
            for place in reference.places(resource, Missing::Skip) {
                let Some(name) = place.node.map(|node| node.scalar().into_owned()) else {
                    continue;
                };
                let wanted = wanted_namespace(reference, resource, &place);
                let whole = format!("{}/{name}", reference.target);
                if name.is_empty()
                    || name == placeholder::TEXT
                    || is_excused(resource, &place, kind)
                    || is_well_known(kind, &name)
                    || known.has(group, kind, &name, wanted.as_deref())
                    || external.iter().any(|pattern| is_like(pattern, &whole))
                {
                    continue;
                }
                let names = own.into_iter().flatten().map(String::as_str);
                let hint = cubit_query::nearest(&name, names)
                    .filter(|near| *near != name)
                    .map_or(String::new(), |near| format!(": did you mean {near}?"));
                let place_of_target = match wanted.as_deref() {
                    Some(wanted) if known.has(group, kind, &name, None) => {
                        format!("in namespace {wanted} of the unit")
                    }
                    _ => "in the unit".to_owned(),
                };
                findings.add(
                    call,
                    resource,
                    &place.path,
                    ("dangling-reference", Severity::High),
                    &format!(
                        "there is no {} {name} {place_of_target}{hint}",
                        reference.target
                    ),
                );
            }
        }
    }
    Ok(findings.verdict())
}

/// What stands beside a name.
fn beside(resource: &Resource<'_>, place: &Match<'_>, key: &str) -> Option<String> {
    let (last, above) = place.path.0.split_last()?;
    let is_in_a_reference = !above.is_empty() && *last != Step::Key(key.to_owned());
    let map = above.iter().try_fold(resource.root, NodeRef::step)?;
    let node = map.get(key).filter(|_| is_in_a_reference)?;
    Some(node.scalar().into_owned())
}

/// The namespace in which a resource is looked for; none for those without namespaces.
fn wanted_namespace(
    reference: &Reference,
    resource: &Resource<'_>,
    place: &Match<'_>,
) -> Option<String> {
    let target = ResourceInfo {
        resource_type: reference.target.to_owned(),
        ..ResourceInfo::default()
    };
    if is_cluster_scoped(&target) {
        return None;
    }
    Some(
        beside(resource, place, "namespace")
            .unwrap_or_else(|| namespace(&resource.info).to_owned()),
    )
}

/// Whether what stands beside a name says that nothing need be there, or that another kind is
/// meant.
fn is_excused(resource: &Resource<'_>, place: &Match<'_>, kind: &str) -> bool {
    beside(resource, place, "optional").as_deref() == Some("true")
        || beside(resource, place, "kind").is_some_and(|found| found != kind)
}

fn is_well_known(kind: &str, name: &str) -> bool {
    WELL_KNOWN
        .iter()
        .filter(|(known, _)| *known == kind)
        .flat_map(|(_, names)| names.iter())
        .any(|pattern| is_like(pattern, name))
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    true
}

fn vet_duplicates(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut findings = Findings::default();
    let mut seen: HashMap<(String, String, String), usize> = HashMap::new();
    for resource in call.resources("*") {
        let (group, _, kind) = split_type(&resource.info.resource_type);
        // Ingress moved from one group to another, and is one resource all the same.
        let group = if group == "extensions" {
            "networking.k8s.io"
        } else {
            group
        };
        let key = (
            group.to_owned(),
            kind.to_owned(),
            resource.info.resource_name.clone(),
        );
        let number = resource.document + 1;
        match seen.get(&key) {
            Some(first) => {
                let root = Place::root(&resource);
                let path = root
                    .get("metadata")
                    .map_or(root.path.clone(), |metadata| metadata.path_of("name"));
                findings.add(
                    call,
                    &resource,
                    &path,
                    ("duplicate-resource", Severity::High),
                    &format!("document {number} is the same resource as document {first}"),
                );
            }
            None => {
                seen.insert(key, number);
            }
        }
    }
    Ok(findings.verdict())
}

#[cfg(test)]
mod tests {
    use super::is_like;
    use crate::{Execution, FunctionContext, FunctionInvocation, execute};
    use cubit_configdata::{Config, Toolchain};

    const UNIT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner}\n---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: tls, namespace: shop}\nspec: {secretName: tls-key}\n---\n";

    fn vet(document: &str, arguments: &[&str]) -> (bool, String) {
        let text = format!("{UNIT}{document}\n");
        let outcome = execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new(
                "vet-references",
                arguments.iter().copied(),
            )],
            num_filters: 0,
            stop_on_error: false,
        });
        let verdict = outcome
            .outputs
            .get("ValidationResult")
            .map(|result| &result[0]);
        (
            verdict.is_some_and(|verdict| verdict["Passed"] == true),
            verdict.map_or(outcome.messages.join("\n"), |verdict| {
                verdict["Details"].to_string()
            }),
        )
    }

    #[test]
    fn what_is_found_and_what_is_excused() {
        let pod = |namespace: &str, spec: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: {namespace}}}\nspec: {spec}"
            )
        };
        let volume = |map: &str| format!("{{volumes: [{{name: v, configMap: {map}}}]}}");
        let binding = |subject: &str| {
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: a, namespace: shop}}\nroleRef: {{kind: ClusterRole, name: view}}\nsubjects: [{subject}]"
            )
        };
        for (document, arguments, expected) in [
            (pod("shop", &volume("{name: settings}")), vec![], ""),
            (
                pod("shop", &volume("{name: other}")),
                vec![],
                "there is no v1/ConfigMap other in the unit",
            ),
            (
                pod("other", &volume("{name: settings}")),
                vec![],
                "there is no v1/ConfigMap settings in namespace other of the unit",
            ),
            (
                pod("shop", &volume("{name: other, optional: true}")),
                vec![],
                "",
            ),
            (
                pod("shop", &volume("{name: confighubplaceholder}")),
                vec![],
                "",
            ),
            (pod("shop", &volume("{name: kube-root-ca.crt}")), vec![], ""),
            (
                pod(
                    "shop",
                    "{volumes: [{name: v, secret: {secretName: tls-key}}]}",
                ),
                vec![],
                "",
            ),
            (pod("shop", "{priorityClassName: fast}"), vec![], ""),
            (
                pod("shop", "{priorityClassName: fast}"),
                vec!["v1/X/x", "true"],
                "there is no scheduling.k8s.io/v1/PriorityClass fast",
            ),
            (
                binding("{kind: ServiceAccount, name: runner, namespace: elsewhere}"),
                vec![],
                "",
            ),
            (
                binding("{kind: ServiceAccount, name: walker}"),
                vec![],
                "there is no v1/ServiceAccount walker",
            ),
            (binding("{kind: ServiceAccount, name: default}"), vec![], ""),
            (binding("{kind: User, name: ann}"), vec![], ""),
        ] {
            let (passed, details) = vet(&document, &arguments);
            assert_eq!(passed, expected.is_empty(), "{document}: {details}");
            assert!(details.contains(expected), "{document}: {details}");
        }
        let (passed, message) = vet("", &["Secret"]);
        assert!(
            !passed && message.contains("parameter external: expected TYPE/NAME"),
            "{message}"
        );
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("v1/Secret/a", "v1/Secret/a", true),
            ("v1/Secret/a", "v1/Secret/ab", false),
            ("v1/Secret/*", "v1/Secret/ab", true),
            ("*", "", true),
            ("*/db-*-key", "v1/Secret/db-x-key", true),
            ("a*b", "ab", true),
            ("a*bc*c", "abc", false),
            ("system:*", "system", false),
        ] {
            assert_eq!(is_like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
