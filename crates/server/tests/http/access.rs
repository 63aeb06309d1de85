//! Who may do what: roles, permissions of spaces, targets and workers, scopes of tokens, sign-in,
//! other organizations, and the audit.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::{Api, DEPLOYMENT, text};

pub(crate) const PASSWORD: &str = "correct horse battery";

impl Api {
    /// A request with another token than the administrator's, or none.
    pub(crate) async fn with(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("request");
        let answer = self.answer(request).await;
        let status = answer.status();
        // A stream has no end.
        if answer.headers().get(header::CONTENT_TYPE)
            == Some(&"text/event-stream".parse().expect("type"))
        {
            return (status, Value::Null);
        }
        let body = answer.into_body().collect().await.expect("body").to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Makes a member and answers its id and a token of it.
    pub(crate) async fn member(&self, name: &str, role: &str) -> (String, String) {
        let (_, me) = self.get("/me").await;
        let path = format!(
            "/organization/{}/organization_member",
            text(&me, "OrganizationID")
        );
        let body = json!({"Username": name, "Role": role});
        let member = self.ok(Method::POST, &path, body).await;
        assert_eq!(member["Role"], role);
        let id = text(&member, "UserID").to_owned();
        let token = self.token(&id, text(&me, "OrganizationID")).await;
        (id, token)
    }

    /// A token of a member, without signing in: passwords are slow on purpose.
    pub(crate) async fn token(&self, user: &str, organization: &str) -> String {
        let user = user.parse().expect("an id");
        let organization = organization.parse().expect("an id");
        let token = self.hub.issue_token(user, organization, "test").await;
        token.expect("a token")
    }

    /// Makes a member with a password.
    pub(crate) async fn member_with_password(&self, name: &str, role: &str) -> (String, String) {
        let (_, me) = self.get("/me").await;
        let (id, token) = self.member(name, role).await;
        let path = format!(
            "/organization/{}/organization_member/{id}/password",
            text(&me, "OrganizationID")
        );
        let body = json!({"Password": PASSWORD});
        self.ok(Method::PUT, &path, body).await;
        (id, token)
    }

    pub(crate) async fn login(&self, username: &str, password: &str) -> (StatusCode, Value) {
        let body = json!({"username": username, "password": password});
        self.with("", Method::POST, "/auth/login", &body).await
    }
}

/// A space that holds one of everything.
struct World {
    api: Api,
    /// What stands for the names of parameters in paths.
    ids: BTreeMap<&'static str, String>,
}

impl World {
    async fn new() -> Self {
        let api = Api::start().await;
        let (_, me) = api.get("/me").await;
        let (space, unit) = api.unit().await;
        let mut ids = BTreeMap::from([
            ("organization_id", text(&me, "OrganizationID").to_owned()),
            ("organization_member_id", text(&me, "UserID").to_owned()),
            ("user_id", text(&me, "UserID").to_owned()),
            ("space_id", last(&space)),
            ("unit_id", last(&unit)),
        ]);
        let other = json!({"Slug": "db", "ToolchainType": "Kubernetes/YAML"});
        let other = api.ok(Method::POST, &format!("{space}/unit"), other).await;
        let worker = json!({"Slug": "worker", "ProvidedInfo": {"BridgeWorkerInfo": {
            "SupportedConfigTypes": [
                {"ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes"},
            ],
        }}});
        for (path, id, name, body) in [
            (
                "bridge_worker",
                "bridge_worker_id",
                "BridgeWorkerID",
                worker,
            ),
            (
                "target",
                "target_id",
                "TargetID",
                json!({
                    "Slug": "target", "ToolchainType": "Kubernetes/YAML",
                    "ProviderType": "Kubernetes", "BridgeWorkerID": "{bridge_worker_id}",
                }),
            ),
            ("tag", "tag_id", "TagID", json!({"Slug": "tag"})),
            (
                "filter",
                "filter_id",
                "FilterID",
                json!({"Slug": "filter", "From": "Unit"}),
            ),
            (
                "view",
                "view_id",
                "ViewID",
                json!({
                    "Slug": "view", "FilterID": "{filter_id}", "Columns": [{"Name": "Slug"}],
                }),
            ),
            (
                "invocation",
                "invocation_id",
                "InvocationID",
                json!({
                    "Slug": "invocation", "ToolchainType": "Kubernetes/YAML",
                    "FunctionName": "get-replicas",
                }),
            ),
            (
                "trigger",
                "trigger_id",
                "TriggerID",
                json!({
                    "Slug": "trigger", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
                    "FunctionName": "vet-placeholders",
                }),
            ),
            (
                "link",
                "link_id",
                "LinkID",
                json!({
                    "Slug": "link", "FromUnitID": "{unit_id}", "ToUnitID": other["UnitID"],
                    "ToSpaceID": "{space_id}",
                }),
            ),
            (
                "change_set",
                "change_set_id",
                "ChangeSetID",
                json!({"Slug": "change"}),
            ),
        ] {
            let mut body = body.to_string();
            for (name, value) in &ids {
                body = body.replace(&format!("{{{name}}}"), value);
            }
            let body = serde_json::from_str(&body).expect("JSON");
            let made = api.ok(Method::POST, &format!("{space}/{path}"), body).await;
            ids.insert(id, text(&made, name).to_owned());
        }
        let (_, revisions) = api.get(&format!("{unit}/revision")).await;
        let revision = text(&revisions[0]["Revision"], "RevisionID").to_owned();
        ids.insert("revision_id", revision);
        let (_, mutations) = api.get(&format!("{unit}/mutation")).await;
        let mutation = text(&mutations[0]["Mutation"], "MutationID").to_owned();
        ids.insert("mutation_id", mutation);
        Self { api, ids }
    }

