//! Calls about many units and many spaces.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Api, DEPLOYMENT, text};

/// A space with so many units, `app0` and on, and links from each to the one before.
struct Fleet {
    api: Api,
    space: String,
    space_id: String,
    units: Vec<Value>,
}

impl Fleet {
    async fn of(count: usize) -> Self {
        let api = Api::start().await;
        let space = api.ok(Method::POST, "/space", json!({"Slug": "dev"})).await;
        let space_id = text(&space, "SpaceID").to_owned();
        let space = format!("/space/{space_id}");
        let mut units: Vec<Value> = Vec::new();
        for number in 0..count {
            let body = json!({
                "Slug": format!("app{number}"),
                "ToolchainType": "Kubernetes/YAML",
                "Labels": {"tier": "web", "number": number.to_string()},
                "Data": STANDARD.encode(DEPLOYMENT.replace("web", &format!("web{number}"))),
            });
            let unit = api.ok(Method::POST, &format!("{space}/unit"), body).await;
            if let Some(before) = units.last() {
                let link = json!({
                    "Slug": format!("link{number}"),
                    "FromUnitID": unit["UnitID"],
                    "ToUnitID": before["UnitID"],
                    "ToSpaceID": space_id,
                });
                api.ok(Method::POST, &format!("{space}/link"), link).await;
            }
            units.push(unit);
        }
        Self {
            api,
            space,
            space_id,
            units,
        }
    }

    fn unit(&self, number: usize) -> String {
        format!(
            "{}/unit/{}",
            self.space,
            text(&self.units[number], "UnitID")
        )
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        self.api.send(method, path, body.to_string()).await
    }

