//! Every function with arguments that are wrong: each is refused, and the message names the
//! parameter.

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    DataType, Example, Execution, Function, FunctionArgument, FunctionContext, FunctionInvocation,
    FunctionParameter, Outcome, execute, registry,
};
use serde_json::Value as Json;

fn run(example: &Example, name: &str, arguments: Vec<FunctionArgument>) -> Outcome {
    execute(Execution {
        context: &FunctionContext {
            toolchain: example.toolchain,
            unit_slug: "web".into(),
            space_slug: "prod".into(),
            ..FunctionContext::default()
        },
        config: Config::parse(example.toolchain, example.before.as_bytes()).expect("readable"),
        invocations: &[FunctionInvocation {
            function_name: name.to_owned(),
            arguments,
        }],
        num_filters: 0,
        stop_on_error: false,
    })
}

fn argument(name: &str, value: impl Into<Json>) -> FunctionArgument {
    FunctionArgument {
        parameter_name: name.to_owned(),
        value: value.into(),
        evaluator: String::new(),
    }
}

/// The arguments of an example by name; of the parameter that may repeat, the first.
fn named(function: &Function, example: &Example) -> Vec<FunctionArgument> {
    let parameters = &function.signature.parameters;
    parameters
        .iter()
        .zip(&example.arguments)
        .map(|(parameter, value)| argument(&parameter.parameter_name, *value))
        .collect()
}

fn is_text(data_type: DataType) -> bool {
    data_type == DataType::String
}

/// Parameters whose text has a grammar, with texts that are not in it.
const SYNTAX: [(&str, &[&str]); 22] = [
    ("attribute-prefix", &["no-such"]),
    ("path", &["", "a.\"b", "a.?b", "a~9", "a.*b"]),
    ("where-expression", &["a =", "a = 'b", "= 3", "a ~~~ 3"]),
    ("expression", &["{{", "{{nope}}", "{{.Nope}}"]),
    ("param", &["x"]),
    ("attribute-name", &["no-such-attribute"]),
    ("label", &["tier", "="]),
    ("cpu", &["much", "1 core"]),
    ("memory", &["much", "1GB of it"]),
    ("env-key-value", &["A", "=b", "A B=c"]),
    ("env-var", &["", "A B", "A=b"]),
    ("container-name", &["Not A Name"]),
    ("name", &["Not A Name", ""]),
    ("namespace-name", &["Not A Name", ""]),
    ("namespace", &["Not A Name"]),
    ("image-reference", &["1.2", ":a b"]),
    ("repository-uri", &["", "a b", "shop/web:1.0"]),
    ("registry", &["a b"]),
    ("new-registry", &["a b"]),
    ("port-name", &["", "Not A Name"]),
    ("domain", &["", "-a.com", "a b"]),
    ("subdomain", &["", "a b"]),
];

/// Values that a parameter must not take.
fn wrong_values(parameter: &FunctionParameter) -> Vec<Json> {
    let text = |text: &str| Json::from(text);
    let mut wrong = match parameter.data_type {
        DataType::Int => vec![text("x"), text("1.5"), text(""), 1.5.into(), true.into()],
        DataType::Bool => vec![text("maybe"), text(""), 1.into()],
        DataType::Cel | DataType::Jq | DataType::Yq | DataType::Starlark | DataType::Rego => {
            vec![text("(("), text(""), 1.into()]
        }
        DataType::Json
        | DataType::AttributeValueList
        | DataType::AttributeInfoList
        | DataType::ResourceMutationList
        | DataType::ResourceList
        | DataType::ValueFilter => vec![text("{"), text("3"), 1.into()],
        DataType::Yaml => vec![text("{"), 1.into()],
        DataType::Uuid => vec![text("x"), 1.into()],
        _ => vec![1.into(), Json::Null, Json::Array(vec![])],
    };
    if let Some(below) = parameter.min.and_then(|min| min.checked_sub(1)) {
        wrong.push(below.into());
    }
    if let Some(above) = parameter.max.and_then(|max| max.checked_add(1)) {
        wrong.push(above.into());
    }
    if !parameter.enum_values.is_empty() || parameter.data_type == DataType::Enum {
        wrong.push(text("none of them"));
    }
    if !parameter.regexp.is_empty() {
        let pattern = regex::Regex::new(&parameter.regexp).expect("a pattern");
        let unfit = ["\n ~ \n", ""]
            .into_iter()
            .find(|text| !pattern.is_match(text));
        wrong.push(unfit.expect("the pattern fits everything").into());
    }
    let syntax = SYNTAX
        .iter()
        .filter(|(name, _)| *name == parameter.parameter_name && is_text(parameter.data_type));
    wrong.extend(syntax.flat_map(|(_, texts)| texts.iter().map(|wrong| text(wrong))));
    wrong
}

/// What is wrong with how a function took its arguments: it must refuse them, name what is wrong,
/// and change nothing. A validating function may say that nothing passes instead.
fn taken(outcome: &Outcome, before: &str, expected: &str) -> Result<(), String> {
    if outcome.config.text() != before {
        return Err("it changed the text".to_owned());
    }
    let results = outcome.outputs.get("ValidationResult");
    let results = results.map(ToString::to_string).unwrap_or_default();
    let is_refused = !outcome.success || results.contains("\"Passed\":false");
    if !is_refused {
        return Err("it was accepted".to_owned());
    }
    let messages = outcome.messages.join("\n");
    if messages.contains(expected) || results.contains(expected) {
        Ok(())
    } else {
        Err(format!("{expected} is not named: {messages}{results}"))
    }
}

#[test]
fn wrong_arguments_are_refused_by_name() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for family in registry().families() {
        for function in &family.functions {
            let name = function.signature.function_name.as_str();
            let Some(example) = function.examples.first() else {
                continue;
            };
            let parameters = &function.signature.parameters;
            let mut check = |what: String, arguments, expected: &str| {
                checked += 1;
                let outcome = run(example, name, arguments);
                if let Err(error) = taken(&outcome, example.before, expected) {
                    wrong.push(format!("{name} {what}: {error}"));
                }
            };

            let given = named(function, example);
            if let Some(needed) = function.signature.required_parameters.checked_sub(1) {
                let few = given.iter().take(needed).cloned().collect();
                let missing = &parameters[needed].parameter_name;
                check("with too few".to_owned(), few, missing);
            }
            let most = if function.signature.var_args {
                32
            } else {
                parameters.len()
            };
            let many = (0..=most).map(|_| argument("", "1")).collect();
            check("with too many".to_owned(), many, "too many arguments");
            if !given.is_empty() {
                let mut unknown = given.clone();
                unknown[0].parameter_name = "no-such-parameter".to_owned();
                check(
                    "with an unknown one".to_owned(),
                    unknown,
                    "no-such-parameter",
                );
            }

            for parameter in parameters {
                for value in wrong_values(parameter) {
                    let parameter = parameter.parameter_name.as_str();
                    let what = format!("with {parameter} = {value}");
                    let mut arguments = given.clone();
                    arguments.retain(|argument| argument.parameter_name != parameter);
                    arguments.push(argument(parameter, value));
                    check(what, arguments, &format!("parameter {parameter}"));
                }
            }
        }
    }
    assert!(checked > 1000, "{checked}");
    assert!(
        wrong.is_empty(),
        "{} of {checked}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_toolchain_has_functions() {
    for toolchain in Toolchain::all() {
        let known = registry()
            .functions()
            .filter(|(known, _)| *known == toolchain)
            .count();
        assert!(known > 20, "{toolchain} has {known} functions");
    }
}
