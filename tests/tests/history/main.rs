//! Eight clients do whatever comes to them to the same units. What they were told is then explained:
//! for each unit there is one order of all that was acknowledged, in which each change is made of the
//! state before it, nothing is lost, and nobody was told of a state older than one that was known.
//!
//! `CUBIT_SEED` is what the clients do, `CUBIT_OPERATIONS` how much in sum.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

mod client;
mod event;
mod explain;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use cubit_tests::{Unit, Workplace};
use serde_json::json;

use client::Client;
use event::{Did, Event};
use explain::{explain, explain_revisions};

const CLIENTS: usize = 8;
/// Units that are changed, created and deleted.
const UNITS: usize = 40;
/// Clones of them.
const CLONES: usize = 10;
/// What is done in sum, if nothing else is said.
const OPERATIONS: usize = 2_500;
const SEED: u64 = 1;

fn setting<T: std::str::FromStr<Err: std::fmt::Debug>>(name: &str, otherwise: T) -> T {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// What all clients know.
struct World {
    /// The units there are now, each in its place.
    places: Vec<Mutex<Option<Unit>>>,
    /// The path of the space they are in.
    space: String,
    /// The id of the tag that is put on them.
    tag: String,
    began: Instant,
}

#[test]
fn what_clients_were_told_has_one_explanation() {
    let seed = setting("CUBIT_SEED", SEED);
    let operations = setting("CUBIT_OPERATIONS", OPERATIONS);
    println!("CUBIT_SEED={seed} CUBIT_OPERATIONS={operations}");
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let space = api.create_space("dev");
    let tag = api.ok("POST", &format!("{space}/tag"), &json!({"Slug": "tag"}));
    let world = World {
        places: (0..UNITS + CLONES).map(|_| Mutex::new(None)).collect(),
        space,
        tag: tag["TagID"].as_str().unwrap().to_owned(),
        began: Instant::now(),
    };
    let events: Vec<Event> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let seed = seed.wrapping_mul(1000) + number as u64;
                let mut client = Client::new(number, seed, place.api(&server), &world);
                scope.spawn(move || {
                    for number in 0..operations / CLIENTS {
                        client.act(number);
                    }
                    client.events
                })
            })
            .collect();
        let all = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap());
        all.collect()
    });
    let seconds = world.began.elapsed().as_secs();

    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut units: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in &events {
        *kinds.entry(event.did.name()).or_default() += 1;
        units.entry(&event.unit).or_default().push(event);
    }
    for (unit, events) in &units {
        explain(unit, events);
        let is_deleted = events.iter().any(|event| matches!(event.did, Did::Deleted));
        let unit = Unit::new(&world.space, unit);
        match is_deleted {
            true => assert_eq!(api.send("GET", unit.path(), "").status, 404, "{unit:?}"),
            false => explain_revisions(&api, &unit, events),
        }
    }
    println!("{} units, {seconds} s: {kinds:?}", units.len());
    let verified = place.admin(&["verify"]).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}