    async fn read(&self, path: &str) -> Value {
        let (status, answer) = self.api.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn slugs(&self, path: &str, entity: &str) -> Vec<String> {
        let list = self.read(path).await;
        let list = list.as_array().expect("a list").iter();
        list.map(|row| text(&row[entity], "Slug").to_owned())
            .collect()
    }
}

#[tokio::test]
async fn units_are_patched_each_by_itself() {
    let fleet = Fleet::of(3).await;
    let patch = json!({"Labels": {"tier": null, "ring": "1"}, "LastChangeDescription": "rings"});
    let path = "/unit?where=Slug%20LIKE%20%27app%25%27";
    let (status, answers) = fleet.call(Method::PATCH, path, patch).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    for (number, answer) in answers.as_array().expect("a list").iter().enumerate() {
        let labels = json!({"number": number.to_string(), "ring": "1"});
        assert_eq!(answer["Unit"]["Labels"], labels);
        assert_eq!(answer["Unit"]["HeadRevisionNum"], 1, "no data was changed");
    }

    // One cannot take the slug of another: its answer says so, the others are changed.
    let (status, answers) = fleet
        .call(Method::PATCH, path, json!({"Slug": "app1"}))
        .await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let errors: Vec<bool> = answers
        .as_array()
        .expect("a list")
        .iter()
        .map(|answer| answer.get("Error").is_some())
        .collect();
    assert_eq!(errors, [true, false, true], "{answers}");
    let error = &answers[0]["Error"];
    assert_eq!(error["Status"], 400);
    assert_eq!(error["ErrorMetadata"]["EntityType"], "Unit");
    assert_eq!(error["ErrorMetadata"]["EntityID"], fleet.units[0]["UnitID"]);

    for (path, body) in [
        ("/unit", json!({"Labels": {"a": "b"}})),
        ("/unit?were=Slug%20%3D%20%27app1%27", json!(null)),
        ("/unit?where=Slug%20%3D", json!(null)),
    ] {
        let (status, answer) = fleet.call(Method::PATCH, path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
    }
}

#[tokio::test]
async fn units_get_the_same_data_and_go_back_each_to_its_own() {
    let fleet = Fleet::of(2).await;
    let everything = format!("/unit?where=SpaceID%20%3D%20%27{}%27", fleet.space_id);
    let data = json!({"Data": STANDARD.encode(DEPLOYMENT)});
    let dry = format!("{everything}&dry_run=true");
    let (status, answers) = fleet.call(Method::PATCH, &dry, data.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answers[1]["Unit"]["HeadRevisionNum"], 2);
    let unit = fleet.read(&fleet.unit(1)).await;
    assert_eq!(unit["Unit"]["HeadRevisionNum"], 1, "nothing was written");

    let (status, _) = fleet.call(Method::PATCH, &everything, data).await;
    assert_eq!(status, StatusCode::OK);
    let restore = format!("{everything}&restore=Before:HeadRevisionNum");
    let (status, answers) = fleet.call(Method::PATCH, &restore, json!(null)).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    for (answer, unit) in answers.as_array().expect("a list").iter().zip(&fleet.units) {
        assert_eq!(answer["Unit"]["HeadRevisionNum"], 3);
        assert_eq!(answer["Unit"]["Data"], unit["Data"]);
    }
    let bad = json!({"Data": STANDARD.encode("a: [")});
    let (status, answers) = fleet.call(Method::PATCH, &everything, bad).await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    assert_eq!(answers[0]["Error"]["Status"], 422, "{answers}");
}

#[tokio::test]
async fn links_between_units_that_go_are_in_nobodys_way() {
    let fleet = Fleet::of(3).await;
    let (status, answers) = fleet
        .call(
            Method::DELETE,
            "/unit?where=Slug%20%3D%20%27app0%27",
            json!(null),
        )
        .await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let message = text(&answers[0]["Error"], "Message");
    assert!(message.contains("the Link link1 leads to it"), "{message}");

    let gate = json!({"DeleteGates": {"keep": true}});
    fleet.api.ok(Method::PATCH, &fleet.unit(0), gate).await;
    let (status, answers) = fleet
        .call(Method::DELETE, "/unit?contains=app", json!(null))
        .await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let failed: Vec<bool> = answers
        .as_array()
        .expect("a list")
        .iter()
        .map(|answer| answer.get("Error").is_some())
        .collect();
    assert_eq!(failed, [true, false, false], "{answers}");
    assert_eq!(fleet.slugs("/unit", "Unit").await, ["app0"]);
    assert_eq!(fleet.read("/link").await, json!([]));
}

#[tokio::test]
async fn clones_go_to_every_place_and_their_links_lead_to_clones() {
    let fleet = Fleet::of(2).await;
    for slug in ["eu", "us"] {
        let body = json!({"Slug": slug, "Labels": {"kind": "region"}});
        fleet.api.ok(Method::POST, "/space", body).await;
    }
    let path = "/unit?where=Slug%20LIKE%20%27app%25%27&where_space=Labels.kind%20%3D%20%27region%27&name_prefixes=a-,b-";
    let patch = json!({"Labels": {"tier": null, "clone": "yes"}});
    let (status, answers) = fleet.call(Method::POST, path, patch.clone()).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    let answers = answers.as_array().expect("a list");
    assert_eq!(answers.len(), 8);
    for answer in answers {
        let unit = &answer["Unit"];
        let number = text(unit, "Slug").ends_with('1') as usize;
        assert_eq!(unit["UpstreamUnitID"], fleet.units[number]["UnitID"]);
        assert_eq!(unit["Data"], fleet.units[number]["Data"]);
        let labels = json!({"number": number.to_string(), "clone": "yes"});
        assert_eq!(unit["Labels"], labels, "inherited, then patched");
    }
    let places: Vec<(&str, &str)> = answers
        .iter()
        .map(|answer| {
            (
                text(&answer["Unit"], "SpaceID"),
                text(&answer["Unit"], "Slug"),
            )
        })
        .collect();
    for answer in answers {
        let unit = &answer["Unit"];
        let Some(link) = answer["Links"].as_array().map(|links| &links[0]["Link"]) else {
            assert!(text(unit, "Slug").ends_with('0'), "{answer}");
            continue;
        };
        let producer = answers
            .iter()
            .map(|other| &other["Unit"])
            .find(|other| other["UnitID"] == link["ToUnitID"])
            .expect("the link leads to a clone");
        assert_eq!(producer["SpaceID"], unit["SpaceID"]);
        assert_eq!(
            text(producer, "Slug").replace('0', "1"),
            text(unit, "Slug"),
            "under the same prefix"
        );
    }
    let mut sorted = places.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 8, "{places:?}");

    // The same call again: taken, or as good as made.
    let (status, again) = fleet.call(Method::POST, path, patch.clone()).await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    assert_eq!(again[7]["Error"]["Status"], 400, "{again}");
    let (status, again) = fleet
        .call(Method::POST, &format!("{path}&allow_exists=true"), patch)
        .await;
    assert_eq!(status, StatusCode::OK, "{again}");
    assert_eq!(again[7]["Unit"]["UnitID"], answers[7]["Unit"]["UnitID"]);

    for (path, body) in [
        ("/unit?where=Slug%20%3D%20%27app0%27", json!({})),
        ("/unit?name_prefixes=c-", json!({})),
        (
            "/unit?where=Slug%20%3D%20%27app0%27&name_prefixes=c-",
            json!({"Data": "eA=="}),
        ),
    ] {
        let (status, answer) = fleet.call(Method::POST, path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_link_to_a_unit_that_is_not_cloned_leads_where_it_led() {
    let fleet = Fleet::of(2).await;
    let path = "/unit?where=Slug%20%3D%20%27app1%27&name_prefixes=copy-";
    let (status, answers) = fleet.call(Method::POST, path, json!(null)).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    let link = &answers[0]["Links"][0]["Link"];
    assert_eq!(link["Slug"], "copy-link1");
    assert_eq!(link["ToUnitID"], fleet.units[0]["UnitID"]);
    assert_eq!(link["FromUnitID"], answers[0]["Unit"]["UnitID"]);
}

#[tokio::test]
async fn approvals_belong_to_a_revision() {
    let fleet = Fleet::of(2).await;
    let me = fleet.read("/me").await;
    let user = &me["UserID"];
    let approve = |query: &str| format!("{}/approve{query}", fleet.unit(0));
    let (status, message) = fleet.call(Method::POST, &approve(""), json!(null)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(message, "revision 1 of Unit app0 was approved");
    let (_, message) = fleet.call(Method::POST, &approve(""), json!(null)).await;
    assert_eq!(message, "revision 1 of Unit app0 was approved before");
    let unit = fleet.read(&fleet.unit(0)).await;
    assert_eq!(unit["Unit"]["ApprovedBy"], json!([user]));

    // New text was not approved.
    let data = json!({"Data": STANDARD.encode(DEPLOYMENT)});
    let changed = fleet.api.ok(Method::PATCH, &fleet.unit(0), data).await;
    assert_eq!(changed["ApprovedBy"], json!([]));
    let path = "/unit/approve?where=Slug%20LIKE%20%27app%25%27&revision=2";
    let (status, answers) = fleet.call(Method::POST, path, json!(null)).await;
    assert_eq!(status, StatusCode::MULTI_STATUS, "{answers}");
    assert_eq!(
        answers[0]["Message"],
        "revision 2 of Unit app0 was approved"
    );
    let message = text(&answers[1]["Error"], "Message");
    assert_eq!(message, "Unit app1 has no 2: the newest revision is 1");
    let revisions = fleet
        .approvals(&format!("{}/revision", fleet.unit(0)))
        .await;
    assert_eq!(revisions, [1, 1], "each revision keeps its approvals");
    for query in ["?revision=LiveRevisionNum", "?revision=nonsense"] {
        let (status, _) = fleet.call(Method::POST, &approve(query), json!(null)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
    }
}

impl Fleet {
    /// How many approved each revision.
    async fn approvals(&self, path: &str) -> Vec<usize> {
        let list = self.read(path).await;
        let list = list.as_array().expect("a list").iter();
        list.map(|row| row["Revision"]["ApprovedBy"].as_array().map_or(0, Vec::len))
            .collect()
    }
}

#[tokio::test]
async fn the_newest_revision_with_a_tag_is_meant() {
    let fleet = Fleet::of(2).await;
    let tag = json!({"Slug": "release"});
    let path = format!("{}/tag", fleet.space);
    let tag = fleet.api.ok(Method::POST, &path, tag).await;
    let tag_id = text(&tag, "TagID");
    let all = "/unit/tag?where=Slug%20LIKE%20%27app%25%27";
    let head = json!({"TagID": tag_id, "Revision": "HeadRevisionNum"});
    let (status, answers) = fleet.call(Method::POST, all, head).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        answers[1]["Message"],
        "revision 1 of Unit app1 has the Tag release"
    );

    // A change may carry the tag along.
    let data = json!({"Data": STANDARD.encode(DEPLOYMENT)});
    let tagged = format!("{}?tag={tag_id}", fleet.unit(0));
    fleet.api.ok(Method::PATCH, &tagged, data).await;
    let other = json!({"Data": STANDARD.encode("a: 1\n")});
    fleet.api.ok(Method::PATCH, &fleet.unit(0), other).await;
    let restore = format!("{}?restore=Tag:{tag_id}", fleet.unit(0));
    let restored = fleet.api.ok(Method::PATCH, &restore, json!(null)).await;
    assert_eq!(restored["Data"], STANDARD.encode(DEPLOYMENT));

    for revision in ["LiveRevisionNum", "LastAppliedRevisionNum"] {
        let request = json!({"TagID": tag_id, "Revision": revision});
        let (status, answers) = fleet.call(Method::POST, all, request).await;
        assert_eq!(status, StatusCode::MULTI_STATUS);
        assert_eq!(answers[0]["Error"]["Status"], 400, "{answers}");
    }
    for request in [
        json!({"TagID": tag_id, "Revision": "2"}),
        json!({"TagID": fleet.space_id}),
        json!({}),
    ] {
        let (status, answer) = fleet.call(Method::POST, all, request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }

    let remove = json!({"TagID": tag_id, "Revision": "Remove"});
    let (status, answers) = fleet.call(Method::POST, all, remove).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    let (status, answer) = fleet.call(Method::PATCH, &restore, json!(null)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let message = text(&answer, "Message");
    assert!(message.ends_with("no revision has that tag"), "{message}");
}

#[tokio::test]
async fn a_tag_that_is_deleted_leaves_its_revisions() {
    let fleet = Fleet::of(1).await;
    let path = format!("{}/tag", fleet.space);
    let tag = fleet
        .api
        .ok(Method::POST, &path, json!({"Slug": "v1"}))
        .await;
    let tag_id = text(&tag, "TagID");
    let request = json!({"TagID": tag_id});
    let (status, _) = fleet
        .call(Method::POST, "/unit/tag?contains=app", request)
        .await;
    assert_eq!(status, StatusCode::OK);
    let revisions = format!("{}/revision", fleet.unit(0));
    let tagged = fleet.read(&revisions).await;
    assert_eq!(tagged[0]["Revision"]["Tags"], json!({tag_id: tag_id}));
    let path = format!("{path}/{tag_id}");
    fleet.api.ok(Method::DELETE, &path, json!(null)).await;
    let tagged = fleet.read(&revisions).await;
    assert_eq!(tagged[0]["Revision"]["Tags"], json!({}));
}

#[tokio::test]
async fn spaces_are_copied_patched_and_deleted() {
    let fleet = Fleet::of(1).await;
    let dev = "where=Slug%20%3D%20%27dev%27";
    let path = format!("/_space?{dev}&name_prefixes=a-,b-");
    let (status, answers) = fleet
        .call(Method::POST, &path, json!({"Labels": {"copy": "yes"}}))
        .await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    assert_eq!(
        fleet.slugs("/space", "Space").await,
        ["dev", "a-dev", "b-dev"]
    );
    let copies = "where=Labels.copy%20%3D%20%27yes%27";
    let path = format!("/_space?{copies}");
    let (status, answers) = fleet
        .call(Method::PATCH, &path, json!({"DisplayName": "Copy"}))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answers[1]["Space"]["DisplayName"], "Copy");
    let (status, _) = fleet
        .call(Method::POST, &format!("/_space?{dev}"), json!(null))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "no prefix");

    // A link from one space into another: together they can go.
    let spaces = fleet.read("/space").await;
    let copy = text(&spaces[1]["Space"], "SpaceID");
    let body = json!({"Slug": "consumer", "ToolchainType": "Kubernetes/YAML"});
    let unit = fleet
        .api
        .ok(Method::POST, &format!("/space/{copy}/unit"), body)
        .await;
    let link = json!({
        "Slug": "link", "FromUnitID": unit["UnitID"],
        "ToUnitID": fleet.units[0]["UnitID"], "ToSpaceID": fleet.space_id,
    });
    fleet
        .api
        .ok(Method::POST, &format!("/space/{copy}/link"), link)
        .await;
    let all = "/_space?where=Slug%20LIKE%20%27%25dev%27";
    let (status, answers) = fleet.call(Method::DELETE, all, json!(null)).await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    assert_eq!(answers[0]["Error"]["Status"], 422, "not empty: {answers}");
    assert_eq!(answers[2]["Message"], "Space b-dev was deleted");
    let all = format!("{all}&recursive=true");
    let (status, answers) = fleet.call(Method::DELETE, &all, json!(null)).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    assert_eq!(fleet.read("/space").await, json!([]));
    assert_eq!(fleet.read("/unit").await, json!([]));
}
