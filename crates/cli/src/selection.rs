//! The flags that choose what a list shows.

use clap::Args;
use cubit_client::ListQuery;

use crate::output::Output;
use crate::output::table::Listing;

/// Flags of every list.
#[derive(Debug, Default, Args)]
pub(crate) struct Selection {
    /// Condition over attributes, such as "Labels.tier = 'web' AND Version > 1"
    #[arg(long = "where", value_name = "EXPRESSION")]
    condition: Option<String>,
    /// Text to look for in all string attributes and labels
    #[arg(long, value_name = "TEXT")]
    contains: Option<String>,
    /// Attributes to fetch, comma-separated; "*" for all
    #[arg(long, value_name = "FIELDS")]
    select: Option<String>,
}

impl Selection {
    /// The query that fetches what will be shown.
    pub(crate) fn query(&self, listing: &Listing, output: &Output) -> ListQuery {
        let include = listing.include;
        ListQuery {
            r#where: self.condition.clone(),
            contains: self.contains.clone(),
            select: output.select(listing, self.select.as_deref()),
            include: (!include.is_empty()).then(|| include.to_owned()),
            ..ListQuery::default()
        }
    }
}

/// Conditions that must all hold. `OR` binds less than `AND`, so one that has it gets parentheses.
pub(crate) fn all<const N: usize>(conditions: [Option<String>; N]) -> Option<String> {
    let mut present: Vec<_> = conditions.into_iter().flatten().collect();
    if present.len() > 1 {
        for condition in &mut present {
            if has_or(condition) {
                *condition = format!("({condition})");
            }
        }
    }
    (!present.is_empty()).then(|| present.join(" AND "))
}

/// Whether `OR` stands in a condition as a word, perhaps in a text: then parentheses do no harm.
fn has_or(condition: &str) -> bool {
    condition
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-' | '/'))
        .any(|word| word.eq_ignore_ascii_case("or"))
}

/// Names or ids as a condition.
pub(crate) fn one_of(attribute: &str, values: impl IntoIterator<Item = impl ToString>) -> String {
    let values: Vec<_> = values
        .into_iter()
        .map(|value| format!("'{}'", value.to_string()))
        .collect();
    format!("{attribute} IN ({})", values.join(", "))
}
