//! Quantities of Kubernetes.

use std::cmp::Ordering;

use cel::Value;
use cubit_configdata::Quantity;

use super::known::Known;
use super::library::{Function, Shape, function, text_of, wrong};

const NANO: i128 = 1_000_000_000;

pub(super) const FUNCTIONS: [Function; 11] = [
    function(Shape::Global, "quantity", |given, _| match given {
        [Value::String(text)] => text
            .parse()
            .map(|quantity| Known::Quantity(quantity).into())
            .map_err(|error: cubit_configdata::QuantityError| error.to_string()),
        _ => wrong(given),
    }),
    function(Shape::Global, "isQuantity", |given, _| match given {
        [value] => Ok(text_of(value)
            .is_some_and(|text| text.parse::<Quantity>().is_ok())
            .into()),
        _ => wrong(given),
    }),
    function(Shape::Member, "isInteger", |given, _| match given {
        [value] if amount(value).is_some() => Ok(integer(value).is_some().into()),
        _ => wrong(given),
    }),
    function(Shape::Member, "asInteger", |given, _| match given {
        [value] if amount(value).is_some() => integer(value)
            .map(Value::Int)
            .ok_or_else(|| "the quantity is no integer that fits".to_owned()),
        _ => wrong(given),
    }),
    function(
        Shape::Member,
        "asApproximateFloat",
        |given, _| match given {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest float is what is asked for"
            )]
            [value] if let Some(amount) = amount(value) => {
                Ok(Value::Float(amount.nano() as f64 / NANO as f64))
            }
            _ => wrong(given),
        },
    ),
    function(Shape::Member, "sign", |given, _| match given {
        [value] if let Some(amount) = amount(value) => Ok(Value::Int(
            i64::try_from(amount.nano().signum()).unwrap_or(0),
        )),
        _ => wrong(given),
    }),
    function(Shape::Member, "add", |given, _| sum(given, 1)),
    function(Shape::Member, "sub", |given, _| sum(given, -1)),
    function(Shape::Member, "isGreaterThan", |given, _| {
        compared(given, |order| (order == Ordering::Greater).into())
    }),
    function(Shape::Member, "isLessThan", |given, _| {
        compared(given, |order| (order == Ordering::Less).into())
    }),
    function(Shape::Member, "compareTo", |given, _| {
        compared(given, |order| Value::Int(order as i64))
    }),
];

fn amount(value: &Value) -> Option<Quantity> {
    match Known::of(value) {
        Some(Known::Quantity(quantity)) => Some(*quantity),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    let nano = amount(value)?.nano();
    (nano % NANO == 0)
        .then(|| i64::try_from(nano / NANO).ok())
        .flatten()
}

fn sum(given: &[Value], sign: i64) -> Result<Value, String> {
    let [left, right] = given else {
        return wrong(given);
    };
    let right = match right {
        Value::Int(number) => number.to_string().parse().ok(),
        other => amount(other),
    };
    let (Some(left), Some(right)) = (amount(left), right) else {
        return wrong(given);
    };
    right
        .times(sign)
        .and_then(|right| left.plus(right))
        .map(|sum| Known::Quantity(sum).into())
        .ok_or_else(|| "the quantity is too large".to_owned())
}

fn compared(given: &[Value], answer: fn(Ordering) -> Value) -> Result<Value, String> {
    match given {
        [left, right] => match (amount(left), amount(right)) {
            (Some(left), Some(right)) => Ok(answer(left.nano().cmp(&right.nano()))),
            _ => wrong(given),
        },
        _ => wrong(given),
    }
}
