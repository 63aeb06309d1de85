//! Replacing text wherever it stands.

use cubit_configdata::{Action, Kind, Value, limits};

use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::DataType;

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic(
            "search-replace",
            "Replaces every occurrence of a text in the string values of all resources. Keys, numbers and comments stay.",
            search_replace,
        )
        .mutating()
        .parameter(required("search-value", DataType::String, "staging", "Text to look for; upper and lower case differ.").matching("(?s)."))
        .parameter(required("replace-value", DataType::String, "prod", "Text to put in its place."))
        .example(
            &["staging", "prod"],
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: staging-app} # staging\ndata:\n  staging: db.staging.local\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: prod-app} # staging\ndata:\n  staging: db.prod.local\n",
        ),
    ]
}

fn search_replace(call: &mut Call<'_>) -> Result<Output, Failure> {
    let (search, replace) = (
        call.arguments.text("search-value").to_owned(),
        call.arguments.text("replace-value").to_owned(),
    );
    for resource in call.resources("*") {
        let mut found = Vec::new();
        resource.root.visit_leaves(&mut |path, node| {
            if node.kind() == Kind::String && node.scalar().contains(&search) {
                found.push((path.clone(), node));
            }
        });
        for (path, node) in found {
            let text = node.scalar();
            let growth = text.matches(&search).count() * replace.len();
            if growth > limits::MAX_BYTES {
                let message = format!("{path} would be longer than {} bytes", limits::MAX_BYTES);
                return Err(message.into());
            }
            let value = Value::String(text.replace(&search, &replace));
            call.edit(&resource, path, Action::Set(value));
        }
    }
    Ok(Output::Nothing)
}
