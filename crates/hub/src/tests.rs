use cubit_model::{
    FunctionInvocation, FunctionInvocationsRequest, Mutation, Revision, Space, SpacePatch, Unit,
    UnitId, UnitPatch,
};
use cubit_query::{Literal, Where};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bootstrap::ABOVE_ORGANIZATIONS;
use crate::{
    Caller, CreateUnit, ErrorKind, Hub, HubError, HubOptions, Invoke, ListQuery, UnitChange,
};

mod blobs;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: nginx:1.27
";

struct Fixture {
    hub: Hub,
    caller: Caller,
    space: Space,
    _directory: TempDir,
}

/// A hub with one space, and its administrator.
async fn fixture() -> Fixture {
    let directory = tempfile::tempdir().expect("directory");
    let hub = match cubit_test_database::fresh() {
        Some(url) => Hub::connect(&url).await.expect("opens"),
        None => {
            let data_dir = directory.path().join("data");
            Hub::open(HubOptions { data_dir }).await.expect("opens")
        }
    };
    let administrator = hub.bootstrap().await.expect("bootstrap");
    assert!(administrator.first_start);
    let token = hub
        .issue_token(administrator.user_id, administrator.organization_id, "test")
        .await
        .expect("token");
    let caller = hub.authenticate(&token, "test/1").await.expect("caller");
    let space = create_space(&hub, &caller, "dev").await;
    Fixture {
        hub,
        caller,
        space,
        _directory: directory,
    }
}

async fn create_space(hub: &Hub, caller: &Caller, slug: &str) -> Space {
    let body = from_json(json!({"Slug": slug}));
    hub.create_space(caller, body, false).await.expect("space")
}

fn from_json<T: serde::de::DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).expect("body")
}

fn body(slug: &str, data: &str) -> Unit {
    Unit {
        data: Some(data.as_bytes().to_vec().into()),
        ..from_json(json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML"}))
    }
}

impl Fixture {
    async fn create(&self, slug: &str, data: &str) -> Unit {
        self.hub
            .create_unit(
                &self.caller,
                self.space.space_id,
                body(slug, data),
                CreateUnit::default(),
            )
            .await
            .expect("unit")
    }

    async fn patch(
        &self,
        unit: &Unit,
        patch: Value,
        change: &UnitChange,
    ) -> Result<Unit, HubError> {
        let patch: UnitPatch = from_json(patch);
        self.hub
            .patch_unit(&self.caller, (unit.space_id, unit.unit_id), patch, change)
            .await
    }

    async fn stored(&self, unit: &Unit) -> Unit {
        self.hub
            .get_unit(
                &self.caller,
                unit.space_id,
                unit.unit_id,
                &ListQuery::default(),
            )
            .await
            .expect("unit")
            .extended
            .unit
    }

    async fn history(&self, unit: &Unit) -> (Vec<Revision>, Vec<Mutation>) {
        let mut read = self.hub.store.read().await.expect("read");
        let of_unit = Where::default().and("UnitID", Literal::Uuid(unit.unit_id.0));
        let organization = unit.organization_id;
        (
            read.list(organization, &of_unit).await.expect("revisions"),
            read.list(organization, &of_unit).await.expect("mutations"),
        )
    }
}

fn with_data(data: &str) -> Value {
    let data = serde_json::to_value(cubit_model::Base64(data.into())).expect("json");
    json!({"Data": data})
}

fn text(unit: &Unit) -> String {
    let data = unit.data.clone().expect("data");
    String::from_utf8(data.0).expect("text")
}

#[tokio::test]
async fn creating_makes_the_first_revision_and_mutation() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    assert_eq!(text(&unit), DEPLOYMENT);
    assert_eq!(
        (unit.head_revision_num, unit.head_mutation_num, unit.version),
        (1, 1, 1)
    );
    let (revisions, mutations) = fixture.history(&unit).await;
    assert_eq!(revisions.len(), 1);
    assert_eq!(revisions[0].source, "CreateUnit");
    assert_eq!(revisions[0].user_agent, "test/1");
    assert_eq!(revisions[0].content_hash, unit.content_hash);
    assert_eq!(mutations.len(), 1);
    let sources = unit.mutation_sources.expect("sources");
    assert_eq!(sources[0].resource_mutation_info.index, 1);

    let empty = fixture.create("empty", "").await;
    assert_eq!(
        empty.head_revision_num, 1,
        "an empty unit has a revision too"
    );
}