    /// A path with the ids of this world in it.
    fn path(&self, template: &str) -> String {
        let mut path = template.to_owned();
        for (name, id) in &self.ids {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        // Things that do not exist yet.
        let nothing = "00000000-0000-0000-0000-000000000001";
        for name in ["unit_action_id", "unit_event_id", "status_id", "token_id"] {
            path = path.replace(&format!("{{{name}}}"), nothing);
        }
        assert!(!path.contains('{'), "{path}");
        path
    }
}

fn last(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Every operation of the document: its name, method and path.
fn operations() -> Vec<(String, Method, String)> {
    let document: Value = serde_json::from_str(&cubit_server::openapi_json()).expect("JSON");
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let method = method.to_uppercase().parse().expect("a method");
            found.push((
                text(operation, "operationId").to_owned(),
                method,
                path.clone(),
            ));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// The body that is sent to an operation, and what it is asked beside: as little as it takes for the
/// question of permission to come up.
fn request(operation: &str, method: &Method, path: &str) -> (String, Value) {
    let query = match operation {
        "BulkCreateLinks" => "?where_from=Slug%20%3D%20%27app%27&where_to=Slug%20%3D%20%27db%27",
        "BulkCreateSpaces" => "?where=Slug%20LIKE%20%27%25%27&name_prefixes=x-",
        name if name.starts_with("BulkCreate") => "?where=Slug%20LIKE%20%27%25%27&name_prefixes=x-",
        name if name.starts_with("Bulk") => "?where=Slug%20LIKE%20%27%25%27",
        "InvokeFunctionsOnOrg" => "?where=Slug%20LIKE%20%27%25%27",
        _ => "",
    };
    let body = match operation {
        "InvokeFunctions" | "InvokeFunctionsOnOrg" => json!({"FunctionInvocations": [
            {"FunctionName": "set-replicas", "Arguments": [{"Value": 3}]},
        ]}),
        "CreateToken" => json!({"Name": "x", "Scopes": ["View"]}),
        "PatchOrganizationMember" => json!({"Role": "Admin"}),
        "ChangePassword" | "SetMemberPassword" => json!({"Password": "another password"}),
        "ImportUnit" => json!({}),
        "BulkTagUnits" => json!({"TagID": "{tag_id}"}),
        _ if *method == Method::PUT => json!({"Slug": "renamed", "Version": 1}),
        _ if *method == Method::PATCH => json!({"DisplayName": "changed"}),
        _ if *method == Method::POST && operation.starts_with("Create") => {
            json!({"Slug": "new", "Username": "new", "ToolchainType": "Kubernetes/YAML"})
        }
        _ => json!(null),
    };
    (format!("/api{path}{query}"), body)
}

/// What an answer means for the question of permission.
fn verdict(status: StatusCode, answer: &Value) -> &'static str {
    match status.as_u16() {
        401 => "sign in",
        403 => "denied",
        404 => "missing",
        207 => {
            let errors: Vec<i64> = answer
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|item| item["Error"]["Status"].as_i64())
                .collect();
            match errors.iter().all(|status| *status == 403) {
                true => "denied each",
                false => "allowed",
            }
        }
        200 if answer.as_array().is_some_and(Vec::is_empty) => "nothing",
        // Allowed, whether or not the request makes sense.
        200 | 400 | 409 | 422 => "allowed",
        other => panic!("{other}: {answer}"),
    }
}

/// T1: every operation by every kind of caller. Each is asked in a world of its own, since some
/// answers change it.
#[tokio::test]
async fn who_may_do_what_is_as_reviewed() {
    let mut table = String::new();
    for (operation, method, template) in operations() {
        if operation == "apiInfo" {
            continue;
        }
        let _ = write!(table, "{operation:<28}");
        let world = World::new().await;
        let (_, viewer) = world.api.member("viewer", "Viewer").await;
        let (id, member) = world.api.member("member", "Member").await;
        let (_, stranger) = world.api.member("stranger", "Member").await;
        // The stranger's tokens are of an organization of its own.
        let stranger = world.move_away(&stranger).await;
        let (path, body) = request(&operation, &method, &template);
        let path = world.path(&path);
        let body: Value = serde_json::from_str(&world.path_in(&body.to_string())).expect("JSON");
        let ask = async |token: &str| {
            let (status, answer) = world.api.with(token, method.clone(), &path, &body).await;
            verdict(status, &answer)
        };
        for (who, token) in [("nobody", ""), ("stranger", &stranger), ("viewer", &viewer)] {
            let _ = write!(table, " {who}: {:<11}", ask(token).await);
        }
        // A member in a space that names others, and then as the role says.
        let restricted = json!({"Permissions": {"View": {"UserIDs": {}}}});
        let space = world.path("/space/{space_id}");
        world.api.ok(Method::PATCH, &space, restricted).await;
        let _ = write!(table, " unnamed member: {:<11}", ask(&member).await);
        let named = json!({"Permissions": {"View": {"UserIDs": {id.as_str(): true}}}});
        world.api.ok(Method::PATCH, &space, named).await;
        let _ = write!(table, " named to view: {:<11}", ask(&member).await);
        world
            .api
            .ok(Method::PATCH, &space, json!({"Permissions": null}))
            .await;
        let _ = writeln!(table, " member: {}", ask(&member).await);
    }
    insta::assert_snapshot!("access", table);
}

impl World {
    fn path_in(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, id) in &self.ids {
            text = text.replace(&format!("{{{name}}}"), id);
        }
        text
    }

