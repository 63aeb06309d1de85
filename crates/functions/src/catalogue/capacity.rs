//! What the workloads of a unit ask for, and what that costs. All sums are exact.

use std::collections::HashMap;

use cubit_configdata::{Quantity, Resource};
use serde_json::{Value as Json, json};

use super::pods::{Place, Pod, may_meet, namespace, pods};
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::split_type;
use crate::signature::{DataType, FunctionParameter, OutputType};

const SHOP: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n  template:\n    spec:\n      initContainers:\n      - name: setup\n        resources: {requests: {cpu: '1', memory: 64Mi}}\n      containers:\n      - name: web\n        resources: {requests: {cpu: 250m, memory: 512Mi}, limits: {memory: 1Gi}}\n      - name: log\n        resources: {requests: {cpu: 250m}}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {resources: {requests: {storage: 10Gi}}}\n";
const SCALED: &str = "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 500m, memory: 1Gi}}}]}}}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {scaleTargetRef: {kind: ReplicationController, name: web}, minReplicas: 2, maxReplicas: 6}\n";

/// Hours in a month: 365 days of 24 hours, divided by 12.
const HOURS: i128 = 730;

fn nodes() -> FunctionParameter {
    optional(
        "nodes",
        DataType::Int,
        "5",
        "Nodes that run the pods of DaemonSets; 1 when left out.",
    )
    .between(Some(0), Some(1_000_000))
}

