//! Several people change the same unit at the same moment.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::sync::Barrier;
use std::thread;

use cubit_tests::{Answer, Api, Unit, Workplace, base64, decoded, deployment, unit_body};
use serde_json::{Value, json};

const WRITERS: usize = 8;
const ROUNDS: usize = 25;

/// Lets every writer do something at once.
fn at_once<T: Send>(act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(WRITERS);
    let (act, start) = (&act, &start);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    start.wait();
                    act(writer)
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    })
}

fn replace(api: &Api, unit: &Unit, read: &Value, data: &str) -> Answer {
    let mut body = read.clone();
    body["Data"] = base64(data).into();
    api.send("PUT", unit.path(), body.to_string())
}

#[test]
fn of_those_who_replace_what_they_read_one_wins() {
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let unit = api.create_unit(&api.create_space("dev"), "app", deployment(1, "first"));
    let mut history = vec![deployment(1, "first")];
    for round in 0..ROUNDS {
        let read = unit.read(&api);
        let text = |writer| deployment(1, &format!("{round}-{writer}"));
        let answers = at_once(|writer| replace(&api, &unit, &read, &text(writer)));
        let winners: Vec<usize> = (0..WRITERS).filter(|&w| answers[w].status == 200).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        for (writer, answer) in answers.iter().enumerate().filter(|(w, _)| *w != winners[0]) {
            assert_eq!(answer.status, 409, "writer {writer}: {}", answer.text());
            assert_eq!(answer.json()["Code"], "409");
        }
        history.push(text(winners[0]));
        assert_eq!(unit.data(&api), history[round + 1].as_bytes());
    }
    let stored: Vec<Vec<u8>> = unit.revisions(&api).into_iter().map(|r| r.data).collect();
    let expected: Vec<Vec<u8>> = history.into_iter().map(String::into_bytes).collect();
    assert_eq!(stored, expected);
}

#[test]
fn patches_of_different_labels_all_survive() {
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let unit = api.create_unit(&api.create_space("dev"), "app", deployment(1, "first"));
    for round in 0..ROUNDS {
        at_once(|writer| {
            let label = json!({"Labels": {format!("label-{round}-{writer}"): "kept"}});
            api.ok("PATCH", unit.path(), &label);
        });
    }
    let read = unit.read(&api);
    let labels = read["Labels"].as_object().unwrap();
    assert_eq!(labels.len(), WRITERS * ROUNDS);
    // The creation is the first version; no change of labels is a revision.
    assert_eq!(read["Version"], 1 + WRITERS * ROUNDS);
    assert_eq!(read["HeadRevisionNum"], 1);
}

#[test]
fn of_those_who_patch_what_they_read_one_wins() {
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let unit = api.create_unit(&api.create_space("dev"), "app", deployment(1, "first"));
    for round in 0..ROUNDS {
        let version = unit.read(&api)["Version"].clone();
        let answers = at_once(|writer| {
            let patch = json!({"Version": version, "DisplayName": format!("{round}-{writer}")});
            api.send("PATCH", unit.path(), patch.to_string())
        });
        let winners: Vec<usize> = (0..WRITERS).filter(|&w| answers[w].status == 200).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        let lost = answers.iter().filter(|answer| answer.status == 409);
        assert_eq!(lost.count(), WRITERS - 1, "{answers:?}");
        assert_eq!(
            unit.read(&api)["DisplayName"],
            format!("{round}-{}", winners[0])
        );
    }
}

#[test]
fn a_name_is_given_once() {
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let path = format!("{}/unit", api.create_space("dev"));
    for round in 0..ROUNDS {
        let body = |writer: usize| unit_body(&format!("app-{round}"), format!("a: {writer}\n"));
        let answers = at_once(|writer| api.send("POST", &path, body(writer).to_string()));
        let created: Vec<&Answer> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .collect();
        assert_eq!(created.len(), 1, "{answers:?}");
        let refused = answers.iter().filter(|answer| answer.status == 400);
        assert_eq!(refused.count(), WRITERS - 1, "{answers:?}");

        let path = format!("{path}?allow_exists=true");
        let found = at_once(|writer| api.ok("POST", &path, &body(writer)));
        assert_eq!(found, vec![created[0].json(); WRITERS]);
    }
}

#[test]
fn functions_on_one_unit_follow_each_other() {
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let unit = api.create_unit(&api.create_space("dev"), "app", deployment(1, "first"));
    let answers = at_once(|writer| {
        let replicas = (0..ROUNDS).map(|round| (2 + round * WRITERS + writer) as u64);
        let answers = replicas.map(|replicas| {
            let answer = unit.invoke(&api, "set-replicas", &[replicas.into()]);
            let id = answer["RevisionID"].as_str().unwrap().to_owned();
            let data = decoded(&answer["ConfigData"]);
            assert_eq!(data, deployment(replicas, "first").as_bytes());
            (id, data)
        });
        answers.collect::<Vec<_>>()
    });
    let revisions = unit.revisions(&api);
    let numbers: Vec<i64> = revisions.iter().map(|revision| revision.number).collect();
    let expected: Vec<i64> = (1..).take(1 + WRITERS * ROUNDS).collect();
    assert_eq!(numbers, expected);
    for (id, data) in answers.concat() {
        let revision = revisions.iter().find(|revision| revision.id == id).unwrap();
        assert_eq!(revision.data, data);
    }
    assert_eq!(unit.data(&api), revisions.last().unwrap().data);
    let mutations = api.get(&format!("{}/mutation", unit.path()));
    let mutations = mutations.as_array().unwrap().iter();
    let numbers: Vec<i64> = mutations
        .map(|extended| extended["Mutation"]["MutationNum"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, expected);
}
