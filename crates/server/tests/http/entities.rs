//! What a space holds besides units, over HTTP: the same test bodies for every entity, then what is
//! particular to each.

use crate::support::Api;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// A server with the spaces `dev` and `prod`, the units `app` and `db`, a filter and a worker in dev.
struct Hub {
    api: Api,
    dev: String,
    prod: String,
    app: String,
    db: String,
    filter: String,
    worker: String,
}

fn id(entity: &Value, name: &str) -> String {
    entity[name].as_str().expect("an id").to_owned()
}

impl Hub {
    async fn start() -> Self {
        let api = Api::start().await;
        let mut spaces = Vec::new();
        for slug in ["dev", "prod"] {
            let body = json!({"Slug": slug, "Labels": {"stage": slug}});
            let space = api.ok(Method::POST, "/space", body).await;
            spaces.push(id(&space, "SpaceID"));
        }
        let (prod, dev) = (spaces.pop().expect("prod"), spaces.pop().expect("dev"));
        let mut units = Vec::new();
        for slug in ["app", "db"] {
            let body = json!({"Slug": slug, "ToolchainType": "AppConfig/YAML"});
            let unit = api
                .ok(Method::POST, &format!("/space/{dev}/unit"), body)
                .await;
            units.push(id(&unit, "UnitID"));
        }
        let (db, app) = (units.pop().expect("db"), units.pop().expect("app"));
        let body = json!({"Slug": "apps", "From": "Unit", "Where": "Slug = 'app'"});
        let filter = api
            .ok(Method::POST, &format!("/space/{dev}/filter"), body)
            .await;
        let info = json!({"BridgeWorkerInfo": {"SupportedConfigTypes": [
            {"ToolchainType": "AppConfig/YAML", "ProviderType": "Files"},
        ]}});
        let body = json!({"Slug": "w", "ProvidedInfo": info});
        let worker = api
            .ok(Method::POST, &format!("/space/{dev}/bridge_worker"), body)
            .await;
        Self {
            worker: id(&worker, "BridgeWorkerID"),
            filter: id(&filter, "FilterID"),
            api,
            dev,
            prod,
            app,
            db,
        }
    }

    /// For each entity: the segment of its paths, its name, and a body without a slug.
    fn entities(&self) -> [(&'static str, &'static str, Value); 9] {
        let call = json!({"ToolchainType": "Kubernetes/YAML", "FunctionName": "vet-placeholders"});
        let mut trigger = call.clone();
        trigger["Event"] = "Mutation".into();
        let target = json!({
            "ToolchainType": "AppConfig/YAML", "ProviderType": "Files",
            "BridgeWorkerID": self.worker, "Parameters": "{}",
        });
        [
            ("bridge_worker", "BridgeWorker", json!({})),
            ("target", "Target", target),
            ("tag", "Tag", json!({})),
            (
                "filter",
                "Filter",
                json!({"From": "Unit", "Where": "Labels.tier = 'web'"}),
            ),
            (
                "view",
                "View",
                json!({"FilterID": self.filter, "Columns": [{"Name": "Unit.Slug"}]}),
            ),
            ("invocation", "Invocation", call),
            ("trigger", "Trigger", trigger),
            (
                "change_set",
                "ChangeSet",
                json!({"Description": "all at once"}),
            ),
            (
                "link",
                "Link",
                json!({"FromUnitID": self.app, "ToUnitID": self.db}),
            ),
        ]
    }

    /// A request that must be refused: the status and the message.
    async fn refused(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.api.send(method, path, body.to_string()).await;
        assert!(!status.is_success(), "{path}: {answer}");
        (
            status.as_u16(),
            answer["Message"].as_str().unwrap_or_default().to_owned(),
        )
    }

    async fn create(&self, space: &str, path: &str, body: Value) -> Value {
        self.api
            .ok(Method::POST, &format!("/space/{space}/{path}"), body)
            .await
    }
}

/// As it is read later: the secret of a worker is shown once.
fn without_secret(entity: &Value) -> Value {
    let mut entity = entity.clone();
    if entity["EntityType"] == "BridgeWorker" {
        entity["Secret"] = "".into();
    }
    entity
}

fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        return body;
    };
    for (name, value) in more {
        body[name] = value;
    }
    body
}

