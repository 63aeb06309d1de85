//! Starlark as the reference implementation has it: the programs of `record_starlark` and what they
//! gave there are in `recorded/starlark.json`. A program gives the same here, or an error that says
//! what is left out; what is refused there is refused here.

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, execute};
use serde::Deserialize;

const RECORDED: &str = include_str!("recorded/starlark.json");

#[derive(Deserialize)]
struct Recorded {
    program: String,
    /// `repr(answer)`, when the program ran.
    answer: Option<String>,
}

/// What our interpreter makes of a program.
fn run(program: &str) -> Result<String, String> {
    let resource = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let program = format!(
        "{program}\ndef extract(_):\n  return [{{\"Path\": \"kind\", \"Value\": repr(answer)}}]\n"
    );
    let outcome = execute(Execution {
        context: &FunctionContext::default(),
        config: Config::parse(Toolchain::KubernetesYaml, resource.as_bytes()).expect("readable"),
        invocations: &[FunctionInvocation::new("get-starlark", [program])],
        num_filters: 0,
        stop_on_error: false,
    });
    let value = &outcome
        .outputs
        .get("AttributeValueList")
        .map(|values| values[0]["Value"].clone());
    match value {
        Some(value) => Ok(value.as_str().expect("a text").to_owned()),
        None => Err(outcome.messages.join(" ")),
    }
}

#[test]
fn every_recorded_program() {
    let recorded: Vec<Recorded> = serde_json::from_str(RECORDED).expect("the recorded programs");
    assert!(recorded.len() > 1_000);
    let mut left_out_seen = vec![0; LEFT_OUT.len()];
    let mut differences = Vec::new();
    for Recorded { program, answer } in recorded {
        let different = DIFFERENT.iter().find(|(known, _)| *known == program);
        let answer = match different {
            Some((_, here)) => {
                assert_ne!(
                    answer.as_deref(),
                    Some(*here),
                    "it is the same now: {program}"
                );
                Some((*here).to_owned())
            }
            None => answer,
        };
        match (answer, run(&program)) {
            (None, Err(error)) => {
                assert!(!error.contains("could not be run"), "{program}: {error}");
            }
            (Some(there), Ok(here)) if there == here => {}
            (Some(there), Err(error)) => {
                match LEFT_OUT.iter().position(|message| error.contains(message)) {
                    Some(at) => left_out_seen[at] += 1,
                    None => differences.push(format!("{program}: expected {there}: {error}")),
                }
            }
            (there, here) => {
                let there = there.unwrap_or_else(|| "an error".to_owned());
                differences.push(format!("{program}: expected {there}, got {here:?}"));
            }
        }
    }
    for (message, seen) in LEFT_OUT.iter().zip(left_out_seen) {
        assert!(seen > 0, "no program needs: {message}");
    }
    let count = differences.len();
    assert!(count == 0, "{}\n{count} differ", differences.join("\n"));
}

/// What the errors say about things that are left out on purpose (docs/expressions.md).
const LEFT_OUT: &[&str] = &[
    "no integer of 64 bits",
    "the number is too large",
    "the range is too long",
    "print is not there",
    "bytes is not there",
    "bytes are not there",
    "tabs before a statement",
    // The reference reads numbers with _ from texts, though not in programs.
    "\"1_0\" is no number",
    // The reference gives the pattern itself.
    "there is no conversion 'F'",
];

/// What is different on purpose: places in a text are characters here, which the specification leaves
/// open, and bytes of UTF-8 there; and 2.5 is in no range.
const DIFFERENT: &[(&str, &str)] = &[
    ("answer = len(\"é\")\n", "1"),
    ("answer = \"é\"[0]\n", "\"é\""),
    ("answer = \"aéb\"[2]\n", "\"b\""),
    ("answer = \"aéb\".find(\"b\")\n", "2"),
    ("answer = \"aéb\"[::-1]\n", "\"béa\""),
    ("answer = 2.5 in range(5)\n", "False"),
];
