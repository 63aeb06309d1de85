//! Names of resources.

use cubit_configdata::placeholder::TEXT;
use cubit_configdata::{Missing, Path, Toolchain, Value};

use super::attributes::{at_path, find, values, write};
use crate::expression::template::normalized;
use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::{DataType, OutputType};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: confighubplaceholder\n  labels: {app: confighubplaceholder, tier: web}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("get-name", "Reads the names of resources.", |call| {
            let found = find(call, "metadata-name", &[], Missing::Skip);
            Ok(Output::Attributes(values(call, found)))
        })
        .attribute("metadata-name")
        .output(OutputType::AttributeValueList, "name", "The names.")
        .example(&[], DEPLOYMENT, r#""Path":"metadata.name""#),
        Function::kubernetes("set-name", "Sets the name of every resource; narrow the resources down first.", |call| {
            let name = Value::String(call.arguments.text("name").to_owned());
            for found in find(call, "metadata-name", &[], Missing::Skip) {
                write(call, &found, &name)?;
            }
            Ok(Output::Nothing)
        })
        .attribute("metadata-name")
        .mutating()
        .parameter(
            required("name", DataType::String, "web", "The name.")
                .matching(r"^[a-z0-9](?:[-a-z0-9.:]{0,251}[a-z0-9])?$"),
        )
        .example(
            &["web"],
            DEPLOYMENT,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {app: confighubplaceholder, tier: web}\n",
        ),
        Function::generic("set-default-names", "Gives names, and the labels that repeat them, that hold a placeholder the name of the unit and its space.", set_default_names)
            .mutating()
            .example(
                &[],
                DEPLOYMENT,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-prod\n  labels: {app: web-prod, tier: web}\n",
            ),
    ]
}

fn set_default_names(call: &mut Call<'_>) -> Result<Output, Failure> {
    let toolchain = call.config.toolchain();
    let separator = match toolchain {
        Toolchain::OpenTofuHcl => "_",
        Toolchain::AppConfigProperties => "",
        _ => "-",
    };
    let (unit, space) = (
        normalized(&call.context.unit_slug),
        normalized(&call.context.space_slug),
    );
    let parts: Vec<&str> = [unit.as_str(), &space]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let name = Value::String(parts.join(separator));
    let mut found = find(call, "default-name", &[], Missing::Skip);
    if toolchain != Toolchain::KubernetesYaml {
        let path = Path::parse(toolchain.name_path()).map_err(|error| error.to_string())?;
        found.extend(
            call.resources("*")
                .iter()
                .flat_map(|resource| at_path(resource, &path, Missing::Skip)),
        );
    }
    for found in found {
        let is_open = found
            .place
            .node
            .and_then(cubit_configdata::NodeRef::as_str)
            .is_some_and(|text| text.contains(TEXT));
        if is_open {
            write(call, &found, &name)?;
        }
    }
    Ok(Output::Nothing)
}
