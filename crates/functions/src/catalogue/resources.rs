//! Listing resources.

use cubit_configdata::Resource;
use serde_json::{Value as Json, json};

use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::signature::{DataType, OutputType};

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("get-resources", "Lists the resources in document order, with their text.", get_resources)
            .parameter(
                optional("body", DataType::Enum, "none", "Form of the body: the text of the document (yaml, native), JSON, or none.")
                    .one_of(&["yaml", "none", "json", "native"]),
            )
            .output(OutputType::ResourceList, "resource", "The resources.")
            .example(&["none"], SERVICE, r#"{"ResourceName":"shop/web","ResourceNameWithoutScope":"web","ResourceType":"v1/Service","ResourceCategory":"Resource"}"#)
            .example(&["json"], SERVICE, r#""ResourceBody":"{\"apiVersion\":\"v1\",\"kind\":\"Service\""#),
        Function::generic("get-resources-of-type", "Lists the names of the resources of one type, in document order.", get_resources_of_type)
            .parameter(required("resource-type", DataType::String, "apps/v1/Deployment", "Type of the resources; * for all."))
            .output(OutputType::ResourceInfoList, "resource", "Names and types of the resources.")
            .example(&["v1/Service"], SERVICE, r#""ResourceName":"shop/web""#)
            .example(&["v1/Secret"], SERVICE, "[]"),
    ]
}

fn info(resource: &Resource<'_>) -> Json {
    json!({
        "ResourceName": resource.info.resource_name,
        "ResourceNameWithoutScope": resource.info.resource_name_without_scope,
        "ResourceType": resource.info.resource_type,
        "ResourceCategory": resource.info.resource_category,
    })
}

fn get_resources(call: &mut Call<'_>) -> Result<Output, Failure> {
    let form = call.arguments.text("body");
    let rows = call
        .resources("*")
        .iter()
        .map(|resource| {
            let mut row = info(resource);
            let body = match form {
                "none" => None,
                "json" => Some(resource.root.value().to_json().to_string()),
                _ => {
                    let text = call.config.documents()[resource.document].text();
                    Some(text.strip_prefix("---\n").unwrap_or(text).to_owned())
                }
            };
            if let Some(body) = body {
                row["ResourceBody"] = body.into();
            }
            row
        })
        .collect();
    Ok(Output::Rows(rows))
}

fn get_resources_of_type(call: &mut Call<'_>) -> Result<Output, Failure> {
    let rows = call
        .resources(call.arguments.text("resource-type"))
        .iter()
        .map(info)
        .collect();
    Ok(Output::Rows(rows))
}
