//! Configuration files as Kubernetes resources, and what is left over of them.

use cubit_configdata::placeholder::TEXT;
use cubit_configdata::{Config, Edit, Missing, ResolvedPath, Step, Toolchain, Value};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::attribute_path::REFERENCES;
use crate::function::{Call, Failure, Function, Output, optional};
use crate::signature::{DataType, OutputType};

/// The toolchains of configuration files.
const FILES: [Toolchain; 7] = [
    Toolchain::AppConfigProperties,
    Toolchain::AppConfigIni,
    Toolchain::AppConfigEnv,
    Toolchain::AppConfigToml,
    Toolchain::AppConfigJson,
    Toolchain::AppConfigYaml,
    Toolchain::AppConfigText,
];

const UNUSED: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-1a2b3c4d5e, annotations: {confighub.com/Hash: 1a2b3c4d5e}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: by-hand}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::of_toolchains(&FILES, "render-configmap", "Renders the file as a Kubernetes ConfigMap. What the file says about itself (configHub) is left out of it.", render)
            .parameter(optional("immutable", DataType::Bool, "false", "Whether the ConfigMap is immutable and its name ends in a hash of the file; true when left out."))
            .parameter(optional("as-key-value", DataType::Bool, "true", "For Env files: one key a variable instead of one key for the file."))
            .output(OutputType::Yaml, "configmap", "The ConfigMap.")
            .example_in(Toolchain::AppConfigProperties, &["false"], "# doors\nport=80\n", r##"data:\n  web.properties: |\n    # doors\n    port=80\n"##)
            .example_in(Toolchain::AppConfigEnv, &["false", "true"], "PORT=80\nHOST=a\n", r#"data:\n  PORT: \"80\"\n  HOST: a\n"#),
        Function::kubernetes("prune-configmaps", "Removes rendered ConfigMaps (those with the annotation confighub.com/Hash) that no resource of the unit refers to.", prune)
            .mutating()
            .example(&[], UNUSED, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: by-hand}\n"),
        Function::kubernetes("generate-kubecontext", "Writes a context for kubectl configuration that is named after the space and the unit and has the namespace of the unit's resources. Which cluster and user it takes is left as placeholders.", kubecontext)
            .output(OutputType::Yaml, "kubecontext", "The context.")
            .example(&[], "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n", r#"- name: prod-web\n  context:\n    cluster: confighubplaceholder\n    user: confighubplaceholder\n    namespace: shop\n"#),
        Function::of_toolchains(&[Toolchain::AppConfigProperties], "validate", "Passes: text that can be read is valid. For rules of your own use vet-jsonschema.", |_| {
            Ok(Output::Validation { passed: true, details: vec![], failed: vec![] })
        })
        .validating()
        .example_in(Toolchain::AppConfigProperties, &[], "a=b\n", r#""Passed":true"#),
    ]
}

/// A value written as YAML of its own.
fn yaml(value: Value) -> Result<String, Failure> {
    let mut config =
        Config::parse(Toolchain::AppConfigYaml, b"").map_err(|error| error.to_string())?;
    config
        .apply(&[Edit::set(0, ResolvedPath::default(), value)])
        .map_err(|error| error.to_string())?;
    Ok(config.text().into_owned())
}

fn render(call: &mut Call<'_>) -> Result<Output, Failure> {
    let toolchain = call.config.toolchain();
    if call.config.text().trim().is_empty() {
        return Ok(Output::Payload(String::new()));
    }
    let name = call
        .resources("*")
        .first()
        .map(|resource| resource.info.resource_name.clone());
    let mut file = call.config.clone();
    let own = ResolvedPath(vec![Step::Key("configHub".to_owned())]);
    let has_own = file
        .resources()
        .next()
        .is_some_and(|resource| resource.root.find(&own).is_some());
    if has_own {
        file.apply(&[Edit::delete(0, own)])
            .map_err(|error| error.to_string())?;
    }
    let text = file.text().into_owned();
    let immutable = call.arguments.bool("immutable").unwrap_or(true);
    let as_keys = call.arguments.bool("as-key-value").unwrap_or_default();
    if as_keys && toolchain != Toolchain::AppConfigEnv {
        return Err("parameter as-key-value: only Env files can be rendered key by key".into());
    }
    let hash: String = Sha256::digest(&text)
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let slug = &call.context.unit_slug;
    let full_name = if immutable {
        format!("{slug}-{hash}")
    } else {
        slug.clone()
    };
    let data = if as_keys {
        let root = file
            .documents()
            .first()
            .and_then(|document| document.root());
        let entries = root.iter().flat_map(|root| root.entries());
        serde_json::Value::Object(
            entries
                .map(|(key, value)| (key.into_owned(), value.scalar().into_owned().into()))
                .collect(),
        )
    } else {
        let file_name = name
            .filter(|name| name != "NoName")
            .unwrap_or_else(|| format!("{slug}.{}", toolchain.file_ending()));
        json!({ file_name: text })
    };
    let mut map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": full_name,
            "namespace": TEXT,
            "labels": {"confighub.com/UnitID": call.context.unit_id},
            "annotations": {
                "confighub.com/UnitSlug": slug,
                "confighub.com/SpaceID": call.context.space_id,
                "confighub.com/RevisionNum": call.context.revision_num.to_string(),
                "confighub.com/ResourceNameStableCore": slug,
                "confighub.com/ConfigMapFormat": if as_keys { "key/value" } else { "file" },
                "confighub.com/Hash": hash,
                "confighub.com/RenderRevision": call.context.revision_num.to_string(),
            },
        },
    });
    if immutable {
        map["immutable"] = true.into();
    }
    map["data"] = data;
    Ok(Output::Payload(yaml(Value::from_json(&map))?))
}

fn prune(call: &mut Call<'_>) -> Result<Output, Failure> {
    let resources = call.resources("*");
    let mut used: Vec<String> = Vec::new();
    for reference in REFERENCES
        .iter()
        .filter(|reference| reference.is_to("v1/ConfigMap"))
    {
        for resource in &resources {
            for place in reference.places(resource, Missing::Skip) {
                used.extend(place.node.map(|node| node.scalar().into_owned()));
            }
        }
    }
    let gone: Vec<usize> = resources
        .iter()
        .filter(|resource| resource.info.resource_type == "v1/ConfigMap")
        .filter(|resource| !used.contains(&resource.info.resource_name_without_scope))
        .filter(|resource| {
            resource
                .root
                .get("metadata")
                .and_then(|metadata| metadata.get("annotations"))
                .and_then(|annotations| annotations.get("confighub.com/Hash"))
                .is_some()
        })
        .map(|resource| resource.document)
        .collect();
    if !gone.is_empty() {
        let rest = call.config.without_documents(&gone);
        call.rewritten = Some(rest.map_err(|error| error.to_string())?);
    }
    Ok(Output::Nothing)
}

fn kubecontext(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut namespaces: Vec<String> = call
        .resources("*")
        .iter()
        .filter_map(|resource| resource.info.resource_name.split_once('/'))
        .map(|(namespace, _)| namespace.to_owned())
        .filter(|namespace| !namespace.is_empty())
        .collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let mut context = json!({"cluster": TEXT, "user": TEXT});
    if let [only] = namespaces.as_slice() {
        context["namespace"] = only.as_str().into();
    }
    let name = format!("{}-{}", call.context.space_slug, call.context.unit_slug);
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "contexts": [{"name": name, "context": context}],
    });
    Ok(Output::Payload(yaml(Value::from_json(&config))?))
}
