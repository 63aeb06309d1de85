//! The process is killed again and again while people write. What was acknowledged stays, and
//! what is there is whole.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use cubit_tests::{
    Api, Revision, Unit, Workplace, base64, decoded, deployment, invocation, unit_body,
};
use serde_json::{Value, json};

const KILLS: u64 = 30;
/// More than this many answers are never awaited before a kill.
const MOST_ANSWERS: u64 = 40;
/// The kill comes within this time after the awaited answers, at any point of a write.
const LATEST_KILL_MICROSECONDS: u64 = 20_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// A revision the server said it has stored.
struct Acknowledged {
    unit: Unit,
    revision: Name,
    data: Vec<u8>,
}

/// What an answer says of the revision it is about.
#[derive(Debug, PartialEq)]
enum Name {
    Number(i64),
    Id(String),
}

/// Numbers that look random and come again with the same seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

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

/// Writes until the server is gone. `write` makes the request of a number: method, path, body.
fn write_on(
    api: &Api,
    acknowledged: &Sender<Acknowledged>,
    write: impl Fn(u64) -> (&'static str, String, Value),
    read: impl Fn(&Value) -> Acknowledged,
) {
    for number in 0.. {
        let (method, path, body) = write(number);
        let Ok(answer) = api.try_send(method, &path, body.to_string()) else {
            return;
        };
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        let _ = acknowledged.send(read(&answer.json()));
    }
}

/// What the answer says that creates or patches a unit.
fn unit_stored(space: &str, answer: &Value) -> Acknowledged {
    Acknowledged {
        unit: Unit::new(space, answer["UnitID"].as_str().unwrap()),
        revision: Name::Number(answer["HeadRevisionNum"].as_i64().unwrap()),
        data: decoded(&answer["Data"]),
    }
}

/// Four people write; three of them the same unit.
fn burst(api: &Api, space: &str, unit: &Unit, round: u64, acknowledged: &Sender<Acknowledged>) {
    thread::scope(|scope| {
        for writer in 0..2 {
            scope.spawn(move || {
                let write = |number| {
                    let text = deployment(1, &format!("{round}-{writer}-{number}"));
                    let patch = json!({"Data": base64(text)});
                    ("PATCH", unit.path().to_owned(), patch)
                };
                write_on(api, acknowledged, write, |answer| {
                    unit_stored(space, answer)
                });
            });
        }
        scope.spawn(move || {
            let write = |number| {
                let body = invocation("set-replicas", &[json!(2 + number)]);
                ("POST", unit.invoke_path(), body)
            };
            write_on(api, acknowledged, write, |answer| {
                let answer = &answer[0];
                assert_eq!(answer["Success"], true, "{answer}");
                Acknowledged {
                    unit: unit.clone(),
                    revision: Name::Id(answer["RevisionID"].as_str().unwrap().to_owned()),
                    data: decoded(&answer["ConfigData"]),
                }
            });
        });
        scope.spawn(move || {
            let write = |number| {
                let slug = format!("new-{round}-{number}");
                let body = unit_body(&slug, deployment(number, &slug));
                ("POST", format!("{space}/unit"), body)
            };
            write_on(api, acknowledged, write, |answer| {
                unit_stored(space, answer)
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

/// Checks that a unit is whole, and gives its revisions.
fn check_unit(api: &Api, unit: &Unit) -> Vec<Revision> {
    let revisions = unit.revisions(api);
    let numbers: Vec<i64> = revisions.iter().map(|revision| revision.number).collect();
    let read = unit.read(api);
    let head = read["HeadRevisionNum"].as_i64().unwrap();
    assert_eq!(numbers, (1..=head).collect::<Vec<_>>(), "{unit:?}");
    for revision in &revisions {
        let hash = i64::from(crc32fast::hash(&revision.data).cast_signed());
        assert_eq!(revision.content_hash, hash, "{unit:?} {}", revision.number);
    }
    let newest = revisions.last().unwrap();
    assert_eq!(unit.data(api), newest.data, "{unit:?}");
    assert_eq!(decoded(&read["Data"]), newest.data, "{unit:?}");
    assert_eq!(read["ContentHash"], newest.content_hash, "{unit:?}");
    revisions
}

/// Checks that the server has what it acknowledged, in units that are whole.
fn check(api: &Api, acknowledged: &[Acknowledged]) {
    let units: HashSet<&Unit> = acknowledged.iter().map(|one| &one.unit).collect();
    for unit in units {
        let revisions = check_unit(api, unit);
        for one in acknowledged.iter().filter(|one| one.unit == *unit) {
            let stored = revisions.iter().find(|revision| match &one.revision {
                Name::Number(number) => revision.number == *number,
                Name::Id(id) => revision.id == *id,
            });
            let stored = stored.unwrap_or_else(|| panic!("{unit:?} lost {:?}", one.revision));
            assert_eq!(stored.data, one.data, "{unit:?} {:?}", one.revision);
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let seed = seed();
    println!("CUBIT_SEED={seed}");
    let mut dice = Dice(seed);
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
            scope.spawn(move || burst(api, space, written, round, &sender));
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