    /// Makes the user an administrator of an organization of its own, and answers a token for that.
    async fn move_away(&self, token: &str) -> String {
        let (_, me) = self
            .api
            .with(token, Method::GET, "/api/me", &json!(null))
            .await;
        let (id, own) = (text(&me, "UserID"), text(&me, "OrganizationID"));
        let body = json!({"Slug": "elsewhere"});
        let elsewhere = self.api.ok(Method::POST, "/organization", body).await;
        let elsewhere = text(&elsewhere, "OrganizationID");
        let members = format!("/organization/{elsewhere}/organization_member");
        let body = json!({"Username": "stranger", "Role": "Admin"});
        self.api.ok(Method::POST, &members, body).await;
        let member = format!("/organization/{own}/organization_member/{id}");
        self.api.ok(Method::DELETE, &member, json!(null)).await;
        self.api.token(id, elsewhere).await
    }
}

/// T2: another organization's administrator gets no row, whatever it asks.
#[tokio::test]
async fn another_organization_sees_nothing() {
    let world = World::new().await;
    let (_, token) = world.api.member("stranger", "Member").await;
    let token = world.move_away(&token).await;
    let ids: Vec<&String> = world
        .ids
        .iter()
        .filter(|(name, _)| !matches!(**name, "organization_member_id" | "user_id"))
        .map(|(_, id)| id)
        .collect();
    for (operation, method, template) in operations() {
        let (path, body) = request(&operation, &method, &template);
        let path = world.path(&path);
        let asked = world.path_in(&body.to_string());
        let body = serde_json::from_str(&asked).expect("JSON");
        let (status, answer) = world.api.with(&token, method, &path, &body).await;
        let answer = answer.to_string();
        for id in &ids {
            let repeats_the_question = path.contains(id.as_str()) || asked.contains(id.as_str());
            assert!(
                !answer.contains(id.as_str()) || (repeats_the_question && status != 200),
                "{operation} {status} {answer}"
            );
        }
    }
    // And nothing has happened to what it asked about.
    let (_, unit) = world
        .api
        .get(&world.path("/space/{space_id}/unit/{unit_id}"))
        .await;
    assert_eq!(unit["Unit"]["Version"], 1);
    assert_eq!(unit["Unit"]["Data"], STANDARD.encode(DEPLOYMENT));
}

#[tokio::test]
async fn a_space_may_name_who_may() {
    let world = World::new().await;
    let (editor, editing) = world.api.member("editor", "Viewer").await;
    let (approver, approving) = world.api.member("approver", "Member").await;
    let space = world.path("/space/{space_id}");
    let unit = world.path("/space/{space_id}/unit/{unit_id}");
    let permissions = json!({"Permissions": {
        "Edit": {"UserIDs": {editor.as_str(): true}},
        "Approve": {"UserIDs": {approver.as_str(): true}},
    }});
    world
        .api
        .ok(Method::PATCH, &space, permissions.clone())
        .await;
    let patch = json!({"DisplayName": "changed"});
    for (who, token, method, path, body, expected) in [
        (
            "editor edits",
            &editing,
            Method::PATCH,
            unit.clone(),
            &patch,
            200,
        ),
        (
            "editor approves",
            &editing,
            Method::POST,
            format!("{unit}/approve"),
            &patch,
            403,
        ),
        (
            "approver edits",
            &approving,
            Method::PATCH,
            unit.clone(),
            &patch,
            403,
        ),
        (
            "approver approves",
            &approving,
            Method::POST,
            format!("{unit}/approve"),
            &patch,
            200,
        ),
        (
            "editor opens the space",
            &editing,
            Method::PATCH,
            space.clone(),
            &json!({"Permissions": null}),
            403,
        ),
        (
            "editor creates a space",
            &editing,
            Method::POST,
            "/space".to_owned(),
            &json!({"Slug": "mine"}),
            403,
        ),
        (
            "approver creates a space",
            &approving,
            Method::POST,
            "/space".to_owned(),
            &json!({"Slug": "mine"}),
            200,
        ),
        (
            "approver closes its space",
            &approving,
            Method::POST,
            "/space".to_owned(),
            &json!({"Slug": "closed", "Permissions": permissions["Permissions"]}),
            403,
        ),
    ] {
        let (status, answer) = world
            .api
            .with(token, method, &format!("/api{path}"), body)
            .await;
        assert_eq!(status.as_u16(), expected, "{who}: {answer}");
    }
    let unknown = json!({"Permissions": {"Fly": {"UserIDs": {}}}});
    let (status, answer) = world
        .api
        .send(Method::PATCH, &space, unknown.to_string())
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        text(&answer, "Message").contains("\"Fly\" is not one of View"),
        "{answer}"
    );
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_in_no_list_and_no_expansion() {
    let world = World::new().await;
    let (_, token) = world.api.member("member", "Member").await;
    let open = world
        .api
        .ok(Method::POST, "/space", json!({"Slug": "open"}))
        .await;
    let open = text(&open, "SpaceID");
    // A clone in the open of what will be hidden, linked to it.
    let path = format!(
        "/space/{open}/unit?upstream_space_id={}&upstream_unit_id={}",
        world.ids["space_id"], world.ids["unit_id"]
    );
    let clone = world
        .api
        .ok(
            Method::POST,
            &path,
            json!({"Slug": "clone", "ToolchainType": "Kubernetes/YAML"}),
        )
        .await;
    let hide = json!({"Permissions": {"View": {"UserIDs": {}}}});
    world
        .api
        .ok(Method::PATCH, &world.path("/space/{space_id}"), hide)
        .await;
    let get = async |path: String| {
        let (status, answer) = world
            .api
            .with(&token, Method::GET, &path, &json!(null))
            .await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    };
    let spaces = get("/api/space?summary=true".to_owned()).await;
    assert_eq!(spaces.as_array().map(Vec::len), Some(1), "{spaces}");
    for path in [
        "unit",
        "revision",
        "tag",
        "filter",
        "view",
        "invocation",
        "trigger",
        "link",
        "change_set",
        "bridge_worker",
        "target",
    ] {
        let list = get(format!("/api/{path}")).await;
        let hidden = &world.ids["space_id"];
        let list: Vec<&Value> = list.as_array().expect("a list").iter().collect();
        let hidden_rows = list.iter().filter(|row| {
            let entity = row
                .as_object()
                .and_then(|row| row.values().find(|v| v.get("SpaceID").is_some()));
            entity.is_some_and(|entity| entity["SpaceID"] == **hidden)
        });
        assert_eq!(hidden_rows.count(), 0, "{path}");
    }
    let shown = get(format!(
        "/api/space/{open}/unit/{}?include=UpstreamUnitID,UpstreamSpaceID",
        text(&clone, "UnitID")
    ))
    .await;
    assert_eq!(shown.get("UpstreamUnit"), None, "{shown}");
    assert_eq!(shown.get("UpstreamSpace"), None);
    // Conditions cannot look into what is hidden either.
    let path = "/api/unit?where=UpstreamUnit.Slug%20LIKE%20%27a%25%27";
    assert_eq!(get(path.to_owned()).await, json!([]));
}

#[tokio::test]
async fn tokens_do_what_they_were_made_for_until_they_are_withdrawn() {
    let world = World::new().await;
    let unit = world.path("/api/space/{space_id}/unit/{unit_id}");
    let make = async |token: &str, body: Value| {
        let method = Method::POST;
        world.api.with(token, method, "/api/me/token", &body).await
    };
    let (_, member) = world.api.member("member", "Member").await;
    let (status, reader) = make(&member, json!({"Name": "ci", "Scopes": ["View"]})).await;
    assert_eq!(status, StatusCode::OK, "{reader}");
    assert_eq!(reader["Scopes"], json!(["View"]));
    let reading = text(&reader, "Token").to_owned();
    let patch = json!({"DisplayName": "x"});
    let (status, _) = world
        .api
        .with(&reading, Method::GET, &unit, &json!(null))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = world.api.with(&reading, Method::PATCH, &unit, &patch).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    // It cannot make a token that can do more.
    for scopes in [json!(["Edit"]), json!([])] {
        let (status, _) = make(&reading, json!({"Scopes": scopes})).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{scopes}");
    }
    for (body, message) in [
        (json!({"Scopes": ["Fly"]}), "is not one of View"),
        (
            json!({"Scopes": ["View"], "ExpiresAt": "2001-01-01T00:00:00Z"}),
            "in the past",
        ),
    ] {
        let (status, answer) = make(&member, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text(&answer, "Message").contains(message), "{answer}");
    }
    let (_, list) = world
        .api
        .with(&member, Method::GET, "/api/me/token", &json!(null))
        .await;
    let ci = list
        .as_array()
        .expect("a list")
        .iter()
        .find(|token| token["Name"] == "ci");
    let ci = ci.expect("the token");
    assert_eq!(ci.get("Token"), None, "its text is answered once");
    let path = format!("/api/me/token/{}", text(ci, "TokenID"));
    let admins = world
        .api
        .send(Method::DELETE, path.trim_start_matches("/api"), "")
        .await;
    assert_eq!(admins.0, StatusCode::NOT_FOUND, "it is somebody else's");
    let (status, _) = world
        .api
        .with(&member, Method::DELETE, &path, &json!(null))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = world
        .api
        .with(&reading, Method::GET, &unit, &json!(null))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "at once");
    let (status, _) = world
        .api
        .with(&member, Method::POST, "/auth/logout", &json!(null))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = world
        .api
        .with(&member, Method::GET, &unit, &json!(null))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "signed out");
}

