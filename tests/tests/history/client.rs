//! One of those who do whatever comes to them.

use std::time::Duration;

use cubit_tests::{Answer, Api, Dice, Unit, base64, decoded, invocation, query, unit_body};
use serde_json::{Value, json};

use crate::event::{Did, Event, Seen};
use crate::{CLONES, UNITS, World};

pub(crate) struct Client<'a> {
    number: usize,
    dice: Dice,
    api: Api,
    world: &'a World,
    pub(crate) events: Vec<Event>,
}

/// A text that no other operation makes.
fn text(mark: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n  annotations:\n    by: \"nobody\"\ndata:\n  mark: \"{mark}\"\n"
    )
}

impl<'a> Client<'a> {
    pub(crate) const fn new(number: usize, seed: u64, api: Api, world: &'a World) -> Self {
        Self {
            number,
            dice: Dice::new(seed),
            api,
            world,
            events: Vec::new(),
        }
    }

    /// Does one thing, the `step`th.
    pub(crate) fn act(&mut self, step: usize) {
        let mark = format!("{}-{step}", self.number);
        let place = self.dice.below((UNITS + CLONES) as u64) as usize;
        let found = self.world.places[place].lock().unwrap().clone();
        let Some(unit) = found else {
            return match place < UNITS {
                true => self.create(place, &mark),
                false => self.clone_to(place, &mark),
            };
        };
        match self.dice.below(100) {
            0..25 => self.increment(&unit),
            25..40 => {
                let name = format!("free-{}", self.number);
                let body = json!({"Labels": {&name: step.to_string()}});
                let did = Did::Label(name, step as u64, None);
                self.patch(&unit, "", &body, did);
            }
            40..55 => {
                if let Some(seen) = self.read(&unit) {
                    let text = text(&mark);
                    let body = json!({"Version": seen.version, "Data": base64(&text)});
                    self.patch(&unit, "", &body, Did::Text(text.into(), seen.version));
                }
            }
            55..67 => self.invoke(&unit, &mark),
            67..75 => drop(self.read(&unit)),
            75..81 => self.approve(&unit),
            81..88 => {
                let restore = "?restore=Before:HeadRevisionNum";
                self.patch(&unit, restore, &json!({}), Did::Restored);
            }
            88..92 => self.tag(&unit),
            92..97 => match place < UNITS {
                true => self.increment(&unit),
                false => self.patch(&unit, "?upgrade=true", &json!({}), Did::Upgraded),
            },
            _ => self.delete(place, &unit),
        }
    }

    /// Sends a request about a unit; the answer says what was done, and shows the unit, or not.
    fn send(
        &mut self,
        unit: &Unit,
        (method, path, body): (&str, &str, &Value),
        outcome: impl FnOnce(&Answer) -> (Did, Option<Seen>),
    ) {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let begin = self.world.began.elapsed();
        let answer = self.api.send(method, path, body);
        let end = self.world.began.elapsed();
        let (did, seen) = match answer.status {
            404 => (Did::Missed, None),
            _ => outcome(&answer),
        };
        self.events.push(Event {
            unit: unit.id().to_owned(),
            begin,
            end,
            did,
            seen,
        });
    }

    fn read(&mut self, unit: &Unit) -> Option<Seen> {
        self.send(unit, ("GET", unit.path(), &Value::Null), |answer| {
            assert_eq!(answer.status, 200, "{}", answer.text());
            (Did::Read, Some(Seen::of(&answer.json()["Unit"])))
        });
        self.events.last().and_then(|event| event.seen.clone())
    }

    /// Counts in a label of this client's own; what was read must not have changed.
    fn increment(&mut self, unit: &Unit) {
        let Some(seen) = self.read(unit) else { return };
        let name = format!("count-{}", self.number % 4);
        let next = seen.label(&name) + 1;
        let body = json!({"Version": seen.version, "Labels": {&name: next.to_string()}});
        self.patch(unit, "", &body, Did::Label(name, next, Some(seen.version)));
    }