#[tokio::test]
async fn a_change_of_text_appends_and_the_same_text_does_not() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    let changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3");
    let change = UnitChange::default();
    let mut patch = with_data(&changed);
    patch["LastChangeDescription"] = json!("scale");
    let after = fixture.patch(&unit, patch, &change).await.expect("patch");
    assert_eq!((after.head_revision_num, after.version), (2, 2));
    assert_eq!(text(&after), changed);
    let sources = after.mutation_sources.clone().expect("sources");
    let written: Vec<_> = sources[0]
        .path_mutation_map
        .iter()
        .filter(|(_, info)| info.index == 2)
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(written, ["spec.replicas"]);

    let same = fixture
        .patch(&unit, with_data(&changed), &change)
        .await
        .expect("patch");
    assert_eq!((same.head_revision_num, same.version), (2, 2));
    let labelled = fixture
        .patch(&unit, json!({"Labels": {"tier": "web"}}), &change)
        .await
        .expect("patch");
    assert_eq!((labelled.head_revision_num, labelled.version), (2, 3));
    assert_eq!(text(&labelled), changed, "answers have the text");
    let (revisions, mutations) = fixture.history(&unit).await;
    assert_eq!((revisions.len(), mutations.len()), (2, 2));
    assert_eq!(revisions[1].description, "scale");
}

#[tokio::test]
async fn a_dry_run_answers_the_result_and_stores_nothing() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    let dry = UnitChange {
        dry_run: true,
        ..UnitChange::default()
    };
    let changed = DEPLOYMENT.replace("replicas: 2", "replicas: 9");
    let after = fixture
        .patch(&unit, with_data(&changed), &dry)
        .await
        .expect("patch");
    assert_eq!((text(&after), after.head_revision_num), (changed, 2));
    assert_eq!(fixture.stored(&unit).await, unit);
    let error = fixture
        .patch(&unit, with_data("a: [1\n"), &dry)
        .await
        .expect_err("not YAML");
    assert_eq!(error.kind(), ErrorKind::Unprocessable, "{error}");
}

