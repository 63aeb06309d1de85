//! The server, or the database it uses, is killed again and again while people write. What was
//! acknowledged stays, and what is there is whole.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use cubit_test_database::Cluster;
use cubit_tests::{
    Acknowledged, Api, Dice, Unit, Workplace, base64, check, check_unit, deployment, invocation,
    unit_body,
};
use serde_json::{Value, json};

const KILLS: u64 = 30;
const DATABASE_KILLS: u64 = 8;
/// More than this many answers are never awaited before a kill.
const MOST_ANSWERS: u64 = 40;
/// The kill comes within this time after the awaited answers, at any point of a write.
const LATEST_KILL_MICROSECONDS: u64 = 20_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// The seed in `CUBIT_SEED`, or one nobody knows.
fn seed() -> u64 {
    match std::env::var("CUBIT_SEED") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.unwrap().subsec_nanos().into()
        }
    }
}

/// What is gone after a kill.
#[derive(Clone, Copy, PartialEq)]
enum Gone {
    Server,
    Database,
}

/// Writes until something is gone. `write` makes the request of a number: method, path, body.
fn write_on(
    api: &Api,
    gone: Gone,
    acknowledged: &Sender<Acknowledged>,
    write: impl Fn(u64) -> (&'static str, String, Value),
    read: impl Fn(&Value) -> Acknowledged,
) {
    for number in 0.. {
        let (method, path, body) = write(number);
        let Ok(answer) = api.try_send(method, &path, body.to_string()) else {
            assert!(gone == Gone::Server, "no answer to {method} {path}");
            return;
        };
        if gone == Gone::Database && answer.status != 200 {
            assert_eq!(answer.status, 503, "{method} {path}: {}", answer.text());
            assert_eq!(answer.retry_after, "1", "{method} {path}");
            return;
        }
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        let _ = acknowledged.send(read(&answer.json()));
    }
}

/// Four people write; three of them the same unit.
fn burst(
    (api, gone): (&Api, Gone),
    space: &str,
    unit: &Unit,
    round: u64,
    acknowledged: &Sender<Acknowledged>,
) {
    thread::scope(|scope| {
        for writer in 0..2 {
            scope.spawn(move || {
                let write = |number| {
                    let text = deployment(1, &format!("{round}-{writer}-{number}"));
                    let patch = json!({"Data": base64(text)});
                    ("PATCH", unit.path().to_owned(), patch)
                };
                write_on(api, gone, acknowledged, write, |answer| {
                    Acknowledged::unit(space, answer)
                });
            });
        }
        scope.spawn(move || {
            let write = |number| {
                let body = invocation("set-replicas", &[json!(2 + number)]);
                ("POST", unit.invoke_path(), body)
            };
            write_on(api, gone, acknowledged, write, |answer| {
                Acknowledged::invocation(unit, answer)
            });
        });
        scope.spawn(move || {
            let write = |number| {
                let slug = format!("new-{round}-{number}");
                let body = unit_body(&slug, deployment(number, &slug));
                ("POST", format!("{space}/unit"), body)
            };
            write_on(api, gone, acknowledged, write, |answer| {
                Acknowledged::unit(space, answer)
            });
        });
    });
}

/// Waits for some answers, and then for a moment that falls anywhere in the writes after them.
fn until_the_kill(answers: &Receiver<Acknowledged>, dice: &mut Dice) -> Vec<Acknowledged> {
    let mut found = Vec::new();
    for _ in 0..=dice.below(MOST_ANSWERS) {
        found.push(answers.recv_timeout(PATIENCE).unwrap());
    }
    let moment = Instant::now() + Duration::from_micros(dice.below(LATEST_KILL_MICROSECONDS));
    loop {
        match answers.recv_timeout(moment.saturating_duration_since(Instant::now())) {
            Ok(answer) => found.push(answer),
            Err(RecvTimeoutError::Timeout) => return found,
            Err(RecvTimeoutError::Disconnected) => panic!("the writers ended before the kill"),
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let seed = seed();
    println!("CUBIT_SEED={seed}");
    let mut dice = Dice::new(seed);
    let place = Workplace::new();
    let mut server = place.start();
    let mut api = place.api(&server);
    let space = api.create_space("dev");
    let mut all = Vec::new();
    let mut written = Vec::new();
    for round in 0..KILLS {
        let first = deployment(1, &format!("{round}"));
        let unit = api.create_unit(&space, &format!("app-{round}"), first);
        let (sender, answers) = channel();
        let mut acknowledged = thread::scope(|scope| {
            let (api, space, written) = (&api, &space, &unit);
            scope.spawn(move || burst((api, Gone::Server), space, written, round, &sender));
            let found = until_the_kill(&answers, &mut dice);
            let ended = server.kill();
            assert_eq!(
                ended.code, None,
                "it was not the kill that ended it: {ended:?}"
            );
            found
        });
        acknowledged.extend(answers);
        server = place.start();
        api = place.api(&server);
        check(&api, &acknowledged);
        all.extend(acknowledged);
        written.push(unit);
    }

    check(&api, &all);
    let mut revisions = 0;
    for unit in &written {
        for revision in check_unit(&api, unit) {
            let data = unit.revision_data(&api, &revision.id);
            assert_eq!(data, revision.data, "{unit:?} {}", revision.number);
            revisions += 1;
        }
    }
    // Units that were being created when the process died are there as a whole or not at all.
    let units = api.get(&format!("{space}/unit"));
    let units = units.as_array().unwrap();
    for unit in units {
        let id = unit["Unit"]["UnitID"].as_str().unwrap();
        check_unit(&api, &Unit::new(&space, id));
    }
    println!(
        "{KILLS} kills, {} acknowledged writes, {revisions} revisions of {} units written together, {} units in all",
        all.len(),
        written.len(),
        units.len(),
    );
}

#[test]
fn what_was_acknowledged_survives_a_kill_of_the_database() {
    if !cubit_test_database::is_postgres() {
        println!("skipped: the database is in the server's own process");
        return;
    }
    let seed = seed();
    println!("CUBIT_SEED={seed}");
    let mut dice = Dice::new(seed);
    let cluster = Cluster::start();
    let place = Workplace::on(Some(cluster.create()));
    let server = place.start();
    let api = place.api(&server);
    let space = api.create_space("dev");
    let mut all = Vec::new();
    for round in 0..DATABASE_KILLS {
        let first = deployment(1, &format!("{round}"));
        let unit = api.create_unit(&space, &format!("app-{round}"), first);
        let (sender, answers) = channel();
        let acknowledged = thread::scope(|scope| {
            let (api, space, unit) = (&api, &space, &unit);
            scope.spawn(move || burst((api, Gone::Database), space, unit, round, &sender));
            let found = until_the_kill(&answers, &mut dice);
            cluster.kill();
            found
        });
        // Nobody writes any more: all that was acknowledged is known.
        all.extend(acknowledged);
        all.extend(answers);
        let answer = api.send("GET", "/readyz", "");
        assert_eq!((answer.status, &*answer.retry_after), (503, "1"));
        cluster.restart();
        assert_eq!(api.send("GET", "/readyz", "").status, 200);
        check(&api, &all);
    }
    println!("{DATABASE_KILLS} kills, {} acknowledged writes", all.len());
}
