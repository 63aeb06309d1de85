//! Several servers on one PostgreSQL database. One of them is killed while people write through all
//! of them; they go on with another one.
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use cubit_tests::{
    Acknowledged, Api, Server, Unit, Workplace, base64, check, check_unit, deployment, invocation,
    unit_body,
};
use serde_json::{Value, json};

const SERVERS: usize = 3;
const CLIENTS: usize = 6;
/// Rounds of each client; each has three writes.
const ROUNDS: usize = 20;
const WRITES: usize = CLIENTS * ROUNDS * 3;
/// One server is killed after this many writes were acknowledged.
const BEFORE_THE_KILL: usize = WRITES / 3;
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that goes on with another server when its own does not answer.
struct Client {
    servers: Vec<Api>,
    current: usize,
    /// How often it went on with another one.
    moves: usize,
}

impl Client {
    fn write(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.servers[self.current].try_send(method, path, body.to_string()) {
                Ok(answer) if answer.status == 200 => return answer.json(),
                Ok(answer) => assert_eq!(answer.status, 503, "{path}: {}", answer.text()),
                Err(_) => {}
            }
            assert!(Instant::now() < deadline, "no server answers {path}");
            self.current = (self.current + 1) % self.servers.len();
            self.moves += 1;
        }
    }

    /// Creates a unit, changes one that all share, and runs a function on it. Each of it may be done
    /// again without harm, since nobody knows whether what was not answered was done.
    fn round(&mut self, space: &str, shared: &Unit, name: &str) -> [Acknowledged; 3] {
        let body = unit_body(name, deployment(1, name));
        let created = self.write("POST", &format!("{space}/unit?allow_exists=true"), &body);
        let patch = json!({"Data": base64(deployment(1, name))});
        let patched = self.write("PATCH", shared.path(), &patch);
        let call = invocation("set-annotation", &[json!("round"), json!(name)]);
        let invoked = self.write("POST", &shared.invoke_path(), &call);
        [
            Acknowledged::unit(space, &created),
            Acknowledged::unit(space, &patched),
            Acknowledged::invocation(shared, &invoked),
        ]
    }
}

/// What a server lists.
fn lists(api: &Api, shared: &Unit) -> [Value; 4] {
    [
        api.get("/api/space"),
        api.get("/api/unit"),
        api.get(&format!("{}/revision", shared.path())),
        api.get(&format!("{}/mutation", shared.path())),
    ]
}

#[test]
fn what_was_acknowledged_by_any_of_them_is_seen_by_all() {
    let Some(url) = cubit_test_database::fresh() else {
        println!("skipped: several servers need CUBIT_TEST_DATABASE=postgres");
        return;
    };
    let places = [(); SERVERS].map(|()| Workplace::on(Some(url.clone())));
    // All of them start for the first time, and at once.
    let mut servers: Vec<Server> = thread::scope(|scope| {
        let starts = places.each_ref().map(|place| scope.spawn(|| place.start()));
        starts.map(|start| start.join().unwrap()).into()
    });
    let apis: Vec<Api> = places
        .iter()
        .zip(&servers)
        .map(|(place, server)| place.api(server))
        .collect();
    let space = apis[0].create_space("dev");
    let shared = apis[1].create_unit(&space, "shared", deployment(1, "first"));

    let (sender, answers) = channel();
    let mut moves = 0;
    let acknowledged = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let mut client = Client {
                    servers: apis.clone(),
                    current: number % SERVERS,
                    moves: 0,
                };
                let (sender, space, shared) = (sender.clone(), &space, &shared);
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let name = format!("app-{number}-{round}");
                        for one in client.round(space, shared, &name) {
                            sender.send(one).unwrap();
                        }
                    }
                    client.moves
                })
            })
            .collect();
        drop(sender);
        let mut found: Vec<Acknowledged> = answers.iter().take(BEFORE_THE_KILL).collect();
        let ended = servers.remove(0).kill();
        assert_eq!(ended.code, None, "{ended:?}");
        found.extend(answers);
        moves = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum();
        found
    });
    assert_eq!(acknowledged.len(), WRITES);
    assert!(moves > 0, "nobody noticed that a server is gone");

    // Another one takes the place of the one that was killed.
    let newcomer = places[0].start();
    let apis = [places[0].api(&newcomer), apis[1].clone(), apis[2].clone()];
    for api in &apis {
        check(api, &acknowledged);
    }
    let seen = lists(&apis[0], &shared);
    assert_eq!(lists(&apis[1], &shared), seen);
    assert_eq!(lists(&apis[2], &shared), seen);
    let units = seen[1].as_array().unwrap();
    assert_eq!(units.len(), 1 + CLIENTS * ROUNDS);
    let cursors: Vec<i64> = units
        .iter()
        .map(|unit| unit["Unit"]["CursorID"].as_i64().unwrap())
        .collect();
    assert!(cursors.is_sorted(), "{cursors:?}");
    let distinct: BTreeSet<_> = cursors.iter().collect();
    assert_eq!(distinct.len(), cursors.len());
    println!(
        "{SERVERS} servers, {CLIENTS} clients, {WRITES} acknowledged writes, {} revisions of one unit, {moves} moves to another server",
        check_unit(&apis[0], &shared).len(),
    );
    drop(servers);
}
