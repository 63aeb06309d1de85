//! The server dies at every commit of a script in turn, just before it and just after it. What was
//! acknowledged is there, and each transaction is there as a whole or not at all.
//!
//! Debug builds of the binary have these points (`failpoint.rs` of the store). A crash between two
//! transactions of a call about many units is one just after a commit.
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

mod trial;

use cubit_tests::{Api, Start, Workplace, base64, deployment, invocation, query, unit_body};
use serde_json::{Value, json};

use trial::{Request, Trial, VARIABLE, is_gone, is_new, is_next, is_noted, verify};

/// Units that calls about many of them change: two whole transactions, and a part of one.
const MANY: usize = 130;
/// Those of a first start: the administrator, its token, and two of keeping house.
const COMMITS_AT_START: usize = 4;

/// The patch that gives a unit the text of an owner.
fn data(owner: &str) -> Value {
    json!({"Data": base64(deployment(1, owner))})
}

/// The request that makes clones of a unit, all with a label; `slug` is in their names.
fn clones(label: &str, slug: &str) -> Request {
    let prefixes: Vec<String> = (0..MANY).map(|n| format!("{slug}-{n}-")).collect();
    let prefixes = prefixes.join(",");
    let parameters = [
        ("where", "Slug = 'app'"),
        ("name_prefixes", &prefixes),
        ("allow_exists", "true"),
    ];
    let label = json!({"Labels": {"made": label}});
    ("POST", query("/api/unit", &parameters), label)
}

/// The path of a call about those with a label.
fn labelled(path: &str, label: &str) -> String {
    query(path, &[("where", &format!("Labels.made = '{label}'"))])
}

/// Only debug builds can be told where to die.
fn is_skipped() -> bool {
    let is_skipped = !cfg!(debug_assertions);
    if is_skipped {
        println!("skipped: this is a release build");
    }
    is_skipped
}

#[test]
fn one_entity_at_a_time() {
    if is_skipped() {
        return;
    }
    let mut trial = Trial::new();
    let create = |path: &str, mark: &str| ("POST", path.to_owned(), json!({"Slug": mark}));
    let space = |_: &Api, mark: &str| create("/api/space", mark);
    trial.step("create a space", 1, space, is_new);
    let space = trial.api().create_space("dev");
    let units = format!("{space}/unit");
    let text = deployment(1, "first");
    let app = trial.api().create_unit(&space, "app", text);

    let unit = |_: &Api, mark: &str| ("POST", units.clone(), unit_body(mark, "a: 1\n"));
    trial.step("create a unit", 1, unit, is_new);
    let patch = |_: &Api, mark: &str| ("PATCH", app.path().to_owned(), data(mark));
    trial.step("patch a unit", 1, patch, is_next);
    let restore = |api: &Api, mark: &str| {
        let _ = api.ok("PATCH", app.path(), &data(mark));
        let _ = api.ok("PATCH", app.path(), &data("another"));
        let path = format!("{}?restore=Before:HeadRevisionNum", app.path());
        ("PATCH", path, json!({}))
    };
    trial.step("restore a unit", 1, restore, is_next);
    let approve = |api: &Api, mark: &str| {
        let _ = api.ok("PATCH", app.path(), &data(mark));
        ("POST", format!("{}/approve", app.path()), Value::Null)
    };
    trial.step("approve a unit", 1, approve, |_, before, after| {
        is_noted("ApprovedBy", before, after)
    });
    let link = |api: &Api, mark: &str| {
        let ends = ["from", "to"].map(|end| format!("{end}-{mark}"));
        let [from, to] = ends.map(|slug| api.create_unit(&space, &slug, "a: 1\n"));
        let body = json!({
            "Slug": format!("link-{mark}"),
            "FromUnitID": from.id(),
            "ToUnitID": to.id(),
            "ToSpaceID": space.rsplit('/').next(),
        });
        ("POST", format!("{space}/link"), body)
    };
    // Where a unit has its links from is written with them.
    trial.step("link units", 2, link, |mark, before, after| match before {
        Some(before) => after.is_some_and(|after| before["FromLinkID"] != after["FromLinkID"]),
        None => is_new(mark, None, after),
    });
    let delete = |api: &Api, mark: &str| {
        let unit = api.create_unit(&space, mark, deployment(2, mark));
        let _ = api.ok("PATCH", unit.path(), &data("second"));
        ("DELETE", unit.path().to_owned(), Value::Null)
    };
    trial.step("delete a unit", 1, delete, is_gone);

    println!("{} kills", trial.kills);
}

