//! Reading, writing and deleting values of any kind by path.

use cubit_configdata::{Action, Config, Missing, Toolchain, Value};

use super::attributes::{at_path, values, write};
use crate::function::{Call, Failure, Function, Output, path_argument, required};
use crate::signature::{DataType, FunctionParameter, OutputType};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  nodeSelector: {zone: a} # near\n  containers:\n  - name: web\n    image: shop/web:1.0\n  - name: log\n    image: shop/log:2\n";

fn resource_type() -> FunctionParameter {
    required(
        "resource-type",
        DataType::String,
        "v1/Pod",
        "Type of the resources to visit; * for all.",
    )
}

fn path() -> FunctionParameter {
    required(
        "path",
        DataType::String,
        "spec.nodeSelector",
        "Path of the value, with wildcards, matches and parts.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("get-path", "Reads the values at a path, of any type; maps and lists as JSON.", get)
            .parameter(resource_type())
            .parameter(path())
            .output(OutputType::AttributeValueList, "attribute-value", "The values found; a missing path gives none.")
            .example(&["v1/Pod", "spec.nodeSelector"], POD, r#""DataType":"JSON","Details""#)
            .example(&["*", "spec.containers.?name=log.image"], POD, r#""Value":"shop/log:2""#),
        Function::generic("set-path", "Sets the values at a path to a value of any type. What stays the same in it keeps its text.", set)
            .mutating()
            .parameter(resource_type())
            .parameter(path())
            .parameter(required("attribute-value", DataType::Yaml, "{zone: b}", "The new value, as YAML or JSON."))
            .example(
                &["v1/Pod", "spec.nodeSelector", "{zone: b, disk: ssd}"],
                POD,
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  nodeSelector: {zone: b, disk: ssd} # near\n  containers:\n  - name: web\n    image: shop/web:1.0\n  - name: log\n    image: shop/log:2\n",
            ),
        Function::generic("delete-path", "Removes the values at a path, map entries and list elements alike. A missing path is no error.", delete)
            .mutating()
            .parameter(resource_type())
            .parameter(path())
            .example(
                &["v1/Pod", "spec.containers.?name=web"],
                POD,
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  nodeSelector: {zone: a} # near\n  containers:\n  - name: log\n    image: shop/log:2\n",
            )
            .example(&["*", "spec.missing"], POD, POD),
    ]
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let path = path_argument(call.arguments.text("path"))?;
    let found = call
        .resources(call.arguments.text("resource-type"))
        .into_iter()
        .flat_map(|resource| at_path(&resource, &path, Missing::Skip))
        .collect();
    Ok(Output::Attributes(values(call, found)))
}

/// The value of a parameter that holds YAML.
pub(super) fn yaml_value(text: &str) -> Result<Value, String> {
    let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes())
        .map_err(|error| error.to_string())?;
    match config.documents() {
        [] => Ok(Value::Null),
        [only] => Ok(only
            .root()
            .map_or(Value::Null, cubit_configdata::NodeRef::value)),
        _ => Err("expected one value, got several documents".to_owned()),
    }
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let path = path_argument(call.arguments.text("path"))?;
    let value = yaml_value(call.arguments.text("attribute-value"))
        .map_err(|error| format!("parameter attribute-value: {error}"))?;
    let missing = if path.part().is_some() {
        Missing::Skip
    } else {
        Missing::Create
    };
    for resource in call.resources(call.arguments.text("resource-type")) {
        for found in at_path(&resource, &path, missing) {
            write(call, &found, &value)?;
        }
    }
    Ok(Output::Nothing)
}

fn delete(call: &mut Call<'_>) -> Result<Output, Failure> {
    let path = path_argument(call.arguments.text("path"))?;
    if path.part().is_some() {
        return Err("parameter path: a part of a text cannot be deleted: set it instead".into());
    }
    for resource in call.resources(call.arguments.text("resource-type")) {
        // From the end, so that positions in lists stay what they are.
        for found in at_path(&resource, &path, Missing::Skip).into_iter().rev() {
            call.edit(&resource, found.place.path, Action::Delete);
        }
    }
    Ok(Output::Nothing)
}
