//! Values over links: what a unit needs and its producers provide; spec/semantics.md, section 8.

use cubit_configdata::{Config, ResourceInfo, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, Outcome, execute};
use cubit_model::{LinkId, Mutation};
use serde_json::{Value as Json, json};

use crate::commit::Cause;

use cubit_configdata::placeholder::TEXT as PLACEHOLDER;

/// A unit that a link leads to.
#[derive(Debug, Clone)]
pub(super) struct Producer {
    pub(super) link_id: LinkId,
    pub(super) toolchain: Toolchain,
    pub(super) text: Vec<u8>,
}

/// A place of which a link wrote the value.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) resource: ResourceInfo,
    pub(super) path: String,
    pub(super) link_id: LinkId,
    /// The resource that provided it.
    pub(super) provided: ResourceInfo,
}

/// A value that a producer offers.
struct Provided {
    link_id: LinkId,
    attribute: Json,
    /// The arguments with which it is read: they say what it is.
    arguments: Json,
    value: String,
    resource: ResourceInfo,
    path: String,
}

/// A value to be written.
struct Edit {
    entry: Json,
    /// The place it goes to names its resource: it is written last.
    renames: bool,
    link_id: LinkId,
    provided: ResourceInfo,
    provided_path: String,
}

fn run(context: &FunctionContext, config: &Config, name: &str, argument: Option<Json>) -> Outcome {
    let arguments = argument.map(|value| {
        let text = value.to_string();
        cubit_functions::FunctionArgument {
            value: Json::String(text),
            ..cubit_functions::FunctionArgument::default()
        }
    });
    let invocation = FunctionInvocation {
        function_name: name.to_owned(),
        arguments: arguments.into_iter().collect(),
    };
    execute(Execution {
        context,
        config: config.clone(),
        invocations: &[invocation],
        num_filters: 0,
        stop_on_error: true,
    })
}

/// The values that a function lists.
fn listed(outcome: &Outcome) -> &[Json] {
    let rows = outcome.outputs.get("AttributeValueList");
    rows.and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn resource(row: &Json) -> ResourceInfo {
    serde_json::from_value(row.clone()).unwrap_or_default()
}

fn provided(context: &FunctionContext, producers: &[Producer]) -> Vec<Provided> {
    let mut found = Vec::new();
    for producer in producers {
        // What cannot be read provides nothing; its own unit says so.
        let Ok(config) = Config::parse(producer.toolchain, &producer.text) else {
            continue;
        };
        for row in listed(&run(context, &config, "get-provided", None)) {
            found.push(Provided {
                link_id: producer.link_id,
                attribute: json!([row["AttributeName"], row["DataType"]]),
                arguments: row["Details"]["GetterInvocation"]["Arguments"].clone(),
                value: row["Value"].as_str().unwrap_or_default().to_owned(),
                resource: resource(row),
                path: row["Path"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    found.retain(|provided| !provided.value.is_empty() && provided.value != PLACEHOLDER);
    found
}

/// A place of a resource as functions name it.
fn entry(resource: &ResourceInfo, path: &str, value: &str) -> Json {
    json!({
        "ResourceType": resource.resource_type,
        "ResourceName": resource.resource_name,
        "Path": path,
        "DataType": "string",
        "Value": value,
    })
}

/// Takes values over links, and takes them again where they have changed. What somebody else wrote
/// since stays. Answers the causes, with what they changed.
pub(super) fn resolve(
    context: &FunctionContext,
    mut config: Config,
    producers: &[Producer],
    taken: &[Taken],
) -> (Config, Vec<Cause>) {
    if producers.is_empty() {
        return (config, Vec::new());
    }
    let offers = provided(context, producers);
    let mut edits = again(context, &config, producers, &offers, taken);
    for row in listed(&run(context, &config, "get-needed", None)) {
        if row["Value"] != PLACEHOLDER {
            continue;
        }
        let attribute = json!([row["AttributeName"], row["DataType"]]);
        let setters = row["Details"]["SetterInvocations"].as_array();
        let fits = |offer: &&Provided| {
            let setters = setters.into_iter().flatten();
            offer.attribute == attribute
                && setters
                    .map(|setter| &setter["Arguments"])
                    .any(|arguments| *arguments == offer.arguments)
        };
        // The first of the first link.
        if let Some(offer) = offers.iter().find(fits) {
            let path = row["Path"].as_str().unwrap_or_default();
            edits.push(Edit {
                entry: entry(&resource(row), path, &offer.value),
                renames: path.starts_with("metadata."),
                link_id: offer.link_id,
                provided: offer.resource.clone(),
                provided_path: offer.path.clone(),
            });
        }
    }
    edits.sort_by_key(|edit| edit.renames);
    let mut causes = Vec::new();
    let mut edits = edits.into_iter().peekable();
    while let Some(first) = edits.next() {
        let mut entries = vec![first.entry];
        let same = |edit: &Edit| {
            (edit.link_id, &edit.provided, edit.renames)
                == (first.link_id, &first.provided, first.renames)
        };
        while let Some(next) = edits.next_if(same) {
            entries.push(next.entry);
        }
        let outcome = run(
            context,
            &config,
            "set-attributes",
            Some(Json::Array(entries)),
        );
        for change in outcome.changes {
            causes.push(Cause {
                mutation: Mutation {
                    link_id: Some(first.link_id),
                    provided_resource: first.provided.clone(),
                    provided_path: first.provided_path.clone(),
                    ..Mutation::default()
                },
                changed: Some(change.mutations),
            });
        }
        config = outcome.config;
    }
    (config, causes)
}

/// The values that links wrote and that are not provided any more.
fn again(
    context: &FunctionContext,
    config: &Config,
    producers: &[Producer],
    offers: &[Provided],
    taken: &[Taken],
) -> Vec<Edit> {
    let mut edits = Vec::new();
    for taken in taken {
        if !producers
            .iter()
            .any(|producer| producer.link_id == taken.link_id)
        {
            continue;
        }
        let place = json!([{
            "ResourceType": taken.resource.resource_type,
            "ResourceName": taken.resource.resource_name,
            "Path": taken.path,
        }]);
        let outcome = run(context, config, "get-paths", Some(place));
        let [row] = listed(&outcome) else {
            continue;
        };
        let kind = &taken.provided.resource_type;
        let of_kind = |offer: &&Provided| offer.resource.resource_type == *kind;
        let mut same = offers.iter().filter(of_kind);
        if row["Value"] == PLACEHOLDER || same.any(|offer| row["Value"] == offer.value.as_str()) {
            continue;
        }
        let offer = offers.iter().find(of_kind);
        let path = row["Path"].as_str().unwrap_or_default();
        edits.push(Edit {
            entry: entry(
                &resource(row),
                path,
                offer.map_or(PLACEHOLDER, |offer| &offer.value),
            ),
            renames: path.starts_with("metadata."),
            link_id: offer.map_or(taken.link_id, |offer| offer.link_id),
            provided: offer.map_or_else(|| taken.provided.clone(), |offer| offer.resource.clone()),
            provided_path: offer.map_or_else(String::new, |offer| offer.path.clone()),
        });
    }
    edits
}