#[test]
fn texts_of_many_units() {
    if is_skipped() {
        return;
    }
    let mut trial = Trial::new();
    let space = trial.api().create_space("dev");
    let text = deployment(1, "first");
    let app = trial.api().create_unit(&space, "app", &text);
    let clone = |_: &Api, mark: &str| clones(mark, mark);
    let kept = trial.step("clone a unit many times", MANY, clone, is_new);
    // The clones of the attempts before would only take time.
    let rest = format!("Labels.made != '' AND Labels.made != '{kept}'");
    let rest = query("/api/unit", &[("where", &rest)]);
    let _ = trial.api().ok("DELETE", &rest, &Value::Null);
    let many = |path: &str| labelled(path, &kept);
    let patch = |_: &Api, mark: &str| ("PATCH", many("/api/unit"), data(mark));
    trial.step("patch many units", MANY, patch, is_next);
    let annotate = |_: &Api, mark: &str| {
        let call = invocation("set-annotation", &[json!("mark"), json!(mark)]);
        ("POST", many("/api/function/invoke"), call)
    };
    trial.step("run a function on many units", MANY, annotate, is_next);
    let upgrade = |api: &Api, mark: &str| {
        let text = text.replace("shop/web:1.0", &format!("shop/web:{mark}"));
        let _ = api.ok("PATCH", app.path(), &json!({"Data": base64(text)}));
        let path = format!("{}&upgrade=true", many("/api/unit"));
        ("PATCH", path, json!({}))
    };
    trial.step("upgrade many units", MANY, upgrade, is_next);
    println!("{} kills", trial.kills);
}

#[test]
fn marks_of_many_units_and_their_end() {
    if is_skipped() {
        return;
    }
    let mut trial = Trial::new();
    let api = trial.api();
    let space = api.create_space("dev");
    let _ = api.create_unit(&space, "app", deployment(1, "first"));
    let (method, path, body) = clones("kept", "kept");
    let _ = api.ok(method, &path, &body);
    let many = |path: &str| labelled(path, "kept");
    let tag = |api: &Api, mark: &str| {
        let tag = api.ok("POST", &format!("{space}/tag"), &json!({"Slug": mark}));
        let body = json!({"TagID": tag["TagID"], "Revision": "HeadRevisionNum"});
        ("POST", many("/api/unit/tag"), body)
    };
    trial.step("tag many units", MANY, tag, |_, before, after| {
        is_noted("Tags", before, after)
    });
    let approve = |api: &Api, mark: &str| {
        let _ = api.ok("PATCH", &many("/api/unit"), &data(mark));
        ("POST", many("/api/unit/approve"), Value::Null)
    };
    trial.step("approve many units", MANY, approve, |_, before, after| {
        is_noted("ApprovedBy", before, after)
    });
    let delete = |api: &Api, _: &str| {
        let (method, path, body) = clones("doomed", "doomed");
        let _ = api.ok(method, &path, &body);
        ("DELETE", labelled("/api/unit", "doomed"), Value::Null)
    };
    trial.step("delete many units", MANY, delete, is_gone);
    println!("{} kills", trial.kills);
}

#[test]
fn a_first_start_that_was_cut_off_is_made_again() {
    if is_skipped() {
        return;
    }
    for point in ["before-commit-above", "after-commit-above"] {
        for passing in 1..=COMMITS_AT_START {
            let place = Workplace::new();
            let at = format!("{point}:{passing}");
            let started = place.launch(place.serve().env(VARIABLE, &at));
            if let Start::Running(mut server) = started {
                assert_eq!(server.until(|_| false), None, "{at}: it ends by itself");
            }
            let server = place.start();
            let _ = place.api(&server).create_space("dev");
            drop(server);
            verify(&place, &at);
        }
    }
}
