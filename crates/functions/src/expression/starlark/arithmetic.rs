//! Operators on two numbers.

use super::operators::spelling;
use super::syntax::Binary;
use super::value::Value;

/// What an operation on integers that gives none of 64 bits says.
pub(super) const TOO_LARGE: &str = "the result is no integer of 64 bits";

#[expect(
    clippy::cast_precision_loss,
    reason = "the nearest float is what is asked for"
)]
pub(super) fn as_float(value: &Value) -> f64 {
    match value {
        Value::Int(value) => *value as f64,
        Value::Float(value) => *value,
        _ => f64::NAN,
    }
}

pub(super) fn integers(operator: Binary, left: i64, right: i64) -> Result<Value, String> {
    let shift = u32::try_from(right).ok().filter(|shift| *shift < 64);
    let result = match operator {
        Binary::Add => left.checked_add(right),
        Binary::Subtract => left.checked_sub(right),
        Binary::Multiply => left.checked_mul(right),
        Binary::Divide => {
            return floats(
                operator,
                as_float(&Value::Int(left)),
                as_float(&Value::Int(right)),
            );
        }
        Binary::FloorDivide | Binary::Remainder if right == 0 => {
            return Err("division by zero".to_owned());
        }
        Binary::FloorDivide => left
            .checked_div(right)
            .map(|whole| whole - i64::from(left % right != 0 && ((left < 0) != (right < 0)))),
        Binary::Remainder => Some(left.wrapping_rem(right)).map(|rest| {
            if rest != 0 && ((rest < 0) != (right < 0)) {
                rest + right
            } else {
                rest
            }
        }),
        Binary::BitAnd => Some(left & right),
        Binary::BitOr => Some(left | right),
        Binary::BitXor => Some(left ^ right),
        Binary::ShiftLeft => shift.and_then(|shift| {
            let shifted = left.checked_shl(shift)?;
            (shifted >> shift == left).then_some(shifted)
        }),
        Binary::ShiftRight if right < 0 => return Err("a shift by less than nothing".to_owned()),
        Binary::ShiftRight => Some(left >> shift.unwrap_or(63)),
        _ => None,
    };
    result.map(Value::Int).ok_or_else(|| TOO_LARGE.to_owned())
}

pub(super) fn floats(operator: Binary, left: f64, right: f64) -> Result<Value, String> {
    let by_zero = || {
        (right == 0.0)
            .then(|| "division by zero".to_owned())
            .map_or(Ok(()), Err)
    };
    Ok(Value::Float(match operator {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide => {
            by_zero()?;
            left / right
        }
        Binary::FloorDivide => {
            by_zero()?;
            (left / right).floor()
        }
        Binary::Remainder => {
            by_zero()?;
            let rest = left % right;
            match rest != 0.0 && (rest < 0.0) != (right < 0.0) {
                true => rest + right,
                false => rest,
            }
        }
        _ => {
            return Err(format!(
                "the operator {} does not work on float",
                spelling(operator)
            ));
        }
    }))
}