fn price(name: &str, example: &str, description: &str) -> FunctionParameter {
    required(name, DataType::String, example, description).matching(r"^[0-9]{1,9}(\.[0-9]{1,9})?$")
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-resource-totals", "Sums what the workloads ask for and are limited to: CPU and memory of their pods (init containers count where they need more than the others together) times replicas, and storage of claims. With an autoscaler in the unit, for its least and its most replicas. Pods of Jobs and CronJobs count as if they ran.", totals)
            .parameter(nodes())
            .output(OutputType::Json, "resource-totals", "Workloads with replicas, requests and limits; the total.")
            .example(&[], SHOP, r#""Total":{"Min":{"Requests":{"cpu":"3","memory":"1536Mi"},"Limits":{"cpu":"0","memory":"3Gi"},"Storage":"10Gi"}"#)
            .example(&[], SCALED, r#""Max":{"Requests":{"cpu":"3","memory":"6Gi"},"Limits":{"cpu":"3","memory":"6Gi"},"Storage":"0"}"#),
        Function::kubernetes("get-cost", "What the requests of the workloads and their storage cost in a month of 730 hours, at prices given, in the currency of these. Jobs and CronJobs are left out: how long they run is not known.", cost)
            .parameter(price("cpu-hour", "0.031611", "Price of one CPU for an hour."))
            .parameter(price("memory-gib-hour", "0.004237", "Price of one GiB of memory for an hour."))
            .parameter(price("storage-gib-month", "0.10", "Price of one GiB of storage for a month."))
            .parameter(nodes())
            .output(OutputType::Json, "cost", "Cost of the workloads and in total, rounded to two places.")
            .example(&["0.03", "0.004", "0.1"], SHOP, r#""Total":{"Min":"71.08","Max":"71.08"}"#)
            .example(&["0.03", "0.004", "0.1"], SCALED, r#""Total":{"Min":"27.74","Max":"83.22"}"#),
    ]
}

/// Amounts of CPU (in CPUs), memory and storage (in bytes).
#[derive(Clone, Copy)]
struct Amounts {
    cpu: Quantity,
    memory: Quantity,
}

#[derive(Clone, Copy)]
struct Sum {
    requests: Amounts,
    limits: Amounts,
    storage: Quantity,
}

const TOO_LARGE: &str = "the amounts are too large to be added";

impl Amounts {
    fn zero() -> Result<Self, String> {
        let zero: Quantity = "0".parse().map_err(|_| TOO_LARGE)?;
        Ok(Self {
            cpu: zero,
            memory: zero,
        })
    }

    fn plus(self, other: Self) -> Result<Self, String> {
        Ok(Self {
            cpu: self.cpu.plus(other.cpu).ok_or(TOO_LARGE)?,
            memory: self.memory.plus(other.memory).ok_or(TOO_LARGE)?,
        })
    }

    fn max(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.max(other.cpu),
            memory: self.memory.max(other.memory),
        }
    }

    fn to_json(self) -> Json {
        json!({ "cpu": self.cpu.to_string(), "memory": self.memory.to_string() })
    }
}

impl Sum {
    fn zero() -> Result<Self, String> {
        let zero = Amounts::zero()?;
        Ok(Self {
            requests: zero,
            limits: zero,
            storage: zero.cpu,
        })
    }

    fn plus(self, other: Self) -> Result<Self, String> {
        Ok(Self {
            requests: self.requests.plus(other.requests)?,
            limits: self.limits.plus(other.limits)?,
            storage: self.storage.plus(other.storage).ok_or(TOO_LARGE)?,
        })
    }

    fn times(self, factor: i64) -> Result<Self, String> {
        let times = |quantity: Quantity| quantity.times(factor).ok_or(TOO_LARGE);
        let both = |amounts: Amounts| {
            Ok::<_, String>(Amounts {
                cpu: times(amounts.cpu)?,
                memory: times(amounts.memory)?,
            })
        };
        Ok(Self {
            requests: both(self.requests)?,
            limits: both(self.limits)?,
            storage: times(self.storage)?,
        })
    }

    fn to_json(self) -> Json {
        json!({
            "Requests": self.requests.to_json(),
            "Limits": self.limits.to_json(),
            "Storage": self.storage.to_string(),
        })
    }
}

/// A workload or claim: what it needs with the fewest and with the most replicas.
struct Load<'a> {
    resource: Resource<'a>,
    replicas: (i64, i64),
    min: Sum,
    max: Sum,
}

/// The amount of one resource in a map; nothing when there is none.
fn amount(map: Option<&Place<'_>>, name: &str) -> Result<Option<Quantity>, String> {
    let Some(place) = map.and_then(|map| map.get(name)) else {
        return Ok(None);
    };
    let quantity = place.node.scalar().parse::<Quantity>();
    quantity
        .map(Some)
        .map_err(|error| format!("{}: {error}", place.path))
}

/// Requests and limits of a container, or of a pod as a whole where it states them.
fn stated(place: &Place<'_>) -> Result<[Option<Quantity>; 4], String> {
    let requests = place.down("resources.requests");
    let limits = place.down("resources.limits");
    let limit_cpu = amount(limits.as_ref(), "cpu")?;
    let limit_memory = amount(limits.as_ref(), "memory")?;
    // What is limited and asks for nothing asks for its limit.
    Ok([
        amount(requests.as_ref(), "cpu")?.or(limit_cpu),
        amount(requests.as_ref(), "memory")?.or(limit_memory),
        limit_cpu,
        limit_memory,
    ])
}

/// Requests and limits of a pod, as the scheduler counts them.
fn of_pod(pod: &Pod<'_>) -> Result<Sum, String> {
    let zero = Amounts::zero()?;
    let of = |container: &Place<'_>| {
        let [cpu, memory, limit_cpu, limit_memory] = stated(container)?;
        let amounts = |cpu: Option<Quantity>, memory: Option<Quantity>| Amounts {
            cpu: cpu.unwrap_or(zero.cpu),
            memory: memory.unwrap_or(zero.memory),
        };
        Ok::<_, String>((amounts(cpu, memory), amounts(limit_cpu, limit_memory)))
    };
    let (mut sum, mut sidecars, mut setup) = ((zero, zero), (zero, zero), (zero, zero));
    for container in pod.spec.list("containers") {
        let (requests, limits) = of(&container)?;
        sum = (sum.0.plus(requests)?, sum.1.plus(limits)?);
    }
    for container in pod.spec.list("initContainers") {
        let (requests, limits) = of(&container)?;
        let with_sidecars = (sidecars.0.plus(requests)?, sidecars.1.plus(limits)?);
        setup = (setup.0.max(with_sidecars.0), setup.1.max(with_sidecars.1));
        // One that is restarted always runs beside the others.
        if container.text("restartPolicy").as_deref() == Some("Always") {
            sidecars = with_sidecars;
        }
    }
    let mut requests = sum.0.plus(sidecars.0)?.max(setup.0);
    let mut limits = sum.1.plus(sidecars.1)?.max(setup.1);
    let [cpu, memory, limit_cpu, limit_memory] = stated(&pod.spec)?;
    requests.cpu = cpu.unwrap_or(requests.cpu);
    requests.memory = memory.unwrap_or(requests.memory);
    limits.cpu = limit_cpu.unwrap_or(limits.cpu);
    limits.memory = limit_memory.unwrap_or(limits.memory);
    let overhead = pod.spec.get("overhead");
    let overhead = Amounts {
        cpu: amount(overhead.as_ref(), "cpu")?.unwrap_or(zero.cpu),
        memory: amount(overhead.as_ref(), "memory")?.unwrap_or(zero.memory),
    };
    Ok(Sum {
        requests: requests.plus(overhead)?,
        limits,
        storage: zero.cpu,
    })
}