#[tokio::test]
async fn restoring_brings_text_and_provenance_back_as_a_new_revision() {
    let fixture = fixture().await;
    let first = fixture.create("app", DEPLOYMENT).await;
    let changed = DEPLOYMENT.replace("nginx:1.27", "nginx:1.28");
    let plain = UnitChange::default();
    fixture
        .patch(&first, with_data(&changed), &plain)
        .await
        .expect("patch");
    let restore = |reference: &str| UnitChange {
        restore: reference.to_owned(),
        ..UnitChange::default()
    };
    let restored = fixture
        .patch(&first, json!({}), &restore("Before:HeadRevisionNum"))
        .await
        .expect("restore");
    assert_eq!(restored.head_revision_num, 3);
    assert_eq!(text(&restored), DEPLOYMENT);
    assert_eq!(restored.mutation_sources, first.mutation_sources);
    let (revisions, mutations) = fixture.history(&first).await;
    assert_eq!(revisions[2].source, "RestoreUnit");
    assert_eq!(mutations[2].restored_revision_num, 1);

    let by_id = UnitChange {
        revision_id: Some(revisions[1].revision_id),
        ..UnitChange::default()
    };
    let again = fixture
        .patch(&first, json!({}), &by_id)
        .await
        .expect("restore");
    assert_eq!(text(&again), changed);

    for reference in [
        "LiveRevisionNum",
        "99",
        "Before:1",
        "nonsense",
        "Tag:0196b2a0-0000-7000-8000-00000000000a",
    ] {
        let error = fixture
            .patch(&first, json!({}), &restore(reference))
            .await
            .expect_err(reference);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{reference}: {error}");
    }
    let two = UnitChange {
        restore: "1".to_owned(),
        ..by_id
    };
    let error = fixture
        .patch(&first, json!({}), &two)
        .await
        .expect_err("two sources");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[tokio::test]
async fn an_old_version_conflicts() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    let path = (unit.space_id, unit.unit_id);
    let plain = UnitChange::default();
    let mut first = unit.clone();
    first.display_name = "First".to_owned();
    let second = first.clone();
    fixture
        .hub
        .update_unit(&fixture.caller, path, first, &plain)
        .await
        .expect("the first writer wins");
    let error = fixture
        .hub
        .update_unit(&fixture.caller, path, second, &plain)
        .await
        .expect_err("the second has read an old version");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let error = fixture
        .patch(&unit, json!({"Version": 1, "DisplayName": "x"}), &plain)
        .await
        .expect_err("a patch may insist too");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[tokio::test]
async fn a_clone_remembers_its_upstream() {
    let fixture = fixture().await;
    let mut upstream = body("app", DEPLOYMENT);
    upstream.labels.insert("tier".to_owned(), "web".to_owned());
    upstream.labels.insert("env".to_owned(), "dev".to_owned());
    let hub = &fixture.hub;
    let upstream = hub
        .create_unit(
            &fixture.caller,
            fixture.space.space_id,
            upstream,
            CreateUnit::default(),
        )
        .await
        .expect("upstream");
    let prod = create_space(hub, &fixture.caller, "prod").await;
    let options = CreateUnit {
        upstream_space_id: Some(upstream.space_id),
        upstream_unit_id: Some(upstream.unit_id),
        allow_exists: false,
    };
    let request: Unit = from_json(json!({"Slug": "app", "Labels": {"env": "prod"}}));
    let clone = hub
        .create_unit(&fixture.caller, prod.space_id, request, options)
        .await
        .expect("clone");
    assert_eq!(clone.upstream_unit_id, Some(upstream.unit_id));
    assert_eq!(clone.upstream_revision_num, 1);
    assert_eq!(
        (clone.labels["tier"].as_str(), clone.labels["env"].as_str()),
        ("web", "prod")
    );
    assert_eq!(text(&clone), DEPLOYMENT);
    let (revisions, mutations) = fixture.history(&clone).await;
    assert_eq!(revisions[0].source, "CloneUnit");
    assert_eq!(mutations[0].merge_source_id, Some(upstream.unit_id));
    assert_eq!(mutations[0].merge_end_revision_num, 1);

    let behind = ListQuery {
        r#where: "UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum".to_owned(),
        select: "Slug".to_owned(),
        ..ListQuery::default()
    };
    let list = hub
        .list_units(&fixture.caller, None, &behind)
        .await
        .expect("list");
    assert_eq!(list.len(), 0);
    let changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3");
    fixture
        .patch(&upstream, with_data(&changed), &UnitChange::default())
        .await
        .expect("patch");
    let list = hub
        .list_units(&fixture.caller, None, &behind)
        .await
        .expect("list");
    assert_eq!(list.len(), 1);
    assert!(
        list[0].extended.upstream_unit.is_none(),
        "needed, not asked for"
    );

    hub.delete_unit(&fixture.caller, upstream.space_id, upstream.unit_id)
        .await
        .expect("delete");
    let orphan = fixture.stored(&clone).await;
    assert_eq!(
        (orphan.upstream_unit_id, orphan.upstream_revision_num),
        (None, 1)
    );
}

#[tokio::test]
async fn what_is_in_the_way_of_a_delete_is_said() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    let hub = &fixture.hub;
    let plain = UnitChange::default();
    fixture
        .patch(&unit, json!({"DeleteGates": {"prod": true}}), &plain)
        .await
        .expect("gate");
    let error = hub
        .delete_unit(&fixture.caller, unit.space_id, unit.unit_id)
        .await
        .expect_err("gated");
    assert_eq!(error.kind(), ErrorKind::Unprocessable);
    assert!(error.to_string().contains("prod"), "{error}");
    let error = hub
        .delete_space(&fixture.caller, unit.space_id, false)
        .await
        .expect_err("not empty");
    assert_eq!(error.kind(), ErrorKind::Unprocessable);
    fixture
        .patch(&unit, json!({"DeleteGates": {"prod": null}}), &plain)
        .await
        .expect("ungate");
    hub.delete_unit(&fixture.caller, unit.space_id, unit.unit_id)
        .await
        .expect("delete");
    hub.delete_space(&fixture.caller, unit.space_id, false)
        .await
        .expect("delete");
}