#[tokio::test]
async fn guessing_a_password_takes_longer_each_time() {
    let api = Api::start().await;
    let (_, token) = api.member_with_password("ann", "Member").await;
    for _ in 0..5 {
        let (status, answer) = api.login("ann", "wrong password").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
        let (_, nobody) = api.login("nobody", "wrong password").await;
        assert_eq!(answer, nobody, "whether the name exists is not told");
    }
    for name in ["ann", "nobody"] {
        let body = json!({"username": name, "password": PASSWORD}).to_string();
        let request = Request::post("/auth/login")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .expect("request");
        let answer = api.answer(request).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{name}");
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }
    // Sessions that are there go on.
    let (status, _) = api.with(&token, Method::GET, "/api/me", &json!(null)).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one() {
    let api = Api::start().await;
    let (_, token) = api.member_with_password("ann", "Member").await;
    let change = async |body: Value| {
        let (status, _) = api
            .with(&token, Method::PUT, "/api/me/password", &body)
            .await;
        status.as_u16()
    };
    let new = "another good password";
    assert_eq!(
        change(json!({"OldPassword": "wrong", "Password": new})).await,
        401
    );
    assert_eq!(
        change(json!({"OldPassword": PASSWORD, "Password": "short"})).await,
        400
    );
    assert_eq!(
        change(json!({"OldPassword": PASSWORD, "Password": new})).await,
        200
    );
    assert_eq!(api.login("ann", PASSWORD).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(api.login("ann", new).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_worker_signs_in_as_its_user() {
    let world = World::new().await;
    let path = world.path("/space/{space_id}/bridge_worker");
    let worker = world
        .api
        .ok(Method::POST, &path, json!({"Slug": "second"}))
        .await;
    let body = json!({"worker_id": worker["BridgeWorkerID"], "worker_secret": worker["Secret"]});
    let sign_in = async |body: &Value| world.api.with("", Method::POST, "/auth/worker", body).await;
    let (status, session) = sign_in(&body).await;
    assert_eq!(status, StatusCode::OK, "{session}");
    assert_ne!(session["auth_type"], "Basic");
    let token = text(&session, "access_token").to_owned();
    let (_, me) = world
        .api
        .with(&token, Method::GET, "/api/me", &json!(null))
        .await;
    assert_eq!(me["Role"], "Viewer");
    // Making a worker is no way to get more than one has.
    let unit = world.path("/api/space/{space_id}/unit/{unit_id}");
    let patch = json!({"DisplayName": "x"});
    let (status, _) = world.api.with(&token, Method::PATCH, &unit, &patch).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, again) = sign_in(&body).await;
    assert_eq!(
        again["user"]["id"], session["user"]["id"],
        "one user, not one a time"
    );
    for wrong in [
        json!({"worker_id": worker["BridgeWorkerID"], "worker_secret": "wrong"}),
        json!({"worker_id": world.ids["bridge_worker_id"], "worker_secret": worker["Secret"]}),
    ] {
        assert_eq!(sign_in(&wrong).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        sign_in(&json!({"worker_id": "x"})).await.0,
        StatusCode::BAD_REQUEST
    );
    // When the worker goes, so does its user.
    let path = format!("{path}/{}", text(&worker, "BridgeWorkerID"));
    world.api.ok(Method::DELETE, &path, json!(null)).await;
    let (status, _) = world
        .api
        .with(&token, Method::GET, "/api/me", &json!(null))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let api = Api::start().await;
    let (_, me) = api.get("/me").await;
    let members = format!(
        "/organization/{}/organization_member",
        text(&me, "OrganizationID")
    );
    let own = format!("{members}/{}", text(&me, "UserID"));
    let (ann, token) = api.member("ann", "Member").await;
    let (status, answer) = api.send(Method::PATCH, &own, r#"{"Role": "Member"}"#).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let promoted = api
        .ok(
            Method::PATCH,
            &format!("{members}/{ann}"),
            json!({"Role": "Admin"}),
        )
        .await;
    assert_eq!(promoted["Role"], "Admin");
    let demoted = api.ok(Method::PATCH, &own, json!({"Role": "Viewer"})).await;
    assert_eq!(demoted["Role"], "Viewer");
    // At once, and for the one who was the administrator as well.
    let (status, _) = api.send(Method::POST, "/space", r#"{"Slug": "x"}"#).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = api
        .with(&token, Method::POST, "/api/space", &json!({"Slug": "x"}))
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn the_audit_tells_who_did_what_and_what_was_denied() {
    let world = World::new().await;
    let (viewer, token) = world.api.member("viewer", "Viewer").await;
    let unit = world.path("/space/{space_id}/unit/{unit_id}");
    let patch = json!({"DisplayName": "changed"});
    world.api.ok(Method::PATCH, &unit, patch.clone()).await;
    let dry = format!("{unit}?dry_run=true");
    world
        .api
        .ok(Method::PATCH, &dry, json!({"DisplayName": "never"}))
        .await;
    let path = format!("/api{unit}");
    let (status, _) = world.api.with(&token, Method::PATCH, &path, &patch).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, audit) = world.api.get("/audit?limit=2").await;
    assert_eq!(status, StatusCode::OK);
    let [denied, done] = audit.as_array().expect("a list").as_slice() else {
        panic!("two: {audit}")
    };
    assert_eq!(denied["Outcome"], "denied");
    assert_eq!(denied["UserID"], viewer);
    assert_eq!(denied["Operation"], "PatchUnit");
    assert_eq!(done["Outcome"], "done");
    assert_eq!(done["Operation"], "PatchUnit");
    assert_eq!(done["UserAgent"], "test/1");
    assert_eq!(
        done["Changes"],
        world.path("changed Unit {unit_id} in {space_id}")
    );
    let before = done["Number"].as_i64().expect("a number");
    let (_, older) = world
        .api
        .get(&format!("/audit?limit=1&before={before}"))
        .await;
    assert_eq!(older[0]["Number"], before - 1);
    let body = json!({"Name": "ci", "Scopes": ["View"]});
    let made = world.api.ok(Method::POST, "/me/token", body).await;
    let (_, newest) = world.api.get("/audit?limit=1").await;
    let changes = format!("created Token {}", text(&made, "TokenID"));
    assert_eq!(newest[0]["Changes"], changes);
    for path in ["/audit?limit=0", "/audit?limit=1001"] {
        assert_eq!(
            world.api.get(path).await.0,
            StatusCode::BAD_REQUEST,
            "{path}"
        );
    }
    let (status, _) = world
        .api
        .with(&token, Method::GET, "/api/audit", &json!(null))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
