//! Lowers a `where` expression to SQL, as far as that is safe: what the SQL leaves in is
//! evaluated again, what it leaves out is lost. So a condition is lowered only when SQL and the
//! evaluator agree on every row it drops.

use cubit_model::{Attribute, Entity};
use cubit_query::{Comparison, Condition, Kind, Literal, Right, Test, Where};

use crate::column::placeholders;

/// Longer lists are left to the evaluator.
const LIST_LIMIT: usize = 1000;

/// SQL that narrows a read, and what its placeholders stand for.
#[derive(Debug, Default)]
pub(crate) struct Narrowing<'a> {
    /// `AND ...` for each lowered condition.
    pub(crate) sql: String,
    /// The literals, in the order of the placeholders.
    pub(crate) literals: Vec<&'a Literal>,
}

/// Lowers what can be lowered; placeholders start at `first`.
pub(crate) fn narrow<E: Entity>(query: &Where, first: usize) -> Narrowing<'_> {
    let mut narrowing = Narrowing::default();
    for condition in query.conditions() {
        let next = first + narrowing.literals.len();
        if let Some((sql, literals)) = lower::<E>(condition, next) {
            narrowing.sql.push_str(" AND ");
            narrowing.sql.push_str(&sql);
            narrowing.literals.extend(literals);
        }
    }
    narrowing
}

fn lower<E: Entity>(condition: &Condition, next: usize) -> Option<(String, Vec<&Literal>)> {
    let operand = &condition.left.operand;
    if condition.left.length || operand.entity.is_some() || operand.key.is_some() {
        return None;
    }
    let attribute = E::query_attribute(operand.attribute)?;
    if attribute.flags.apart {
        return None;
    }
    let column = quoted(attribute);
    match &condition.test {
        Test::Compare(comparison, Right::Literal(literal))
            if (*comparison == Comparison::Equal || is_ordered(literal))
                && is_storable(literal) =>
        {
            Some((
                format!("{column} {} ${next}", comparison.sign()),
                vec![literal],
            ))
        }
        Test::In {
            list,
            negated: false,
        } if list.len() <= LIST_LIMIT && list.iter().all(is_storable) => Some((
            format!("{column} IN ({})", placeholders(next, list.len())),
            list.iter().collect(),
        )),
        Test::IsNull { negated } if attribute.nullable && attribute.kind == Kind::Uuid => {
            let not = if *negated { " NOT" } else { "" };
            Some((format!("{column} IS{not} NULL"), Vec::new()))
        }
        _ => None,
    }
}

/// Databases order text by their own rules; numbers and times they order as we do, but times are
/// kept to the microsecond, and a finer literal would be cut off.
fn is_ordered(literal: &Literal) -> bool {
    match literal {
        Literal::Integer(_) => true,
        Literal::Time(time) => time.subsec_nanosecond() % 1000 == 0,
        Literal::Text(_) | Literal::Uuid(_) | Literal::Boolean(_) => false,
    }
}

/// `PostgreSQL` refuses a text with a NUL even where it is only looked for.
fn is_storable(literal: &Literal) -> bool {
    !matches!(literal, Literal::Text(text) if text.contains('\0'))
}

/// A column name, quoted because some are words of SQL.
pub(crate) fn quoted<E>(attribute: &Attribute<E>) -> String {
    format!("\"{}\"", attribute.column)
}

#[cfg(test)]
mod tests {
    use cubit_model::{Extended, ExtendedUnit, Unit};

    use super::*;

    #[test]
    fn only_what_sql_and_the_evaluator_agree_on_is_lowered() {
        for (expression, sql) in [
            ("Slug = 'a'", " AND \"slug\" = $2"),
            ("Slug IN ('a', 'b')", " AND \"slug\" IN ($2, $3)"),
            ("HeadRevisionNum > 3", " AND \"head_revision_num\" > $2"),
            ("TargetID IS NULL", " AND \"target_id\" IS NULL"),
            (
                "Slug = 'a' AND Labels.tier = 'web' AND CreatedAt < '2025-01-01'",
                " AND \"slug\" = $2 AND \"created_at\" < $3",
            ),
            ("CreatedAt < '2025-01-01T00:00:00.0000005Z'", ""),
            ("Slug = 'a\0'", ""),
            ("Slug IN ('a', '\0')", ""),
            ("Slug < 'a'", ""),
            ("Slug != 'a'", ""),
            ("Slug LIKE 'a%'", ""),
            ("Slug NOT IN ('a')", ""),
            ("Space.Slug = 'a'", ""),
            ("LEN(Labels) = 0", ""),
            ("LastActionAt > '2025-01-01'", ""),
            ("HeadRevisionNum > LiveRevisionNum", ""),
        ] {
            let query = Where::parse(expression, &ExtendedUnit::table()).expect(expression);
            assert_eq!(narrow::<Unit>(&query, 2).sql, sql, "{expression}");
        }
    }
}