/// Ids of another organization answer exactly as ids that never existed.
#[tokio::test]
async fn a_stranger_sees_nothing() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    let hub = &fixture.hub;
    let write = hub.store.write(ABOVE_ORGANIZATIONS).await.expect("write");
    let other = hub
        .create_organization(write, "other", "eve")
        .await
        .expect("organization");
    let token = hub
        .issue_token(other.user_id, other.organization_id, "test")
        .await
        .expect("token");
    let eve = hub.authenticate(&token, "").await.expect("eve");
    let own = create_space(hub, &eve, "dev").await;
    let query = ListQuery::default();

    assert!(
        hub.list_units(&eve, None, &query)
            .await
            .expect("list")
            .is_empty()
    );
    assert_eq!(hub.list_spaces(&eve, &query).await.expect("list").len(), 1);
    let random = UnitId::new();
    for (space, unit_id) in [
        (unit.space_id, unit.unit_id),
        (own.space_id, unit.unit_id),
        (own.space_id, random),
    ] {
        let errors = [
            hub.get_unit(&eve, space, unit_id, &query).await.err(),
            hub.delete_unit(&eve, space, unit_id).await.err(),
            hub.list_revisions(&eve, space, unit_id, &query).await.err(),
            hub.unit_data(&eve, space, unit_id).await.err(),
            hub.patch_unit(
                &eve,
                (space, unit_id),
                UnitPatch::default(),
                &UnitChange::default(),
            )
            .await
            .err(),
        ];
        let missing = if space == own.space_id {
            format!("Unit {unit_id} not found")
        } else {
            format!("Space {space} not found")
        };
        for error in errors {
            assert_eq!(error.map(|error| error.to_string()), Some(missing.clone()));
        }
    }
    let patch = hub
        .patch_space(&eve, unit.space_id, SpacePatch::default())
        .await;
    assert_eq!(patch.expect_err("missing").kind(), ErrorKind::NotFound);
}

fn request(function: &str, arguments: &[&str]) -> FunctionInvocationsRequest {
    FunctionInvocationsRequest {
        function_invocations: vec![FunctionInvocation::new(function, arguments.iter().copied())],
        change_description: "scale".to_owned(),
        ..FunctionInvocationsRequest::default()
    }
}

#[tokio::test]
async fn functions_change_units_and_leave_a_trace() {
    let fixture = fixture().await;
    let hub = &fixture.hub;
    let unit = fixture.create("app", DEPLOYMENT).await;
    fixture
        .create(
            "other",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        )
        .await;
    let request = request("set-replicas", &["3"]);
    let mut invoke = Invoke {
        dry_run: true,
        ..Invoke::default()
    };
    let preview = hub
        .invoke_functions(&fixture.caller, None, &request, &invoke)
        .await
        .expect("invoke");
    assert_eq!(preview.len(), 2);
    assert_eq!(
        (preview[0].mutators.clone(), preview[1].mutators.clone()),
        (vec![0], vec![])
    );
    assert_eq!(fixture.stored(&unit).await, unit);

    invoke.dry_run = false;
    let done = hub
        .invoke_functions(&fixture.caller, Some(unit.space_id), &request, &invoke)
        .await
        .expect("invoke");
    assert!(
        done.iter()
            .all(|answer| answer.success && answer.error.is_none())
    );
    let after = fixture.stored(&unit).await;
    assert_eq!(
        text(&after),
        DEPLOYMENT.replace("replicas: 2", "replicas: 3")
    );
    assert_eq!(done[0].config_data, after.data.clone().expect("data"));
    let (revisions, mutations) = fixture.history(&unit).await;
    assert_eq!(revisions[1].revision_id, done[0].revision_id);
    assert_eq!(
        (
            revisions[1].source.as_str(),
            revisions[1].description.as_str()
        ),
        ("InvokeFunctions", "scale")
    );
    assert_eq!(
        mutations[1].function_invocation.function_name,
        "set-replicas"
    );

    let again = hub
        .invoke_functions(&fixture.caller, None, &request, &invoke)
        .await
        .expect("invoke");
    assert!(again[0].success && again[0].mutators.is_empty());
    assert_eq!(fixture.stored(&unit).await.head_revision_num, 2);

    let on_revision = Invoke {
        unit_id: Some(unit.unit_id),
        revision_id: Some(revisions[0].revision_id),
        ..Invoke::default()
    };
    let answer = hub
        .invoke_functions(&fixture.caller, Some(unit.space_id), &request, &on_revision)
        .await
        .expect("invoke");
    assert_eq!(answer[0].mutators, [0], "the old revision has two replicas");
    assert_eq!(fixture.stored(&unit).await.head_revision_num, 2);
}

