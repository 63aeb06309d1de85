//! The attributes of Kubernetes resources.

use super::{AttributePath, Lists, Types};
use crate::signature::DataType;

const WORKLOADS_WITH_LABELS: Types = Types::Kinds(&[
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "DaemonSet"),
    ("apps", "StatefulSet"),
]);
const LABELLED: Types = Types::Kinds(&[
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "DaemonSet"),
    ("apps", "StatefulSet"),
    ("", "Pod"),
]);
const REPLICATED: Types = Types::Kinds(&[
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("", "ReplicationController"),
    ("argoproj.io", "Rollout"),
]);
const INGRESS: Types = Types::Kinds(&[("networking.k8s.io", "Ingress")]);
const SERVICE: Types = Types::Kinds(&[("", "Service")]);
const HTTP_ROUTE: Types = Types::Kinds(&[("gateway.networking.k8s.io", "HTTPRoute")]);
const GATEWAY: Types = Types::Kinds(&[("gateway.networking.k8s.io", "Gateway")]);
const ROLES: Types = Types::Kinds(&[
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
]);
const BINDINGS: Types = Types::Kinds(&[
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
]);
const HOSTNAME_ANNOTATION: &str =
    "metadata.annotations.external-dns~1alpha~1kubernetes~1io/hostname";

const NO_LIST: Lists = Lists {
    general: false,
    needed: false,
    detail: false,
};
const GENERAL: Lists = Lists {
    general: true,
    ..NO_LIST
};
const DETAIL: Lists = Lists {
    detail: true,
    ..NO_LIST
};

/// A place of text that is reported under the name it is found by.
const fn text(attribute: &'static str, types: Types, path: &'static str) -> AttributePath {
    AttributePath {
        attribute,
        named: attribute,
        types,
        path,
        data_type: DataType::String,
        getter: "",
        setter: "",
        lists: NO_LIST,
    }
}

impl AttributePath {
    const fn int(mut self) -> Self {
        self.data_type = DataType::Int;
        self
    }

    const fn bool(mut self) -> Self {
        self.data_type = DataType::Bool;
        self
    }

    const fn any(mut self) -> Self {
        self.data_type = DataType::Json;
        self
    }

    const fn through(mut self, getter: &'static str, setter: &'static str) -> Self {
        self.getter = getter;
        self.setter = setter;
        self
    }

    const fn named(mut self, named: &'static str) -> Self {
        self.named = named;
        self
    }

    const fn listed(mut self, lists: Lists) -> Self {
        self.lists = lists;
        self
    }
}

const fn default_name(types: Types, path: &'static str) -> AttributePath {
    text("default-name", types, path)
        .named("app-label")
        .through("", "set-default-names")
        .listed(GENERAL)
}

const fn detail(attribute: &'static str, types: Types, path: &'static str) -> AttributePath {
    text(attribute, types, path).listed(DETAIL)
}

const fn hostname(types: Types, path: &'static str) -> AttributePath {
    text("hostname", types, path)
        .through("get-hostname", "set-hostname")
        .listed(GENERAL)
}

const fn subdomain(types: Types, path: &'static str) -> AttributePath {
    text("subdomain", types, path)
        .through("get-hostname-subdomain", "set-hostname-subdomain")
        .listed(GENERAL)
}

const fn domain(types: Types, path: &'static str) -> AttributePath {
    text("domain", types, path)
        .through("get-hostname-domain", "set-hostname-domain")
        .listed(Lists {
            general: true,
            needed: true,
            detail: false,
        })
}

/// A field that the API server does not let change.
const fn immutable(types: Types, path: &'static str) -> AttributePath {
    text("immutable", types, path).any()
}

/// A field whose change disrupts what runs. The rows are ours: critical is what cannot be changed
/// in place, high what cuts traffic or access, medium what restarts pods, low what moves them.
const fn disruption(attribute: &'static str, types: Types, path: &'static str) -> AttributePath {
    text(attribute, types, path).any()
}

