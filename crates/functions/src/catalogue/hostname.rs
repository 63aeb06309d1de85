//! Host names of ingresses, routes and services, whole or in parts.

use cubit_configdata::{Missing, Value};

use super::attributes::{find, values, write};
use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::{DataType, FunctionParameter, OutputType};

const TYPES: [&str; 4] = [
    "networking.k8s.io/v1/Ingress",
    "v1/Service",
    "gateway.networking.k8s.io/v1/HTTPRoute",
    "gateway.networking.k8s.io/v1/Gateway",
];
const LABEL: &str = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const INGRESS: &str = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n  - host: shop.example.com # public\n";

pub(crate) fn functions() -> Vec<Function> {
    let getter = |name: &str, attribute: &str, what: &str, behaviour| {
        Function::kubernetes(
            name,
            &format!("Reads {what} of ingresses, routes, gateways and services."),
            behaviour,
        )
        .attribute(attribute)
        .affects(&TYPES)
        .output(
            OutputType::AttributeValueList,
            attribute,
            "The values found.",
        )
    };
    let setter =
        |name: &str, attribute: &str, what: &str, parameter: FunctionParameter, behaviour| {
            Function::kubernetes(
                name,
                &format!("Sets {what} of ingresses, routes, gateways and services that have one."),
                behaviour,
            )
            .attribute(attribute)
            .affects(&TYPES)
            .mutating()
            .parameter(parameter)
        };
    vec![
        getter("get-hostname", "hostname", "the host names", |call| {
            get(call, "hostname")
        })
        .example(&[], INGRESS, r#""Value":"shop.example.com""#),
        setter(
            "set-hostname",
            "hostname",
            "the host names",
            required(
                "hostname",
                DataType::String,
                "shop.example.org",
                "The host name.",
            )
            .matching(&format!(r"^{LABEL}(\.{LABEL}){{1,10}}$")),
            |call| set(call, "hostname"),
        )
        .example(&["web.example.org"], INGRESS, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n  - host: web.example.org # public\n"),
        getter(
            "get-hostname-subdomain",
            "subdomain",
            "the first label of the host names",
            |call| get(call, "subdomain"),
        )
        .example(&[], INGRESS, r#""Value":"shop""#),
        setter(
            "set-hostname-subdomain",
            "subdomain",
            "the first label of the host names",
            required("subdomain", DataType::String, "shop", "One DNS label.")
                .matching(&format!("^{LABEL}$")),
            |call| set(call, "subdomain"),
        )
        .example(&["web"], INGRESS, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n  - host: web.example.com # public\n"),
        getter(
            "get-hostname-domain",
            "domain",
            "what follows the first label of the host names",
            |call| get(call, "domain"),
        )
        .example(&[], INGRESS, r#""Value":"example.com""#),
        setter(
            "set-hostname-domain",
            "domain",
            "what follows the first label of the host names",
            required("domain", DataType::String, "example.org", "A domain.")
                .matching(&format!(r"^{LABEL}(\.{LABEL}){{0,9}}$")),
            |call| set(call, "domain"),
        )
        .example(&["example.org"], INGRESS, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n  - host: shop.example.org # public\n"),
    ]
}

fn get(call: &mut Call<'_>, attribute: &str) -> Result<Output, Failure> {
    let found = find(call, attribute, &[], Missing::Skip);
    Ok(Output::Attributes(values(call, found)))
}

fn set(call: &mut Call<'_>, attribute: &str) -> Result<Output, Failure> {
    let value = Value::String(call.arguments.text(attribute).to_owned());
    for found in find(call, attribute, &[], Missing::Skip) {
        write(call, &found, &value)?;
    }
    Ok(Output::Nothing)
}