/// A whole number that stands at a path; another one when none does.
fn number(resource: &Resource<'_>, path: &str, otherwise: i64) -> i64 {
    Place::root(resource)
        .down(path)
        .and_then(|place| place.node.as_integer())
        .map_or(otherwise, |number| number.max(0))
}

/// Autoscalers by kind and name of what they scale.
type Scalers<'a> = HashMap<(String, String), Vec<Resource<'a>>>;

fn scalers<'a>(call: &Call<'a>) -> Scalers<'a> {
    let mut scalers: Scalers<'a> = HashMap::new();
    for resource in call.resources("*") {
        let (group, _, kind) = split_type(&resource.info.resource_type);
        if (group, kind) == ("autoscaling", "HorizontalPodAutoscaler")
            && let Some(target) = Place::root(&resource).down("spec.scaleTargetRef")
            && let (Some(kind), Some(name)) = (target.text("kind"), target.text("name"))
        {
            scalers.entry((kind, name)).or_default().push(resource);
        }
    }
    scalers
}

/// The fewest and the most pods of a workload.
fn replicas(resource: &Resource<'_>, scalers: &Scalers<'_>, nodes: i64) -> (i64, i64) {
    let (_, _, kind) = split_type(&resource.info.resource_type);
    let fixed = |number: i64| (number, number);
    match kind {
        "Pod" => return fixed(1),
        "PodTemplate" => return fixed(0),
        "DaemonSet" => return fixed(nodes),
        "Job" => return fixed(number(resource, "spec.parallelism", 1)),
        "CronJob" => return fixed(number(resource, "spec.jobTemplate.spec.parallelism", 1)),
        _ => {}
    }
    let name = resource.info.resource_name_without_scope.clone();
    let scaler = scalers
        .get(&(kind.to_owned(), name))
        .into_iter()
        .flatten()
        .find(|scaler| may_meet(namespace(&scaler.info), namespace(&resource.info)));
    match scaler {
        Some(scaler) => {
            let min = number(scaler, "spec.minReplicas", 1);
            (min, number(scaler, "spec.maxReplicas", min).max(min))
        }
        None => fixed(number(resource, "spec.replicas", 1)),
    }
}

/// Everything in the unit that needs something. What cannot be read is a problem of the call.
fn loads<'a>(call: &mut Call<'a>) -> Vec<Load<'a>> {
    let nodes = call.arguments.int("nodes").unwrap_or(1);
    let scalers = scalers(call);
    let mut loads = Vec::new();
    for pod in pods(call) {
        let replicas = replicas(&pod.resource, &scalers, nodes);
        let load = of_pod(&pod).and_then(|mut sum| {
            let root = Place::root(&pod.resource);
            for claim in root
                .get("spec")
                .map(|spec| spec.list("volumeClaimTemplates"))
                .unwrap_or_default()
            {
                sum.storage = sum.storage.plus(storage(&claim)?).ok_or(TOO_LARGE)?;
            }
            Ok((sum.times(replicas.0)?, sum.times(replicas.1)?))
        });
        match load {
            Ok((min, max)) => loads.push(Load {
                resource: pod.resource,
                replicas,
                min,
                max,
            }),
            Err(reason) => call.problem(&pod.resource.info, &reason),
        }
    }
    for resource in call.resources("v1/PersistentVolumeClaim") {
        let sum = storage(&Place::root(&resource)).and_then(|storage| {
            let zero = Sum::zero()?;
            Ok(Sum { storage, ..zero })
        });
        match sum {
            Ok(sum) => loads.push(Load {
                resource,
                replicas: (1, 1),
                min: sum,
                max: sum,
            }),
            Err(reason) => call.problem(&resource.info, &reason),
        }
    }
    loads
}