const SELECTING: Types = Types::Kinds(&[
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "DaemonSet"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
]);
const STATEFUL_SET: Types = Types::Kinds(&[("apps", "StatefulSet")]);
const JOB: Types = Types::Kinds(&[("batch", "Job")]);
const CLAIM: Types = Types::Kinds(&[("", "PersistentVolumeClaim")]);
const STORAGE_CLASS: Types = Types::Kinds(&[("storage.k8s.io", "StorageClass")]);
const AUTOSCALER: Types = Types::Kinds(&[("autoscaling", "HorizontalPodAutoscaler")]);
const BUDGET: Types = Types::Kinds(&[("policy", "PodDisruptionBudget")]);
const CRON_JOB: Types = Types::Kinds(&[("batch", "CronJob")]);
const SERVICE_ACCOUNT: Types = Types::Kinds(&[("", "ServiceAccount")]);
const CRITICAL: &str = "disruption-critical";
const HIGH: &str = "disruption-high";
const MEDIUM: &str = "disruption-medium";
const LOW: &str = "disruption-low";

/// Every place.
pub(super) static PATHS: [AttributePath; 128] = [
    text("container-name", Types::Pods, "{container}.*.name")
        .through("get-container-name", "")
        .listed(GENERAL),
    text(
        "container-image",
        Types::Pods,
        "{container}.?name:container-name=%s.image",
    )
    .through("get-container-image", "set-container-image")
    .listed(GENERAL),
    text(
        "container-repository-uri",
        Types::Pods,
        "{container}.?name:container-name=%s.image#uri",
    )
    .through(
        "get-container-repository-uri",
        "set-container-repository-uri",
    )
    .listed(Lists {
        general: true,
        needed: true,
        detail: true,
    }),
    text(
        "container-image-reference",
        Types::Pods,
        "{container}.?name:container-name=%s.image#reference",
    )
    .through(
        "get-container-image-reference",
        "set-container-image-reference",
    )
    .listed(Lists {
        general: true,
        needed: false,
        detail: true,
    }),
    text(
        "container-images",
        Types::Pods,
        "{container}.*?name:container-name.image",
    )
    .named("container-image"),
    text(
        "container-flag",
        Types::Pods,
        "{container}.?name:container-name=%s.args.?flag:container-flag=%s#value",
    )
    .through("get-container-flag", "set-container-flag"),
    text(
        "container-resources",
        Types::Pods,
        "{container}.?name:container-name=%s.resources",
    )
    .any(),
    text(
        "env-value",
        Types::Pods,
        "{container}.?name:container-name=%s.env.?name:env-var=%s.value",
    )
    .through("get-env-var", "set-env-var"),
    text("replicas", REPLICATED, "spec.replicas")
        .int()
        .through("get-replicas", "set-replicas")
        .listed(Lists {
            general: true,
            needed: false,
            detail: true,
        }),
    text("metadata-name", Types::Any, "metadata.name").through("get-name", "set-name"),
    text("default-name", Types::Any, "metadata.name")
        .named("resource-name")
        .through("", "set-default-names")
        .listed(GENERAL),
    default_name(LABELLED, "metadata.labels.app"),
    default_name(LABELLED, "metadata.labels.app~1kubernetes~1io/name"),
    default_name(WORKLOADS_WITH_LABELS, "spec.selector.matchLabels.app"),
    default_name(
        WORKLOADS_WITH_LABELS,
        "spec.selector.matchLabels.app~1kubernetes~1io/name",
    ),
    default_name(WORKLOADS_WITH_LABELS, "spec.template.metadata.labels.app"),
    default_name(
        WORKLOADS_WITH_LABELS,
        "spec.template.metadata.labels.app~1kubernetes~1io/name",
    ),
    text(
        "annotation-value",
        Types::Any,
        "metadata.annotations.@%s:annotation-key",
    )
    .through("get-annotation", "set-annotation"),
    text("label-value", Types::Any, "metadata.labels.@%s:label-key")
        .through("get-label", "set-label"),
    hostname(INGRESS, "spec.rules.*.host"),
    hostname(INGRESS, "spec.tls.*.hosts.*"),
    hostname(SERVICE, HOSTNAME_ANNOTATION),
    hostname(HTTP_ROUTE, "spec.hostnames.*"),
    hostname(GATEWAY, "spec.listeners.*.hostname"),
    subdomain(INGRESS, "spec.rules.*.host#subdomain"),
    subdomain(INGRESS, "spec.tls.*.hosts.*#subdomain"),
    subdomain(
        SERVICE,
        "metadata.annotations.external-dns~1alpha~1kubernetes~1io/hostname#subdomain",
    ),
    subdomain(HTTP_ROUTE, "spec.hostnames.*#subdomain"),
    subdomain(GATEWAY, "spec.listeners.*.hostname#subdomain"),
    domain(INGRESS, "spec.rules.*.host#domain"),
    domain(INGRESS, "spec.tls.*.hosts.*#domain"),
    domain(
        SERVICE,
        "metadata.annotations.external-dns~1alpha~1kubernetes~1io/hostname#domain",
    ),
    domain(HTTP_ROUTE, "spec.hostnames.*#domain"),
    domain(GATEWAY, "spec.listeners.*.hostname#domain"),
    text("service-type", SERVICE, "spec.type")
        .through("get-service-type", "set-service-type")
        .listed(GENERAL),
    text(
        "configmap-hash",
        Types::Kinds(&[("", "ConfigMap")]),
        "metadata.annotations.confighub~1com/Hash",
    ),
    text(
        "configmap-hash",
        WORKLOADS_WITH_LABELS,
        "spec.template.metadata.annotations.confighub~1com/Hash",
    ),
    text(
        "automount-service-account-token",
        Types::Pods,
        "{pod}.automountServiceAccountToken",
    )
    .bool(),
    detail(
        "automount-token",
        Types::Kinds(&[("", "ServiceAccount")]),
        "automountServiceAccountToken",
    )
    .bool(),
    detail("port", SERVICE, "spec.ports.*.port").int(),
    detail("target-port", SERVICE, "spec.ports.*.targetPort").any(),
    detail(
        "backend-service-name",
        INGRESS,
        "spec.rules.*.http.paths.*.backend.service.name",
    ),
    detail(
        "backend-service-port",
        INGRESS,
        "spec.rules.*.http.paths.*.backend.service.port.number",
    )
    .int(),
    detail("uri-path", INGRESS, "spec.rules.*.http.paths.*.path"),
    detail(
        "ingress-controller",
        Types::Kinds(&[("networking.k8s.io", "IngressClass")]),
        "spec.controller",
    ),
    detail("api-group", ROLES, "rules.*.apiGroups.*"),
    detail("resource-type", ROLES, "rules.*.resources.*"),
    detail("resource-name", ROLES, "rules.*.resourceNames.*"),
    detail("verb", ROLES, "rules.*.verbs.*"),
    detail("role-name", BINDINGS, "roleRef.name"),
    detail("role-kind", BINDINGS, "roleRef.kind"),
    detail("subject-name", BINDINGS, "subjects.*.name"),
    detail("subject-namespace", BINDINGS, "subjects.*.namespace"),
    detail("subject-kind", BINDINGS, "subjects.*.kind"),
    immutable(SELECTING, "spec.selector"),
    immutable(STATEFUL_SET, "spec.serviceName"),
    immutable(STATEFUL_SET, "spec.podManagementPolicy"),
    immutable(STATEFUL_SET, "spec.volumeClaimTemplates"),
    immutable(JOB, "spec.template"),
    immutable(JOB, "spec.completionMode"),
    immutable(BINDINGS, "roleRef"),
    immutable(SERVICE, "spec.clusterIP"),
    immutable(CLAIM, "spec.accessModes"),
    immutable(CLAIM, "spec.storageClassName"),
    immutable(CLAIM, "spec.volumeName"),
    immutable(CLAIM, "spec.volumeMode"),
    immutable(STORAGE_CLASS, "provisioner"),
    immutable(STORAGE_CLASS, "parameters"),
    immutable(STORAGE_CLASS, "reclaimPolicy"),
    immutable(STORAGE_CLASS, "volumeBindingMode"),
    immutable(Types::Kinds(&[("", "Secret")]), "type"),
    immutable(
        Types::Kinds(&[("scheduling.k8s.io", "PriorityClass")]),
        "value",
    ),
    immutable(
        Types::Kinds(&[("networking.k8s.io", "IngressClass")]),
        "spec.controller",
    ),
    immutable(
        Types::Kinds(&[("apiextensions.k8s.io", "CustomResourceDefinition")]),
        "spec.scope",
    ),
    disruption(CRITICAL, SELECTING, "spec.selector"),
    disruption(CRITICAL, STATEFUL_SET, "spec.serviceName"),
    disruption(CRITICAL, STATEFUL_SET, "spec.volumeClaimTemplates"),
    disruption(CRITICAL, JOB, "spec.template"),
    disruption(CRITICAL, BINDINGS, "roleRef"),
    disruption(CRITICAL, CLAIM, "spec.storageClassName"),
    disruption(CRITICAL, STORAGE_CLASS, "provisioner"),
    disruption(HIGH, SERVICE, "spec.type"),
    disruption(HIGH, SERVICE, "spec.selector"),
    disruption(HIGH, SERVICE, "spec.ports"),
    disruption(HIGH, INGRESS, "spec.rules"),
    disruption(HIGH, INGRESS, "spec.tls"),
    disruption(HIGH, HTTP_ROUTE, "spec.hostnames"),
    disruption(HIGH, ROLES, "rules"),
    disruption(HIGH, BINDINGS, "subjects"),
    disruption(MEDIUM, Types::Pods, "{container}"),
    disruption(MEDIUM, Types::Pods, "{pod}.volumes"),
    disruption(MEDIUM, Types::Pods, "{pod}.serviceAccountName"),
    disruption(LOW, REPLICATED, "spec.replicas"),
    disruption(LOW, Types::Pods, "{pod}.nodeSelector"),
    text("autoscaler-min-replicas", AUTOSCALER, "spec.minReplicas")
        .int()
        .through("get-autoscaler-min-replicas", "set-autoscaler-min-replicas"),
    text("autoscaler-max-replicas", AUTOSCALER, "spec.maxReplicas")
        .int()
        .through("get-autoscaler-max-replicas", "set-autoscaler-max-replicas"),
    text("autoscaler-metrics", AUTOSCALER, "spec.metrics")
        .any()
        .through("get-autoscaler-metrics", "set-autoscaler-metrics"),
    text(
        "disruption-budget-min-available",
        BUDGET,
        "spec.minAvailable",
    )
    .any()
    .through(
        "get-disruption-budget-min-available",
        "set-disruption-budget-min-available",
    ),
    text(
        "disruption-budget-max-unavailable",
        BUDGET,
        "spec.maxUnavailable",
    )
    .any()
    .through(
        "get-disruption-budget-max-unavailable",
        "set-disruption-budget-max-unavailable",
    ),
    text("node-selector", Types::Pods, "{pod}.nodeSelector")
        .any()
        .through("get-node-selector", "set-node-selector"),
    text("tolerations", Types::Pods, "{pod}.tolerations")
        .any()
        .through("get-tolerations", "set-tolerations"),
    text("affinity", Types::Pods, "{pod}.affinity")
        .any()
        .through("get-affinity", "set-affinity"),
    text(
        "topology-spread-constraints",
        Types::Pods,
        "{pod}.topologySpreadConstraints",
    )
    .any()
    .through(
        "get-topology-spread-constraints",
        "set-topology-spread-constraints",
    ),
    text(
        "update-strategy",
        Types::Kinds(&[("apps", "Deployment")]),
        "spec.strategy",
    )
    .any()
    .through("get-update-strategy", "set-update-strategy"),
    text(
        "update-strategy",
        Types::Kinds(&[("apps", "DaemonSet"), ("apps", "StatefulSet")]),
        "spec.updateStrategy",
    )
    .any()
    .through("get-update-strategy", "set-update-strategy"),
    text(
        "termination-grace-period",
        Types::Pods,
        "{pod}.terminationGracePeriodSeconds",
    )
    .int()
    .through(
        "get-termination-grace-period",
        "set-termination-grace-period",
    ),
    text("priority-class", Types::Pods, "{pod}.priorityClassName")
        .through("get-priority-class", "set-priority-class"),
    text(
        "service-account-name",
        Types::Pods,
        "{pod}.serviceAccountName",
    )
    .through("get-service-account-name", "set-service-account-name"),
    text("image-pull-secrets", Types::Pods, "{pod}.imagePullSecrets")
        .any()
        .through("get-image-pull-secrets", "set-image-pull-secrets"),
    text("service-ports", SERVICE, "spec.ports")
        .any()
        .through("get-service-ports", "set-service-ports"),
    text("ingress-class", INGRESS, "spec.ingressClassName")
        .through("get-ingress-class", "set-ingress-class"),
    text("ingress-tls", INGRESS, "spec.tls")
        .any()
        .through("get-ingress-tls", "set-ingress-tls"),
    text("gateway-class", GATEWAY, "spec.gatewayClassName")
        .through("get-gateway-class", "set-gateway-class"),
    text("gateway-listeners", GATEWAY, "spec.listeners")
        .any()
        .through("get-gateway-listeners", "set-gateway-listeners"),
    text("route-parents", HTTP_ROUTE, "spec.parentRefs")
        .any()
        .through("get-route-parents", "set-route-parents"),
    text("route-rules", HTTP_ROUTE, "spec.rules")
        .any()
        .through("get-route-rules", "set-route-rules"),
    text("storage-size", CLAIM, "spec.resources.requests.storage")
        .through("get-storage-size", "set-storage-size"),
    text(
        "storage-size",
        STATEFUL_SET,
        "spec.volumeClaimTemplates.*.spec.resources.requests.storage",
    )
    .through("get-storage-size", "set-storage-size"),
    text("storage-class", CLAIM, "spec.storageClassName")
        .through("get-storage-class", "set-storage-class"),
    text(
        "storage-class",
        STATEFUL_SET,
        "spec.volumeClaimTemplates.*.spec.storageClassName",
    )
    .through("get-storage-class", "set-storage-class"),
    text("cron-schedule", CRON_JOB, "spec.schedule")
        .through("get-cron-schedule", "set-cron-schedule"),
    text("cron-suspend", CRON_JOB, "spec.suspend")
        .bool()
        .through("get-cron-suspend", "set-cron-suspend"),
    text(
        "service-account-annotation",
        SERVICE_ACCOUNT,
        "metadata.annotations.@%s:annotation-key",
    )
    .through(
        "get-service-account-annotation",
        "set-service-account-annotation",
    ),
    text(
        "container-command",
        Types::Pods,
        "{container}.?name:container-name=%s.command",
    )
    .any()
    .through("get-container-command", "set-container-command"),
    text(
        "container-args",
        Types::Pods,
        "{container}.?name:container-name=%s.args",
    )
    .any()
    .through("get-container-args", "set-container-args"),
    text(
        "liveness-probe",
        Types::Pods,
        "{container}.?name:container-name=%s.livenessProbe",
    )
    .any()
    .through("get-liveness-probe", "set-liveness-probe"),
    text(
        "readiness-probe",
        Types::Pods,
        "{container}.?name:container-name=%s.readinessProbe",
    )
    .any()
    .through("get-readiness-probe", "set-readiness-probe"),
    text(
        "startup-probe",
        Types::Pods,
        "{container}.?name:container-name=%s.startupProbe",
    )
    .any()
    .through("get-startup-probe", "set-startup-probe"),
];
