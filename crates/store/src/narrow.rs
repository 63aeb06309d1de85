//! Lowers a `where` expression to SQL, as far as that is safe: what the SQL leaves in is
//! evaluated again, what it leaves out is lost. So a condition is lowered only when SQL and the
//! evaluator agree on every row it drops.

use std::borrow::Cow;

use cubit_model::{Attribute, Entity, Space};
use cubit_query::{Clause, Comparison, Condition, Kind, Literal, Right, Test, Where};

use crate::column::placeholders;

/// Longer lists are left to the evaluator.
const LIST_LIMIT: usize = 1000;

/// SQL that narrows a read, and what its placeholders stand for.
#[derive(Debug, Default)]
pub(crate) struct Narrowing<'a> {
    /// `AND ...` for each lowered clause.
    pub(crate) sql: String,
    /// The literals, in the order of the placeholders.
    pub(crate) literals: Vec<Cow<'a, Literal>>,
}

/// Lowers what can be lowered; placeholders start at `first`.
pub(crate) fn narrow<E: Entity>(query: &Where, first: usize) -> Narrowing<'_> {
    let mut narrowing = Narrowing::default();
    for clause in query.clauses() {
        let kept = narrowing.literals.len();
        let lowered = lower_clause::<E>(clause, first, &mut narrowing.literals);
        let lowered = lowered.or_else(|| {
            narrowing.literals.truncate(kept);
            let next = first + kept;
            let (sql, literal) = loosely::<E>(clause, next)?;
            narrowing.literals.push(literal);
            Some(sql)
        });
        match lowered {
            Some(sql) => {
                narrowing.sql.push_str(" AND ");
                narrowing.sql.push_str(&sql);
            }
            None => narrowing.literals.truncate(kept),
        }
    }
    narrowing
}

/// The SQL of a clause of which every part can be lowered. Each part holds, does not hold or is
/// null in SQL where it does so here, so that what is made of them is the same, too.
fn lower_clause<'a, E: Entity>(
    clause: &'a Clause,
    first: usize,
    literals: &mut Vec<Cow<'a, Literal>>,
) -> Option<String> {
    match clause {
        Clause::Condition(condition) => {
            let (sql, more) = lower::<E>(condition, first + literals.len())?;
            literals.extend(more.into_iter().map(Cow::Borrowed));
            Some(sql)
        }
        Clause::All(clauses) => joined::<E>(clauses, " AND ", first, literals),
        Clause::Any(clauses) => joined::<E>(clauses, " OR ", first, literals),
        Clause::Not(clause) => {
            let sql = lower_clause::<E>(clause, first, literals)?;
            Some(format!("NOT ({sql})"))
        }
    }
}

fn joined<'a, E: Entity>(
    clauses: &'a [Clause],
    word: &str,
    first: usize,
    literals: &mut Vec<Cow<'a, Literal>>,
) -> Option<String> {
    let parts: Option<Vec<String>> = clauses
        .iter()
        .map(|clause| lower_clause::<E>(clause, first, literals))
        .collect();
    Some(format!("({})", parts?.join(word)))
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
        Test::Compare(comparison, Right::Literal(literal)) if is_exact(literal) => Some((
            format!("{column} {} ${next}", comparison.sign()),
            vec![literal],
        )),
        Test::In { list, negated } if list.len() <= LIST_LIMIT && list.iter().all(is_exact) => {
            let not = if *negated { "NOT " } else { "" };
            let list_sql = placeholders(next, list.len());
            Some((
                format!("{column} {not}IN ({list_sql})"),
                list.iter().collect(),
            ))
        }
        Test::IsNull { negated } if attribute.nullable && attribute.kind == Kind::Uuid => {
            let not = if *negated { " NOT" } else { "" };
            Some((format!("{column} IS{not} NULL"), Vec::new()))
        }
        _ => None,
    }
}

