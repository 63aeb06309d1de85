//! What the functions know of Kubernetes: where pods are declared, which types have no namespace,
//! and the shape of names and images.

use std::sync::LazyLock;

use cubit_configdata::{Accessor, Path, ResourceInfo, Toolchain};
use cubit_query::Accessors;

/// Types that declare pods, by group and kind (any version of the group counts), and the path of
/// the pod's spec.
const WORKLOADS: [(&str, &str, &str); 15] = [
    ("apps", "Deployment", "spec.template.spec"),
    ("apps", "ReplicaSet", "spec.template.spec"),
    ("apps", "DaemonSet", "spec.template.spec"),
    ("apps", "StatefulSet", "spec.template.spec"),
    ("batch", "Job", "spec.template.spec"),
    ("batch", "CronJob", "spec.jobTemplate.spec.template.spec"),
    ("", "Pod", "spec"),
    ("", "PodTemplate", "template.spec"),
    ("", "ReplicationController", "spec.template.spec"),
    ("argoproj.io", "Rollout", "spec.template.spec"),
    ("serving.knative.dev", "Service", "spec.template.spec"),
    (
        "actions.github.com",
        "AutoscalingListener",
        "spec.template.spec",
    ),
    (
        "actions.github.com",
        "AutoscalingListener",
        "spec.listenerTemplate.spec",
    ),
    (
        "actions.github.com",
        "AutoscalingRunnerSet",
        "spec.template.spec",
    ),
    (
        "actions.github.com",
        "AutoscalingRunnerSet",
        "spec.listenerTemplate.spec",
    ),
];

/// Lists of containers in a pod's spec.
const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Group, version and kind of `group/version/Kind` or `version/Kind`.
pub(crate) fn split_type(resource_type: &str) -> (&str, &str, &str) {
    let mut parts = resource_type.rsplitn(3, '/');
    let kind = parts.next().unwrap_or_default();
    let version = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), version, kind)
}

/// Paths of the pod specs in a type; none for most types.
pub(crate) fn pod_specs(resource_type: &str) -> impl Iterator<Item = &'static str> {
    let (group, _, kind) = split_type(resource_type);
    WORKLOADS
        .iter()
        .filter(move |(g, k, _)| *g == group && *k == kind)
        .map(|(_, _, path)| *path)
}

/// Paths of the lists of containers in a type.
pub(crate) fn container_lists(resource_type: &str) -> impl Iterator<Item = String> {
    pod_specs(resource_type).flat_map(|spec| {
        CONTAINER_LISTS
            .iter()
            .map(move |list| format!("{spec}.{list}"))
    })
}

/// The types that declare pods, as a signature names them.
pub(crate) const WORKLOAD_TYPES: [&str; 11] = [
    "apps/v1/Deployment",
    "apps/v1/ReplicaSet",
    "apps/v1/DaemonSet",
    "apps/v1/StatefulSet",
    "batch/v1/Job",
    "batch/v1/CronJob",
    "v1/Pod",
    "v1/PodTemplate",
    "v1/ReplicationController",
    "argoproj.io/v1alpha1/Rollout",
    "serving.knative.dev/v1/Service",
];