fn storage(claim: &Place<'_>) -> Result<Quantity, String> {
    let requests = claim.down("spec.resources.requests");
    match amount(requests.as_ref(), "storage")? {
        Some(amount) => Ok(amount),
        None => Ok(Amounts::zero()?.cpu),
    }
}

/// Minimum and maximum of some loads together.
fn total<'l, 'a: 'l>(loads: impl IntoIterator<Item = &'l Load<'a>>) -> Result<(Sum, Sum), String> {
    let zero = Sum::zero()?;
    loads
        .into_iter()
        .try_fold((zero, zero), |(min, max), load| {
            Ok((min.plus(load.min)?, max.plus(load.max)?))
        })
}

fn totals(call: &mut Call<'_>) -> Result<Output, Failure> {
    let loads = loads(call);
    let (min, max) = total(&loads)?;
    let rows: Vec<Json> = loads
        .iter()
        .map(|load| {
            json!({
                "ResourceType": load.resource.info.resource_type,
                "ResourceName": load.resource.info.resource_name,
                "MinReplicas": load.replicas.0,
                "MaxReplicas": load.replicas.1,
                "Min": load.min.to_json(),
                "Max": load.max.to_json(),
            })
        })
        .collect();
    Ok(Output::Rows(vec![json!({
        "Workloads": rows,
        "Total": { "Min": min.to_json(), "Max": max.to_json() },
    })]))
}

/// Prices, in billionths of the currency.
struct Prices {
    cpu_hour: i128,
    memory_hour: i128,
    storage_month: i128,
}

impl Prices {
    fn of(call: &Call<'_>) -> Result<Self, Failure> {
        let price = |name: &str| {
            call.arguments
                .text(name)
                .parse::<Quantity>()
                .map(Quantity::nano)
                .map_err(|error| Failure::from(format!("parameter {name}: {error}")))
        };
        Ok(Self {
            cpu_hour: price("cpu-hour")?,
            memory_hour: price("memory-gib-hour")?,
            storage_month: price("storage-gib-month")?,
        })
    }

    /// What a sum costs in a month, rounded to hundredths, half up.
    fn of_month(&self, sum: Sum) -> Result<String, String> {
        // All parts over one denominator: nano units times nano prices, a GiB of them.
        let part = |amount: Quantity, price: i128, factor: i128| {
            amount.nano().checked_mul(price)?.checked_mul(factor)
        };
        let gib = 1_i128 << 30;
        let denominator = gib * 1_000_000_000_000_000_000 / 100;
        let sum = part(sum.requests.cpu, self.cpu_hour, HOURS * gib)
            .zip(part(sum.requests.memory, self.memory_hour, HOURS))
            .zip(part(sum.storage, self.storage_month, 1))
            .and_then(|((cpu, memory), storage)| cpu.checked_add(memory)?.checked_add(storage))
            .and_then(|sum| sum.checked_add(denominator / 2))
            .ok_or("the cost is too large to be computed")?;
        let cents = sum.div_euclid(denominator);
        let sign = if cents < 0 { "-" } else { "" };
        let cents = cents.unsigned_abs();
        Ok(format!("{sign}{}.{:02}", cents / 100, cents % 100))
    }
}

fn cost(call: &mut Call<'_>) -> Result<Output, Failure> {
    let prices = Prices::of(call)?;
    let mut loads = loads(call);
    loads.retain(|load| split_type(&load.resource.info.resource_type).0 != "batch");
    let (min, max) = total(&loads)?;
    let mut rows = Vec::new();
    for load in &loads {
        rows.push(json!({
            "ResourceType": load.resource.info.resource_type,
            "ResourceName": load.resource.info.resource_name,
            "MinReplicas": load.replicas.0,
            "MaxReplicas": load.replicas.1,
            "Min": prices.of_month(load.min)?,
            "Max": prices.of_month(load.max)?,
        }));
    }
    Ok(Output::Rows(vec![json!({
        "Workloads": rows,
        "Total": { "Min": prices.of_month(min)?, "Max": prices.of_month(max)? },
    })]))
}

