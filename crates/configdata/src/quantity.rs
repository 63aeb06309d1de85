//! Kubernetes quantities: `500m`, `1.5Gi`, `2e3`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// An exact amount, counted in nano units so that every suffix is exact.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nano: i128,
    binary: bool,
}

const NANO: i128 = 1_000_000_000;

/// Suffixes with their factor: units for the binary ones, steps of a thousand from nano for the
/// decimal ones.
const SUFFIXES: [(&str, i128, bool); 16] = [
    ("Ki", 1 << 10, true),
    ("Mi", 1 << 20, true),
    ("Gi", 1 << 30, true),
    ("Ti", 1 << 40, true),
    ("Pi", 1 << 50, true),
    ("Ei", 1 << 60, true),
    ("n", 0, false),
    ("u", 1, false),
    ("m", 2, false),
    ("", 3, false),
    ("k", 4, false),
    ("M", 5, false),
    ("G", 6, false),
    ("T", 7, false),
    ("P", 8, false),
    ("E", 9, false),
];

/// Text that is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no quantity: expected a number with an optional suffix, such as 500m, 2 or 1.5Gi"
)]
pub struct QuantityError(pub String);

/// The nano units of one unit of a suffix.
fn scale(suffix: &str) -> Option<(i128, bool)> {
    let (_, factor, binary) = SUFFIXES.iter().find(|(name, _, _)| *name == suffix)?;
    if *binary {
        return Some((factor * NANO, true));
    }
    let power = u32::try_from(*factor).ok()?;
    Some((1000_i128.checked_pow(power)?, false))
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || QuantityError(text.to_owned());
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let digits = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(digits);
        let exponent: Option<i32> = suffix
            .strip_prefix(['e', 'E'])
            .and_then(|exponent| exponent.parse().ok());
        let (unit, binary) = match exponent {
            Some(_) => (NANO, false),
            None => scale(suffix).ok_or_else(fail)?,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || number.len() > 30 {
            return Err(fail());
        }
        let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| fail())?;
        let places = u32::try_from(fraction.len()).map_err(|_| fail())?;
        let mut nano = digits.checked_mul(unit).ok_or_else(fail)?;
        let mut shift = -i64::from(places) + i64::from(exponent.unwrap_or(0));
        while shift > 0 && nano != 0 {
            nano = nano.checked_mul(10).ok_or_else(fail)?;
            shift -= 1;
        }
        // One stays one from there on, and nothing stays nothing.
        while shift < 0 && nano > 1 {
            // Fractions of a nano unit are rounded up, as Kubernetes does.
            nano = nano.div_euclid(10) + i128::from(nano.rem_euclid(10) > 0);
            shift += 1;
        }
        Ok(Self {
            nano: if negative { -nano } else { nano },
            binary,
        })
    }
}

impl Quantity {
    /// The amount times a whole number; `None` when it grows beyond all bounds.
    #[must_use]
    pub fn times(self, factor: i64) -> Option<Self> {
        Some(Self {
            nano: self.nano.checked_mul(i128::from(factor))?,
            ..self
        })
    }

    /// The sum of two amounts; `None` when it grows beyond all bounds.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            nano: self.nano.checked_add(other.nano)?,
            binary: self.binary || other.binary,
        })
    }

    /// The amount in billionths of its unit.
    #[must_use]
    pub fn nano(self) -> i128 {
        self.nano
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

impl fmt::Display for Quantity {
    /// The canonical form: the largest suffix of its family that leaves a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |unit: i128| self.nano % unit == 0;
        let families: &[&str] = if self.binary && whole(NANO) {
            &["Ei", "Pi", "Ti", "Gi", "Mi", "Ki", ""]
        } else {
            &["E", "P", "T", "G", "M", "k", "", "m", "u", "n"]
        };
        for suffix in families {
            if let Some((unit, _)) = scale(suffix)
                && whole(unit)
                && (self.nano != 0 || suffix.is_empty())
            {
                return write!(f, "{}{suffix}", self.nano / unit);
            }
        }
        write!(f, "{}n", self.nano)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (text, factor, canonical) in [
            ("500m", 2, "1"),
            ("256Mi", 2, "512Mi"),
            ("512Mi", 2, "1Gi"),
            ("1.5Gi", 1, "1536Mi"),
            ("100m", 1, "100m"),
            ("0.1", 1, "100m"),
            ("1e3", 1, "1k"),
            ("1500", 1, "1500"),
            ("0", 3, "0"),
            ("-2", 2, "-4"),
            ("1000Ki", 1, "1000Ki"),
            ("0e2147483647", 1, "0"),
            ("7e-2147483647", 1, "1n"),
        ] {
            let quantity: Quantity = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                quantity.times(factor).expect("in range").to_string(),
                canonical,
                "{text} x {factor}"
            );
        }
    }

    #[test]
    fn sums() {
        for (a, b, sum) in [
            ("500m", "1.5", "2"),
            ("0", "512Mi", "512Mi"),
            ("1Gi", "512Mi", "1536Mi"),
        ] {
            let quantity = |text: &str| text.parse::<Quantity>().expect("a quantity");
            let found = quantity(a).plus(quantity(b)).expect("in range");
            assert_eq!(found.to_string(), sum);
            assert_eq!(found.nano(), quantity(sum).nano());
        }
    }

    #[test]
    fn order_and_refusals() {
        let quantity = |text: &str| text.parse::<Quantity>();
        assert!(quantity("1Gi").ok() > quantity("1G").ok());
        assert_eq!(quantity("1024Mi"), quantity("1Gi"));
        assert_eq!(quantity("1000m"), quantity("1"));
        for text in [
            "",
            "m",
            "1x",
            "1.2.3",
            "abc",
            "1 Gi",
            "--1",
            "99999999999999999999999999999999E",
        ] {
            assert!(quantity(text).is_err(), "{text:?}");
        }
    }
}
