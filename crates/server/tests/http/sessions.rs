//! Sessions: their two tokens, other organizations, what ends them, and passwords that come with
//! each request.

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cubit_server::SignIn;
use serde_json::{Value, json};

use crate::access::PASSWORD;
use crate::support::{Api, text};

const NOTHING: Value = Value::Null;

impl Api {
    async fn me_with(&self, authorization: &str) -> Response<Body> {
        let request = Request::get("/api/me").header(header::AUTHORIZATION, authorization);
        self.answer(request.body(Body::empty()).expect("request"))
            .await
    }

    async fn is_open_to(&self, token: &str) -> bool {
        let status = self.me_with(&format!("Bearer {token}")).await.status();
        assert!(matches!(status.as_u16(), 200 | 401), "{status}");
        status == StatusCode::OK
    }

    /// A session, as its access token and its refresh token.
    async fn session(&self, username: &str) -> (String, String) {
        let (status, session) = self.login(username, PASSWORD).await;
        assert_eq!(status, StatusCode::OK, "{session}");
        tokens(&session)
    }

    async fn refresh(&self, token: &str) -> (StatusCode, Value) {
        let body = json!({"refresh_token": token});
        self.with("", Method::POST, "/auth/refresh", &body).await
    }
}

fn tokens(session: &Value) -> (String, String) {
    let token = |name| text(session, name).to_owned();
    (token("access_token"), token("refresh_token"))
}

fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}

#[tokio::test]
async fn a_password_comes_with_a_request_only_where_that_is_allowed() {
    for is_allowed in [false, true] {
        let sign_in = SignIn {
            basic: is_allowed,
            ..SignIn::default()
        };
        let api = Api::with_sign_in(sign_in).await;
        api.member_with_password("ann", "Viewer").await;
        let right = if is_allowed { 200 } else { 401 };
        for (authorization, expected) in [
            (basic("ann", PASSWORD), right),
            (basic("ann", PASSWORD).replace("Basic", "bAsIc"), right),
            (basic("ann", "wrong password"), 401),
            (basic("ann", ""), 401),
            (basic("nobody", PASSWORD), 401),
            (basic("", ""), 401),
            ("Basic".to_owned(), 401),
            ("Basic ?".to_owned(), 401),
            (format!("Basic {}", STANDARD.encode("no colon")), 401),
            (format!("Basic {}", STANDARD.encode([0xFF, b':'])), 401),
        ] {
            let status = api.me_with(&authorization).await.status();
            assert_eq!(status, expected, "{authorization}, {is_allowed}");
        }
    }
}