#[tokio::test]
async fn a_unit_where_a_function_fails_keeps_its_text() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    let mut calls = request("set-replicas", &["5"]);
    calls
        .function_invocations
        .push(FunctionInvocation::new("set-replicas", ["many"]));
    let answers = fixture
        .hub
        .invoke_functions(&fixture.caller, None, &calls, &Invoke::default())
        .await
        .expect("invoke");
    assert!(!answers[0].success);
    let error = answers[0].error.as_ref().expect("error");
    assert_eq!(
        (error.status, error.error_metadata.entity_id.clone()),
        (422, unit.unit_id.to_string())
    );
    assert_eq!(fixture.stored(&unit).await, unit);

    let unknown = fixture
        .hub
        .invoke_functions(
            &fixture.caller,
            None,
            &request("set-replica", &["1"]),
            &Invoke::default(),
        )
        .await
        .expect_err("unknown");
    assert_eq!(unknown.kind(), ErrorKind::Invalid);
    assert!(unknown.to_string().contains("set-replicas"), "{unknown}");
}

#[tokio::test]
async fn units_are_found_by_their_data() {
    let fixture = fixture().await;
    fixture.create("app", DEPLOYMENT).await;
    fixture
        .create(
            "map",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        )
        .await;
    for (resource_type, where_data, expected) in [
        ("apps/v1/Deployment", "", vec!["app"]),
        ("apps/v1/Deployment", "spec.replicas > 1", vec!["app"]),
        ("apps/v1/Deployment", "spec.replicas > 2", vec![]),
        ("v1/ConfigMap", "", vec!["map"]),
        ("v1/Secret", "", vec![]),
    ] {
        let query = ListQuery {
            resource_type: resource_type.to_owned(),
            where_data: where_data.to_owned(),
            select: "Slug".to_owned(),
            ..ListQuery::default()
        };
        let list = fixture
            .hub
            .list_units(&fixture.caller, None, &query)
            .await
            .expect("list");
        let slugs: Vec<_> = list
            .iter()
            .map(|row| row.extended.unit.slug.as_str())
            .collect();
        assert_eq!(slugs, expected, "{resource_type} {where_data}");
    }
}

#[tokio::test]
async fn lists_select_include_and_count() {
    let fixture = fixture().await;
    fixture.create("app", DEPLOYMENT).await;
    let query = ListQuery {
        r#where: "Space.Slug = 'dev'".to_owned(),
        select: "DisplayName,Space.Slug".to_owned(),
        include: "SpaceID,TargetID".to_owned(),
        ..ListQuery::default()
    };
    let list = fixture
        .hub
        .list_units(&fixture.caller, None, &query)
        .await
        .expect("list");
    let json = serde_json::to_value(&list).expect("json");
    let unit = json[0]["Unit"].as_object().expect("unit");
    let mut names: Vec<_> = unit.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["DisplayName", "OrganizationID", "Slug", "SpaceID", "UnitID"]
    );
    assert_eq!(json[0]["Space"]["Slug"], "dev");

    let query = ListQuery {
        summary: true,
        contains: "DE".to_owned(),
        ..ListQuery::default()
    };
    let spaces = fixture
        .hub
        .list_spaces(&fixture.caller, &query)
        .await
        .expect("list");
    assert_eq!(spaces[0].extended.total_unit_count, Some(1));

    for (parameter, query) in [
        (
            "select",
            ListQuery {
                select: "Slgu".to_owned(),
                ..ListQuery::default()
            },
        ),
        (
            "include",
            ListQuery {
                include: "Nope".to_owned(),
                ..ListQuery::default()
            },
        ),
        (
            "where",
            ListQuery {
                r#where: "Slug = 'a' OR".to_owned(),
                ..ListQuery::default()
            },
        ),
        (
            "filter",
            ListQuery {
                filter: "x".to_owned(),
                ..ListQuery::default()
            },
        ),
    ] {
        let error = fixture
            .hub
            .list_units(&fixture.caller, None, &query)
            .await
            .expect_err(parameter);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().starts_with(parameter), "{error}");
    }
}