/// Group and kind of types whose resources have no namespace.
const CLUSTER_SCOPED: [(&str, &str); 38] = [
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
    ),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
    ),
    ("apiregistration.k8s.io", "APIService"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "IPAddress"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("gateway.networking.k8s.io", "GatewayClass"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceSlice"),
    ("hub.traefik.io", "AccessControlPolicy"),
    ("external-secrets.io", "ClusterExternalSecret"),
    ("external-secrets.io", "ClusterPushSecret"),
    ("external-secrets.io", "ClusterSecretStore"),
    ("generators.external-secrets.io", "ClusterGenerator"),
    ("cert-manager.io", "ClusterIssuer"),
    ("trident.netapp.io", "TridentConfigurator"),
    ("kyverno.io", "ClusterPolicy"),
    ("karpenter.sh", "NodePool"),
    ("karpenter.sh", "NodeClaim"),
    ("snapshot.storage.k8s.io", "VolumeSnapshotClass"),
    ("snapshot.storage.k8s.io", "VolumeSnapshotContent"),
];

/// Whether resources of a type live outside namespaces.
pub(crate) fn is_cluster_scoped(resource: &ResourceInfo) -> bool {
    let (group, _, kind) = split_type(&resource.resource_type);
    CLUSTER_SCOPED.contains(&(group, kind))
}

/// Name of a container, or `*` for every container.
pub(crate) const CONTAINER_NAME: &str = r"^(\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$";
/// Name of an environment variable.
pub(crate) const ENV_VAR: &str = r"^[-._a-zA-Z][-._a-zA-Z0-9]*$";
/// A DNS label, such as a namespace.
pub(crate) const DNS_LABEL: &str = r"^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$";
/// Key of a label or annotation.
pub(crate) const METADATA_KEY: &str = r"^([a-z0-9A-Z]([-a-z0-9A-Z.]{0,251}[a-z0-9A-Z])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";

const IMAGE_URI: &str = r"(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*(?::[0-9]+)?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*";
const IMAGE_TAG: &str = r":[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";
const IMAGE_DIGEST: &str = r"@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+";

/// An image: repository URI, and a tag, a digest or both.
pub(crate) fn full_image() -> String {
    format!("^(?P<uri>{IMAGE_URI})(?P<reference>{IMAGE_TAG}(?:{IMAGE_DIGEST})?|{IMAGE_DIGEST})?$")
}

/// An image without tag and digest.
pub(crate) fn image_uri() -> String {
    format!("^{IMAGE_URI}$")
}

/// A registry, with the beginning of a repository if wanted.
pub(crate) const REGISTRY: &str = r"^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*/?$";

/// A tag with its colon, a digest with its at sign, or both; or nothing.
pub(crate) fn image_reference() -> String {
    format!("^(?:{IMAGE_TAG}(?:{IMAGE_DIGEST})?|{IMAGE_DIGEST})?$")
}

/// Parts of an image.
pub(crate) fn image_accessor() -> &'static Accessor {
    static ACCESSOR: LazyLock<Accessor> = LazyLock::new(|| {
        Accessor::new(&full_image())
            .unwrap_or_else(|error| unreachable!("a constant expression: {error}"))
    });
    &ACCESSOR
}

/// Parts of a flag on a command line: `--port=8080` has the flag `--port` and the value `8080`.
fn flag_accessor() -> &'static Accessor {
    static ACCESSOR: LazyLock<Accessor> = LazyLock::new(|| {
        Accessor::new(r"(?s)^(?P<flag>[^=\s]+)(?:=(?P<value>.*))?$")
            .unwrap_or_else(|error| unreachable!("a constant expression: {error}"))
    });
    &ACCESSOR
}

/// Where host names stand, by type and normalized path.
const HOSTNAMES: [(&str, &str); 5] = [
    ("networking.k8s.io/v1/Ingress", "spec.rules.*.host"),
    ("networking.k8s.io/v1/Ingress", "spec.tls.*.hosts.*"),
    ("gateway.networking.k8s.io/v1/HTTPRoute", "spec.hostnames.*"),
    (
        "gateway.networking.k8s.io/v1/Gateway",
        "spec.listeners.*.hostname",
    ),
    (
        "v1/Service",
        "metadata.annotations.external-dns~1alpha~1kubernetes~1io/hostname",
    ),
];

/// Parts of a host name: what stands before its first dot, and what behind it.
fn hostname_accessor() -> &'static Accessor {
    static ACCESSOR: LazyLock<Accessor> = LazyLock::new(|| {
        Accessor::new(r"^(?P<subdomain>[^.]*)\.(?P<domain>.+)$")
            .unwrap_or_else(|error| unreachable!("a constant expression: {error}"))
    });
    &ACCESSOR
}

