//! The ways an argument can name an entity.

use uuid::Uuid;

use crate::error::{Error, Result};

/// A name on the command line: an id, a slug, or `space/slug`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Id(Uuid),
    Slug(String),
    Within { space: String, slug: String },
}

impl Reference {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if let Ok(id) = Uuid::parse_str(text) {
            return Ok(Self::Id(id));
        }
        match text.split_once('/') {
            Some((space, slug)) => Ok(Self::Within {
                space: checked(space, text)?,
                slug: checked(slug, text)?,
            }),
            None => Ok(Self::Slug(checked(text, text)?)),
        }
    }
}

/// A slug goes into a `where` expression, so nothing but a slug may pass.
fn checked(slug: &str, whole: &str) -> Result<String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !slug.is_empty() && slug.len() <= 128 && slug.chars().all(inner) {
        return Ok(slug.to_owned());
    }
    Err(Error::usage(format!("`{whole}` names nothing")).hint("expected NAME, SPACE/NAME or an id"))
}

/// The slug for a new entity: lower case, and a hyphen for what cannot be in
/// one. The second part is the name as it was given, when that differs.
pub(crate) fn slug_for(name: &str) -> Result<(String, Option<String>)> {
    let letter = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
        _ => '-',
    };
    let slug: String = name.chars().map(letter).collect();
    let slug = slug.trim_matches(['-', '_', '.']).to_owned();
    if slug.is_empty() {
        return Err(Error::usage(format!("`{name}` cannot be a name"))
            .hint("use letters, digits, - _ and ."));
    }
    let given = (slug != name).then(|| name.to_owned());
    Ok((slug, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_id_a_slug_or_a_slug_within_a_space() {
        let id = "0193a1de-0000-7000-8000-000000000001";
        assert_eq!(
            Reference::parse(id).unwrap(),
            Reference::Id(Uuid::parse_str(id).unwrap())
        );
        assert_eq!(
            Reference::parse("web").unwrap(),
            Reference::Slug("web".into())
        );
        assert_eq!(
            Reference::parse("prod/web").unwrap(),
            Reference::Within {
                space: "prod".into(),
                slug: "web".into()
            }
        );
        for wrong in ["", "a/b/c", "x' OR 1", "*", "prod/"] {
            assert!(Reference::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_new_entity_gets_a_slug() {
        let cases = [
            ("web", "web", None),
            ("My App!", "my-app", Some("My App!")),
            ("v1.2", "v1.2", None),
        ];
        for (name, slug, given) in cases {
            let expected = (slug.to_owned(), given.map(str::to_owned));
            assert_eq!(slug_for(name).unwrap(), expected);
        }
        assert!(slug_for("///").is_err());
    }
}
