//! Rules about approvals, withdrawing them, and triggers that only administrators switch off.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Api, DEPLOYMENT, text};

/// A space with a unit, an administrator, and two members.
struct Office {
    api: Api,
    space: String,
    unit: String,
    ann: (String, String),
    bob: (String, String),
}

impl Office {
    async fn new(rules: impl FnOnce(&str, &str) -> Value) -> Self {
        let api = Api::start().await;
        let (space, unit) = api.unit().await;
        let ann = api.member("ann", "Member").await;
        let bob = api.member("bob", "Member").await;
        let rules = json!({"ApprovalRules": rules(&ann.0, &bob.0)});
        api.ok(Method::PATCH, &space, rules).await;
        Self {
            api,
            space,
            unit,
            ann,
            bob,
        }
    }

    async fn by(
        &self,
        who: &(String, String),
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let path = format!("/api{path}");
        self.api.with(&who.1, method, &path, &body).await
    }

    async fn change(&self, who: &(String, String), replicas: u8) -> Value {
        let text = DEPLOYMENT.replace("replicas: 2", &format!("replicas: {replicas}"));
        let patch = json!({"Data": STANDARD.encode(text)});
        let (status, unit) = self.by(who, Method::PATCH, &self.unit, patch).await;
        assert_eq!(status, StatusCode::OK, "{unit}");
        unit
    }

    async fn approve(&self, who: &(String, String), query: &str) -> (StatusCode, Value) {
        let path = format!("{}/approve?{query}", self.unit);
        self.by(who, Method::POST, &path, json!(null)).await
    }

    async fn withdraw(&self, who: &(String, String), query: &str) -> (StatusCode, Value) {
        let path = format!("{}/approve?{query}", self.unit);
        self.by(who, Method::DELETE, &path, json!(null)).await
    }

    async fn gates(&self) -> Value {
        self.api.get(&self.unit).await.1["Unit"]["ApplyGates"].take()
    }

    async fn trigger(&self, arguments: &[Value], enforced: bool) -> String {
        let arguments: Vec<Value> = arguments
            .iter()
            .map(|value| json!({"Value": value}))
            .collect();
        let body = json!({
            "Slug": "ok", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
            "FunctionName": "vet-approvedby", "Arguments": arguments, "Enforced": enforced,
        });
        let path = format!("{}/trigger", self.space);
        let trigger = self.api.ok(Method::POST, &path, body).await;
        format!("{path}/{}", text(&trigger, "TriggerID"))
    }
}

