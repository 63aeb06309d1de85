//! One function over 2,000 units in one call: parse, run, compute the mutations, print; on one
//! thread and on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};

use cubit_benches::{documents, median, peak_memory, time};
use cubit_configdata::{Config, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, execute};

const UNITS: usize = 2_000;
const ROUNDS: usize = 5;
/// Larger documents are definitions of custom resources, which are not what people edit in bulk.
const LARGEST: usize = 16 * 1024;

fn run(text: &str, invocations: &[FunctionInvocation]) -> usize {
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable YAML");
    let outcome = execute(Execution {
        context: &FunctionContext::default(),
        config,
        invocations,
        num_filters: 0,
        stop_on_error: false,
    });
    assert!(
        outcome.success && outcome.changes.len() == 1,
        "{:?}",
        outcome.messages
    );
    outcome.config.text().len()
}

fn main() {
    let documents: Vec<String> = documents()
        .into_iter()
        .filter(|text| text.len() < LARGEST && !text.contains("{{"))
        .collect();
    let units: Vec<&String> = documents.iter().cycle().take(UNITS).collect();
    let bytes: usize = units.iter().map(|text| text.len()).sum();
    let invocations = [FunctionInvocation::new(
        "set-annotation",
        ["example.com/owner", "team-shop"],
    )];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut one, mut all) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(
            time(|| {
                units
                    .iter()
                    .map(|text| run(text, &invocations))
                    .sum::<usize>()
            })
            .0,
        );
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(text) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                run(text, &invocations);
            }
        };
        all.push(
            time(|| {
                std::thread::scope(|scope| {
                    (0..threads).for_each(|_| {
                        scope.spawn(work);
                    })
                })
            })
            .0,
        );
    }
    println!("set-annotation on {UNITS} units, {bytes} bytes; medians of {ROUNDS} rounds");
    println!(
        "one thread     {:>7.1} ms",
        median(&one).as_secs_f64() * 1e3
    );
    println!(
        "{threads} threads      {:>7.1} ms",
        median(&all).as_secs_f64() * 1e3
    );
    println!("peak memory    {:>7} MiB", peak_memory());
}
