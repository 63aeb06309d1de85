//! Organizations, members and users.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Api, text};

#[tokio::test]
async fn organizations_are_seen_by_their_members() {
    let api = Api::start().await;
    let (_, me) = api.get("/me").await;
    let (_, all) = api.get("/organization").await;
    assert_eq!(all[0]["OrganizationID"], me["OrganizationID"]);
    let acme = json!({"Slug": "acme", "DisplayName": "Acme", "Labels": {"plan": "free"}});
    let acme = api.ok(Method::POST, "/organization", acme).await;
    let path = format!("/organization/{}", text(&acme, "OrganizationID"));
    let (_, read) = api.get(&format!("{path}?select=DisplayName")).await;
    assert_eq!(read["DisplayName"], "Acme");
    assert_eq!(read.get("Labels"), None, "not selected: {read}");
    let (_, found) = api
        .get("/organization?where=Labels.plan%20%3D%20%27free%27")
        .await;
    assert_eq!(found, json!([acme]));

    let (status, answer) = api
        .send(Method::POST, "/organization", r#"{"Slug": "acme"}"#)
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    let again = json!({"Slug": "acme"});
    let path_again = "/organization?allow_exists=true";
    let again = api.ok(Method::POST, path_again, again).await;
    assert_eq!(again["OrganizationID"], acme["OrganizationID"]);

    let mut changed = acme.clone();
    changed["DisplayName"] = json!("ACME");
    let stored = api.ok(Method::PUT, &path, changed.clone()).await;
    assert_eq!(stored["Version"], 2);
    let (status, _) = api.send(Method::PUT, &path, changed.to_string()).await;
    assert_eq!(status, StatusCode::CONFLICT);

    // What belongs to another organization is not seen from here.
    let (_, users) = api.get("/user").await;
    assert_eq!(users.as_array().map(Vec::len), Some(1));
    let own = format!("/organization/{}", text(&me, "OrganizationID"));
    let (status, answer) = api.send(Method::DELETE, &own, "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let gone = api.ok(Method::DELETE, &path, json!(null)).await;
    assert_eq!(gone["Message"], "Organization acme was deleted");
    for method in [Method::GET, Method::DELETE] {
        let (status, _) = api.send(method, &path, "").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn members_come_and_go() {
    let api = Api::start().await;
    let (_, me) = api.get("/me").await;
    let organization = text(&me, "OrganizationID");
    let path = format!("/organization/{organization}/organization_member");
    let body = json!({"Username": "ann@example.com", "DisplayName": "Ann"});
    let ann = api.ok(Method::POST, &path, body.clone()).await;
    assert_eq!(ann["Slug"], "ann");
    assert_eq!(ann["OrganizationID"], me["OrganizationID"]);
    let (_, members) = api.get(&path).await;
    assert_eq!(members, json!([me, ann]));
    let (_, found) = api
        .get(&format!("{path}?where=Username%20LIKE%20%27ann%25%27"))
        .await;
    assert_eq!(found, json!([ann]));
    let id = text(&ann, "UserID");
    let (_, user) = api.get(&format!("/user/{id}")).await;
    assert_eq!(user["Username"], "ann@example.com");
    let (_, users) = api.get("/user?where=DisplayName%20%3D%20%27Ann%27").await;
    assert_eq!(users, json!([user]));

    for (body, message) in [
        (body, "is a member of Organization local already"),
        (json!({}), "Username: is required"),
        (json!({"Username": "@"}), "Slug"),
        (json!({"Username": "a".repeat(2000)}), "at most 128"),
    ] {
        let (status, answer) = api.send(Method::POST, &path, body.to_string()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        assert!(text(&answer, "Message").contains(message), "{answer}");
    }

    let one = format!("{path}/{id}");
    api.ok(Method::DELETE, &one, json!(null)).await;
    for path in [one, format!("/user/{id}")] {
        let (status, _) = api.get(&path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    let last = format!("{path}/{}", text(&me, "UserID"));
    let (status, answer) = api.send(Method::DELETE, &last, "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
}