#[tokio::test]
async fn without_rules_own_changes_may_be_approved() {
    let office = Office::new(|_, _| json!({})).await;
    office.change(&office.ann, 3).await;
    assert_eq!(office.approve(&office.ann, "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn own_changes_are_approved_by_somebody_else() {
    let office = Office::new(|_, _| json!({"NoSelfApproval": true})).await;
    office.change(&office.ann, 3).await;
    let (status, said) = office.approve(&office.ann, "").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    assert!(text(&said, "Message").contains("somebody else"), "{said}");
    // A small change of another one does not make hers theirs.
    office.change(&office.bob, 4).await;
    for who in [&office.ann, &office.bob] {
        assert_eq!(office.approve(who, "").await.0, StatusCode::FORBIDDEN);
    }
    let carl = office.api.member("carl", "Member").await;
    assert_eq!(office.approve(&carl, "").await.0, StatusCode::OK);
    // What was approved is settled: only later changes count.
    office.change(&office.bob, 5).await;
    assert_eq!(office.approve(&office.ann, "").await.0, StatusCode::OK);

    // In a call about many, as for one.
    office.change(&office.bob, 6).await;
    let many = "/unit/approve?where=Slug%20%3D%20%27app%27";
    let (status, answers) = office
        .by(&office.bob, Method::POST, many, json!(null))
        .await;
    assert_eq!(status, StatusCode::MULTI_STATUS, "{answers}");
    assert_eq!(
        answers[0]["Error"]["ErrorCategory"], "forbidden",
        "{answers}"
    );
}

#[tokio::test]
async fn only_administrators_change_the_rules() {
    let office = Office::new(|_, _| json!({"NoSelfApproval": true})).await;
    let lifted = json!({"ApprovalRules": {}});
    let (status, said) = office
        .by(&office.ann, Method::PATCH, &office.space, lifted)
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    // A client that does not know of rules keeps them, and may go on.
    let mut space = office.api.get(&office.space).await.1["Space"].take();
    space
        .as_object_mut()
        .expect("a space")
        .remove("ApprovalRules");
    space["DisplayName"] = json!("The office");
    let (status, stored) = office
        .by(&office.ann, Method::PUT, &office.space, space)
        .await;
    assert_eq!(status, StatusCode::OK, "{stored}");
    assert_eq!(stored["ApprovalRules"], json!({"NoSelfApproval": true}));
    let wrong = json!({"ApprovalRules": {"NoSelfAproval": true}}).to_string();
    let (status, said) = office.api.send(Method::PATCH, &office.space, wrong).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
}

#[tokio::test]
async fn a_number_of_a_group_must_approve() {
    let office = Office::new(|ann, _| json!({"Groups": {"operators": [ann]}})).await;
    office.trigger(&[json!(1), json!("operators")], false).await;
    let gate = json!({"ok/vet-approvedby": true});
    assert_eq!(office.change(&office.bob, 3).await["ApplyGates"], gate);
    assert_eq!(office.approve(&office.bob, "").await.0, StatusCode::OK);
    assert_eq!(office.gates().await, gate, "he is no operator");
    assert_eq!(office.approve(&office.ann, "").await.0, StatusCode::OK);
    assert_eq!(office.gates().await, json!({}));

    // When the group changes, so do the gates.
    let other = json!({"ApprovalRules": {"Groups": {"operators": []}}});
    office.api.ok(Method::PATCH, &office.space, other).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while office.gates().await != gate {
        assert!(std::time::Instant::now() < deadline, "the gate stays open");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn approvals_are_withdrawn_and_reasons_are_kept() {
    let office = Office::new(|_, _| json!({})).await;
    office.trigger(&[json!(1)], false).await;
    office.change(&office.ann, 3).await;
    let reason = "reason=looks%20good";
    assert_eq!(office.approve(&office.bob, reason).await.0, StatusCode::OK);
    assert_eq!(office.gates().await, json!({}));
    let (status, said) = office.withdraw(&office.ann, "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    let reason = "reason=not%20on%20a%20Friday";
    assert_eq!(office.withdraw(&office.bob, reason).await.0, StatusCode::OK);
    assert_eq!(office.gates().await, json!({"ok/vet-approvedby": true}));
    let unit = office.api.get(&office.unit).await.1["Unit"].take();
    assert_eq!(unit["ApprovedBy"], json!([]));
    let path = format!("{}/revision?where=RevisionNum%20%3D%202", office.unit);
    let revision = office.api.get(&path).await.1[0]["Revision"].take();
    assert_eq!(revision["ApprovedBy"], json!([]));
    let kept = &revision["Approvals"][0];
    assert_eq!(kept["UserID"], office.bob.0.as_str());
    assert_eq!(kept["Reason"], "looks good");
    assert_eq!(kept["WithdrawalReason"], "not on a Friday");
    assert!(kept["WithdrawnAt"].is_string(), "{kept}");
    // Once more, and it counts.
    assert_eq!(office.approve(&office.bob, "").await.0, StatusCode::OK);
    assert_eq!(office.gates().await, json!({}));
}

#[tokio::test]
async fn only_what_was_looked_at_is_approved() {
    let office = Office::new(|_, _| json!({})).await;
    let seen = office.change(&office.ann, 3).await["ContentHash"].clone();
    let now = office.change(&office.ann, 4).await["ContentHash"].clone();
    let (status, said) = office
        .approve(&office.bob, &format!("expected_content_hash={seen}"))
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "{said}");
    assert!(
        text(&said, "Message").contains("expected_content_hash"),
        "{said}"
    );
    let (status, _) = office
        .approve(&office.bob, &format!("expected_content_hash={now}"))
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_enforced_is_switched_off_by_administrators_only() {
    let office = Office::new(|_, _| json!({})).await;
    let trigger = office.trigger(&[json!(1)], true).await;
    for patch in [
        json!({"Disabled": true}),
        json!({"Enforced": false}),
        json!({"Arguments": [{"Value": 0}]}),
    ] {
        let (status, said) = office
            .by(&office.ann, Method::PATCH, &trigger, patch.clone())
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{patch}: {said}");
    }
    let (status, _) = office
        .by(&office.ann, Method::DELETE, &trigger, json!(null))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let named = json!({"DisplayName": "Four eyes"});
    let (status, _) = office.by(&office.ann, Method::PATCH, &trigger, named).await;
    assert_eq!(status, StatusCode::OK);

    // Nor through what it calls.
    let saved = json!({
        "Slug": "two", "ToolchainType": "Kubernetes/YAML", "FunctionName": "vet-approvedby",
        "Arguments": [{"Value": 2}],
    });
    let path = format!("{}/invocation", office.space);
    let saved = office.api.ok(Method::POST, &path, saved).await;
    let calls = json!({
        "Slug": "saved", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
        "InvocationID": saved["InvocationID"], "Enforced": true,
    });
    let triggers = format!("{}/trigger", office.space);
    office.api.ok(Method::POST, &triggers, calls).await;
    let saved = format!("{path}/{}", text(&saved, "InvocationID"));
    let weaker = json!({"Arguments": [{"Value": 0}]});
    let (status, _) = office
        .by(&office.ann, Method::PATCH, &saved, weaker.clone())
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    office.api.ok(Method::PATCH, &saved, weaker).await;
    office.api.ok(Method::DELETE, &trigger, json!(null)).await;
}
