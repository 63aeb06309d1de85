//! Rego as the Open Policy Agent has it: the policies of `record_rego` and what they gave there are
//! in `recorded/rego.json`. A policy gives the same here, or an error that says what is left out.
//! What is refused there gives no answer here.

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, execute};
use serde::Deserialize;

const RECORDED: &str = include_str!("recorded/rego.json");
const INPUT: &str = include_str!("record_rego/input.json");

#[derive(Deserialize)]
struct Recorded {
    policy: String,
    /// What a message of `deny` says about `answer`; none when it is undefined.
    answer: Option<String>,
    error: Option<String>,
}

/// What our evaluator makes of a policy.
fn run(policy: &str) -> Result<Option<String>, String> {
    let outcome = execute(Execution {
        context: &FunctionContext::default(),
        config: Config::parse(Toolchain::AppConfigJson, INPUT.as_bytes()).expect("readable"),
        invocations: &[FunctionInvocation::new("vet-rego", [policy])],
        num_filters: 0,
        stop_on_error: false,
    });
    let Some(results) = outcome.outputs.get("ValidationResult") else {
        return Err(outcome.messages.join(" "));
    };
    let detail = results[0]["Details"][0].as_str();
    Ok(detail.map(|detail| detail.split_once(": ").expect("a name").1.to_owned()))
}

#[test]
fn every_recorded_policy() {
    let recorded: Vec<Recorded> = serde_json::from_str(RECORDED).expect("the recorded policies");
    assert!(recorded.len() > 600);
    let mut left_out_seen = vec![0; LEFT_OUT.len()];
    let mut differences = Vec::new();
    for Recorded {
        policy,
        answer,
        error,
    } in recorded
    {
        let here = run(&policy);
        let mut different = DIFFERENT.iter();
        let is_it = |known: &str| {
            policy
                .strip_prefix("package main\n")
                .is_some_and(|rest| rest.lines().next() == Some(known))
        };
        if let Some((_, expected)) = different.find(|(known, _)| is_it(known)) {
            assert_ne!(
                answer.as_deref(),
                Some(*expected),
                "it is the same now: {policy}"
            );
            assert_eq!(here, Ok(Some((*expected).to_owned())), "{policy}");
            continue;
        }
        if let Err(error) = &here {
            assert!(!error.contains("could not be run"), "{policy}: {error}");
        }
        match (&answer, error, &here) {
            (_, Some(_), Err(_) | Ok(None)) => {}
            (there, None, Ok(here)) if there == here => {}
            (_, None, Err(error)) if LEFT_OUT.iter().any(|message| error.contains(message)) => {
                let at = LEFT_OUT.iter().position(|message| error.contains(message));
                left_out_seen[at.expect("one of them")] += 1;
            }
            (there, error, here) => {
                differences.push(format!(
                    "{policy}expected {there:?} {error:?}, got {here:?}\n"
                ));
            }
        }
    }
    let count = differences.len();
    assert!(count == 0, "{}\n{count} differ", differences.join("\n"));
    for (message, seen) in LEFT_OUT.iter().zip(left_out_seen) {
        assert!(seen > 0, "no policy needs: {message}");
    }
}

/// What the errors say about things that are left out on purpose (docs/expressions.md).
const LEFT_OUT: &[&str] = &[
    "there is no function",
    "data is not there",
    "only rego.v1 and future.keywords can be imported",
    "names of rules with dots are not there",
    "a default for a function is not there",
    "a key and a value before in are not there",
    "is the name of a rule: take another one",
    "put what gives it one before",
    "with is not there",
    "no integer of 64 bits",
    // Go writes its mistakes into the text.
    "sprintf: ",
    // There, the answer is undefined, and so nothing is denied.
    "regex.match: ",
];

/// What is different on purpose, and what it is here: numbers that are no integers have 64 bits and
/// are written by their value; operators may stand before the bar of a comprehension.
const DIFFERENT: &[(&str, &str)] = &[
    ("answer := 1e3", "[1000.0]"),
    ("answer := 1 / 3", "[0.3333333333333333]"),
    ("answer := 2 / 3", "[0.6666666666666666]"),
    ("answer := 0.1 + 0.2", "[0.30000000000000004]"),
    ("answer := 1.10", "[1.1]"),
    ("answer := to_number(\"1.50\")", "[1.5]"),
    ("answer := to_number(\"1e3\")", "[1000.0]"),
    ("answer := to_number(\"+1\")", "[1]"),
    ("answer := to_number(\"1.\")", "[1.0]"),
    ("answer := to_number(\".5\")", "[0.5]"),
    ("answer := to_number(\"01\")", "[1]"),
    (
        "answer := [x + y | some x in [1, 2]; some y in [10, 20]]",
        "[[11, 21, 12, 22]]",
    ),
];
