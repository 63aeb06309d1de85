//! What a gate costs: seventeen validators of CEL on a change, through the functions, beside the
//! same expressions evaluated bare in the library underneath, and beside cel-python. `python3` with
//! cel-python is included where it is found.

use std::time::Duration;

use cel::{Context, Program};
use cubit_benches::{documents, median, script, time};
use cubit_configdata::{Config, Toolchain, Value};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, execute};

const ROUNDS: usize = 7;
/// Larger documents are definitions of custom resources.
const LARGEST: usize = 16 * 1024;

/// Rules as people write them. Each holds for everything that it is not about.
const RULES: [&str; 17] = [
    "r.kind != 'Deployment' || r.spec.replicas > 0",
    "has(r.metadata.name) && size(r.metadata.name) < 254",
    "!has(r.metadata.labels) || r.metadata.labels.all(k, size(k) < 64)",
    "!has(r.metadata.annotations) || r.metadata.annotations.all(k, !k.startsWith('example.com/secret'))",
    "!has(r.spec) || !has(r.spec.template) || r.spec.template.spec.containers.all(c, has(c.image))",
    "!has(r.spec) || !has(r.spec.template) || r.spec.template.spec.containers.all(c, !c.image.endsWith(':latest'))",
    "!has(r.spec) || !has(r.spec.template) || r.spec.template.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged)",
    "!has(r.spec) || !has(r.spec.template) || !has(r.spec.template.spec.hostNetwork) || !r.spec.template.spec.hostNetwork || r.kind == 'DaemonSet'",
    "!has(r.spec) || !has(r.spec.template) || r.spec.template.spec.containers.exists(c, has(c.resources))",
    "!has(r.spec) || !has(r.spec.template) || r.spec.template.spec.containers.all(c, !has(c.ports) || c.ports.all(p, p.containerPort > 0 && p.containerPort < 65536))",
    "!has(r.spec) || !has(r.spec.template) || r.spec.template.spec.containers.all(c, !has(c.env) || c.env.all(e, size(e.name) > 0))",
    "r.kind != 'Service' || !has(r.spec.type) || r.spec.type in ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']",
    "r.kind != 'Service' || !has(r.spec.ports) || r.spec.ports.all(p, p.port > 0)",
    "r.kind != 'ClusterRole' || !has(r.rules) || r.rules.all(rule, !has(rule.verbs) || size(rule.verbs) > 0)",
    "r.kind != 'ConfigMap' || !has(r.data) || r.data.all(k, size(k) <= 253)",
    "!has(r.metadata.namespace) || r.metadata.namespace != 'default'",
    "r.apiVersion.contains('v') && r.kind.matches('^[A-Z][A-Za-z]+$')",
];

const PYTHON: &str = r#"
import json, sys, time
import celpy
from celpy import celtypes
documents, rules = [json.loads(text) for text in json.load(sys.stdin)]
environment = celpy.Environment()
programs = [environment.program(environment.compile(rule)) for rule in rules]
resources = [celpy.json_to_cel(document) for document in documents]
start = time.perf_counter()
answers = []
for resource in resources:
    for program in programs:
        try:
            answers.append("true" if program.evaluate({"r": resource}) else "false")
        except celpy.CELEvalError:
            answers.append("error")
print(json.dumps([time.perf_counter() - start, answers]))
"#;

/// Verdicts of the rules on a text, through the functions.
fn gate(config: &Config, invocations: &[FunctionInvocation]) -> Vec<&'static str> {
    let outcome = execute(Execution {
        context: &FunctionContext::default(),
        config: config.clone(),
        invocations,
        num_filters: 0,
        stop_on_error: false,
    });
    let mut verdicts = vec!["error"; RULES.len()];
    let results = outcome.outputs.get("ValidationResult");
    for result in results
        .and_then(|list| list.as_array())
        .into_iter()
        .flatten()
    {
        let index = result["Index"]
            .as_u64()
            .and_then(|at| usize::try_from(at).ok());
        let verdict = if result["Passed"] == true {
            "true"
        } else {
            "false"
        };
        verdicts[index.unwrap_or_default()] = verdict;
    }
    verdicts
}