/// SQL for a condition that all must satisfy, which may leave in rows that do not.
fn loosely<'a, E: Entity>(clause: &'a Clause, next: usize) -> Option<(String, Cow<'a, Literal>)> {
    let Clause::Condition(condition) = clause else {
        return None;
    };
    let operand = &condition.left.operand;
    let Test::Compare(Comparison::Equal, Right::Literal(literal)) = &condition.test else {
        return None;
    };
    if condition.left.length || !is_exact(literal) {
        return None;
    }
    match operand.entity {
        None => entry::<E>(condition, literal, next),
        Some("Space") => {
            E::query_attribute("SpaceID").filter(|attribute| attribute.column == "space_id")?;
            let (sql, literal) = match &operand.key {
                Some(_) => entry::<Space>(condition, literal, next)?,
                None => {
                    let column = quoted(Space::query_attribute(operand.attribute)?);
                    (format!("{column} = ${next}"), Cow::Borrowed(literal))
                }
            };
            let sql = format!(
                "space_id IN (SELECT space_id FROM spaces WHERE organization_id = $1 AND {sql})"
            );
            Some((sql, literal))
        }
        Some(_) => None,
    }
}

/// The condition that a map of texts, which is kept as JSON, has an entry with this value.
fn entry<'a, E: Entity>(
    condition: &Condition,
    literal: &'a Literal,
    next: usize,
) -> Option<(String, Cow<'a, Literal>)> {
    let operand = &condition.left.operand;
    let (key, Literal::Text(value)) = (operand.key.as_ref()?, literal) else {
        return None;
    };
    let attribute = E::query_attribute(operand.attribute)?;
    if attribute.kind != Kind::Texts || key.contains('\0') {
        return None;
    }
    let json = |text: &str| serde_json::to_string(text).ok();
    let entry = format!("{}:{}", json(key)?, json(value)?);
    // No text stands for itself in a pattern but with a sign before these.
    let mut pattern = String::from("%");
    for letter in entry.chars() {
        if matches!(letter, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    let sql = format!("{} LIKE ${next} ESCAPE '!'", quoted(attribute));
    Some((sql, Cow::Owned(Literal::Text(pattern))))
}

/// Whether databases compare a literal as we do. Text they compare byte by byte, but `PostgreSQL`
/// refuses a NUL even where it is only looked for. Times are kept to the microsecond, and a finer
/// literal would be cut off.
fn is_exact(literal: &Literal) -> bool {
    match literal {
        Literal::Text(text) => !text.contains('\0'),
        Literal::Time(time) => time.subsec_nanosecond() % 1000 == 0,
        Literal::Integer(_) | Literal::Uuid(_) | Literal::Boolean(_) => true,
    }
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
                " AND \"slug\" = $2 AND \"labels\" LIKE $3 ESCAPE '!' AND \"created_at\" < $4",
            ),
            ("Labels.tier != 'web'", ""),
            (
                "Space.Slug = 'a' AND Space.Labels.b = 'c'",
                " AND space_id IN (SELECT space_id FROM spaces WHERE organization_id = $1 \
                 AND \"slug\" = $2) \
                 AND space_id IN (SELECT space_id FROM spaces WHERE organization_id = $1 \
                 AND \"labels\" LIKE $3 ESCAPE '!')",
            ),
            ("NOT Space.Slug = 'a'", ""),
            ("UpstreamUnit.Slug = 'a'", ""),
            ("CreatedAt < '2025-01-01T00:00:00.0000005Z'", ""),
            ("Slug = 'a\0'", ""),
            ("Slug IN ('a', '\0')", ""),
            ("Slug < 'a'", " AND \"slug\" < $2"),
            ("Slug <> 'a'", " AND \"slug\" != $2"),
            ("Slug NOT IN ('a')", " AND \"slug\" NOT IN ($2)"),
            (
                "NOT Slug = 'a' AND (Slug < 'b' OR TargetID IS NULL AND Slug = 'c')",
                " AND NOT (\"slug\" = $2) \
                 AND (\"slug\" < $3 OR (\"target_id\" IS NULL AND \"slug\" = $4))",
            ),
            // One branch that is left to the evaluator leaves all of them to it.
            (
                "(Slug = 'a' OR Slug = 'b' AND Labels.tier = 'web') AND Slug != 'c'",
                " AND \"slug\" != $2",
            ),
            ("NOT (Slug = 'a' AND Slug LIKE 'b')", ""),
            ("Slug LIKE 'a%'", ""),
            ("LEN(Labels) = 0", ""),
            ("LastActionAt > '2025-01-01'", ""),
            ("HeadRevisionNum > LiveRevisionNum", ""),
        ] {
            let query = Where::parse(expression, &ExtendedUnit::table()).expect(expression);
            assert_eq!(narrow::<Unit>(&query, 2).sql, sql, "{expression}");
        }
    }
}