#[tokio::test]
async fn all_revisions_are_the_newest_that_match() {
    let fixture = fixture().await;
    let unit = fixture.create("app", DEPLOYMENT).await;
    let changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3");
    fixture
        .patch(&unit, with_data(&changed), &UnitChange::default())
        .await
        .expect("patch");
    for (r#where, number) in [("", 2), ("RevisionNum < 2", 1)] {
        let query = ListQuery {
            r#where: r#where.to_owned(),
            ..ListQuery::default()
        };
        let list = fixture
            .hub
            .list_all_revisions(&fixture.caller, &query)
            .await
            .expect("list");
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].extended.revision.revision_num, number);
        assert!(list[0].extended.revision.mutation_sources.is_some());
    }
}

#[tokio::test]
async fn a_token_is_needed_and_a_second_start_keeps_what_is_there() {
    let fixture = fixture().await;
    let error = fixture
        .hub
        .authenticate("cubit_wrong", "")
        .await
        .expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let again = fixture.hub.bootstrap().await.expect("bootstrap");
    assert!(!again.first_start);
    let me = fixture.hub.me(&fixture.caller).await.expect("me");
    assert_eq!((me.user_id, me.username.as_str()), (again.user_id, "admin"));
}

/// Reads a list of units page by page, doing something in between.
async fn walk(fixture: &Fixture, query: &ListQuery, between: impl AsyncFn(usize)) -> Vec<String> {
    let mut seen = Vec::new();
    let mut query = query.clone();
    for number in 0.. {
        let page = fixture.hub.list_units(&fixture.caller, None, &query).await;
        let page = page.expect("page");
        let limit: usize = query.limit.parse().expect("a number");
        assert!(page.len() == limit || page.next.is_none(), "no short page");
        let slugs = page.iter().map(|row| row.extended.unit.slug.clone());
        seen.extend(slugs);
        between(number).await;
        match page.next {
            Some(next) => query.after = next,
            None => break,
        }
    }
    seen
}

#[tokio::test]
async fn pages_have_everything_once_while_others_write() {
    let fixture = fixture().await;
    for number in 0..12 {
        let data = DEPLOYMENT.replace("replicas: 2", &format!("replicas: {}", number % 5));
        fixture
            .create(&format!("u{}", (number * 5) % 12), &data)
            .await;
    }
    for (order_by, condition, where_data) in [
        ("", "", ""),
        ("", "Slug LIKE 'u%' AND LEN(Labels) = 0", ""),
        ("", "", "spec.replicas > 0"),
        ("Slug", "", ""),
        ("Slug DESC", "NOT Slug = 'u3'", ""),
        ("Space.Slug", "", "spec.replicas != 1"),
        ("Labels.none", "", ""),
    ] {
        let query = ListQuery {
            r#where: condition.to_owned(),
            where_data: where_data.to_owned(),
            order_by: order_by.to_owned(),
            ..ListQuery::default()
        };
        let whole = fixture.hub.list_units(&fixture.caller, None, &query).await;
        let whole = whole.expect("list");
        assert!(whole.next.is_none());
        let slugs: Vec<_> = whole
            .iter()
            .map(|row| row.extended.unit.slug.clone())
            .collect();
        if order_by == "Slug" {
            assert!(slugs.is_sorted(), "{slugs:?}");
        }
        for limit in ["1", "5", "12"] {
            let query = ListQuery {
                limit: limit.to_owned(),
                ..query.clone()
            };
            let seen = walk(&fixture, &query, async |number| {
                // Comes and goes before and behind the end of the page.
                let created = [
                    fixture.create(&format!("t{number}"), DEPLOYMENT).await,
                    fixture.create(&format!("v{number}"), DEPLOYMENT).await,
                ];
                for unit in created {
                    let (space, id) = (unit.space_id, unit.unit_id);
                    let deleted = fixture.hub.delete_unit(&fixture.caller, space, id);
                    deleted.await.expect("deleted");
                }
            })
            .await;
            assert_eq!(seen, slugs, "{order_by} {condition} {where_data} {limit}");
        }
    }
}