#[cfg(test)]
mod tests {
    use cubit_configdata::{Config, Toolchain};
    use serde_json::Value as Json;

    use crate::{Execution, FunctionContext, FunctionInvocation, Outcome, execute};

    fn run(text: &str, name: &str, arguments: &[&str]) -> Outcome {
        execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
            num_filters: 0,
            stop_on_error: false,
        })
    }

    fn requests(kind: &str, spec: &str) -> Json {
        let text = format!("apiVersion: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n");
        let outcome = run(&text, "get-resource-totals", &["4"]);
        assert!(outcome.success, "{:?}", outcome.messages);
        outcome.outputs["JSON"][0]["Total"]["Min"]["Requests"].clone()
    }

    #[test]
    fn pods_as_the_scheduler_counts_them() {
        let of = |cpu: &str| format!("resources: {{requests: {{cpu: {cpu}}}}}");
        let (one, two, three) = (of("1"), of("2"), of("3"));
        for (kind, spec, cpu) in [
            (
                "v1\nkind: Pod",
                format!("{{containers: [{{{one}}}, {{{two}}}]}}"),
                "3",
            ),
            (
                "v1\nkind: Pod",
                format!("{{initContainers: [{{{two}}}, {{{three}}}], containers: [{{{one}}}]}}"),
                "3",
            ),
            (
                "v1\nkind: Pod",
                format!(
                    "{{initContainers: [{{restartPolicy: Always, {two}}}, {{{three}}}], containers: [{{{one}}}]}}"
                ),
                "5",
            ),
            (
                "v1\nkind: Pod",
                format!(
                    "{{resources: {{requests: {{cpu: 7}}}}, containers: [{{{one}}}], overhead: {{cpu: 500m}}}}"
                ),
                "7500m",
            ),
            (
                "v1\nkind: Pod",
                "{containers: [{resources: {limits: {cpu: 0.25}}}]}".to_owned(),
                "250m",
            ),
            ("v1\nkind: Pod", "{}".to_owned(), "0"),
            (
                "apps/v1\nkind: DaemonSet",
                format!("{{template: {{spec: {{containers: [{{{one}}}]}}}}}}"),
                "4",
            ),
            (
                "apps/v1\nkind: Deployment",
                format!("{{replicas: 0, template: {{spec: {{containers: [{{{one}}}]}}}}}}"),
                "0",
            ),
            (
                "batch/v1\nkind: CronJob",
                format!(
                    "{{jobTemplate: {{spec: {{parallelism: 2, template: {{spec: {{containers: [{{{one}}}]}}}}}}}}}}"
                ),
                "2",
            ),
        ] {
            assert_eq!(requests(kind, &spec)["cpu"], cpu, "{kind} {spec}");
        }
    }

    #[test]
    fn refusals() {
        let pod = |cpu: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{resources: {{requests: {{cpu: {cpu}}}}}}}]}}\n"
            )
        };
        for (text, name, arguments, expected) in [
            (
                pod("lots"),
                "get-resource-totals",
                vec![],
                "v1/Pod /a: spec.containers.0.resources.requests.cpu: \"lots\" is no quantity",
            ),
            (
                pod("1"),
                "get-cost",
                vec!["free", "1", "1"],
                "parameter cpu-hour",
            ),
            (
                pod("1000000000E"),
                "get-cost",
                vec!["999999999", "1", "1"],
                "too large",
            ),
            (
                pod("1"),
                "get-resource-totals",
                vec!["-1"],
                "parameter nodes",
            ),
        ] {
            let outcome = run(&text, name, &arguments);
            let messages = outcome.messages.join("\n");
            assert!(
                messages.contains(expected),
                "{name} {arguments:?}: {messages}"
            );
        }
    }
}
