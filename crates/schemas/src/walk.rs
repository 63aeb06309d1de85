//! Going down a value and its schema together.

use cubit_configdata::{Document, NodeRef};

use crate::finding::{Finding, Rule, Trail, describe, hint};
use crate::kinds::Kinds;
use crate::place::Places;
use crate::release::Release;
use crate::schema::{ObjectRules, Rest, Schema};

/// Most findings that are told of one resource: what is wrong a hundred times is understood by then.
const MAX_OF_RESOURCE: usize = 100;

/// Most findings that are told of one text.
pub(crate) const MAX_OF_TEXT: usize = 1024;

/// Most effort for one text, in values looked at: ten times what the largest text holds.
/// Alternatives inside alternatives look at the same values again and again, so a small text can ask
/// for a lot.
const MAX_STEPS: u64 = 100_000_000;

/// Allowed values, or required fields, that are as much effort as one value.
const NAMES_OF_STEP: usize = 16;

/// Known fields that an unknown one is compared with.
const MOST_KNOWN: usize = 1000;

/// Required fields that are ticked off in one word.
const TICKED: usize = 64;

/// The check of the resources of a text, one after another.
pub(crate) struct Walk<'d> {
    release: &'static Release,
    strict: bool,
    text: &'d str,
    places: Places<'d>,
    /// Values are not shown.
    secret: bool,
    findings: Vec<Finding>,
    failures: u64,
    /// How many findings may still be told.
    room: usize,
    pub(crate) steps: u64,
    /// Inside an alternative, where what does not fit is counted but not told.
    silent: bool,
}

impl<'d> Walk<'d> {
    pub(crate) fn new(release: &'static Release, strict: bool, document: &'d Document) -> Self {
        Self {
            release,
            strict,
            text: document.text(),
            places: Places::of(document),
            secret: false,
            findings: Vec::new(),
            failures: 0,
            room: MAX_OF_TEXT,
            steps: 0,
            silent: false,
        }
    }

    /// Goes on to a resource of another document.
    pub(crate) fn enter(&mut self, document: &'d Document) {
        self.text = document.text();
        self.places = Places::of(document);
    }

    /// Says whether the values of the next resource may be shown.
    pub(crate) fn hide(&mut self, secret: bool) {
        self.secret = secret;
    }

    /// What was found since the last time: how much, and of it what is told.
    pub(crate) fn found(&mut self) -> (u64, Vec<Finding>) {
        self.room -= self.findings.len().min(self.room);
        let failures = std::mem::take(&mut self.failures);
        (failures, std::mem::take(&mut self.findings))
    }

    /// Notes what does not fit; the message is made only when it is told.
    pub(crate) fn fail(
        &mut self,
        rule: Rule,
        node: NodeRef<'_>,
        trail: &Trail<'_>,
        message: impl FnOnce(bool) -> String,
    ) {
        self.failures += 1;
        if self.silent || self.findings.len() >= self.room.min(MAX_OF_RESOURCE) {
            return;
        }
        let value = (!self.secret && !node.is_collection()).then(|| node.value().to_json());
        self.findings.push(Finding {
            rule,
            path: trail.path(),
            position: self.places.at(node.span().start),
            message: message(self.secret),
            value,
        });
    }

    /// Checks a value and everything below it. The depth of values is limited where text is read.
    pub(crate) fn check(&mut self, node: NodeRef<'_>, schema: &Schema, trail: &Trail<'_>) {
        // Inside an alternative the first failure decides.
        if self.silent && self.failures > 0 {
            return;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.silent = false;
            self.fail(Rule::Schema, node, trail, |_| {
                "checking the text was given up: it takes too many steps".to_owned()
            });
            return;
        }
        let schema = self.release.resolve(schema);
        let kind = Kinds::of(node);
        if !schema.kinds.meets(kind) {
            let expected = schema.kinds;
            self.fail(Rule::Kind, node, trail, |secret| {
                format!("expected {expected}, got {}", describe(node, secret))
            });
            return;
        }
        if kind == Kinds::OBJECT {
            if let Some(rules) = &schema.object {
                self.object(node, rules, trail);
            }
        } else if kind == Kinds::ARRAY
            && let Some(items) = &schema.items
        {
            for (index, item) in node.items().enumerate() {
                self.check(item, items, &Trail::Index(trail, index));
            }
        }
        if let Some(checks) = &schema.checks {
            self.value(node, kind, checks, trail);
            self.branches(node, checks, trail);
        }
    }

    fn object(&mut self, node: NodeRef<'_>, rules: &ObjectRules, trail: &Trail<'_>) {
        self.spend(rules.required.len());
        let mut seen = 0_u64;
        for (key, value) in node.entries() {
            let here = Trail::Key(trail, &key);
            let required = match rules.fields.get(&*key) {
                Some(field) => {
                    self.check(value, &field.schema, &here);
                    field.required
                }
                None => {
                    match &rules.rest {
                        Rest::Values(values) => self.check(value, values, &here),
                        Rest::Forbidden => self.unknown(&key, value, rules, &here),
                        Rest::Undeclared if self.strict => self.unknown(&key, value, rules, &here),
                        Rest::Undeclared | Rest::Open => {}
                    }
                    rules.required.iter().position(|name| **name == *key)
                }
            };
            if let Some(position) = required.filter(|position| *position < TICKED) {
                seen |= 1 << position;
            }
        }
        for (position, name) in rules.required.iter().enumerate() {
            let there = if position < TICKED {
                seen >> position & 1 == 1
            } else {
                node.get(name).is_some()
            };
            if !there {
                self.fail(Rule::RequiredField, node, &Trail::Key(trail, name), |_| {
                    "the field is required and missing".to_owned()
                });
            }
        }
    }

    /// Counts the effort of going through names or values of a schema.
    pub(crate) fn spend(&mut self, names: usize) {
        self.steps += u64::try_from(names / NAMES_OF_STEP).unwrap_or(MAX_STEPS);
    }

    fn unknown(&mut self, key: &str, value: NodeRef<'_>, rules: &ObjectRules, trail: &Trail<'_>) {
        let before = self.findings.len();
        self.fail(Rule::UnknownField, value, trail, |_| {
            let known = rules.fields.keys().take(MOST_KNOWN).map(AsRef::as_ref);
            format!("the field is not known{}", hint(key, known))
        });
        // The field is what is wrong: its place is that of its key.
        if let Some(finding) = self.findings.get_mut(before)
            && let Some(offset) = offset_within(self.text, key)
        {
            finding.position = self.places.at(offset);
        }
    }

    /// Whether a value fits, without telling why not.
    pub(crate) fn holds(&mut self, node: NodeRef<'_>, schema: &Schema, trail: &Trail<'_>) -> bool {
        let (silent, failures) = (self.silent, self.failures);
        (self.silent, self.failures) = (true, 0);
        self.check(node, schema, trail);
        let holds = self.failures == 0;
        (self.silent, self.failures) = (silent, failures);
        holds
    }
}

/// Where a part of a text stands in it, when it is a part of it.
fn offset_within(text: &str, part: &str) -> Option<usize> {
    let offset = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    (offset + part.len() <= text.len()).then_some(offset)
}
