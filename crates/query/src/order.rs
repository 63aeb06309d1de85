//! The `order_by` parameter: an attribute, and perhaps `DESC`.

use std::cmp::Ordering;

use crate::evaluate::order;
use crate::parse::resolve;
use crate::{Kind, Operand, QueryError, Row, Table, Value};

/// By which attribute a list is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    /// The attribute.
    pub operand: Operand,
    /// From the largest to the smallest.
    pub descending: bool,
}

impl OrderBy {
    /// Reads the parameter; none for an empty text.
    ///
    /// # Errors
    /// What is wrong, where, and what was expected there.
    pub fn parse(text: &str, table: &Table) -> Result<Option<Self>, QueryError> {
        let mut words = text.split_whitespace();
        let Some(path) = words.next() else {
            return Ok(None);
        };
        let place = |word: &str| {
            // Words are parts of the text, so each begins inside it.
            let offset = word.as_ptr().addr() - text.as_ptr().addr();
            text.get(..offset)
                .map_or(0, |before| before.chars().count())
        };
        let operand = resolve(path, table)
            .map_err(|(offset, message)| QueryError::new(place(path) + offset, message))?;
        if operand.kind.is_collection() || operand.kind == Kind::Opaque {
            let message = format!("{} is {} and has no order", operand.attribute, operand.kind);
            return Err(QueryError::new(place(path), message));
        }
        let descending = match words.next() {
            Some(word) if word.eq_ignore_ascii_case("DESC") => true,
            Some(word) if word.eq_ignore_ascii_case("ASC") => false,
            Some(word) => return Err(QueryError::new(place(word), "expected DESC or ASC")),
            None => false,
        };
        match words.next() {
            Some(word) => Err(QueryError::new(place(word), "expected nothing more")),
            None => Ok(Some(Self {
                operand,
                descending,
            })),
        }
    }

    /// What a row is ordered by.
    pub fn value(&self, row: &impl Row) -> Value<'static> {
        let whole = row.value(self.operand.entity, self.operand.attribute);
        match &self.operand.key {
            Some(key) => whole.entry(key).into_owned(),
            None => whole.into_owned(),
        }
    }

    /// Which of two values comes first. No value comes last, whatever the direction.
    #[must_use]
    pub fn compare(&self, left: &Value<'_>, right: &Value<'_>) -> Ordering {
        match (left, right) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            _ => {
                let order = order(left, right).unwrap_or(Ordering::Equal);
                if self.descending {
                    order.reverse()
                } else {
                    order
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let own = [("Slug", Kind::Text), ("Labels", Kind::Texts)];
        Table::new("Unit", own).with_related("Space", [("Slug", Kind::Text)])
    }

    #[test]
    fn attributes_and_directions() {
        for (text, expected) in [
            ("Slug", Some(("Slug", None, false))),
            (" Slug  desc ", Some(("Slug", None, true))),
            ("Labels.tier ASC", Some(("Labels", Some("tier"), false))),
            ("Space.Slug", Some(("Slug", None, false))),
            ("", None),
        ] {
            let order = OrderBy::parse(text, &table()).expect(text);
            let found = order.as_ref().map(|order| {
                let operand = &order.operand;
                (operand.attribute, operand.key.as_deref(), order.descending)
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn faults_have_a_place() {
        for (text, expected) in [
            (
                "Slgu",
                "character 1: unknown attribute \"Slgu\" of Unit; did you mean Slug?",
            ),
            ("Slug down", "character 6: expected DESC or ASC"),
            ("Slug DESC Slug", "character 11: expected nothing more"),
            ("Labels", "character 1: Labels is a map and has no order"),
        ] {
            let error = OrderBy::parse(text, &table()).expect_err(text);
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_value_comes_last() {
        for text in ["Slug", "Slug DESC"] {
            let order = OrderBy::parse(text, &table()).expect(text).expect("one");
            assert!(order.compare(&Value::Null, &Value::text("a")).is_gt());
            assert_eq!(
                order.compare(&Value::text("a"), &Value::text("b")).is_gt(),
                order.descending
            );
        }
    }
}
