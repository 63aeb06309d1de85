//! Images of containers, whole or in parts.

use cubit_configdata::{Match, Missing, NodeRef, Path, Resource, Value, resolve};
use serde_json::Value as Json;

use super::attributes::{find, write};
use super::container::container_name;
use super::path::{set_part, typed};
use crate::argument::FunctionInvocation;
use crate::attribute::AttributeDetails;
use crate::function::{Behaviour, Call, Failure, Function, Output, required};
use crate::kubernetes::{
    WORKLOAD_TYPES, container_lists, full_image, image_accessor, image_reference, image_uri,
};
use crate::signature::{DataType, OutputType};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: \"shop/web:1.0\" # pinned\n  - name: log\n    image: shop/log\n";

/// One of the three views on an image: the function names, the value parameter, the part.
struct View {
    getter: &'static str,
    setter: &'static str,
    getter_aliases: &'static [&'static str],
    setter_aliases: &'static [&'static str],
    what: &'static str,
    parameter: &'static str,
    example: &'static str,
    part: Option<&'static str>,
}

const IMAGE: View = View {
    getter: "get-container-image",
    setter: "set-container-image",
    getter_aliases: &["get-image"],
    setter_aliases: &["set-image"],
    what: "image",
    parameter: "container-image",
    example: "ghcr.io/shop/web:1.2",
    part: None,
};

const URI: View = View {
    getter: "get-container-repository-uri",
    setter: "set-container-repository-uri",
    getter_aliases: &["get-image-uri"],
    setter_aliases: &["set-image-uri"],
    what: "repository of the image",
    parameter: "repository-uri",
    example: "ghcr.io/shop/web",
    part: Some("uri"),
};

const REFERENCE: View = View {
    getter: "get-container-image-reference",
    setter: "set-container-image-reference",
    getter_aliases: &["get-image-reference"],
    setter_aliases: &["set-image-reference"],
    what: "tag or digest of the image",
    parameter: "image-reference",
    example: ":1.2",
    part: Some("reference"),
};

impl View {
    /// The attribute is called like its value parameter, but for the references of images.
    fn attribute(&self) -> &'static str {
        match self.part {
            None => "container-image",
            Some("uri") => "container-repository-uri",
            Some(_) => "container-image-reference",
        }
    }

    fn functions(&self, pattern: &str, behaviours: [Behaviour; 2]) -> [Function; 2] {
        let [get, set] = behaviours;
        [
            Function::kubernetes(
                self.getter,
                &format!("Reads the {} of a container.", self.what),
                get,
            )
            .attribute(self.attribute())
            .affects(&WORKLOAD_TYPES)
            .parameter(container_name())
            .output(
                OutputType::AttributeValueList,
                self.attribute(),
                "The values found.",
            )
            .aliases(self.getter_aliases),
            Function::kubernetes(
                self.setter,
                &format!("Sets the {} of a container that has one.", self.what),
                set,
            )
            .attribute(self.attribute())
            .affects(&WORKLOAD_TYPES)
            .mutating()
            .parameter(container_name())
            .parameter(
                required(
                    self.parameter,
                    DataType::String,
                    self.example,
                    "The new value.",
                )
                .matching(pattern),
            )
            .aliases(self.setter_aliases),
        ]
    }
}

