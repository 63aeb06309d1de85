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
            [
                "Data",
                "MutationSources",
                "MergeReport",
                "LiveState",
                "Outputs",
            ]
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
    wrapper.upstream_unit = Some(Box::new(Unit {
        head_revision_num: 3,
        ..Unit::default()
    }));
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

/// An entity as it is declared, and one with one line more.
#[expect(unreachable_pub, reason = "entities are declared for other crates")]
mod declared {
    pub(super) mod before {
        entity_of_space! {
            /// A thing.
            Thing in "things", thing: thing_id TagId "ThingID", ThingPatch, ThingCreateOrUpdateResponse;
            writable {}
            read_only {}
            hidden {}
            includes {}
            required {}
        }
    }

    pub(super) mod after {
        entity_of_space! {
            /// A thing.
            Thing in "things", thing: thing_id TagId "ThingID", ThingPatch, ThingCreateOrUpdateResponse;
            writable {
                /// What it weighs, in grams.
                "Weight" weight: i64 [filter];
            }
            read_only {}
            hidden {}
            includes {}
            required {}
        }
    }
}

/// An attribute is one line of the declaration, from which everything else follows.
#[test]
fn one_line_adds_an_attribute_everywhere() {
    use declared::{after, before};

    fn names<E: Entity>(
        of: impl Iterator<Item = &'static crate::Attribute<E>>,
    ) -> Vec<&'static str> {
        of.map(|attribute| attribute.name)
            .filter(|name| *name == "Weight")
            .collect()
    }
    // JSON, in both directions.
    let thing: after::Thing = serde_json::from_value(json!({"Weight": 5})).expect("reads");
    assert_eq!(serde_json::to_value(&thing).expect("json")["Weight"], 5);
    // A merge patch, which checks the type.
    let patch: after::ThingPatch = serde_json::from_value(json!({"Weight": 7})).expect("reads");
    let mut changed = thing.clone();
    crate::MergePatch::lay_over(patch, &mut changed);
    assert_eq!(changed.weight, 7);
    assert!(serde_json::from_value::<after::ThingPatch>(json!({"Weight": "7"})).is_err());
    // Storage: a column, written and read.
    assert_eq!(names(after::Thing::columns()), ["Weight"]);
    let column = after::Thing::columns()
        .find(|column| column.column == "weight")
        .expect("column");
    let mut stored = after::Thing::default();
    assert!((column.set)(
        &mut stored,
        (column.get)(&changed).into_owned()
    ));
    assert_eq!(stored.weight, 7);
    // Queries, which know the type.
    let table = |filterable: Vec<(&'static str, cubit_query::Kind)>| -> Vec<cubit_query::Kind> {
        filterable
            .into_iter()
            .filter(|(name, _)| *name == "Weight")
            .map(|(_, kind)| kind)
            .collect()
    };
    assert_eq!(
        table(after::Thing::filterable()),
        [cubit_query::Kind::Integer]
    );
    assert_eq!(stored.query_value("Weight"), cubit_query::Value::Integer(7));
    // The document of the API.
    let schema = serde_json::to_value(after::Thing::schema()).expect("json");
    let member = &schema["properties"]["Weight"];
    assert_eq!(member["description"], "What it weighs, in grams.");
    assert_eq!(member["type"], "integer");
    let patch = serde_json::to_value(after::ThingPatch::schema()).expect("json");
    assert!(patch["properties"]["Weight"].is_object());

    // Nothing of it is there without the line.
    assert!(names(before::Thing::columns()).is_empty());
    assert!(table(before::Thing::filterable()).is_empty());
    let schema = serde_json::to_value(before::Thing::schema()).expect("json");
    assert!(schema["properties"]["Weight"].is_null());
}
