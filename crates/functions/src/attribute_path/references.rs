//! Who points to what by name (section 1.2.4 of the function engine).

use cubit_configdata::{Match, Missing, Path, Resource, resolve};

use super::{Types, expand, sibling};
use crate::kubernetes::split_type;

/// One place where the name of a resource of another type stands.
#[derive(Debug)]
pub(crate) struct Reference {
    /// Type of the resource that is named.
    pub(crate) target: &'static str,
    /// The resources that name it.
    pub(crate) types: Types,
    /// Pattern of the place, as in the table of attributes.
    pub(crate) path: &'static str,
    /// A value beside it that must be, or hold, a word; otherwise another type is meant.
    pub(crate) only: Option<(&'static str, &'static str)>,
}

impl Reference {
    /// Whether a type is the target, in any version.
    pub(crate) fn is_to(&self, resource_type: &str) -> bool {
        let (group, _, kind) = split_type(resource_type);
        let (target_group, _, target_kind) = split_type(self.target);
        (group, kind) == (target_group, target_kind)
    }

    /// The places in a resource that hold a name.
    pub(crate) fn places<'a>(&self, resource: &Resource<'a>, missing: Missing) -> Vec<Match<'a>> {
        if !self.types.have(resource) {
            return Vec::new();
        }
        expand(self.path, &resource.info.resource_type)
            .iter()
            .filter_map(|pattern| Path::parse(pattern).ok())
            .flat_map(|path| resolve(resource.root, &path, missing))
            .filter(|place| self.is_meant(resource, place))
            .collect()
    }

    fn is_meant(&self, resource: &Resource<'_>, place: &Match<'_>) -> bool {
        let Some((beside, word)) = self.only else {
            return true;
        };
        sibling(resource.root, place, beside).is_some_and(|node| {
            node.items().any(|item| item.scalar() == word)
                || !node.is_collection() && node.scalar() == word
        })
    }
}

const fn reference(target: &'static str, types: Types, path: &'static str) -> Reference {
    Reference {
        target,
        types,
        path,
        only: None,
    }
}

