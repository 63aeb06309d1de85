//! Fields of Kubernetes resources that are read and set under a name of their own.
//!
//! A row is a pair of functions, `get-NAME` and `set-NAME`; where the field stands is said in the
//! table of attributes.

use cubit_configdata::{Missing, Value};

use super::any_path::yaml_value;
use super::attributes::{find, values, write};
use super::container::container_name;
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::METADATA_KEY;
use crate::signature::{DataType, OutputType};

/// A field of Kubernetes resources.
struct Field {
    /// The attribute, and the name of the functions without get- and set-.
    name: &'static str,
    what: &'static str,
    data_type: DataType,
    /// Words that are allowed, for an enum.
    words: &'static [&'static str],
    /// A value for the example, and the text before and after setting it.
    value: &'static str,
    before: &'static str,
    after: &'static str,
    /// What the attribute is found by besides the field.
    key: Key,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    None,
    /// A container's name.
    Container,
    /// The key of an annotation.
    Annotation,
}

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n";

const fn field(
    name: &'static str,
    what: &'static str,
    data_type: DataType,
    value: &'static str,
    before: &'static str,
    after: &'static str,
) -> Field {
    Field {
        name,
        what,
        data_type,
        words: &[],
        value,
        before,
        after,
        key: Key::None,
    }
}

