//! Numbers: integers of 64 bits, and floating point numbers.

use std::cmp::Ordering;

/// A number. What operations give is an integer wherever it is whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// Floats beyond have neighbours that are no integers apart.
const EXACT: f64 = 9_007_199_254_740_992.0;

const TOO_LARGE: &str = "a number is no integer of 64 bits";

impl Number {
    /// The number that a text spells; none when it spells none.
    ///
    /// # Errors
    /// It is an integer of more than 64 bits.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, String> {
        if let Ok(integer) = text.parse() {
            return Ok(Some(Self::Int(integer)));
        }
        let part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        if !text.chars().all(part) {
            return Ok(None);
        }
        let Ok(number) = text.parse::<f64>() else {
            return Ok(None);
        };
        match number.is_finite() && text.contains(['.', 'e', 'E']) {
            true => Ok(Some(Self::Float(number))),
            false => Err(TOO_LARGE.to_owned()),
        }
    }

    /// A number that was worked out; none when there is no such number.
    pub(super) fn of(number: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within")]
        match number.fract() == 0.0 && number.abs() <= EXACT {
            true => Some(Self::Int(number as i64)),
            false => number.is_finite().then_some(Self::Float(number)),
        }
    }

    pub(super) fn count(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest float is what is asked for"
    )]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// The integer that it is, if it is one.
    pub(super) fn whole(self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(number),
            Self::Float(number) => match Self::of(number) {
                Some(Self::Int(number)) => Some(number),
                _ => None,
            },
        }
    }

    pub(super) fn negated(self) -> Result<Self, String> {
        match self {
            Self::Int(number) => number
                .checked_neg()
                .map(Self::Int)
                .ok_or_else(|| TOO_LARGE.to_owned()),
            Self::Float(number) => Ok(Self::Float(-number)),
        }
    }

    pub(super) fn plus(self, other: Self) -> Result<Option<Self>, String> {
        self.combined(other, i64::checked_add, |left, right| left + right)
    }

    pub(super) fn minus(self, other: Self) -> Result<Option<Self>, String> {
        self.combined(other, i64::checked_sub, |left, right| left - right)
    }

    pub(super) fn times(self, other: Self) -> Result<Option<Self>, String> {
        self.combined(other, i64::checked_mul, |left, right| left * right)
    }

    fn combined(
        self,
        other: Self,
        integers: fn(i64, i64) -> Option<i64>,
        floats: fn(f64, f64) -> f64,
    ) -> Result<Option<Self>, String> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => match integers(left, right) {
                Some(number) => Ok(Some(Self::Int(number))),
                None => Err(TOO_LARGE.to_owned()),
            },
            _ => Ok(Self::of(floats(self.float(), other.float()))),
        }
    }

    /// None when the other is 0.
    pub(super) fn divided(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) if left.checked_rem(right) == Some(0) => {
                left.checked_div(right).map(Self::Int)
            }
            _ if other.float() == 0.0 => None,
            _ => Self::of(self.float() / other.float()),
        }
    }

    /// None when one is not whole, or the other is 0.
    pub(super) fn remainder(self, other: Self) -> Option<Self> {
        match (self.whole()?, other.whole()?) {
            (_, 0) => None,
            (left, right) => Some(Self::Int(left.wrapping_rem(right))),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (*self, *other) {
            (Self::Int(left), Self::Int(right)) => left.cmp(&right),
            (Self::Float(left), Self::Float(right)) => {
                left.partial_cmp(&right).unwrap_or(Ordering::Equal)
            }
            (Self::Int(left), Self::Float(right)) => integer_and_float(left, right),
            (Self::Float(left), Self::Int(right)) => integer_and_float(right, left).reverse(),
        }
    }
}

/// Their order, exactly: of two that are near each other, the float is whole.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "see above"
)]
fn integer_and_float(integer: i64, float: f64) -> Ordering {
    let roughly = (integer as f64).partial_cmp(&float);
    let exactly = || i128::from(integer).cmp(&(float as i128));
    roughly.unwrap_or(Ordering::Equal).then_with(exactly)
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}