#[tokio::test]
async fn wrong_parameters_of_pages_are_refused() {
    let fixture = fixture().await;
    for slug in ["a", "b"] {
        fixture.create(slug, DEPLOYMENT).await;
    }
    let list = async |query: ListQuery| fixture.hub.list_units(&fixture.caller, None, &query).await;
    let query = |limit: &str, after: &str, order_by: &str| ListQuery {
        limit: limit.to_owned(),
        after: after.to_owned(),
        order_by: order_by.to_owned(),
        ..ListQuery::default()
    };
    let page = list(query("1", "", "")).await.expect("page");
    let token = page.next.expect("another page");
    for (wrong, message) in [
        (
            query("0", "", ""),
            "limit: expected a number from 1 to 1000, got \"0\"",
        ),
        (
            query("x", "", ""),
            "limit: expected a number from 1 to 1000, got \"x\"",
        ),
        (
            query("1", "zz", ""),
            "after: expected the value of X-Next-Page of the page before",
        ),
        (
            query("1", &token, "Slug"),
            "after: order_by is not that of the page before",
        ),
        (
            query("1", "", "Slgu"),
            "order_by: character 1: unknown attribute \"Slgu\" of Unit; did you mean Slug?",
        ),
    ] {
        let error = list(wrong).await.expect_err(message);
        assert_eq!(error.to_string(), message);
    }
}

/// Which units conditions on data select, by slug.
async fn selected(fixture: &Fixture, where_data: &str, resource_type: &str) -> Vec<String> {
    let query = ListQuery {
        where_data: where_data.to_owned(),
        resource_type: resource_type.to_owned(),
        ..ListQuery::default()
    };
    let found = fixture.hub.list_units(&fixture.caller, None, &query).await;
    let found = found.expect("list");
    found
        .iter()
        .map(|row| row.extended.unit.slug.clone())
        .collect()
}

#[tokio::test]
async fn the_index_follows_changes_and_old_data() {
    let fixture = fixture().await;
    let one = fixture.create("one", DEPLOYMENT).await;
    fixture.create("two", DEPLOYMENT).await;
    assert_eq!(
        selected(&fixture, "spec.replicas = 2", "").await,
        ["one", "two"]
    );
    let changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3");
    let change = UnitChange::default();
    let done = fixture.patch(&one, with_data(&changed), &change).await;
    done.expect("changed");
    for (where_data, resource_type, expected) in [
        ("spec.replicas = 2", "", vec!["two"]),
        ("spec.replicas > 2", "apps/v1/Deployment", vec!["one"]),
        ("spec.replicas >= 2", "", vec!["one", "two"]),
        ("spec.replicas > 3", "", vec![]),
        ("", "apps/v1/Deployment", vec!["one", "two"]),
        ("", "v1/Service", vec![]),
    ] {
        let found = selected(&fixture, where_data, resource_type).await;
        assert_eq!(found, expected, "{where_data} {resource_type}");
    }
    // A text that no unit has as its head any more is not found, nor read.
    let organization = fixture.caller.identity().organization_id;
    let search = cubit_query::where_data::parse("spec.replicas = 2").expect("parses");
    let mut read = fixture.hub.store.read().await.expect("read");
    let found = read.search(organization, &search.searches("")).await;
    assert_eq!(found.expect("search").expect("complete").len(), 1);
}
