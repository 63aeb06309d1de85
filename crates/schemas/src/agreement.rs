//! The validator over trees against a JSON Schema library, on resources changed at random.

use cubit_configdata::{Config, Toolchain};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::{CustomTypes, Release, Validator, Version, bundle};

/// The schema of a type of the newest version, with everything it refers to, for the library.
fn library(resource_type: &str, strict: bool) -> jsonschema::Validator {
    let mut definitions = Map::new();
    let mut root = String::new();
    for definition in bundle::definitions(Release::versions().len() - 1) {
        let rules = serde_json::from_str(definition.rules).expect("JSON");
        definitions.insert(definition.name.to_owned(), readable(rules, strict));
        if definition.resource_type == resource_type {
            root = format!("#/$defs/{}", definition.name);
        }
    }
    jsonschema::validator_for(&json!({"$ref": root, "$defs": definitions})).expect("a schema")
}

/// Rules with references as the library reads them, closed when checking is strict.
fn readable(rules: Json, strict: bool) -> Json {
    let Json::Object(rules) = rules else {
        return rules;
    };
    let closed =
        strict && rules.contains_key("properties") && !rules.contains_key("additionalProperties");
    let mut out: Map<String, Json> = rules
        .into_iter()
        .map(|(keyword, value)| {
            let value = match (keyword.as_str(), value) {
                ("$ref", Json::String(name)) => Json::String(format!("#/$defs/{name}")),
                ("properties", Json::Object(fields)) => fields
                    .into_iter()
                    .map(|(name, rules)| (name, readable(rules, strict)))
                    .collect::<Map<_, _>>()
                    .into(),
                (_, value) => readable(value, strict),
            };
            (keyword, value)
        })
        .collect();
    if closed {
        out.insert("additionalProperties".to_owned(), Json::Bool(false));
    }
    Json::Object(out)
}

fn resources() -> [(&'static str, Json); 4] {
    let pod = json!({"metadata": {"labels": {"a": "b"}}, "spec": {
        "containers": [{"name": "a", "image": "b", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}],
            "resources": {"limits": {"cpu": "1", "memory": 5}}, "livenessProbe": {"httpGet": {"port": "http", "path": "/"}}}],
        "volumes": [{"name": "v", "configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}}]}});
    [
        (
            "apps/v1/Deployment",
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": pod}}),
        ),
        (
            "v1/Service",
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "labels": {"a": "b"}},
            "spec": {"selector": {"a": "b"}, "ports": [{"port": 80, "targetPort": "http"}]}}),
        ),
        (
            "rbac.authorization.k8s.io/v1/ClusterRole",
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": "a"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
        ),
        (
            "apiextensions.k8s.io/v1/CustomResourceDefinition",
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "a"}, "spec": {"group": "g", "scope": "Namespaced", "names": {"kind": "K", "plural": "k"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
                "properties": {"a": {"items": {"type": "string"}, "default": [1]}}}}}]}}),
        ),
    ]
}

/// How many places there are below a value.
fn places(value: &Json) -> usize {
    1 + match value {
        Json::Array(values) => values.iter().map(places).sum(),
        Json::Object(members) => members.values().map(places).sum(),
        _ => 0,
    }
}

/// Changes the place of a number, counted down from the root: another value, or none.
fn change(value: &mut Json, place: &mut usize, new: &Json) {
    if *place == 0 {
        match (value, new) {
            (Json::Object(members), Json::String(name)) => {
                if members.shift_remove(name).is_none() {
                    members.insert(name.clone(), json!("x"));
                }
            }
            (value, new) => *value = new.clone(),
        }
        *place = usize::MAX;
        return;
    }
    *place -= 1;
    let values: Vec<&mut Json> = match value {
        Json::Array(values) => values.iter_mut().collect(),
        Json::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in values {
        if *place != usize::MAX {
            change(value, place, new);
        }
    }
}

fn new_value() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        Just(json!(true)),
        Just(json!(7)),
        Just(json!(2.5)),
        Just(json!(3.0)),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"name": "n"})),
        Just(json!(["t"])),
        Just(json!([null])),
        // In a map: a field is removed, or added.
        prop::sample::select(vec![
            "name",
            "spec",
            "extra",
            "selector",
            "containers",
            "port",
            "verbs",
            "type"
        ])
        .prop_map(Json::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn verdicts_are_those_of_the_library(
        which in 0_usize..4,
        strict: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), new_value()), 0..4),
    ) {
        static LIBRARY: std::sync::LazyLock<Vec<[jsonschema::Validator; 2]>> = std::sync::LazyLock::new(|| {
            resources().iter().map(|(kind, _)| [library(kind, false), library(kind, true)]).collect()
        });
        let (_, mut resource) = resources()[which].clone();
        let (version, kind) = (resource["apiVersion"].clone(), resource["kind"].clone());
        for (place, new) in &changes {
            let mut place = place.index(places(&resource) - 1) + 1;
            change(&mut resource, &mut place, new);
        }
        resource["apiVersion"] = version;
        resource["kind"] = kind;
        let expected = LIBRARY[which][usize::from(strict)].is_valid(&resource);
        let text = format!("{}\n", serde_json::to_string_pretty(&resource).expect("JSON"));
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML");
        let release = Release::of(Version::newest()).expect("known");
        let found = CustomTypes::none(release);
        let validator = Validator { release, strict, given: None, found: &found };
        let reports = validator.check(&config);
        prop_assert_eq!(reports[0].passed(), expected, "{} {:?}", text, reports);
        for finding in &reports[0].findings {
            prop_assert!(finding.position.line <= text.lines().count(), "{}", finding);
        }
    }

    /// Whatever is written as a schema and as a resource, checking comes to an end.
    #[test]
    fn nothing_makes_it_panic(schema in ".{0,80}", text in "(apiVersion: a.b/v1\nkind: K\n)?[ -~\n]{0,80}") {
        let release = Release::of(Version::newest()).expect("known");
        let schemas = format!(r#"{{"a.b/v1/K": {{"properties": {{"a": {{"pattern": {schema:?}}}}}}}}}"#);
        for schemas in [schema.as_str(), &schemas] {
            let given = CustomTypes::given(release, schemas).ok();
            let _ = crate::JsonSchemas::given(schemas);
            if let Ok(config) = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()) {
                let found = CustomTypes::found_in(release, &config);
                let validator = Validator { release, strict: true, given: given.as_deref(), found: &found };
                let _ = validator.check(&config);
            }
        }
    }
}