    fn patch(&mut self, unit: &Unit, parameters: &str, body: &Value, did: Did) {
        let path = format!("{}{parameters}", unit.path());
        self.send(unit, ("PATCH", &path, body), |answer| {
            match (answer.status, body["Version"].as_i64()) {
                (200, _) => (did, Some(Seen::of(&answer.json()))),
                (409, Some(version)) => (Did::Refused(version), None),
                // The first revision has none before it; an upstream may be deleted.
                (400 | 422, None) if did == Did::Restored || did == Did::Upgraded => {
                    (Did::Nothing, None)
                }
                _ => panic!("{path}: {} {}", answer.status, answer.text()),
            }
        });
    }

    fn invoke(&mut self, unit: &Unit, mark: &str) {
        let body = invocation("set-annotation", &[json!("by"), json!(mark)]);
        self.send(unit, ("POST", &unit.invoke_path(), &body), |answer| {
            let run = &answer.json()[0];
            // It was deleted while the function ran.
            if run["Error"]["Status"] == 404 {
                return (Did::Missed, None);
            }
            assert_eq!(answer.status, 200, "{}", answer.text());
            let revision = run["RevisionID"].as_str().unwrap().to_owned();
            (Did::Invoked(revision, decoded(&run["ConfigData"])), None)
        });
    }

    fn approve(&mut self, unit: &Unit) {
        let path = format!("{}/approve", unit.path());
        self.send(unit, ("POST", &path, &Value::Null), |answer| {
            assert_eq!(answer.status, 200, "{}", answer.text());
            (Did::Approved(!answer.text().contains("before")), None)
        });
    }

    fn tag(&mut self, unit: &Unit) {
        let path = query(
            "/api/unit/tag",
            &[("where", &format!("UnitID = '{}'", unit.id()))],
        );
        let body = json!({"TagID": self.world.tag, "Revision": "HeadRevisionNum"});
        self.send(unit, ("POST", &path, &body), |answer| {
            assert_eq!(answer.status, 200, "{}", answer.text());
            match answer.json().get(0) {
                Some(_) => (Did::Nothing, None),
                None => (Did::Missed, None),
            }
        });
    }

    /// Creates a unit in a place; another client may have done so before.
    fn create(&mut self, place: usize, mark: &str) {
        let body = unit_body(&format!("unit-{place}"), text(mark));
        let begin = self.world.began.elapsed();
        let answer = self.api.send(
            "POST",
            &format!("{}/unit", self.world.space),
            body.to_string(),
        );
        let end = self.world.began.elapsed();
        match answer.status {
            200 => self.created(place, &answer.json(), (begin, end)),
            _ => assert_eq!(answer.status, 400, "{}", answer.text()),
        }
    }

    /// Clones some unit to a place.
    fn clone_to(&mut self, place: usize, mark: &str) {
        let upstream = self.dice.below(UNITS as u64) as usize;
        let Some(upstream) = self.world.places[upstream].lock().unwrap().clone() else {
            return;
        };
        let of = format!("UnitID = '{}'", upstream.id());
        let prefix = format!("clone-{mark}-");
        let path = query("/api/unit", &[("where", &of), ("name_prefixes", &prefix)]);
        let begin = self.world.began.elapsed();
        let answer = self.api.send("POST", &path, "{}");
        let end = self.world.began.elapsed();
        // The upstream may be gone, before it is selected or after.
        if let Some(unit) = answer.json()[0].get("Unit").filter(|unit| unit.is_object()) {
            self.created(place, unit, (begin, end));
        }
    }

    fn created(&mut self, place: usize, answer: &Value, (begin, end): (Duration, Duration)) {
        let unit = Unit::new(&self.world.space, answer["UnitID"].as_str().unwrap());
        let id = unit.id().to_owned();
        *self.world.places[place].lock().unwrap() = Some(unit);
        self.events.push(Event {
            unit: id,
            begin,
            end,
            did: Did::Created,
            seen: Some(Seen::of(answer)),
        });
    }

    /// Deletes a unit, and leaves its place empty, unless somebody has filled it again.
    fn delete(&mut self, place: usize, unit: &Unit) {
        self.send(unit, ("DELETE", unit.path(), &Value::Null), |answer| {
            assert_eq!(answer.status, 200, "{}", answer.text());
            (Did::Deleted, None)
        });
        let mut found = self.world.places[place].lock().unwrap();
        if found.as_ref() == Some(unit) {
            *found = None;
        }
    }
}