/// The accessors of files inside other text.
static FILES: [(Toolchain, Accessor); 8] = [
    (
        Toolchain::KubernetesYaml,
        Accessor::Embedded(Toolchain::AppConfigYaml),
    ),
    (
        Toolchain::AppConfigProperties,
        Accessor::Embedded(Toolchain::AppConfigProperties),
    ),
    (
        Toolchain::AppConfigIni,
        Accessor::Embedded(Toolchain::AppConfigIni),
    ),
    (
        Toolchain::AppConfigEnv,
        Accessor::Embedded(Toolchain::AppConfigEnv),
    ),
    (
        Toolchain::AppConfigToml,
        Accessor::Embedded(Toolchain::AppConfigToml),
    ),
    (
        Toolchain::AppConfigJson,
        Accessor::Embedded(Toolchain::AppConfigJson),
    ),
    (
        Toolchain::OpenTofuHcl,
        Accessor::Embedded(Toolchain::OpenTofuHcl),
    ),
    (Toolchain::AppConfigText, Accessor::Line),
];

/// The accessor of a file inside a ConfigMap or Secret, by the ending of its name.
fn file_accessor(resource_type: &str, path: &str) -> Option<&'static Accessor> {
    let file = match resource_type {
        "v1/ConfigMap" => path.strip_prefix("data.")?,
        "v1/Secret" => path.strip_prefix("stringData.")?,
        _ => return None,
    };
    let toolchain = Toolchain::of_file(&file.replace("~1", "."))?;
    FILES
        .iter()
        .find(|(known, _)| *known == toolchain)
        .map(|(_, accessor)| accessor)
}

/// The accessors of the built-in paths.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltInAccessors;

impl Accessors for BuiltInAccessors {
    fn accessor(
        &self,
        toolchain: Toolchain,
        resource_type: &str,
        path: &str,
        part: &str,
    ) -> Option<&Accessor> {
        if toolchain != Toolchain::KubernetesYaml {
            return None;
        }
        let in_containers = |field: &str| {
            container_lists(resource_type).any(|list| path == format!("{list}.*.{field}"))
        };
        let accessor = if in_containers("image") {
            image_accessor()
        } else if in_containers("args.*") || in_containers("command.*") {
            flag_accessor()
        } else if HOSTNAMES.contains(&(resource_type, path)) {
            hostname_accessor()
        } else {
            file_accessor(resource_type, path)?
        };
        accessor.has(part).then_some(accessor)
    }
}

/// The accessor for the part a path names, if it names one.
///
/// # Errors
/// There is no such part at the path: it must not be ignored, or a setter would overwrite the
/// whole value.
pub(crate) fn accessor_of(
    toolchain: Toolchain,
    resource_type: &str,
    path: &Path,
) -> Result<Option<(&'static Accessor, String)>, String> {
    static BUILT_IN: BuiltInAccessors = BuiltInAccessors;
    let Some(part) = path.part() else {
        return Ok(None);
    };
    match BUILT_IN.accessor(toolchain, resource_type, &path.normalized(), part) {
        Some(accessor) => Ok(Some((accessor, part.to_owned()))),
        None => Err(format!("{path} has no part {part:?} in {resource_type}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_come_apart() {
        let accessor = image_accessor();
        for (image, uri, reference) in [
            ("nginx", "nginx", ""),
            ("nginx:1.25", "nginx", ":1.25"),
            ("ghcr.io:443/a/b_c:v1", "ghcr.io:443/a/b_c", ":v1"),
            ("a/b@sha256:0af3", "a/b", "@sha256:0af3"),
            ("a/b:v1@sha256:0af3", "a/b", ":v1@sha256:0af3"),
        ] {
            assert_eq!(
                (
                    &*accessor.read(image, "uri"),
                    &*accessor.read(image, "reference")
                ),
                (uri, reference),
                "{image}"
            );
        }
        assert_eq!(accessor.read("Not An Image", "uri"), "");
    }

    #[test]
    fn types_come_apart() {
        assert_eq!(
            split_type("apps/v1/Deployment"),
            ("apps", "v1", "Deployment")
        );
        assert_eq!(split_type("v1/Pod"), ("", "v1", "Pod"));
        assert_eq!(
            pod_specs("batch/v1beta1/CronJob").collect::<Vec<_>>(),
            ["spec.jobTemplate.spec.template.spec"]
        );
        assert_eq!(pod_specs("v1/Service").count(), 0);
    }
}