impl Reference {
    const fn only(mut self, beside: &'static str, word: &'static str) -> Self {
        self.only = Some((beside, word));
        self
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";
const INGRESS: Types = Types::Kinds(&[("networking.k8s.io", "Ingress"), ("extensions", "Ingress")]);
const ROLES: Types = Types::Kinds(&[(RBAC, "Role"), (RBAC, "ClusterRole")]);
const CLUSTER_ROLE: Types = Types::Kinds(&[(RBAC, "ClusterRole")]);
const BINDINGS: Types = Types::Kinds(&[(RBAC, "RoleBinding"), (RBAC, "ClusterRoleBinding")]);
const ROLE_BINDING: Types = Types::Kinds(&[(RBAC, "RoleBinding")]);
const WEBHOOKS: Types = Types::Kinds(&[
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
    ),
]);
const API_SERVICE: Types = Types::Kinds(&[("apiregistration.k8s.io", "APIService")]);
const AUTOSCALER: Types = Types::Kinds(&[("autoscaling", "HorizontalPodAutoscaler")]);
const STATEFUL_SET: Types = Types::Kinds(&[("apps", "StatefulSet")]);
const VOLUME: Types = Types::Kinds(&[("", "PersistentVolume")]);
const CLAIM: Types = Types::Kinds(&[("", "PersistentVolumeClaim")]);
const STORAGE_CLASS: Types = Types::Kinds(&[("storage.k8s.io", "StorageClass")]);
const SERVICE_ACCOUNT: Types = Types::Kinds(&[("", "ServiceAccount")]);

const NAMESPACE: &str = "v1/Namespace";
const CONFIG_MAP: &str = "v1/ConfigMap";
const SECRET: &str = "v1/Secret";
const SERVICE: &str = "v1/Service";
const ACCOUNT: &str = "v1/ServiceAccount";

/// Every reference.
pub(crate) static REFERENCES: [Reference; 62] = [
    reference(NAMESPACE, Types::Namespaced, "metadata.namespace"),
    reference(NAMESPACE, BINDINGS, "subjects.*.namespace"),
    reference(
        NAMESPACE,
        Types::Kinds(&[("apiextensions.k8s.io", "CustomResourceDefinition")]),
        "spec.conversion.webhook.clientConfig.service.namespace",
    ),
    reference(NAMESPACE, API_SERVICE, "spec.service.namespace"),
    reference(
        NAMESPACE,
        Types::Kinds(&[("kustomize.toolkit.fluxcd.io", "Kustomization")]),
        "spec.targetNamespace",
    ),
    reference(
        NAMESPACE,
        Types::Kinds(&[("helm.toolkit.fluxcd.io", "HelmRelease")]),
        "spec.chartRef.namespace",
    ),
    reference(
        NAMESPACE,
        WEBHOOKS,
        "webhooks.*.clientConfig.service.namespace",
    ),
    reference(
        CONFIG_MAP,
        Types::Pods,
        "{container}.*.env.*.valueFrom.configMapKeyRef.name",
    ),
    reference(
        CONFIG_MAP,
        Types::Pods,
        "{container}.*.envFrom.*.configMapRef.name",
    ),
    reference(CONFIG_MAP, Types::Pods, "{pod}.volumes.*.configMap.name"),
    reference(
        CONFIG_MAP,
        Types::Pods,
        "{pod}.volumes.*.projected.sources.*.configMap.name",
    ),
    reference(
        CONFIG_MAP,
        Types::Kinds(&[("", "Node")]),
        "spec.configSource.configMap",
    ),
    reference(CONFIG_MAP, ROLES, "rules.*.resourceNames.*").only("rules.*.resources", "configmaps"),
    reference(
        CONFIG_MAP,
        INGRESS,
        "metadata.annotations.nginx~1ingress~1kubernetes~1io/fastcgi-params-configmap",
    ),
    reference(
        SECRET,
        Types::Pods,
        "{container}.*.env.*.valueFrom.secretKeyRef.name",
    ),
    reference(
        SECRET,
        Types::Pods,
        "{container}.*.envFrom.*.secretRef.name",
    ),
    reference(SECRET, Types::Pods, "{pod}.volumes.*.secret.secretName"),
    reference(
        SECRET,
        Types::Pods,
        "{pod}.volumes.*.projected.sources.*.secret.name",
    ),
    reference(SECRET, Types::Pods, "{pod}.imagePullSecrets.*.name"),
    reference(SECRET, SERVICE_ACCOUNT, "imagePullSecrets.*.name"),
    reference(SECRET, SERVICE_ACCOUNT, "secrets.*.name"),
    reference(SECRET, INGRESS, "spec.tls.*.secretName"),
    reference(
        SECRET,
        INGRESS,
        "metadata.annotations.ingress~1kubernetes~1io/auth-secret",
    ),
    reference(
        SECRET,
        INGRESS,
        "metadata.annotations.nginx~1ingress~1kubernetes~1io/auth-secret",
    ),
    reference(
        SECRET,
        INGRESS,
        "metadata.annotations.nginx~1ingress~1kubernetes~1io/auth-tls-secret",
    ),
    reference(SECRET, VOLUME, "spec.azureFile.secretName"),
    reference(SECRET, STORAGE_CLASS, "parameters.adminSecretName"),
    reference(SECRET, STORAGE_CLASS, "parameters.userSecretName"),
    reference(SECRET, STORAGE_CLASS, "parameters.secretName"),
    reference(SECRET, STORAGE_CLASS, "parameters.secretRef"),
    reference(SECRET, ROLES, "rules.*.resourceNames.*").only("rules.*.resources", "secrets"),
    reference(SERVICE, STATEFUL_SET, "spec.serviceName"),
    reference(
        SERVICE,
        INGRESS,
        "spec.rules.*.http.paths.*.backend.service.name",
    ),
    reference(
        SERVICE,
        INGRESS,
        "spec.rules.*.http.paths.*.backend.serviceName",
    ),
    reference(SERVICE, INGRESS, "spec.defaultBackend.service.name"),
    reference(SERVICE, INGRESS, "spec.backend.serviceName"),
    reference(SERVICE, API_SERVICE, "spec.service.name"),
    reference(SERVICE, WEBHOOKS, "webhooks.*.clientConfig.service.name"),
    reference(ACCOUNT, Types::Pods, "{pod}.serviceAccountName"),
    reference(ACCOUNT, BINDINGS, "subjects.*.name").only("subjects.*.kind", "ServiceAccount"),
    reference(
        "v1/PersistentVolumeClaim",
        Types::Pods,
        "{pod}.volumes.*.persistentVolumeClaim.claimName",
    ),
    reference("v1/PersistentVolume", CLAIM, "spec.volumeName"),
    reference(
        "v1/PersistentVolume",
        CLUSTER_ROLE,
        "rules.*.resourceNames.*",
    )
    .only("rules.*.resources", "persistentvolumes"),
    reference(
        "storage.k8s.io/v1/StorageClass",
        VOLUME,
        "spec.storageClassName",
    ),
    reference(
        "storage.k8s.io/v1/StorageClass",
        CLAIM,
        "spec.storageClassName",
    ),
    reference(
        "storage.k8s.io/v1/StorageClass",
        STATEFUL_SET,
        "spec.volumeClaimTemplates.*.spec.storageClassName",
    ),
    reference(
        "rbac.authorization.k8s.io/v1/Role",
        ROLE_BINDING,
        "roleRef.name",
    )
    .only("roleRef.kind", "Role"),
    reference(
        "rbac.authorization.k8s.io/v1/ClusterRole",
        BINDINGS,
        "roleRef.name",
    )
    .only("roleRef.kind", "ClusterRole"),
    reference(
        "scheduling.k8s.io/v1/PriorityClass",
        Types::Pods,
        "{pod}.priorityClassName",
    ),
    reference(
        "node.k8s.io/v1/RuntimeClass",
        Types::Pods,
        "{pod}.runtimeClassName",
    ),
    reference("apps/v1/Deployment", AUTOSCALER, "spec.scaleTargetRef.name")
        .only("spec.scaleTargetRef.kind", "Deployment"),
    reference("apps/v1/ReplicaSet", AUTOSCALER, "spec.scaleTargetRef.name")
        .only("spec.scaleTargetRef.kind", "ReplicaSet"),
    reference(
        "apps/v1/StatefulSet",
        AUTOSCALER,
        "spec.scaleTargetRef.name",
    )
    .only("spec.scaleTargetRef.kind", "StatefulSet"),
    reference(
        "v1/ReplicationController",
        AUTOSCALER,
        "spec.scaleTargetRef.name",
    )
    .only("spec.scaleTargetRef.kind", "ReplicationController"),
    reference(
        "argoproj.io/v1alpha1/Rollout",
        AUTOSCALER,
        "spec.scaleTargetRef.name",
    )
    .only("spec.scaleTargetRef.kind", "Rollout"),
    reference(
        "networking.k8s.io/v1/IngressClass",
        INGRESS,
        "spec.ingressClassName",
    ),
    reference(
        "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
        Types::Kinds(&[(
            "admissionregistration.k8s.io",
            "ValidatingAdmissionPolicyBinding",
        )]),
        "spec.policyName",
    ),
    reference(
        "gateway.networking.k8s.io/v1/GatewayClass",
        Types::Kinds(&[("gateway.networking.k8s.io", "Gateway")]),
        "spec.gatewayClassName",
    ),
    reference(
        "gateway.networking.k8s.io/v1/Gateway",
        Types::Kinds(&[("gateway.networking.k8s.io", "HTTPRoute")]),
        "spec.parentRefs.*.name",
    ),
    reference(
        SERVICE,
        Types::Kinds(&[("gateway.networking.k8s.io", "HTTPRoute")]),
        "spec.rules.*.backendRefs.*.name",
    ),
    reference(
        SECRET,
        Types::Kinds(&[("gateway.networking.k8s.io", "Gateway")]),
        "spec.listeners.*.tls.certificateRefs.*.name",
    ),
    reference(ACCOUNT, Types::Pods, "{pod}.serviceAccount"),
];