#[tokio::test]
async fn every_entity_is_created_read_changed_and_deleted() {
    let hub = Hub::start().await;
    for (path, name, body) in hub.entities() {
        let all = format!("/space/{}/{path}", hub.dev);
        let slugged = with(body.clone(), json!({"Slug": "one", "Labels": {"a": "1"}}));
        let created = hub.api.ok(Method::POST, &all, slugged.clone()).await;
        assert_eq!(created["EntityType"], name);
        assert_eq!(created["SpaceID"], hub.dev.as_str());
        assert_eq!(created["Version"], 1);
        let one = format!("{all}/{}", id(&created, &format!("{name}ID")));

        // The slug is taken, unless the one that has it will do.
        let (status, message) = hub.refused(Method::POST, &all, slugged.clone()).await;
        assert_eq!(status, 400);
        assert!(
            message.contains(" with the Slug one already exists"),
            "{message}"
        );
        let again = hub
            .api
            .ok(Method::POST, &format!("{all}?allow_exists=true"), slugged)
            .await;
        assert_eq!(again, without_secret(&created));

        let (status, read) = hub
            .api
            .get(&format!("{one}?include=SpaceID,OrganizationID"))
            .await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(read[name], without_secret(&created));
        assert_eq!(read["Space"]["Slug"], "dev");
        assert!(read["Organization"]["Slug"].is_string(), "{read}");
        let listed = |query: &str| format!("{all}?where={query}");
        let (_, list) = hub
            .api
            .get(&listed("Labels.a%20=%20'1'%20AND%20Space.Slug%20=%20'dev'"))
            .await;
        assert_eq!(list.as_array().map(Vec::len), Some(1), "{name}: {list}");
        let (_, list) = hub.api.get(&listed("Slug%20=%20'two'")).await;
        assert_eq!(list, json!([]));
        let (_, list) = hub
            .api
            .get(&format!("/{path}?contains=ONE&select=Slug"))
            .await;
        assert_eq!(list[0][name]["Slug"], "one", "{name}");
        assert!(
            list[0][name]["Version"].is_null(),
            "{name}: only what is selected"
        );

        let put = with(created.clone(), json!({"DisplayName": "One"}));
        let updated = hub.api.ok(Method::PUT, &one, put.clone()).await;
        assert_eq!(updated["DisplayName"], "One");
        assert_eq!(updated["Version"], 2);
        let (status, _) = hub.refused(Method::PUT, &one, put).await;
        assert_eq!(status, 409, "{name}: it has changed since it was read");
        let patch = json!({"Labels": {"a": null, "b": "2"}, "DeleteGates": {"keep": true}});
        let patched = hub.api.ok(Method::PATCH, &one, patch).await;
        assert_eq!(patched["Labels"], json!({"b": "2"}));
        assert_eq!(patched["DisplayName"], "One");
        let same = hub.api.ok(Method::PATCH, &one, Value::Null).await;
        assert_eq!(same, patched, "{name}: nothing to change");

        let (status, message) = hub.refused(Method::DELETE, &one, Value::Null).await;
        assert_eq!((status, message.contains("keep")), (422, true), "{message}");
        hub.api
            .ok(Method::PATCH, &one, json!({"DeleteGates": null}))
            .await;
        // Of another space it is not there.
        let elsewhere = one.replace(&hub.dev, &hub.prod);
        assert_eq!(
            hub.refused(Method::DELETE, &elsewhere, Value::Null).await.0,
            404
        );
        let gone = hub.api.ok(Method::DELETE, &one, Value::Null).await;
        assert_eq!(gone["Message"], format!("{name} one was deleted"));
        assert_eq!(hub.api.get(&one).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn what_may_not_be_written_is_named() {
    let hub = Hub::start().await;
    for (path, _, body) in hub.entities() {
        let all = format!("/space/{}/{path}", hub.dev);
        for (wrong, place) in [
            (json!({"Slug": ""}), "Slug"),
            (json!({"Slug": "-a"}), "Slug"),
            (json!({"Slug": "a", "Labels": {"": "x"}}), "Labels"),
            (
                json!({"Slug": "a", "Annotations": {"k": "x".repeat(2000)}}),
                "Annotations",
            ),
            (
                json!({"Slug": "a", "DeleteGates": {"/": true}}),
                "DeleteGates",
            ),
            (json!({"Slug": 7}), "Slug"),
        ] {
            let (status, message) = hub
                .refused(Method::POST, &all, with(body.clone(), wrong))
                .await;
            assert_eq!(status, 400, "{path}: {message}");
            assert!(message.contains(place), "{path}: {message}");
        }
        for wrong in [
            "where=Nothing%20=%201",
            "where=Slug%20%3D",
            "include=Nothing",
            "filter=x",
        ] {
            let (status, answer) = hub.api.get(&format!("/{path}?{wrong}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}?{wrong}: {answer}");
        }
        // A misspelt condition must not select everything.
        let (status, _) = hub
            .refused(Method::DELETE, &format!("/{path}?wher=x"), Value::Null)
            .await;
        assert_eq!(status, 400);
        let unknown = "00000000-0000-4000-8000-000000000000";
        let nowhere = format!("/space/{unknown}/{path}");
        let body = with(body, json!({"Slug": "a"}));
        assert_eq!(hub.refused(Method::POST, &nowhere, body).await.0, 404);
    }
}

#[tokio::test]
async fn many_are_changed_copied_and_deleted_in_one_call() {
    let hub = Hub::start().await;
    for (path, name, body) in hub.entities() {
        // Of these no copies are made.
        if ["Link", "BridgeWorker", "Target"].contains(&name) {
            continue;
        }
        for slug in ["m1", "m2", "m3"] {
            hub.create(&hub.dev, path, with(body.clone(), json!({"Slug": slug})))
                .await;
        }
        let these = format!("/{path}?where=Slug%20LIKE%20'm_'");
        let patched = hub
            .api
            .ok(Method::PATCH, &these, json!({"Labels": {"many": "yes"}}))
            .await;
        let slugs: Vec<&Value> = patched
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| &item[name]["Slug"])
            .collect();
        assert_eq!(slugs, ["m1", "m2", "m3"], "{name}");

        // One of the copies cannot be made: the others are.
        hub.create(&hub.prod, path, with(body.clone(), json!({"Slug": "m2"})))
            .await;
        let copies = format!("{these}&where_space=Labels.stage%20=%20'prod'");
        let (status, copied) = hub
            .api
            .send(
                Method::POST,
                &copies,
                json!({"DisplayName": "copy"}).to_string(),
            )
            .await;
        assert_eq!(status, StatusCode::MULTI_STATUS, "{name}: {copied}");
        assert_eq!(copied[0][name]["SpaceID"], hub.prod.as_str());
        assert_eq!(copied[0][name]["DisplayName"], "copy");
        assert_eq!(copied[0][name]["Labels"], json!({"many": "yes"}));
        assert_eq!(copied[1]["Error"]["Status"], 400);
        assert!(
            copied[1][name].is_null() && copied[2]["Error"].is_null(),
            "{copied}"
        );
        let allowed = format!("{copies}&allow_exists=true");
        assert_eq!(
            hub.api.ok(Method::POST, &allowed, Value::Null).await[1][name]["Version"],
            1
        );
        let prefixed = format!("{these}%20AND%20Space.Slug%20=%20'dev'&name_prefixes=x-,y-");
        let copied = hub.api.ok(Method::POST, &prefixed, Value::Null).await;
        assert_eq!(copied.as_array().map(Vec::len), Some(6), "{copied}");
        assert_eq!(copied[1][name]["Slug"], "y-m1");
        let (status, _) = hub.refused(Method::POST, &these, Value::Null).await;
        assert_eq!(status, 400, "neither a prefix nor a space");

        hub.api
            .ok(
                Method::PATCH,
                &format!("/{path}?where=Slug%20=%20'm1'"),
                json!({"DeleteGates": {"keep": true}}),
            )
            .await;
        let (status, deleted) = hub.api.send(Method::DELETE, &these, "").await;
        assert_eq!(status, StatusCode::MULTI_STATUS, "{name}: {deleted}");
        assert_eq!(deleted[0]["Error"]["Status"], 422);
        assert_eq!(
            deleted[2]["Message"],
            format!("{name} m3 was deleted"),
            "{deleted}"
        );
        let left = hub.api.get(&these).await.1;
        assert_eq!(
            left.as_array().map(Vec::len),
            Some(2),
            "m1 of both spaces: {left}"
        );
    }
}

#[tokio::test]
async fn saved_filters_select() {
    let hub = Hub::start().await;
    let slugs = |list: &Value| -> Vec<String> {
        let rows = list.as_array().expect("a list").iter();
        rows.map(|row| row["Unit"]["Slug"].as_str().expect("a slug").to_owned())
            .collect()
    };
    let (_, units) = hub.api.get(&format!("/unit?filter={}", hub.filter)).await;
    assert_eq!(slugs(&units), ["app"]);
    let (_, units) = hub
        .api
        .get(&format!(
            "/unit?filter={}&where=Slug%20=%20'db'",
            hub.filter
        ))
        .await;
    assert_eq!(slugs(&units), [""; 0], "both must hold");
    let (status, answer) = hub.api.get(&format!("/tag?filter={}", hub.filter)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer["Message"],
        "filter: apps selects entities of type Unit, not Tag"
    );

    // For one space: everywhere else it cannot be used, over all spaces it narrows.
    let body = json!({"Slug": "of-prod", "From": "Unit", "FromSpaceID": hub.prod});
    let of_prod = id(&hub.create(&hub.dev, "filter", body).await, "FilterID");
    let (_, units) = hub.api.get(&format!("/unit?filter={of_prod}")).await;
    assert_eq!(units, json!([]));
    let (status, _) = hub
        .api
        .get(&format!("/space/{}/unit?filter={of_prod}", hub.dev))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);

    // Conditions on the data belong to it as well.
    let data = |text: &str| json!({"Data": base64(text)});
    let unit = |id: &str| format!("/space/{}/unit/{id}", hub.dev);
    hub.api
        .ok(Method::PATCH, &unit(&hub.db), data("size: 3\n"))
        .await;
    let body = json!({"Slug": "large", "From": "Unit", "WhereData": "size > 2"});
    let large = id(&hub.create(&hub.dev, "filter", body).await, "FilterID");
    let (_, units) = hub.api.get(&format!("/unit?filter={large}")).await;
    assert_eq!(slugs(&units), ["db"]);

    let dev = format!("/space/{}/filter", hub.dev);
    for (body, place) in [
        (json!({"From": "Nothing"}), "From"),
        (json!({"From": "Unit", "Where": "Slug ="}), "Where"),
        (
            json!({"From": "Tag", "Where": "HeadRevisionNum > 1"}),
            "Where",
        ),
        (json!({"From": "Unit", "WhereData": "a ="}), "WhereData"),
        (json!({"From": "Tag", "WhereData": "a = 1"}), "WhereData"),
        (
            json!({"From": "Tag", "ResourceType": "v1/Secret"}),
            "ResourceType",
        ),
        (
            json!({"From": "Space", "FromSpaceID": hub.dev}),
            "FromSpaceID",
        ),
    ] {
        let body = with(body, json!({"Slug": "wrong"}));
        let (status, message) = hub.refused(Method::POST, &dev, body).await;
        assert_eq!(
            (status, message.starts_with(place)),
            (400, true),
            "{message}"
        );
    }
    let view = json!({"Slug": "shown", "FilterID": large});
    hub.create(&hub.prod, "view", view).await;
    let (status, message) = hub
        .refused(Method::DELETE, &format!("{dev}/{large}"), Value::Null)
        .await;
    assert_eq!(status, 422);
    assert_eq!(
        message,
        "Filter large could not be deleted: the View shown shows it"
    );
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn calls_of_functions_are_checked_when_they_are_saved() {
    let hub = Hub::start().await;
    let saved = json!({
        "Slug": "saved", "ToolchainType": "Kubernetes/YAML", "FunctionName": "set-replicas",
        "Arguments": [{"Value": 3}],
    });
    let saved = hub.create(&hub.dev, "invocation", saved).await;
    assert_eq!(saved["Hash"].as_str().map(str::len), Some(64));
    let trigger = json!({
        "Slug": "t", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
        "InvocationID": saved["InvocationID"],
    });
    let trigger = hub.create(&hub.prod, "trigger", trigger).await;
    assert_eq!(trigger["Validating"], false);
    let one = format!("/space/{}/trigger/{}", hub.prod, id(&trigger, "TriggerID"));
    let (_, read) = hub.api.get(&format!("{one}?include=InvocationID")).await;
    assert_eq!(read["Invocation"]["Slug"], "saved");
    let vet = json!({"InvocationID": null, "FunctionName": "vet-placeholders"});
    assert_eq!(
        hub.api.ok(Method::PATCH, &one, vet).await["Validating"],
        true
    );

    let kubernetes = json!({"Slug": "w", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML"});
    for (body, place) in [
        (json!({}), "FunctionName"),
        (
            json!({"FunctionName": "vet-placeholder"}),
            "did you mean vet-placeholders?",
        ),
        (json!({"FunctionName": "set-replicas"}), "Arguments"),
        (
            json!({"FunctionName": "vet-placeholders", "Event": "PreClone"}),
            "Event",
        ),
        (
            json!({"FunctionName": "vet-placeholders", "ToolchainType": null}),
            "ToolchainType",
        ),
        (
            json!({"FunctionName": "vet-placeholders", "InvocationID": saved["InvocationID"]}),
            "InvocationID",
        ),
        (json!({"InvocationID": hub.app}), "there is no Invocation"),
        (
            json!({"InvocationID": saved["InvocationID"], "ToolchainType": "OpenTofu/HCL"}),
            "InvocationID",
        ),
        (
            json!({"FunctionName": "vet-placeholders", "BridgeWorkerID": hub.app}),
            "BridgeWorker",
        ),
    ] {
        let path = format!("/space/{}/trigger", hub.dev);
        let body = with(kubernetes.clone(), body);
        let (status, message) = hub.refused(Method::POST, &path, body).await;
        assert_eq!(
            (status, message.contains(place)),
            (400, true),
            "{place}: {message}"
        );
    }
}

#[tokio::test]
async fn links_lead_somewhere_and_never_in_circles() {
    let hub = Hub::start().await;
    let unit = json!({"Slug": "far", "ToolchainType": "AppConfig/YAML"});
    let far = id(&hub.create(&hub.prod, "unit", unit).await, "UnitID");
    let link = |slug: &str, from: &str, to: &str| json!({"Slug": slug, "FromUnitID": from, "ToUnitID": to});
    let first = hub
        .create(&hub.dev, "link", link("first", &hub.app, &hub.db))
        .await;
    assert_eq!(first["ToSpaceID"], hub.dev.as_str());
    hub.create(&hub.dev, "link", link("second", &hub.db, &far))
        .await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (space, body, expected) in [
        (
            &hub.prod,
            link("x", &far, &hub.app),
            "circle: far -> app -> db -> far",
        ),
        (
            &hub.dev,
            link("x", &hub.app, &hub.app),
            "circle: app -> app",
        ),
        (
            &hub.dev,
            link("x", &hub.app, &hub.db),
            "the Link first is between the same units",
        ),
        (
            &hub.dev,
            link("x", &far, &hub.db),
            "FromUnitID: Unit far is not in the space",
        ),
        (
            &hub.dev,
            link("x", &hub.app, nobody),
            "ToUnitID: there is no Unit",
        ),
        (
            &hub.dev,
            with(link("x", &hub.app, &far), json!({"ToSpaceID": hub.dev})),
            "ToSpaceID: Unit far is in another space",
        ),
    ] {
        let path = format!("/space/{space}/link");
        let (status, message) = hub.refused(Method::POST, &path, body).await;
        assert_eq!(
            (status, message.contains(expected)),
            (400, true),
            "{message}"
        );
    }
    // A unit that others take from stays; its own links go with it.
    let unit = |id: &str| format!("/space/{}/unit/{id}", hub.dev);
    let (status, message) = hub
        .refused(Method::DELETE, &unit(&hub.db), Value::Null)
        .await;
    assert_eq!(status, 422);
    assert_eq!(
        message,
        "Unit db could not be deleted: the Link first leads to it"
    );
    hub.api
        .ok(Method::DELETE, &unit(&hub.app), Value::Null)
        .await;
    let (_, left) = hub.api.get("/link?select=Slug").await;
    assert_eq!(left[0]["Link"]["Slug"], "second");
    assert_eq!(left.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_change_set_comes_and_goes_with_its_tags() {
    let hub = Hub::start().await;
    let change_set = hub
        .create(&hub.dev, "change_set", json!({"Slug": "spring"}))
        .await;
    assert_eq!(change_set["State"], "New");
    let (_, tags) = hub.api.get("/tag?include=ChangeSetID").await;
    assert_eq!(tags[0]["Tag"]["TagID"], change_set["StartTagID"]);
    assert_eq!(tags[0]["Tag"]["Slug"], "spring-start");
    assert_eq!(tags[1]["ChangeSet"]["Slug"], "spring");
    let tag = format!("/space/{}/tag/{}", hub.dev, id(&change_set, "EndTagID"));
    let (status, message) = hub.refused(Method::DELETE, &tag, Value::Null).await;
    assert_eq!(status, 422);
    assert_eq!(
        message,
        "Tag spring-end could not be deleted: it delimits the ChangeSet spring"
    );
    let one = format!(
        "/space/{}/change_set/{}",
        hub.dev,
        id(&change_set, "ChangeSetID")
    );
    hub.api.ok(Method::DELETE, &one, Value::Null).await;
    assert_eq!(hub.api.get("/tag").await.1, json!([]));

    // A copy that cannot be made leaves nothing behind.
    hub.create(&hub.dev, "change_set", json!({"Slug": "spring"}))
        .await;
    hub.create(&hub.prod, "tag", json!({"Slug": "spring-end"}))
        .await;
    let copy = "/change_set?where_space=Slug%20=%20'prod'";
    let (status, answer) = hub.api.send(Method::POST, copy, "null").await;
    assert_eq!(status, StatusCode::MULTI_STATUS, "{answer}");
    let (_, tags) = hub.api.get(&format!("/space/{}/tag", hub.prod)).await;
    assert_eq!(tags.as_array().map(Vec::len), Some(1), "{tags}");
}

#[tokio::test]
async fn a_space_says_what_it_holds_and_goes_with_it_when_asked() {
    let hub = Hub::start().await;
    for (path, _, body) in hub.entities() {
        hub.create(&hub.dev, path, with(body, json!({"Slug": "one"})))
            .await;
    }
    let dev = format!("/space/{}", hub.dev);
    let (_, summary) = hub.api.get(&format!("{dev}?summary=true")).await;
    for (count, expected) in [
        ("TotalUnitCount", json!(2)),
        ("UnlinkedUnitCount", json!(0)),
        ("TotalLinkCount", json!(1)),
        ("TotalFilterCount", json!(2)),
        ("TotalViewCount", json!(1)),
        ("TotalBridgeWorkerCount", json!(2)),
        ("TargetCountByToolchainType", json!({"AppConfig/YAML": 1})),
        ("TotalInvocationCount", json!(1)),
        ("TotalChangeSetCount", json!(1)),
        ("TotalTagCount", json!(3)),
        ("TriggerCountByEventType", json!({"Mutation": 1})),
    ] {
        assert_eq!(summary[count], expected, "{count}");
    }
    let (status, message) = hub.refused(Method::DELETE, &dev, Value::Null).await;
    assert_eq!(status, 422);
    assert!(
        message.contains("it holds 2 units, 1 links, 1 triggers, 1 invocations, 1 views, 1 targets, 2 workers, 2 filters, 1 change sets, 3 tags"),
        "{message}"
    );
    // What another space leads into stays.
    let unit = json!({"Slug": "far", "ToolchainType": "AppConfig/YAML"});
    let far = id(&hub.create(&hub.prod, "unit", unit).await, "UnitID");
    let link = json!({"Slug": "into", "FromUnitID": far, "ToUnitID": hub.db});
    let link = id(&hub.create(&hub.prod, "link", link).await, "LinkID");
    let all = format!("{dev}?recursive=true");
    assert_eq!(hub.refused(Method::DELETE, &all, Value::Null).await.0, 422);
    hub.api
        .ok(
            Method::DELETE,
            &format!("/space/{}/link/{link}", hub.prod),
            Value::Null,
        )
        .await;
    // So does what another space refers to.
    let view = json!({"Slug": "out", "FilterID": hub.filter});
    let view = id(&hub.create(&hub.prod, "view", view).await, "ViewID");
    let (status, message) = hub.refused(Method::DELETE, &all, Value::Null).await;
    assert_eq!(status, 422);
    assert!(message.contains("the View out shows it"), "{message}");
    hub.api
        .ok(
            Method::DELETE,
            &format!("/space/{}/view/{view}", hub.prod),
            Value::Null,
        )
        .await;
    // And what has a delete gate, and with it everything.
    let tag = "/tag?where=Slug%20=%20'one'";
    hub.api
        .ok(Method::PATCH, tag, json!({"DeleteGates": {"keep": true}}))
        .await;
    assert_eq!(hub.refused(Method::DELETE, &all, Value::Null).await.0, 422);
    assert_eq!(
        hub.api.get("/filter").await.1.as_array().map(Vec::len),
        Some(2)
    );
    hub.api
        .ok(Method::PATCH, tag, json!({"DeleteGates": null}))
        .await;
    hub.api.ok(Method::DELETE, &all, Value::Null).await;
    for (path, name, _) in hub.entities() {
        assert_eq!(
            hub.api.get(&format!("/{path}")).await.1,
            json!([]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn workers_keep_their_secret_and_targets_their_worker() {
    let hub = Hub::start().await;
    let worker = hub
        .create(&hub.dev, "bridge_worker", json!({"Slug": "new"}))
        .await;
    let secret = worker["Secret"].as_str().expect("a secret");
    assert!(secret.len() > 40, "{secret}");
    let one = format!(
        "/space/{}/bridge_worker/{}",
        hub.dev,
        id(&worker, "BridgeWorkerID")
    );
    for path in [
        one.as_str(),
        "/bridge_worker",
        "/bridge_worker?select=Secret",
    ] {
        let answer = hub.api.get(path).await.1.to_string();
        assert!(!answer.contains(secret), "{path}");
    }
    let patched = hub
        .api
        .ok(Method::PATCH, &one, json!({"Condition": "Ready"}))
        .await;
    assert_eq!(patched["Secret"], "");

    let target = |more: Value| {
        let body = json!({
            "Slug": "t", "ToolchainType": "AppConfig/YAML", "ProviderType": "Files",
            "BridgeWorkerID": hub.worker,
        });
        with(body, more)
    };
    let targets = format!("/space/{}/target", hub.prod);
    for (wrong, place) in [
        (
            json!({"ProviderType": "Kubernetes"}),
            "does not say that it applies AppConfig/YAML to Kubernetes",
        ),
        (
            json!({"BridgeWorkerID": worker["BridgeWorkerID"]}),
            "BridgeWorker new does not say",
        ),
        (
            json!({"BridgeWorkerID": hub.app}),
            "there is no BridgeWorker",
        ),
        (
            json!({"Parameters": "[]"}),
            "Parameters: expected a JSON object",
        ),
        (json!({"ToolchainType": null}), "ToolchainType: is required"),
        (json!({"ProviderType": ""}), "ProviderType: is required"),
    ] {
        let (status, message) = hub.refused(Method::POST, &targets, target(wrong)).await;
        assert_eq!((status, message.contains(place)), (400, true), "{message}");
    }
    let made = hub.api.ok(Method::POST, &targets, target(json!({}))).await;
    let unit = format!("/space/{}/unit/{}", hub.dev, hub.app);
    let set = json!({"TargetID": made["TargetID"]});
    assert_eq!(
        hub.api.ok(Method::PATCH, &unit, set).await["TargetID"],
        made["TargetID"]
    );
    let (_, units) = hub
        .api
        .get("/unit?where=Target.Slug%20=%20't'&include=TargetID,BridgeWorkerID")
        .await;
    assert_eq!(units.as_array().map(Vec::len), Some(1));
    assert_eq!(units[0]["Target"]["Slug"], "t");
    assert_eq!(units[0]["BridgeWorker"]["Slug"], "w");
    let unknown = json!({"TargetID": hub.app});
    assert_eq!(hub.refused(Method::PATCH, &unit, unknown).await.0, 400);

    let (_, workers) = hub.api.get("/bridge_worker?summary=true").await;
    assert_eq!(
        (&workers[0]["TargetCount"], &workers[1]["TargetCount"]),
        (&json!(1), &json!(0))
    );
    let these = "/bridge_worker?where=Slug%20IN%20('w',%20'new')";
    let labelled = hub
        .api
        .ok(Method::PATCH, these, json!({"Labels": {"a": "1"}}))
        .await;
    assert_eq!(labelled[1]["BridgeWorker"]["Labels"], json!({"a": "1"}));
    let (status, deleted) = hub.api.send(Method::DELETE, these, "").await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let message = deleted[0]["Error"]["Message"].as_str().expect("a message");
    assert!(message.contains("the Target t needs it"), "{message}");
    let (_, refused) = hub
        .api
        .send(Method::DELETE, "/target?where=Slug%20=%20't'", "")
        .await;
    let message = refused[0]["Error"]["Message"].as_str().expect("a message");
    assert!(message.contains("Unit app is applied to it"), "{message}");
}
