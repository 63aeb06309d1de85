//! A server that dies again and again, and what is there afterwards.

use std::collections::{BTreeMap, BTreeSet};

use cubit_tests::{Api, Server, Workplace, decoded};
use serde_json::Value;

/// Says where a server dies.
pub(crate) const VARIABLE: &str = "CUBIT_ABORT_AT";
/// Entities in one transaction of such a call.
const BATCH: usize = 64;

/// All that is there, by id: spaces, tags, links, and units with the newest of their revisions.
type State = BTreeMap<String, Value>;
/// Method, path and body.
pub(crate) type Request = (&'static str, String, Value);

/// A server that dies again and again.
pub(crate) struct Trial {
    place: Workplace,
    server: Option<Server>,
    /// Attempts so far; each has a mark of its own.
    attempts: usize,
    pub(crate) kills: usize,
}

impl Trial {
    pub(crate) fn new() -> Self {
        let place = Workplace::new();
        let server = Some(place.start());
        Self {
            place,
            server,
            attempts: 0,
            kills: 0,
        }
    }

    pub(crate) fn api(&self) -> Api {
        self.place.api(self.server.as_ref().expect("it runs"))
    }

    /// Starts another server when the one before is gone.
    fn restart(&mut self, abort_at: Option<String>) {
        drop(self.server.take());
        let mut command = self.place.serve();
        command.envs(abort_at.map(|at| (VARIABLE, at)));
        self.server = Some(self.place.launch(&mut command).expect_running());
    }

    /// Makes a request until it is answered: once for each commit before which the server dies, once
    /// for each after which it dies, and once more. Each time it leaves another mark. `changes` is
    /// how many entities it changes, `is_done` whether one has become what was asked for. Answers the
    /// mark of the request that was answered.
    pub(crate) fn step(
        &mut self,
        name: &str,
        changes: usize,
        request: impl Fn(&Api, &str) -> Request,
        is_done: impl Fn(&str, Option<&Value>, Option<&Value>) -> bool,
    ) -> String {
        let commits = changes.div_ceil(BATCH);
        for attempt in 0..=2 * commits {
            let (point, passing) = match attempt % 2 {
                0 => ("before-commit", attempt / 2 + 1),
                _ => ("after-commit", attempt / 2 + 1),
            };
            let at = format!("{point}:{passing}");
            self.attempts += 1;
            let mark = format!("mark-{:03}", self.attempts);
            let api = self.api();
            let (method, path, body) = request(&api, &mark);
            let before = state(&api);
            self.restart(Some(at.clone()));
            let answer = self.api().try_send(method, &path, sent(&body));
            let is_last = attempt == 2 * commits;
            let committed = match answer {
                Ok(answer) => {
                    assert!(is_last, "{name}: {at} was not passed");
                    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
                    commits
                }
                Err(error) => {
                    assert!(!is_last, "{name}: no answer: {error}");
                    self.kills += 1;
                    attempt.div_ceil(2)
                }
            };
            // What was answered has to outlive a kill, too.
            self.restart(None);
            let after = state(&self.api());
            let mut changed = 0;
            let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for id in ids {
                let (before, after) = (before.get(id), after.get(id));
                if before != after {
                    changed += 1;
                    assert!(
                        is_done(&mark, before, after),
                        "{name}, {at}: {id} became {}",
                        after.unwrap_or(&Value::Null)
                    );
                }
            }
            let expected = changes.min(committed * BATCH);
            assert_eq!(changed, expected, "{name}, {at}: entities that changed");
            verify(&self.place, &format!("{name}, {at}"));
        }
        format!("mark-{:03}", self.attempts)
    }
}

/// No JSON is no body.
fn sent(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        body => body.to_string(),
    }
}

/// Checks all that is stored.
pub(crate) fn verify(place: &Workplace, when: &str) {
    let output = place.admin(&["verify"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let is_clean = said.contains("unused texts   0\n") && said.contains("problems       0\n");
    assert!(output.status.success() && is_clean, "{when}: {output:?}");
}

fn state(api: &Api) -> State {
    let mut state = State::new();
    for entity in ["Space", "Tag", "Link", "Unit"] {
        let list = api.get(&format!("/api/{}", entity.to_lowercase()));
        for extended in list.as_array().expect("a list") {
            let found = extended[entity].clone();
            let id = found[format!("{entity}ID")].as_str().expect("an id");
            state.insert(id.to_owned(), found);
        }
    }
    let newest = api.get("/api/revision");
    for extended in newest.as_array().expect("a list") {
        let revision = extended["Revision"].clone();
        let unit = revision["UnitID"].as_str().expect("an id");
        let unit = state.get_mut(unit).expect("no revision without its unit");
        assert_eq!(unit["HeadRevisionNum"], revision["RevisionNum"], "{unit}");
        assert_eq!(unit["Data"], revision["Data"], "{unit}");
        assert_eq!(unit["ApprovedBy"], revision["ApprovedBy"], "{unit}");
        unit["Head"] = revision;
    }
    state
}

/// An entity that was not there, and has this in its slug.
pub(crate) fn is_new(slug: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let found = after.and_then(|after| after["Slug"].as_str());
    before.is_none() && found.is_some_and(|found| found.contains(slug))
}

pub(crate) fn is_gone(_: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    before.is_some() && after.is_none()
}

/// A unit with one revision more, by one mutation, that has this in its text.
pub(crate) fn is_next(text: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let mut grown = ["HeadRevisionNum", "HeadMutationNum", "Version"]
        .into_iter()
        .map(|member| (before[member].as_i64(), after[member].as_i64()));
    grown.all(|(before, after)| before.map(|number| number + 1) == after)
        && String::from_utf8_lossy(&decoded(&after["Data"])).contains(text)
}

/// A unit of which the newest revision is the same, and has one more of these.
pub(crate) fn is_noted(member: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let (before, after) = (&before["Head"], &after["Head"]);
    let count = |revision: &Value| match &revision[member] {
        Value::Array(found) => found.len(),
        Value::Object(found) => found.len(),
        _ => 0,
    };
    before["RevisionID"] == after["RevisionID"] && count(after) == count(before) + 1
}
