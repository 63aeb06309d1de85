//! Looking after the database of a server: copies, checks, garbage, passwords.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use cubit_tests::{Unit, Workplace, base64, deployment};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

/// `cubit admin` on the database of a workplace.
fn admin(place: &Workplace, arguments: &[&str]) -> Output {
    admin_told(place, arguments, "")
}

fn admin_told(place: &Workplace, arguments: &[&str], input: &str) -> Output {
    let mut child = place
        .admin(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    let said = said(output);
    assert!(output.status.success(), "{said}");
    said
}

#[track_caller]
fn fails(output: &Output, why: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(why), "{why} in {said}");
}

/// A database with a unit of three revisions.
fn filled(place: &Workplace) {
    let server = place.start();
    let api = place.api(&server);
    let unit = api.create_unit(&api.create_space("dev"), "app", deployment(1, "first"));
    for replicas in [2, 3] {
        let patch = json!({"Data": base64(deployment(replicas, "first"))});
        api.ok("PATCH", unit.path(), &patch);
    }
    assert_eq!(server.stop().code, Some(0));
}

/// Changes the database behind the back of everything, and answers how many rows.
fn tamper(place: &Workplace, sql: &str) -> u64 {
    let options = SqliteConnectOptions::new()
        .filename(place.data().join("cubit.db"))
        .foreign_keys(false);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let changed = runtime.unwrap().block_on(async {
        let mut connection = options.connect().await.unwrap();
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await
    });
    changed.unwrap().rows_affected()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_copy_made_while_the_server_runs_is_whole_and_can_be_restored() {
    let place = Workplace::with_file();
    filled(&place);
    let copy = place.data().join("copy.db");
    let server = place.start();
    let api = place.api(&server);
    let before = api.get("/api/unit");
    succeeds(&admin(&place, &["backup", path(&copy)]));
    fails(&admin(&place, &["backup", path(&copy)]), "is there already");
    let _ = api.create_space("later");

    let restore = |more: &[&str]| admin(&place, &[&["restore", path(&copy)], more].concat());
    fails(&restore(&[]), "is there already");
    fails(&restore(&["--overwrite"]), "stop the server");
    assert_eq!(api.get("/api/space").as_array().unwrap().len(), 2);
    assert_eq!(server.stop().code, Some(0));
    succeeds(&restore(&["--overwrite"]));
    let verified = succeeds(&admin(&place, &["verify"]));
    assert!(verified.contains("revisions      3\n"), "{verified}");
    let server = place.start();
    let api = place.api(&server);
    assert_eq!(api.get("/api/unit"), before);
    assert_eq!(api.get("/api/space").as_array().unwrap().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_copy_is_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let place = Workplace::with_file();
    filled(&place);
    let copy = place.data().join("copy.db");
    succeeds(&admin(&place, &["backup", path(&copy)]));
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_is_no_database_is_not_restored() {
    let place = Workplace::with_file();
    filled(&place);
    let copy = place.data().join("garbage");
    std::fs::write(&copy, "This was never a database.\n".repeat(1000)).unwrap();
    let output = admin(&place, &["restore", path(&copy), "--overwrite"]);
    fails(&output, "not a database");
    let verified = succeeds(&admin(&place, &["verify"]));
    assert!(verified.contains("problems       0\n"), "{verified}");
}

#[test]
fn damage_is_found_and_named() {
    let cases = [
        // One byte of a text.
        (
            "UPDATE blobs SET content = substr(content, 1, length(content) - 1) || \
             CAST(X'5A' AS BLOB) WHERE blob_id = (SELECT data_blob FROM units)",
            "text ",
        ),
        (
            "DELETE FROM blobs WHERE blob_id = \
             (SELECT data_blob FROM revisions WHERE revision_num = 2)",
            "is missing",
        ),
        (
            "UPDATE revisions SET revision_num = 7 WHERE revision_num = 2",
            "comes after revision",
        ),
        (
            "UPDATE units SET head_revision_num = 9",
            "the newest revision should be 9 and is 3",
        ),
        (
            "UPDATE units SET content_hash = content_hash + 1",
            "revision 3: ContentHash is",
        ),
        (
            "UPDATE revisions SET content_hash = 7 WHERE revision_num = 1",
            "revision 1: ContentHash is 7",
        ),
        (
            "UPDATE revisions SET unit_id = zeroblob(16) WHERE revision_num = 3",
            "its unit is missing",
        ),
        (
            "UPDATE mutations SET revision_id = zeroblob(16) WHERE mutation_num = 2",
            "its revision is missing",
        ),
        (
            "DELETE FROM mutations WHERE mutation_num = 2",
            "its mutations are not numbered",
        ),
        (
            "UPDATE audit SET operation = 'Nothing' WHERE number = 2",
            "audit entry 2 is not as it was written",
        ),
        (
            "DELETE FROM audit WHERE number = 2",
            "audit entry 3 does not follow entry 1",
        ),
        (
            "DELETE FROM audit WHERE number = 1",
            "audit entry 2 is the first one there is",
        ),
        (
            "UPDATE audit SET previous = zeroblob(32) WHERE number = 3",
            "audit entry 3",
        ),
    ];
    for (damage, named) in cases {
        let place = Workplace::with_file();
        filled(&place);
        let verified = succeeds(&admin(&place, &["verify"]));
        assert!(verified.contains("problems       0\n"), "{verified}");
        assert_eq!(tamper(&place, damage), 1, "{damage}");
        fails(&admin(&place, &["verify"]), named);
    }
}

#[test]
fn a_link_with_a_loose_end_is_found() {
    let cases = [
        ("from_unit_id", "the unit it starts at is missing"),
        ("to_unit_id", "the unit it leads to is missing"),
    ];
    for (end, named) in cases {
        let place = Workplace::with_file();
        let server = place.start();
        let api = place.api(&server);
        let space = api.create_space("dev");
        let [from, to] = ["from", "to"].map(|slug| api.create_unit(&space, slug, "a: 1\n"));
        let link = json!({
            "Slug": "link",
            "FromUnitID": from.id(),
            "ToUnitID": to.id(),
            "ToSpaceID": space.rsplit('/').next().unwrap(),
        });
        let _ = api.ok("POST", &format!("{space}/link"), &link);
        assert_eq!(server.stop().code, Some(0));
        succeeds(&admin(&place, &["verify"]));
        let damage = format!("UPDATE links SET {end} = zeroblob(16)");
        assert_eq!(tamper(&place, &damage), 1);
        fails(&admin(&place, &["verify"]), named);
    }
}

#[test]
fn a_unit_that_searches_do_not_find_is_found() {
    let place = Workplace::with_file();
    filled(&place);
    let server = place.start();
    // The first search finds out that all units are in the index.
    let api = place.api(&server);
    let found = api.get("/api/unit?resource_type=apps/v1/Deployment");
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(server.stop().code, Some(0));
    succeeds(&admin(&place, &["verify"]));
    assert_eq!(tamper(&place, "DELETE FROM search_texts"), 1);
    fails(&admin(&place, &["verify"]), "searches do not find its text");
}

#[test]
fn garbage_goes_and_what_is_needed_stays() {
    let place = Workplace::with_file();
    filled(&place);
    // What a program that died between two statements could not leave, but an older one might.
    let left = "INSERT INTO blobs (organization_id, blob_id, size, content) \
                SELECT organization_id, zeroblob(32), size, content FROM blobs LIMIT 1";
    assert_eq!(tamper(&place, left), 1);
    // A server goes on meanwhile.
    let server = place.start();
    let verified = succeeds_with_damage(&admin(&place, &["verify"]));
    assert!(verified.contains("unused texts   1\n"), "{verified}");
    let removed = succeeds(&admin(&place, &["gc"]));
    assert!(removed.contains("removed 1 texts"), "{removed}");
    let verified = succeeds(&admin(&place, &["verify"]));
    assert!(verified.contains("unused texts   0\n"), "{verified}");
    let api = place.api(&server);
    let units = api.get("/api/unit");
    let id = units[0]["Unit"]["UnitID"].as_str().unwrap();
    let space = units[0]["Unit"]["SpaceID"].as_str().unwrap();
    let unit = Unit::new(&format!("/api/space/{space}"), id);
    assert_eq!(unit.revisions(&api).len(), 3);
}

/// What was left is also no text of its hash.
fn succeeds_with_damage(output: &Output) -> String {
    fails(output, "text 0000");
    said(output)
}

#[test]
fn an_administrator_gets_a_password_and_signs_in() {
    let place = Workplace::with_file();
    assert_eq!(place.start().stop().code, Some(0));
    let set = |name: &str, password: &str| admin_told(&place, &["set-password", name], password);
    fails(
        &set("nobody", "long enough\n"),
        "there is no user \"nobody\"",
    );
    fails(&set("admin", "short\n"), "a password has 8");
    succeeds(&set("admin", "long enough\n"));
    let server = place.start();
    let login = json!({"username": "admin", "password": "long enough"});
    let anonymous = place.api(&server).with_token(None);
    let session = anonymous.send("POST", "/auth/login", login.to_string());
    assert_eq!(session.status, 200, "{}", session.text());
}

#[test]
fn what_postgres_does_better_is_said() {
    let place = Workplace::with_file();
    for (command, instead) in [("backup", "pg_dump"), ("restore", "psql")] {
        let output = admin(&place, &[command, "x", "--database", "postgres://a@b/c"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(instead), "{output:?}");
    }
}
