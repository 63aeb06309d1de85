//! Requests and limits of containers.

use cubit_configdata::{
    Action, Missing, NodeRef, Path, Quantity, ResolvedPath, Resource, Step, Value, resolve,
};

use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::{CONTAINER_NAME, WORKLOAD_TYPES, container_lists};
use crate::signature::DataType;

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes(
            "set-container-resources",
            "Sets the requests of a container, and its limits to a multiple of them; a factor of 0 removes the limits.",
            set,
        )
        .attribute("container-resources")
        .affects(&WORKLOAD_TYPES)
        .mutating()
        .parameter(required("container-name", DataType::String, "web", "Name of the container; * for every container.").matching(CONTAINER_NAME))
        .parameter(
            required("operation", DataType::Enum, "all", "all sets, cap lowers what is above, floor raises what is below.")
                .one_of(&["all", "cap", "floor"]),
        )
        .parameter(required("cpu", DataType::String, "500m", "Quantity of cpu; empty leaves it alone."))
        .parameter(required("memory", DataType::String, "256Mi", "Quantity of memory; empty leaves it alone."))
        .parameter(required("limit-factor", DataType::Int, "2", "Limits as a multiple of the requests; 0 removes them.").between(Some(0), Some(10)))
        .example(
            &["web", "all", "500m", "256Mi", "2"],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    resources: {}\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {cpu: \"1\", memory: 512Mi}}\n",
        )
        .example(
            &["*", "floor", "1", "", "0"],
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    resources:\n      requests:\n        cpu: 500m # measured\n        memory: 1Gi\n      limits:\n        cpu: 2\n",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    resources:\n      requests:\n        cpu: \"1\" # measured\n        memory: 1Gi\n",
        ),
    ]
}

/// A requested amount: as the caller spelled it, and as a number.
struct Wanted {
    resource: &'static str,
    spelled: String,
    amount: Quantity,
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut wanted = Vec::new();
    for resource in ["cpu", "memory"] {
        let spelled = call.arguments.text(resource).to_owned();
        if !spelled.is_empty() {
            let amount = spelled
                .parse()
                .map_err(|error| format!("parameter {resource}: {error}"))?;
            if spelled.starts_with('-') {
                return Err(format!("parameter {resource}: {spelled} is negative").into());
            }
            wanted.push(Wanted {
                resource,
                spelled,
                amount,
            });
        }
    }
    if wanted.is_empty() {
        return Err("parameters cpu and memory are both empty: give at least one".into());
    }
    let operation = call.arguments.text("operation").to_owned();
    let factor = call.arguments.int("limit-factor").unwrap_or_default();
    let container = call.arguments.text("container-name").to_owned();
    for resource in call.resources("*") {
        for list in container_lists(&resource.info.resource_type) {
            let path = Path::with_arguments(&format!("{list}.?name=%s"), &[&container])
                .map_err(|error| error.to_string())?;
            for place in resolve(resource.root, &path, Missing::Skip) {
                let Some(node) = place.node else { continue };
                set_container(
                    call,
                    &resource,
                    node,
                    &place.path,
                    &wanted,
                    &operation,
                    factor,
                );
            }
        }
    }
    Ok(Output::Nothing)
}

fn set_container(
    call: &mut Call<'_>,
    resource: &Resource<'_>,
    container: NodeRef<'_>,
    path: &ResolvedPath,
    wanted: &[Wanted],
    operation: &str,
    factor: i64,
) {
    let key = |name: &str| Step::Key(name.to_owned());
    let resources = path.child(key("resources"));
    let existing = |part: &str, name: &str| -> Option<Quantity> {
        container
            .get("resources")?
            .get(part)?
            .get(name)?
            .scalar()
            .parse()
            .ok()
    };
    for wanted in wanted {
        if replaces(
            operation,
            existing("requests", wanted.resource),
            wanted.amount,
        ) {
            let place = resources.child(key("requests")).child(key(wanted.resource));
            call.edit(
                resource,
                place,
                Action::Set(Value::String(wanted.spelled.clone())),
            );
        }
    }
    if factor == 0 {
        if container
            .get("resources")
            .and_then(|resources| resources.get("limits"))
            .is_some()
        {
            call.edit(resource, resources.child(key("limits")), Action::Delete);
        }
        return;
    }
    for wanted in wanted {
        let Some(limit) = wanted.amount.times(factor) else {
            call.problem(
                &resource.info,
                &format!("the limit of {} grows too large", wanted.resource),
            );
            continue;
        };
        if replaces(operation, existing("limits", wanted.resource), limit) {
            let place = resources.child(key("limits")).child(key(wanted.resource));
            call.edit(
                resource,
                place,
                Action::Set(Value::String(limit.to_string())),
            );
        }
    }
}

/// Whether a new amount takes the place of the one that is there. What is kept keeps its spelling.
fn replaces(operation: &str, existing: Option<Quantity>, new: Quantity) -> bool {
    match existing {
        None => true,
        Some(existing) if existing == new => false,
        Some(existing) => match operation {
            "cap" => existing > new,
            "floor" => existing < new,
            _ => true,
        },
    }
}