impl Field {
    const fn one_of(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    const fn by(mut self, key: Key) -> Self {
        self.key = key;
        self
    }
}

const FIELDS: &[Field] = &[
    field("autoscaler-min-replicas", "the least number of replicas of autoscalers", DataType::Int, "2",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  minReplicas: 1 # night\n",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  minReplicas: 2 # night\n"),
    field("autoscaler-max-replicas", "the greatest number of replicas of autoscalers", DataType::Int, "9",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  maxReplicas: 3\n",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  maxReplicas: 9\n"),
    field("autoscaler-metrics", "the metrics of autoscalers", DataType::Yaml, "[{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]\n",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]\n"),
    field("disruption-budget-min-available", "how many pods must stay available, as a number or a share", DataType::Yaml, "50%",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec:\n  minAvailable: 1\n",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec:\n  minAvailable: 50%\n"),
    field("disruption-budget-max-unavailable", "how many pods may be unavailable, as a number or a share", DataType::Yaml, "1",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec:\n  maxUnavailable: 2\n",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec:\n  maxUnavailable: 1\n"),
    field("node-selector", "the labels of the nodes that pods may run on", DataType::Yaml, "{disk: ssd}",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  nodeSelector:\n    zone: a # near\n    disk: hdd\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  nodeSelector:\n    disk: ssd\n"),
    field("tolerations", "the taints that pods tolerate", DataType::Yaml, "[{key: gpu, operator: Exists}]",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  tolerations:\n  - key: gpu\n    operator: Equal # old\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  tolerations:\n  - key: gpu\n    operator: Exists # old\n"),
    field("affinity", "what pods want to run beside", DataType::Yaml, "{podAntiAffinity: {}}",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  restartPolicy: Never\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  restartPolicy: Never\n  affinity:\n    podAntiAffinity: {}\n"),
    field("topology-spread-constraints", "how pods are spread over zones and nodes", DataType::Yaml, "[{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  topologySpreadConstraints:\n  - maxSkew: 2\n    topologyKey: zone\n    whenUnsatisfiable: DoNotSchedule\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  topologySpreadConstraints:\n  - maxSkew: 1\n    topologyKey: zone\n    whenUnsatisfiable: DoNotSchedule\n"),
    field("update-strategy", "how workloads replace their pods", DataType::Yaml, "{type: Recreate}",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  strategy: {type: RollingUpdate}\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  strategy: {type: Recreate}\n"),
    field("termination-grace-period", "how many seconds pods get to end", DataType::Int, "60",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  terminationGracePeriodSeconds: 30\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  terminationGracePeriodSeconds: 60\n"),
    field("priority-class", "the priority class of pods", DataType::String, "high",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  restartPolicy: Never\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  restartPolicy: Never\n  priorityClassName: high\n"),
    field("service-account-name", "the service account of pods", DataType::String, "runner",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  serviceAccountName: default\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  serviceAccountName: runner\n"),
    field("image-pull-secrets", "the secrets that images are pulled with", DataType::Yaml, "[{name: registry}]",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  imagePullSecrets:\n  - name: old\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  imagePullSecrets:\n  - name: registry\n"),
    field("service-type", "the type of services", DataType::Enum, "LoadBalancer",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: ClusterIP # inside\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: LoadBalancer # inside\n")
        .one_of(&["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    field("service-ports", "the ports of services", DataType::Yaml, "[{name: http, port: 80, targetPort: 9090}]",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080 # app\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - name: http\n    port: 80\n    targetPort: 9090 # app\n"),
    field("ingress-class", "the class of ingresses", DataType::String, "nginx",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  ingressClassName: public\n",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  ingressClassName: nginx\n"),
    field("ingress-tls", "hosts and secrets for TLS of ingresses", DataType::Yaml, "[{hosts: [shop.example.com], secretName: shop-tls}]",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  tls:\n  - hosts: [shop.example.com]\n    secretName: old\n",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  tls:\n  - hosts: [shop.example.com]\n    secretName: shop-tls\n"),
    field("gateway-class", "the class of gateways", DataType::String, "cilium",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  gatewayClassName: istio\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  gatewayClassName: cilium\n"),
    field("gateway-listeners", "the listeners of gateways", DataType::Yaml, "[{name: http, port: 8080, protocol: HTTP}]",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  listeners:\n  - name: http\n    port: 80\n    protocol: HTTP\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  listeners:\n  - name: http\n    port: 8080\n    protocol: HTTP\n"),
    field("route-parents", "the gateways that routes hang on", DataType::Yaml, "[{name: public}]",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  parentRefs: [{name: private}]\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  parentRefs: [{name: public}]\n"),
    field("route-rules", "the rules of routes", DataType::Yaml, "[{backendRefs: [{name: web, port: 80}]}]",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  rules:\n  - backendRefs:\n    - name: web # shop\n      port: 8080\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  rules:\n  - backendRefs:\n    - name: web # shop\n      port: 80\n"),
    field("storage-size", "the size of claimed volumes", DataType::String, "20Gi",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec:\n  resources:\n    requests:\n      storage: 10Gi\n",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec:\n  resources:\n    requests:\n      storage: 20Gi\n"),
    field("storage-class", "the storage class of claimed volumes", DataType::String, "fast",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec:\n  storageClassName: slow\n",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec:\n  storageClassName: fast\n"),
    field("cron-schedule", "when cron jobs run", DataType::String, "0 4 * * *",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"0 3 * * *\"\n",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"0 4 * * *\"\n"),
    field("cron-suspend", "whether cron jobs rest", DataType::Bool, "true",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"0 3 * * *\"\n",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"0 3 * * *\"\n  suspend: true\n"),
    field("service-account-annotation", "an annotation of service accounts, such as the cloud role they take", DataType::String, "arn:aws:iam::1:role/shop",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, annotations: {eks.amazonaws.com/role-arn: none}}\n",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, annotations: {eks.amazonaws.com/role-arn: \"arn:aws:iam::1:role/shop\"}}\n")
        .by(Key::Annotation),
    field("container-command", "the command of containers", DataType::Yaml, "[serve]",
        POD,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    command:\n    - serve\n")
        .by(Key::Container),
    field("container-args", "the arguments of containers", DataType::Yaml, "[--port=80]",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: web, args: [--port=8080]}]}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: web, args: [--port=80]}]}\n")
        .by(Key::Container),
    field("liveness-probe", "the liveness probe of containers", DataType::Yaml, "{httpGet: {path: /live, port: 80}}",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    livenessProbe:\n      httpGet: {path: /, port: 80} # old\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    livenessProbe:\n      httpGet: {path: /live, port: 80} # old\n")
        .by(Key::Container),
    field("readiness-probe", "the readiness probe of containers", DataType::Yaml, "{tcpSocket: {port: 80}}",
        POD,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    readinessProbe:\n      tcpSocket:\n        port: 80\n")
        .by(Key::Container),
    field("startup-probe", "the startup probe of containers", DataType::Yaml, "{tcpSocket: {port: 80}}",
        POD,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    startupProbe:\n      tcpSocket:\n        port: 80\n")
        .by(Key::Container),
];

pub(crate) fn functions() -> Vec<Function> {
    FIELDS
        .iter()
        .flat_map(|field| {
            let get = Function::kubernetes(
                &format!("get-{}", field.name),
                &format!("Reads {}.", field.what),
                get,
            )
            .attribute(field.name)
            .output(
                OutputType::AttributeValueList,
                field.name,
                "The values found.",
            );
            let set = Function::kubernetes(
                &format!("set-{}", field.name),
                &format!("Sets {}, also where it is missing.", field.what),
                set,
            )
            .attribute(field.name)
            .mutating();
            let (get, set) = match field.key {
                Key::None => (get, set),
                Key::Container => (
                    get.parameter(container_name()),
                    set.parameter(container_name()),
                ),
                Key::Annotation => {
                    let key = || {
                        required(
                            "annotation-key",
                            DataType::String,
                            "eks.amazonaws.com/role-arn",
                            "Key of the annotation.",
                        )
                        .matching(METADATA_KEY)
                    };
                    (get.parameter(key()), set.parameter(key()))
                }
            };
            let value = required("value", field.data_type, field.value, "The new value.");
            let value = match field.data_type {
                DataType::Enum => value.one_of(field.words),
                DataType::Int => value.between(Some(0), None),
                _ => value,
            };
            let words: &[&'static str] = match field.key {
                Key::None => &[],
                Key::Container => &["web"],
                Key::Annotation => &["eks.amazonaws.com/role-arn"],
            };
            let (get, set) = (get, set.parameter(value));
            [
                get.example_of(words.to_vec(), field.after, "\"Value\":"),
                set.example_of([words, &[field.value]].concat(), field.before, field.after),
            ]
        })
        .collect()
}

/// The field a call is about.
fn field_of(call: &Call<'_>) -> Result<&'static Field, Failure> {
    let name = call.function_name.get(4..).unwrap_or_default();
    FIELDS
        .iter()
        .find(|field| field.name == name)
        .ok_or_else(|| Failure::from(format!("there is no field {name}")))
}

fn key_of(call: &Call<'_>, field: &Field) -> Vec<String> {
    match field.key {
        Key::None => vec![],
        Key::Container => vec![call.arguments.text("container-name").to_owned()],
        Key::Annotation => vec![call.arguments.text("annotation-key").to_owned()],
    }
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let field = field_of(call)?;
    let keys = key_of(call, field);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let found = find(call, field.name, &keys, Missing::Skip);
    Ok(Output::Attributes(values(call, found)))
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let field = field_of(call)?;
    let value = match field.data_type {
        DataType::Int => call.arguments.int("value").unwrap_or_default().into(),
        DataType::Bool => call.arguments.bool("value").unwrap_or_default().into(),
        DataType::Yaml => yaml_value(call.arguments.text("value"))
            .map_err(|error| format!("parameter value: {error}"))?,
        _ => Value::String(call.arguments.text("value").to_owned()),
    };
    let keys = key_of(call, field);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for found in find(call, field.name, &keys, Missing::Create) {
        write(call, &found, &value)?;
    }
    Ok(Output::Nothing)
}
