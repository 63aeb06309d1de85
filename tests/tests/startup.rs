//! Starting on what an earlier start, another server or a broken disk left behind.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

use std::fs;
use std::thread;

use cubit_tests::{Api, Ended, Server, Start, Unit, Workplace, base64, decoded, deployment};
use serde_json::{Value, json};

const DEMO_UNITS: usize = 14;

/// Starts with the demo and waits until the server says this of it.
fn start_with_demo(place: &Workplace, said: &str) -> Server {
    let mut server = place.launch(place.serve().arg("--demo")).expect_running();
    let line = server.until(|line| line.contains("the demo shop is "));
    assert!(line.unwrap().contains(said), "not {said}");
    server
}

/// All units with their data, as the server lists them.
fn units(place: &Workplace, server: &Server) -> Vec<Value> {
    let units = place.api(server).get("/api/unit");
    units.as_array().unwrap().clone()
}

#[test]
fn the_demo_is_loaded_once_and_kept() {
    let place = Workplace::new();
    let server = start_with_demo(&place, "loaded");
    let loaded = units(&place, &server);
    assert_eq!(loaded.len(), DEMO_UNITS);
    server.kill();
    let server = start_with_demo(&place, "there");
    assert_eq!(units(&place, &server), loaded);
}

#[test]
fn a_demo_that_was_cut_short_is_completed() {
    let place = Workplace::new();
    // It says that it listens before it loads the demo.
    place
        .launch(place.serve().arg("--demo"))
        .expect_running()
        .kill();
    let server = start_with_demo(&place, "loaded");
    assert_eq!(units(&place, &server).len(), DEMO_UNITS);
}

/// Lets two people scale a unit, each through their own server, and checks that all of it is kept.
fn scale_through(first: &Api, second: &Api, unit: &Unit) {
    let scale = |api: &Api, from: u64| {
        let invoked = (from..from + 20).map(|replicas| {
            let answer = unit.invoke(api, "set-replicas", &[replicas.into()]);
            (
                answer["RevisionID"].as_str().unwrap().to_owned(),
                decoded(&answer["ConfigData"]),
            )
        });
        invoked.collect::<Vec<_>>()
    };
    let mut answers = thread::scope(|scope| {
        let other = scope.spawn(|| scale(second, 1000));
        let mut mine = scale(first, 100);
        mine.extend(other.join().unwrap());
        mine
    });
    let revisions = unit.revisions(first);
    let numbers: Vec<i64> = revisions.iter().map(|revision| revision.number).collect();
    assert_eq!(numbers, (1..).take(1 + answers.len()).collect::<Vec<_>>());
    answers.sort();
    let mut stored: Vec<_> = revisions[1..]
        .iter()
        .map(|r| (r.id.clone(), r.data.clone()))
        .collect();
    stored.sort();
    assert_eq!(stored, answers);
}

#[test]
fn a_second_server_on_the_same_data_does_no_harm() {
    let place = Workplace::new();
    let server = place.start();
    let first = place.api(&server);
    let unit = first.create_unit(&first.create_space("dev"), "app", deployment(1, "first"));
    match place.launch(&mut place.serve()) {
        Start::Running(server) => scale_through(&first, &place.api(&server), &unit),
        Start::Ended(ended) => assert_refused(&ended, "data"),
    }
    assert_eq!(first.get("/api/unit").as_array().unwrap().len(), 1);
}

#[test]
fn two_first_starts_at_once_make_one_organization() {
    let place = Workplace::new();
    let starts = thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| place.launch(&mut place.serve())));
        both.map(|start| start.join().unwrap())
    });
    let mut organizations = Vec::new();
    for start in &starts {
        match start {
            Start::Running(server) => {
                let me = place.api(server).get("/api/me");
                organizations.push(me["OrganizationID"].clone());
            }
            Start::Ended(ended) => assert_refused(ended, "cubit.db"),
        }
    }
    organizations.dedup();
    assert_eq!(organizations.len(), 1, "{starts:?}");
}

