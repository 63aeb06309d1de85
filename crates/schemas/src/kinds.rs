//! Kinds of values as JSON Schema names them, and as Kubernetes reads them from YAML.

use std::fmt;

use cubit_configdata::{Kind, NodeRef, Style};

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

const NAMES: [(Kinds, &str); 7] = [
    (Kinds::STRING, "string"),
    (Kinds::INTEGER, "integer"),
    (Kinds::FRACTION, "number"),
    (Kinds::BOOLEAN, "boolean"),
    (Kinds::OBJECT, "object"),
    (Kinds::ARRAY, "array"),
    (Kinds::NULL, "null"),
];

impl Kinds {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    /// Numbers that are no integers.
    pub(crate) const FRACTION: Self = Self(8);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const OBJECT: Self = Self(64);
    pub(crate) const ANY: Self = Self(127);
    pub(crate) const NUMBER: Self = Self(12);

    /// The kinds a `type` keyword names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == "number" {
            return Some(Self::NUMBER);
        }
        NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kinds, _)| *kinds)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The kinds that are in one of the sets and no other: what `oneOf` of types means.
    pub(crate) fn in_exactly_one(sets: &[Self]) -> Self {
        let (mut once, mut twice) = (Self::NONE, Self::NONE);
        for set in sets {
            twice = twice.or(once.and(*set));
            once = once.or(*set);
        }
        Self(once.0 & !twice.0)
    }

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The kind of a node, as the YAML reader of Kubernetes (YAML 1.1) sees it: plain `yes` and
    /// `on` are truth values, `1_000` and `0b11` are integers, and 2.0 is as good as 2.
    pub(crate) fn of(node: NodeRef<'_>) -> Self {
        match node.kind() {
            Kind::Mapping => Self::OBJECT,
            Kind::Sequence => Self::ARRAY,
            Kind::Null => Self::NULL,
            Kind::Bool => Self::BOOLEAN,
            Kind::Integer => Self::INTEGER,
            Kind::Float => of_float(&node.scalar()),
            Kind::String if node.style() == Style::Plain => of_plain(&node.scalar()),
            Kind::String => Self::STRING,
        }
    }
}

fn of_float(text: &str) -> Kinds {
    match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 => Kinds::INTEGER,
        _ => Kinds::FRACTION,
    }
}

/// The kind of plain text that YAML 1.2 calls a string.
fn of_plain(text: &str) -> Kinds {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO"
        | "off" | "Off" | "OFF" => Kinds::BOOLEAN,
        _ if text.starts_with(|first: char| matches!(first, '0'..='9' | '+' | '-')) => {
            of_number_like(text)
        }
        _ => Kinds::STRING,
    }
}

/// Integers that only YAML 1.1 knows: with underscores, binary, or with a sign and a base. What
/// YAML 1.2 also calls a number has a tag here that says otherwise.
fn of_number_like(text: &str) -> Kinds {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.replace('_', "");
    let (base, body) = match digits.get(..2) {
        Some("0b") => (2, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0x") => (16, &digits[2..]),
        _ => (10, &*digits),
    };
    let is_new = digits != unsigned || base == 2 || base != 10 && unsigned != text;
    if is_new && !body.is_empty() && body.chars().all(|digit| digit.is_digit(base)) {
        Kinds::INTEGER
    } else {
        Kinds::STRING
    }
}

impl fmt::Display for Kinds {
    /// As an expectation in words: `string or integer`. Null is left out beside others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if *self == Self::NULL {
            *self
        } else {
            Self(self.0 & !Self::NULL.0)
        };
        let mut first = true;
        for (kind, name) in NAMES {
            let within_number = kind == Self::INTEGER && self.meets(Self::FRACTION);
            if shown.meets(kind) && !within_number {
                if !first {
                    f.write_str(" or ")?;
                }
                f.write_str(name)?;
                first = false;
            }
        }
        if first {
            f.write_str("nothing")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cubit_configdata::{Config, Toolchain};

    #[test]
    fn scalars_as_kubernetes_reads_them() {
        for (source, kind) in [
            ("yes", Kinds::BOOLEAN),
            ("off", Kinds::BOOLEAN),
            ("'yes'", Kinds::STRING),
            ("true", Kinds::BOOLEAN),
            ("1_000", Kinds::INTEGER),
            ("0b11", Kinds::INTEGER),
            ("-0x1F", Kinds::INTEGER),
            ("2.0", Kinds::INTEGER),
            ("2.5", Kinds::FRACTION),
            ("1e3", Kinds::INTEGER),
            ("500m", Kinds::STRING),
            ("1.2.3", Kinds::STRING),
            ("2001-01-01", Kinds::STRING),
            ("_1", Kinds::STRING),
            ("~", Kinds::NULL),
            ("", Kinds::NULL),
            ("{}", Kinds::OBJECT),
            ("[]", Kinds::ARRAY),
            ("!!str 5", Kinds::STRING),
        ] {
            let text = format!("a: {source}\n");
            let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes()).expect("YAML");
            let root = config.documents()[0].root().expect("a root");
            assert_eq!(Kinds::of(root.get("a").expect("a value")), kind, "{source}");
        }
    }

    #[test]
    fn expectations_in_words() {
        for (kinds, words) in [
            (Kinds::STRING.or(Kinds::NULL), "string"),
            (Kinds::NULL, "null"),
            (Kinds::NUMBER.or(Kinds::STRING), "string or number"),
            (Kinds::NONE, "nothing"),
        ] {
            assert_eq!(kinds.to_string(), words);
        }
    }
}