pub(crate) fn functions() -> Vec<Function> {
    let [get_image, set_image] = IMAGE.functions(
        &full_image(),
        [|call| get(call, &IMAGE), |call| set(call, &IMAGE)],
    );
    let [get_uri, set_uri] = URI.functions(
        &image_uri(),
        [|call| get(call, &URI), |call| set(call, &URI)],
    );
    let [get_reference, set_reference] = REFERENCE.functions(
        &image_reference(),
        [|call| get(call, &REFERENCE), |call| set(call, &REFERENCE)],
    );
    vec![
        get_image.example(&["*"], POD, r#""Value":"shop/web:1.0","Comment":"pinned""#),
        set_image.example(
            &["web", "ghcr.io/shop/web:2"],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: \"ghcr.io/shop/web:2\" # pinned\n  - name: log\n    image: shop/log\n",
        ),
        get_uri.example(&["web"], POD, r#""Value":"shop/web""#),
        set_uri.example(
            &["*", "mirror.local/shop"],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: \"mirror.local/shop:1.0\" # pinned\n  - name: log\n    image: mirror.local/shop\n",
        ),
        get_reference.example(&["log"], POD, r#""Value":"""#),
        set_reference.example(
            &["log", ":2"],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: \"shop/web:1.0\" # pinned\n  - name: log\n    image: shop/log:2\n",
        ),
        Function::kubernetes(
            "set-image-reference-by-uri",
            "Sets tag or digest of every image of one repository, in all containers.",
            set_by_uri,
        )
        .attribute("container-image")
        .affects(&WORKLOAD_TYPES)
        .mutating()
        .parameter(required("repository-uri", DataType::String, "ghcr.io/shop/web", "The image without tag and digest.").matching(&image_uri()))
        .parameter(required("image-reference", DataType::String, ":1.2", "The tag with its colon, the digest with its at sign, or both.").matching(&image_reference()))
        .example(
            &["shop/log", ":2"],
            POD,
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: \"shop/web:1.0\" # pinned\n  - name: log\n    image: shop/log:2\n",
        )
        .example(&["shop", ":2"], POD, POD),
    ]
}

fn set_by_uri(call: &mut Call<'_>) -> Result<Output, Failure> {
    let uri = call.arguments.text("repository-uri").to_owned();
    let reference = call.arguments.text("image-reference").to_owned();
    for found in find(call, "container-image", &[], Missing::Skip) {
        let is_meant = found
            .place
            .node
            .and_then(NodeRef::as_str)
            .is_some_and(|image| image_accessor().read(&image, "uri") == uri);
        if is_meant {
            write(call, &found, &Value::String(format!("{uri}{reference}")))?;
        }
    }
    Ok(Output::Nothing)
}

/// The images of the named containers, with the container's name bound.
fn images<'a>(call: &Call<'a>) -> Result<Vec<(Resource<'a>, Match<'a>)>, Failure> {
    let container = call.arguments.text("container-name");
    let mut found = Vec::new();
    for resource in call.resources("*") {
        for list in container_lists(&resource.info.resource_type) {
            let path = Path::with_arguments(
                &format!("{list}.?name:container-name=%s.image"),
                &[container],
            )
            .map_err(|error| error.to_string())?;
            found.extend(
                resolve(resource.root, &path, Missing::Skip)
                    .into_iter()
                    .map(|place| (resource.clone(), place)),
            );
        }
    }
    Ok(found)
}

fn get(call: &mut Call<'_>, view: &View) -> Result<Output, Failure> {
    let mut values = Vec::new();
    for (resource, place) in images(call)? {
        let Some(node) = place.node else { continue };
        let text = match typed(node, DataType::String) {
            Ok(Json::String(text)) => text,
            Ok(_) => continue,
            Err(reason) => {
                call.problem(&resource.info, &format!("{}: {reason}", place.path));
                continue;
            }
        };
        let (path, value) = match view.part {
            Some(part) => (
                format!("{}#{part}", place.path),
                image_accessor().read(&text, part).into_owned(),
            ),
            None => (place.path.to_string(), text),
        };
        let mut found = call.attribute(
            &resource.info,
            path,
            view.attribute(),
            DataType::String,
            value.into(),
        );
        found.comment = node.line_comment().unwrap_or_default().to_owned();
        let bound: Vec<(&str, &str)> = place
            .arguments
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        found.details = Some(AttributeDetails {
            getter_invocation: Some(FunctionInvocation::with_names(view.getter, &bound)),
            setter_invocations: vec![FunctionInvocation::with_names(view.setter, &bound)],
        });
        values.push(found);
    }
    Ok(Output::Attributes(values))
}

fn set(call: &mut Call<'_>, view: &View) -> Result<Output, Failure> {
    let new = call.arguments.text(view.parameter).to_owned();
    for (resource, place) in images(call)? {
        let Some(node) = place.node else { continue };
        match view.part {
            Some(part) => set_part(call, &resource, &place, node, image_accessor(), part, &new),
            None => call.set(&resource, &place, new.clone()),
        }
    }
    Ok(Output::Nothing)
}