/// Checks that a start failed as it should: with a message that names the cause.
#[track_caller]
fn assert_refused(ended: &Ended, names: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.said.contains(names), "{ended:?}");
    assert!(!ended.said.contains("panicked"), "{ended:?}");
    assert!(!ended.said.contains("RUST_BACKTRACE"), "{ended:?}");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let place = Workplace::with_file();
    fs::create_dir(place.data()).unwrap();
    let file = place.data().join("cubit.db");
    let garbage = b"This was never a database.\n".repeat(1000);
    fs::write(&file, &garbage).unwrap();
    let ended = place.launch(&mut place.serve()).expect_ended();
    assert_refused(&ended, "cubit.db");
    assert!(ended.said.contains("not a database"), "{ended:?}");
    assert_eq!(fs::read(&file).unwrap(), garbage);
}

#[cfg(unix)]
#[test]
fn a_database_that_was_cut_off_is_refused() {
    let place = Workplace::with_file();
    assert_eq!(place.start().stop().code, Some(0));
    let file = place.data().join("cubit.db");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let ended = place.launch(&mut place.serve()).expect_ended();
    assert_refused(&ended, "cubit.db");
}

#[test]
fn a_data_directory_that_is_a_file_is_named() {
    let place = Workplace::with_file();
    fs::write(place.data(), "").unwrap();
    let ended = place.launch(&mut place.serve()).expect_ended();
    assert_refused(&ended, "data");
}

#[cfg(unix)]
#[test]
fn a_full_disk_refuses_writes_and_keeps_what_was_written() {
    let place = Workplace::with_file();
    // No file may grow beyond this many blocks of 512 bytes; a write beyond it fails.
    let mut limited = place.serve_after("trap '' XFSZ; ulimit -f 6000");
    let server = place.launch(&mut limited).expect_running();
    let api = place.api(&server);
    let unit = api.create_unit(&api.create_space("dev"), "app", deployment(1, "first"));
    let mut acknowledged = vec![deployment(1, "first")];
    let refused = loop {
        let text = deployment(1, &format!("owner {}", acknowledged.len()));
        let patch = json!({"Data": base64(&text)});
        let answer = api.send("PATCH", unit.path(), patch.to_string());
        if answer.status != 200 {
            break answer;
        }
        acknowledged.push(text);
        assert!(acknowledged.len() < 10_000, "the limit is never reached");
    };
    assert!((500..600).contains(&refused.status), "{refused:?}");
    assert_eq!(refused.json()["Code"], refused.status.to_string());
    // Reading goes on.
    let newest = acknowledged.last().unwrap();
    assert_eq!(unit.data(&api), newest.as_bytes());
    let ended = server.kill();
    assert!(!ended.said.contains("panicked"), "{ended:?}");

    let server = place.start();
    let api = place.api(&server);
    let stored: Vec<Vec<u8>> = unit.revisions(&api).into_iter().map(|r| r.data).collect();
    let expected: Vec<Vec<u8>> = acknowledged.into_iter().map(String::into_bytes).collect();
    assert_eq!(stored, expected);
    println!(
        "{} writes until the disk was full: {}",
        stored.len(),
        refused.text()
    );
    // With room again, writing goes on.
    let patch = json!({"Data": base64(deployment(2, "first"))});
    api.ok("PATCH", unit.path(), &patch);
    assert_eq!(unit.data(&api), deployment(2, "first").as_bytes());
}

#[test]
fn a_database_that_cannot_be_reached_is_said_without_its_password() {
    for url in [
        // Nobody listens there.
        "postgres://me:s3cr3t@127.0.0.1:1/name",
        "postgres://me:s3cr3t@127.0.0.1:0x1/name",
        "postgre://me:s3cr3t@127.0.0.1/name",
    ] {
        let place = Workplace::on(Some(url.to_owned()));
        let ended = place.launch(&mut place.serve()).expect_ended();
        assert_ne!(ended.code, Some(0), "{ended:?}");
        assert!(ended.said.contains("database"), "{ended:?}");
        assert!(!ended.said.contains("s3cr3t"), "{ended:?}");
        assert!(!ended.said.contains("panicked"), "{ended:?}");
        assert!(!place.data().exists(), "the data folder was used");
    }
}
