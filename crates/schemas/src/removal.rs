//! Removals that the schemas in the binary do not show.

/// Removals before the versions whose types are known, by the first version without them: group and
/// version, kinds, and the group and version that replace them. From the deprecation guide of
/// Kubernetes (<https://kubernetes.io/docs/reference/using-api/deprecation-guide/>).
pub(crate) const EARLIER: [(u16, &str, &[&str], &str); 31] = [
    (
        16,
        "extensions/v1beta1",
        &["Deployment", "DaemonSet", "ReplicaSet"],
        "apps/v1",
    ),
    (
        16,
        "extensions/v1beta1",
        &["NetworkPolicy"],
        "networking.k8s.io/v1",
    ),
    (16, "extensions/v1beta1", &["PodSecurityPolicy"], ""),
    (
        16,
        "apps/v1beta1",
        &["ControllerRevision", "Deployment", "StatefulSet"],
        "apps/v1",
    ),
    (
        16,
        "apps/v1beta2",
        &[
            "ControllerRevision",
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "StatefulSet",
        ],
        "apps/v1",
    ),
    (20, "settings.k8s.io/v1alpha1", &["PodPreset"], ""),
    (21, "batch/v2alpha1", &["CronJob"], "batch/v1"),
    (
        21,
        "flowcontrol.apiserver.k8s.io/v1alpha1",
        &["FlowSchema", "PriorityLevelConfiguration"],
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    (
        22,
        "admissionregistration.k8s.io/v1beta1",
        &[
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ],
        "admissionregistration.k8s.io/v1",
    ),
    (
        22,
        "apiextensions.k8s.io/v1beta1",
        &["CustomResourceDefinition"],
        "apiextensions.k8s.io/v1",
    ),
    (
        22,
        "apiregistration.k8s.io/v1beta1",
        &["APIService"],
        "apiregistration.k8s.io/v1",
    ),
    (
        22,
        "authentication.k8s.io/v1beta1",
        &["TokenReview"],
        "authentication.k8s.io/v1",
    ),
    (
        22,
        "authorization.k8s.io/v1beta1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
        "authorization.k8s.io/v1",
    ),
    (
        22,
        "certificates.k8s.io/v1beta1",
        &["CertificateSigningRequest"],
        "certificates.k8s.io/v1",
    ),
    (
        22,
        "coordination.k8s.io/v1beta1",
        &["Lease"],
        "coordination.k8s.io/v1",
    ),
    (
        22,
        "extensions/v1beta1",
        &["Ingress"],
        "networking.k8s.io/v1",
    ),
    (
        22,
        "networking.k8s.io/v1beta1",
        &["Ingress", "IngressClass"],
        "networking.k8s.io/v1",
    ),
    (
        22,
        "rbac.authorization.k8s.io/v1beta1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        "rbac.authorization.k8s.io/v1",
    ),
    (
        22,
        "scheduling.k8s.io/v1beta1",
        &["PriorityClass"],
        "scheduling.k8s.io/v1",
    ),
    (
        22,
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
        "storage.k8s.io/v1",
    ),
    (
        23,
        "rbac.authorization.k8s.io/v1alpha1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        "rbac.authorization.k8s.io/v1",
    ),
    (
        23,
        "scheduling.k8s.io/v1alpha1",
        &["PriorityClass"],
        "scheduling.k8s.io/v1",
    ),
    (
        24,
        "node.k8s.io/v1alpha1",
        &["RuntimeClass"],
        "node.k8s.io/v1",
    ),
    (
        24,
        "storage.k8s.io/v1alpha1",
        &["CSIStorageCapacity", "VolumeAttachment"],
        "storage.k8s.io/v1",
    ),
    (
        25,
        "autoscaling/v2beta1",
        &["HorizontalPodAutoscaler"],
        "autoscaling/v2",
    ),
    (25, "batch/v1beta1", &["CronJob"], "batch/v1"),
    (
        25,
        "discovery.k8s.io/v1beta1",
        &["EndpointSlice"],
        "discovery.k8s.io/v1",
    ),
    (25, "events.k8s.io/v1beta1", &["Event"], "events.k8s.io/v1"),
    (
        25,
        "node.k8s.io/v1beta1",
        &["RuntimeClass"],
        "node.k8s.io/v1",
    ),
    (25, "policy/v1beta1", &["PodDisruptionBudget"], "policy/v1"),
    (25, "policy/v1beta1", &["PodSecurityPolicy"], ""),
];