/// Verdicts of the compiled rules on a text, by the library alone.
fn bare(config: &Config, programs: &[Program]) -> Vec<&'static str> {
    let resource = config.resources().next().expect("a resource");
    let mut context = Context::default();
    context.add_variable_from_value("r", to_cel(&resource.root.value()));
    let verdict = |program: &Program| match program.execute(&context) {
        Ok(cel::Value::Bool(true)) => "true",
        Ok(_) => "false",
        Err(_) => "error",
    };
    programs.iter().map(verdict).collect()
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.to_string().parse(), number.to_string().parse()) {
            (Ok(int), _) => cel::Value::Int(int),
            (_, Ok(float)) => cel::Value::Float(float),
            _ => cel::Value::Null,
        },
        Value::String(text) => cel::Value::from(text.as_str()),
        Value::List(values) => cel::Value::from(values.iter().map(to_cel).collect::<Vec<_>>()),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), to_cel(value)));
            cel::Value::from(entries.collect::<std::collections::HashMap<_, _>>())
        }
    }
}

fn show(name: &str, taken: Duration, documents: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    let each = taken.as_secs_f64() * 1e6 / documents as f64;
    println!(
        "{name:<12} {:>8.2} ms {each:>9.1} µs a change",
        taken.as_secs_f64() * 1e3
    );
}

fn main() {
    let texts: Vec<String> = documents()
        .into_iter()
        .filter(|text| text.len() < LARGEST && !text.contains("{{"))
        .collect();
    let parse = |text: &String| {
        Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable YAML")
    };
    let configs: Vec<Config> = texts.iter().map(parse).collect();
    let invocation = |rule: &&str| FunctionInvocation::new("vet-celexpr", [*rule]);
    let invocations: Vec<FunctionInvocation> = RULES.iter().map(invocation).collect();
    let compile = |rule: &&str| Program::compile(rule).expect("a rule");
    let programs: Vec<Program> = RULES.iter().map(compile).collect();
    let (mut gated, mut alone) = (Vec::new(), Vec::new());
    let (mut ours, mut library) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (taken, verdicts) = time(|| {
            let each = configs.iter().flat_map(|config| gate(config, &invocations));
            each.collect::<Vec<_>>()
        });
        gated.push(taken);
        ours = verdicts;
        let (taken, verdicts) = time(|| {
            let each = configs.iter().flat_map(|config| bare(config, &programs));
            each.collect::<Vec<_>>()
        });
        alone.push(taken);
        library = verdicts;
    }
    println!(
        "{} rules on {} documents; medians of {ROUNDS} rounds",
        RULES.len(),
        configs.len()
    );
    show("gate", median(&gated), configs.len());
    show("bare", median(&alone), configs.len());
    let differing = |theirs: &[&str]| ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
    println!("verdicts that differ from bare: {}", differing(&library));
    let count = |wanted| ours.iter().filter(|verdict| **verdict == wanted).count();
    println!(
        "true {}, false {}, error {}",
        count("true"),
        count("false"),
        count("error")
    );
    let resources = configs.iter().map(|config| {
        let resource = config.resources().next().expect("a resource");
        resource.root.value().to_json().to_string()
    });
    let resources: Vec<String> = resources.collect();
    let input = [
        format!("[{}]", resources.join(",")),
        serde_json::to_string(&RULES).expect("a list of texts"),
    ];
    if let Some((taken, theirs)) = script("python3", "-c", PYTHON, &input) {
        show("cel-python", taken, configs.len());
        let theirs: Vec<String> = theirs.into_iter().map(Option::unwrap_or_default).collect();
        let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
        println!(
            "verdicts that differ from cel-python: {}",
            differing(&theirs)
        );
    }
}
