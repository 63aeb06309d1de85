//! Rules beyond kinds and structure, as schemas of custom types have them.

use cubit_configdata::{NodeRef, Number};
use serde_json::Value as Json;

use crate::finding::{Rule, Trail, describe, shorten};
use crate::format;
use crate::kinds::Kinds;
use crate::schema::{Checks, Span};
use crate::walk::Walk;

/// Effort of compiling a pattern, in values looked at.
const PATTERN_STEPS: u64 = 10_000;

/// Allowed values that a message names.
const MOST_NAMED: usize = 20;

impl Walk<'_> {
    /// The rules on one value.
    pub(crate) fn value(
        &mut self,
        node: NodeRef<'_>,
        kind: Kinds,
        checks: &Checks,
        trail: &Trail<'_>,
    ) {
        self.spend(checks.allowed.len());
        if !checks.allowed.is_empty()
            && !checks
                .allowed
                .iter()
                .any(|allowed| equals(node, kind, allowed))
        {
            self.fail(Rule::AllowedValues, node, trail, |secret| {
                let allowed: Vec<String> = checks
                    .allowed
                    .iter()
                    .take(MOST_NAMED)
                    .map(|value| match value {
                        Json::String(text) => shorten(text),
                        other => shorten(&other.to_string()),
                    })
                    .collect();
                let one_of = if allowed.len() > 1 { "one of " } else { "" };
                format!(
                    "expected {one_of}{}, got {}",
                    allowed.join(", "),
                    describe(node, secret)
                )
            });
        }
        if kind == Kinds::STRING {
            self.string(node, checks, trail);
        } else if Kinds::NUMBER.meets(kind) {
            self.number(node, kind, checks, trail);
        } else if kind == Kinds::ARRAY && checks.items.is_bounded() {
            self.size(node, checks.items, node.len(), "elements", trail);
        } else if kind == Kinds::OBJECT && checks.entries.is_bounded() {
            self.size(node, checks.entries, node.len(), "entries", trail);
        }
    }

    fn size(&mut self, node: NodeRef<'_>, span: Span, count: usize, what: &str, trail: &Trail<'_>) {
        if !span.holds(u64::try_from(count).unwrap_or(u64::MAX)) {
            self.fail(Rule::Size, node, trail, |_| {
                format!("expected {span} {what}, got {count}")
            });
        }
    }

    fn string(&mut self, node: NodeRef<'_>, checks: &Checks, trail: &Trail<'_>) {
        let text = node.scalar();
        if checks.length.is_bounded() {
            self.size(
                node,
                checks.length,
                text.chars().count(),
                "characters",
                trail,
            );
        }
        if let Some(pattern) = &checks.pattern {
            if !pattern.is_compiled() {
                self.steps += PATTERN_STEPS;
            }
            match pattern.regex() {
                None => self.fail(Rule::Schema, node, trail, |_| {
                    format!(
                        "the schema cannot be used: the pattern {} cannot be read",
                        shorten(&pattern.text)
                    )
                }),
                Some(regex) if !regex.is_match(&text) => {
                    self.fail(Rule::Pattern, node, trail, |secret| {
                        format!(
                            "expected text matching {}, got {}",
                            shorten(&pattern.text),
                            describe(node, secret)
                        )
                    });
                }
                Some(_) => {}
            }
        }
        if let Some(name) = &checks.format
            && format::holds(name, &text) == Some(false)
        {
            self.fail(Rule::Format, node, trail, |secret| {
                format!(
                    "expected text of the format {name}, got {}",
                    describe(node, secret)
                )
            });
        }
    }

    fn number(&mut self, node: NodeRef<'_>, kind: Kinds, checks: &Checks, trail: &Trail<'_>) {
        let text = node.scalar();
        let Some(number) = Number::parse(&text) else {
            return;
        };
        let value = number.as_float().unwrap_or(f64::NAN);
        let mut refuse = |expected: String| {
            self.fail(Rule::Range, node, trail, |secret| {
                format!("expected {expected}, got {}", describe(node, secret))
            });
        };
        if let Some(bound) = checks.minimum
            && (value < bound.value || bound.exclusive && value <= bound.value)
        {
            let words = if bound.exclusive {
                "more than"
            } else {
                "at least"
            };
            refuse(format!("{words} {}", bound.value));
        }
        if let Some(bound) = checks.maximum
            && (value > bound.value || bound.exclusive && value >= bound.value)
        {
            let words = if bound.exclusive {
                "less than"
            } else {
                "at most"
            };
            refuse(format!("{words} {}", bound.value));
        }
        if let Some(factor) = checks.multiple_of
            && factor > 0.0
            && (value / factor).fract() != 0.0
        {
            refuse(format!("a multiple of {factor}"));
        }
        if kind == Kinds::INTEGER
            && let Some((least, most)) = checks.format.as_deref().and_then(format::range)
            && (value < least || value > most)
        {
            refuse(format!("an integer from {least} to {most}"));
        }
    }

    /// The rules made of other schemas.
    pub(crate) fn branches(&mut self, node: NodeRef<'_>, checks: &Checks, trail: &Trail<'_>) {
        for schema in &checks.all_of {
            self.check(node, schema, trail);
        }
        if !checks.any_of.is_empty()
            && !checks
                .any_of
                .iter()
                .any(|schema| self.holds(node, schema, trail))
        {
            self.fail(Rule::Alternatives, node, trail, |secret| {
                format!(
                    "fits none of {} alternatives (anyOf): {}",
                    checks.any_of.len(),
                    describe(node, secret)
                )
            });
        }
        if !checks.one_of.is_empty() {
            let count = checks
                .one_of
                .iter()
                .filter(|schema| self.holds(node, schema, trail))
                .count();
            if count != 1 {
                self.fail(Rule::Alternatives, node, trail, |secret| {
                    format!(
                        "fits {count} of {} alternatives, expected exactly one (oneOf): {}",
                        checks.one_of.len(),
                        describe(node, secret)
                    )
                });
            }
        }
        if let Some(schema) = &checks.not
            && self.holds(node, schema, trail)
        {
            self.fail(Rule::Alternatives, node, trail, |secret| {
                format!(
                    "is what the schema excludes (not): {}",
                    describe(node, secret)
                )
            });
        }
    }
}

fn equals(node: NodeRef<'_>, kind: Kinds, json: &Json) -> bool {
    match json {
        Json::String(text) => kind == Kinds::STRING && node.scalar() == *text,
        Json::Null => kind == Kinds::NULL,
        Json::Number(number) => {
            let value = Number::parse(&node.scalar()).and_then(|number| number.as_float());
            Kinds::NUMBER.meets(kind) && value.is_some() && value == number.as_f64()
        }
        Json::Bool(value) => {
            let text = node.scalar();
            let is_true = matches!(text.as_bytes().first(), Some(b't' | b'T' | b'y' | b'Y'))
                || matches!(&*text, "on" | "On" | "ON");
            kind == Kinds::BOOLEAN && is_true == *value
        }
        collection => node.value().to_json() == *collection,
    }
}
