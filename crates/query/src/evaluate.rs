//! The one evaluator of `where`.

use std::cmp::Ordering;

use crate::{Clause, Literal, Operand, Right, Row, Subject, Test, Value, Where};

impl Where {
    /// Whether a row satisfies every clause.
    pub fn matches(&self, row: &impl Row) -> bool {
        self.clauses
            .iter()
            .all(|clause| holds(clause, row) == Some(true))
    }
}

/// Whether a clause holds; none where it says nothing because there is no value. As in SQL, the
/// negation of such a clause does not hold either.
fn holds(clause: &Clause, row: &impl Row) -> Option<bool> {
    match clause {
        Clause::Condition(condition) => passes(&condition.left, &condition.test, row),
        Clause::All(clauses) => decide(clauses, false, row),
        Clause::Any(clauses) => decide(clauses, true, row),
        Clause::Not(clause) => holds(clause, row).map(|holds| !holds),
    }
}

/// What several clauses come to, where one of them alone can decide.
fn decide(clauses: &[Clause], decisive: bool, row: &impl Row) -> Option<bool> {
    let mut result = Some(!decisive);
    for clause in clauses {
        match holds(clause, row) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn passes(left: &Subject, test: &Test, row: &impl Row) -> Option<bool> {
    let whole = row.value(left.operand.entity, left.operand.attribute);
    let value = resolve(left, &whole);
    match test {
        Test::Compare(comparison, Right::Literal(literal)) => {
            order(&value, &literal.value()).map(|order| comparison.holds(order))
        }
        Test::Compare(comparison, Right::Subject(right)) => {
            let whole = row.value(right.operand.entity, right.operand.attribute);
            order(&value, &resolve(right, &whole)).map(|order| comparison.holds(order))
        }
        Test::Matches { pattern, negated } => match &value {
            Value::Text(text) => Some(pattern.matches(text) != *negated),
            _ => None,
        },
        Test::In { list, negated } => (value != Value::Null).then(|| {
            list.iter()
                .any(|literal| order(&value, &literal.value()) == Some(Ordering::Equal))
                != *negated
        }),
        Test::Has(literal) => Some(has(&value, literal)),
        Test::IsNull { negated } => Some(is_null(&value) != *negated),
    }
}

/// The entry or the length of an attribute, where that is what the subject means.
fn resolve<'a>(subject: &Subject, whole: &'a Value<'a>) -> Value<'a> {
    let Subject {
        operand: Operand { key, .. },
        length,
    } = subject;
    match key {
        _ if *length => Value::Integer(whole.length()),
        Some(key) => whole.entry(key),
        None => whole.clone(),
    }
}

/// The order of two values of one kind; none when either is missing.
pub(crate) fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Uuid(a), Value::Uuid(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn has(value: &Value<'_>, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Uuids(list), Literal::Uuid(id)) => list.contains(id),
        (Value::Texts(map), Literal::Text(key)) => map.contains_key(key),
        (Value::Flags(map), Literal::Text(key)) => map.contains_key(key),
        _ => false,
    }
}

/// Lists and maps that are empty count as no value, as clients see them left out.
fn is_null(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Uuids(_) | Value::Texts(_) | Value::Flags(_) => value.length() == 0,
        _ => false,
    }
}

impl Literal {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::text(text),
            Self::Integer(number) => Value::Integer(*number),
            Self::Time(time) => Value::Time(*time),
            Self::Uuid(id) => Value::Uuid(*id),
            Self::Boolean(flag) => Value::Boolean(*flag),
        }
    }
}
