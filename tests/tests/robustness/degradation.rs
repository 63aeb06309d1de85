//! A database that goes away, or has no time, under a running server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use cubit_test_database::Cluster;
use cubit_tests::{
    Acknowledged, Answer, Api, Unit, Workplace, base64, check, deployment, unit_body,
};
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::PATIENCE;

const WRITERS: usize = 4;
/// More than there are connections to the database.
const READERS: usize = 40;

/// Waits until something is so.
#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not {what}");
    }
}

#[track_caller]
fn unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(!answer.retry_after.is_empty(), "{}", answer.text());
    assert_eq!(answer.json()["Code"], "503");
}

/// Changes a unit until told to end, and gives what was acknowledged.
fn write(
    api: &Api,
    space: &str,
    unit: &Unit,
    number: usize,
    ends: &AtomicBool,
) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for round in 0.. {
        if ends.load(Ordering::Relaxed) {
            break;
        }
        let body = json!({"Data": base64(deployment(round, &format!("writer {number}")))});
        // What was not answered may have been done or not.
        let Ok(answer) = api.try_send("PATCH", unit.path(), body.to_string()) else {
            continue;
        };
        match answer.status {
            200 => acknowledged.push(Acknowledged::unit(space, &answer.json())),
            _ => unavailable(&answer),
        }
    }
    acknowledged
}

#[test]
fn a_database_that_dies_is_waited_for() {
    if !cubit_test_database::is_postgres() {
        println!("skipped: it needs CUBIT_TEST_DATABASE=postgres");
        return;
    }
    let cluster = Cluster::start();
    let place = Workplace::on(Some(cluster.create()));
    let server = place.start();
    let api = place.api(&server);
    let space = api.create_space("dev");
    let units: Vec<Unit> = (0..WRITERS)
        .map(|n| api.create_unit(&space, &format!("app-{n}"), deployment(0, "first")))
        .collect();
    let status = |path: &str| api.send("GET", path, "").status;
    let ends = AtomicBool::new(false);
    let acknowledged = thread::scope(|scope| {
        let writers: Vec<_> = units
            .iter()
            .enumerate()
            .map(|(number, unit)| {
                let (api, space, ends) = (place.api(&server), &space, &ends);
                scope.spawn(move || write(&api, space, unit, number, ends))
            })
            .collect();
        let changes = || {
            let read = units[0].read(&api);
            read["HeadRevisionNum"].as_i64().unwrap()
        };
        wait_until("changed", || changes() > 3);
        cluster.kill();
        for _ in 0..3 {
            unavailable(&api.send("GET", "/api/space", ""));
            unavailable(&api.send(
                "POST",
                &format!("{space}/unit"),
                unit_body("new", "a: 1\n").to_string(),
            ));
            unavailable(&api.send("GET", "/readyz", ""));
            assert_eq!(status("/healthz"), 200);
            assert_eq!(status("/metrics"), 200);
            assert_eq!(status("/api/info"), 200);
        }
        cluster.restart();
        wait_until("ready", || status("/readyz") == 200);
        let before = changes();
        wait_until("changed again", || changes() > before + 3);
        ends.store(true, Ordering::Relaxed);
        let found = writers.into_iter().map(|writer| writer.join().unwrap());
        found.flatten().collect::<Vec<_>>()
    });
    assert!(acknowledged.len() > 2 * WRITERS, "{}", acknowledged.len());
    println!("{} acknowledged writes, all there", acknowledged.len());
    check(&api, &acknowledged);
    let ended = server.kill();
    assert!(!ended.said.contains("panicked"), "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_that_wait_for_the_database_than_it_takes_are_told() {
    let Some(url) = cubit_test_database::fresh() else {
        println!("skipped: it needs CUBIT_TEST_DATABASE=postgres");
        return;
    };
    let place = Workplace::on(Some(url.clone()));
    let server = place.start();
    let api = place.api(&server);
    let space = api.create_space("dev");
    let unit = api.create_unit(&space, "app", deployment(1, "first"));
    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut holds = other.begin().await.unwrap();
    sqlx::query("LOCK TABLE units IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *holds)
        .await
        .unwrap();
    let statuses = thread::scope(|scope| {
        let asked: Vec<_> = (0..READERS)
            .map(|number| {
                let (api, unit) = (place.api(&server), &unit);
                scope.spawn(move || {
                    let body = json!({"DisplayName": "x"}).to_string();
                    match number % 4 {
                        0 => api.send("PATCH", unit.path(), body),
                        _ => api.send("GET", unit.path(), ""),
                    }
                })
            })
            .collect();
        assert_eq!(api.get("/healthz"), "alive");
        asked
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect::<Vec<_>>()
    });
    for answer in &statuses {
        unavailable(answer);
    }
    holds.rollback().await.unwrap();
    wait_until("answered", || {
        api.send("GET", unit.path(), "").status == 200
    });
    api.ok("PATCH", unit.path(), &json!({"DisplayName": "y"}));
    assert_eq!(server.stop().code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_nobody_can_write_to_is_named() {
    let place = Workplace::with_file();
    // Not even root makes files there.
    std::os::unix::fs::symlink("/proc/sys", place.data()).unwrap();
    let ended = place.launch(&mut place.serve()).expect_ended();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let data = place.data();
    assert!(ended.said.contains(data.to_str().unwrap()), "{ended:?}");
    assert!(!ended.said.contains("panicked"), "{ended:?}");
}