#[tokio::test]
async fn a_remembered_password_is_forgotten_when_it_changes() {
    let sign_in = SignIn {
        basic: true,
        ..SignIn::default()
    };
    let api = Api::with_sign_in(sign_in).await;
    let (_, token) = api.member_with_password("ann", "Viewer").await;
    let status = async |password| api.me_with(&basic("ann", password)).await.status();
    assert_eq!(status(PASSWORD).await, StatusCode::OK);
    assert_eq!(status(PASSWORD).await, StatusCode::OK);
    let new = "another good password";
    let body = json!({"OldPassword": PASSWORD, "Password": new});
    let method = Method::PUT;
    let (changed, _) = api.with(&token, method, "/api/me/password", &body).await;
    assert_eq!(changed, StatusCode::OK);
    assert_eq!(status(PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(new).await, StatusCode::OK);
    // Guessing waits, whoever is right meanwhile does not.
    let mut guesses = 0;
    while status("a guess").await == StatusCode::UNAUTHORIZED {
        guesses += 1;
        assert!(guesses < 20, "it never has to wait");
    }
    assert!(guesses >= 5, "{guesses}");
    assert_eq!(status(new).await, StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_token_gets_other_tokens_and_nothing_else() {
    let api = Api::start().await;
    api.member_with_password("ann", "Viewer").await;
    let (access, refresh) = api.session("ann").await;
    assert!(api.is_open_to(&access).await);
    assert!(!api.is_open_to(&refresh).await, "it opens nothing");
    assert_eq!(api.refresh(&access).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(api.refresh("").await.0, StatusCode::UNAUTHORIZED);

    let (status, session) = api.refresh(&refresh).await;
    assert_eq!(status, StatusCode::OK, "{session}");
    let (second, refresh_again) = tokens(&session);
    assert!(!api.is_open_to(&access).await);
    assert!(api.is_open_to(&second).await);
    // A refresh token that comes twice was stolen: the session ends.
    assert_eq!(api.refresh(&refresh).await.0, StatusCode::UNAUTHORIZED);
    assert!(!api.is_open_to(&second).await);
    assert_eq!(
        api.refresh(&refresh_again).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn signing_out_ends_both_tokens_of_this_session() {
    let api = Api::start().await;
    api.member_with_password("ann", "Viewer").await;
    let (access, refresh) = api.session("ann").await;
    let (other, _) = api.session("ann").await;
    let (status, _) = api
        .with(&access, Method::POST, "/auth/logout", &NOTHING)
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(!api.is_open_to(&access).await);
    assert_eq!(api.refresh(&refresh).await.0, StatusCode::UNAUTHORIZED);
    assert!(api.is_open_to(&other).await);
}

#[tokio::test]
async fn another_password_ends_every_other_session() {
    let api = Api::start().await;
    let (id, made) = api.member_with_password("ann", "Viewer").await;
    let (own, own_refresh) = api.session("ann").await;
    let (other, other_refresh) = api.session("ann").await;
    let body = json!({"OldPassword": PASSWORD, "Password": PASSWORD});
    let (status, answer) = api.with(&own, Method::PUT, "/api/me/password", &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(!api.is_open_to(&other).await);
    assert_eq!(
        api.refresh(&other_refresh).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert!(api.is_open_to(&own).await, "the one it was done with");
    assert!(api.is_open_to(&made).await, "tokens that people made stay");

    // An administrator ends all of them.
    let (_, me) = api.get("/me").await;
    let path = format!(
        "/organization/{}/organization_member/{id}/password",
        text(&me, "OrganizationID")
    );
    api.ok(Method::PUT, &path, json!({"Password": PASSWORD}))
        .await;
    assert!(!api.is_open_to(&own).await);
    assert_eq!(api.refresh(&own_refresh).await.0, StatusCode::UNAUTHORIZED);

    // So does the command line beside the database.
    let (own, _) = api.session("ann").await;
    let user = id.parse().expect("an id");
    let stored = api.hub.store_password(user, PASSWORD).await;
    stored.expect("stored");
    assert!(!api.is_open_to(&own).await);
}

#[tokio::test]
async fn who_is_no_member_any_more_has_no_session() {
    let api = Api::start().await;
    let (id, _) = api.member_with_password("ann", "Viewer").await;
    let (access, refresh) = api.session("ann").await;
    let (_, me) = api.get("/me").await;
    let path = format!(
        "/organization/{}/organization_member/{id}",
        text(&me, "OrganizationID")
    );
    api.ok(Method::DELETE, &path, NOTHING).await;
    assert!(!api.is_open_to(&access).await);
    assert_eq!(api.refresh(&refresh).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_changes_its_organization() {
    let api = Api::start().await;
    let (_, me) = api.get("/me").await;
    let own = format!(
        "/organization/{}/organization_member/{}/password",
        text(&me, "OrganizationID"),
        text(&me, "UserID")
    );
    api.ok(Method::PUT, &own, json!({"Password": PASSWORD}))
        .await;
    let acme = json!({"Slug": "acme"});
    let acme = api.ok(Method::POST, "/organization", acme).await;
    let name = text(&acme, "ExternalID");
    assert_ne!(name, "");
    let by_cookie = async |name: &str, token: &str| {
        let request = Request::get(format!("/auth/switch-organization?organization_id={name}"))
            .header(
                header::COOKIE,
                format!("a=b; confighub_refresh_token={token}; c=d"),
            );
        api.answer(request.body(Body::empty()).expect("request"))
            .await
    };
    let (access, refresh) = api.session("admin").await;
    for (name, token, expected) in [
        (name, access.as_str(), 401),
        (name, "", 401),
        ("", refresh.as_str(), 404),
        ("00000000-0000-4000-8000-000000000000", &refresh, 404),
    ] {
        let answer = by_cookie(name, token).await;
        assert_eq!(answer.status(), expected, "{name} {token}");
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
    }
    let answer = by_cookie(name, &refresh).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let cookies = answer.headers().get_all(header::SET_COOKIE).into_iter();
    let cookies: Vec<&str> = cookies.filter_map(|cookie| cookie.to_str().ok()).collect();
    let value = |name: &str| {
        let mut found = cookies
            .iter()
            .filter_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='));
        let cookie = found
            .next()
            .unwrap_or_else(|| panic!("{name}: {cookies:?}"));
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap_or_default().to_owned()
    };
    let switched = value("confighub_session");
    let (_, there) = api.with(&switched, Method::GET, "/api/me", &NOTHING).await;
    assert_eq!(there["OrganizationID"], acme["OrganizationID"]);
    assert!(!api.is_open_to(&access).await, "the session went there");
    assert_eq!(by_cookie(name, &refresh).await.status(), 401, "used");
    assert!(api.is_open_to(&switched).await);

    // Back, with the access token, by the id.
    let path = format!(
        "/auth/switch-organization?organization_id={}",
        text(&me, "OrganizationID")
    );
    let (status, back) = api.with(&switched, Method::POST, &path, &NOTHING).await;
    assert_eq!(status, StatusCode::OK, "{back}");
    let (access, refresh) = tokens(&back);
    let (_, here) = api.with(&access, Method::GET, "/api/me", &NOTHING).await;
    assert_eq!(here["OrganizationID"], me["OrganizationID"]);
    assert_eq!(api.refresh(&value("confighub_refresh_token")).await.0, 401);
    assert_eq!(api.refresh(&refresh).await.0, StatusCode::OK);

    // A token that somebody made is for one organization.
    let made = api
        .ok(Method::POST, "/me/token", json!({"Name": "ci"}))
        .await;
    let made = text(&made, "Token");
    let (status, answer) = api.with(made, Method::POST, &path, &NOTHING).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");
}

#[tokio::test]
async fn the_audit_tells_who_signed_in_and_who_could_not() {
    let api = Api::start().await;
    let (id, _) = api.member_with_password("ann", "Viewer").await;
    let newest = async || {
        let (_, audit) = api.get("/audit?limit=1").await;
        audit[0].clone()
    };
    let (_, me) = api.get("/me").await;
    let set = newest().await;
    assert_eq!(set["Changes"], format!("changed Password {id}"));
    assert_eq!(set["UserID"], me["UserID"], "who did it");
    api.session("ann").await;
    let done = newest().await;
    assert_eq!(done["Changes"], format!("signed-in User {id}"));
    assert_eq!(done["UserID"], id);
    assert_eq!(done["Operation"], "/auth/login");
    api.login("ann", "wrong password").await;
    let denied = newest().await;
    assert_eq!(denied["Outcome"], "denied");
    assert_eq!(denied["Changes"], format!("not-signed-in User {id}"));
    // What somebody typed who is nobody may be a password.
    api.login(PASSWORD, PASSWORD).await;
    assert_eq!(newest().await["Number"], denied["Number"]);
}
