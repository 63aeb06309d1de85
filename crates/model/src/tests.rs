use cubit_configdata::Toolchain;
use serde_json::{Value, json};
use utoipa::PartialSchema;

use crate::{Entity, Extended, ExtendedUnit, Mutation, Revision, Space, Unit, UnitPatch};

fn unit(body: Value) -> Unit {
    serde_json::from_value(body).expect("a unit")
}

/// Clients send back whatever they read, with nulls and zero UUIDs for "none".
#[test]
fn reading_is_lenient() {
    let unit = unit(json!({
        "Slug": "app",
        "ToolchainType": "Kubernetes/YAML",
        "UnitID": null,
        "TargetID": "00000000-0000-0000-0000-000000000000",
        "ChangeSetID": "0196b2a0-0000-7000-8000-00000000000A",
        "Labels": null,
        "MutationSources": null,
        "EntityType": "Nonsense",
        "SetID": "unknown members are ignored",
        "Data": "YTogMQo=",
    }));
    assert_eq!(unit.toolchain_type, Some(Toolchain::KubernetesYaml));
    assert_eq!(unit.target_id, None);
    assert_eq!(
        unit.change_set_id.map(|id| id.to_string()).as_deref(),
        Some("0196b2a0-0000-7000-8000-00000000000a")
    );
    assert_eq!(unit.entity_type, "Unit");
    assert_eq!(
        unit.data.map(|data| data.0).as_deref(),
        Some(&b"a: 1\n"[..])
    );
}

/// Clients crash on a null where they expect an object, and need never-times spelt out.
#[test]
fn writing_has_the_members_clients_insist_on() {
    let mutation = serde_json::to_value(Mutation::default()).expect("json");
    assert!(mutation["FunctionInvocation"].is_object());
    assert!(mutation["ProvidedResource"].is_object());
    let revision = serde_json::to_value(Revision::default()).expect("json");
    assert_eq!(revision["LiveAt"], "0001-01-01T00:00:00Z");
    let unit = serde_json::to_value(Unit::default()).expect("json");
    assert_eq!(unit["Labels"], json!({}));
    assert_eq!(unit["TargetID"], Value::Null);
    assert_eq!(unit["EntityType"], "Unit");
    assert_eq!(unit.get("Data"), None, "text that was not read is left out");
}

#[test]
fn merge_patches_keep_clear_and_merge() {
    let mut unit = unit(json!({
        "Slug": "app",
        "DisplayName": "App",
        "Labels": {"tier": "web", "old": "x"},
        "TargetID": "0196b2a0-0000-7000-8000-00000000000a",
    }));
    let patch: UnitPatch = serde_json::from_value(json!({
        "DisplayName": null,
        "Labels": {"old": null, "env": "prod"},
        "TargetID": "00000000-0000-0000-0000-000000000000",
        "HeadRevisionNum": 99,
    }))
    .expect("a patch");
    patch.apply(&mut unit);
    assert_eq!(unit.slug, "app");
    assert_eq!(unit.display_name, "");
    assert_eq!(
        serde_json::to_value(&unit.labels).expect("json"),
        json!({"tier": "web", "env": "prod"})
    );
    assert_eq!(unit.target_id, None);
    assert_eq!(unit.head_revision_num, 0);
}

/// The table is complete: every member of the JSON is an attribute, and every attribute has a
/// member; columns are unique.
#[test]
fn tables_describe_the_structs() {
    fn check<E: Entity>() {
        let json = serde_json::to_value(E::default()).expect("json");
        let mut members: Vec<_> = json.as_object().expect("object").keys().cloned().collect();
        members.extend(
            ["Data", "MutationSources", "LiveState", "Outputs"]
                .iter()
                .filter(|name| E::ATTRIBUTES.iter().any(|a| a.name == **name))
                .map(|name| (*name).to_owned()),
        );
        members.sort();
        let mut names: Vec<_> = E::ATTRIBUTES.iter().map(|a| a.name.to_owned()).collect();
        names.sort();
        assert_eq!(members, names, "{}", E::NAME);

        let mut columns: Vec<_> = E::columns().map(|a| a.column).collect();
        columns.sort_unstable();
        columns.dedup();
        assert_eq!(columns.len(), E::columns().count(), "{}", E::NAME);
    }
    check::<Space>();
    check::<Unit>();
    check::<Revision>();
    check::<Mutation>();
    check::<crate::Organization>();
    check::<crate::User>();
}

/// Values survive the way to storage and back.
#[test]
fn attributes_store_and_restore() {
    let before = unit(json!({
        "Slug": "app",
        "ToolchainType": "ConfigHub/YAML",
        "Labels": {"a": "b"},
        "DeleteGates": {"g": true},
        "UnitID": "0196b2a0-0000-7000-8000-00000000000a",
        "CreatedAt": "2025-01-02T03:04:05Z",
    }));
    let mut after = Unit::default();
    for attribute in Unit::columns() {
        let owned = (attribute.get)(&before).into_owned();
        assert!((attribute.set)(&mut after, owned), "{}", attribute.name);
    }
    assert_eq!(before, after);
}

#[test]
fn queries_see_related_entities() {
    let table = ExtendedUnit::table();
    let query = cubit_query::Where::parse(
        "Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum",
        &table,
    )
    .expect("parses");
    let mut wrapper = ExtendedUnit::of(Unit::default());
    assert!(!query.matches(&wrapper), "no upstream, no match");
    wrapper.upstream_unit = Some(Unit {
        head_revision_num: 3,
        ..Unit::default()
    });
    assert!(query.matches(&wrapper));
}

#[test]
fn schemas_come_from_the_table() {
    let schema = serde_json::to_value(Unit::schema()).expect("json");
    assert_eq!(schema["required"], json!(["Slug", "ToolchainType"]));
    assert_eq!(schema["properties"]["Data"]["format"], "byte");
    assert_eq!(schema["properties"]["TargetID"]["format"], "uuid");
    assert_eq!(schema["properties"]["HeadRevisionNum"]["readOnly"], true);
    assert_eq!(
        schema["properties"]["MutationSources"]["$ref"],
        "#/components/schemas/ResourceMutationList"
    );
}
