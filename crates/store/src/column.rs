//! How attribute values are kept in columns. One mapping for every entity.

use std::borrow::Cow;
use std::fmt::Write as _;

use cubit_query::{Kind, Literal, Value};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::database::{Argument, Row, Statement};

/// Binds a value to the next placeholder.
pub(crate) fn bind(statement: Statement, value: Value<'_>) -> Statement {
    statement.bind(argument(value))
}

/// A value as it is kept.
pub(crate) fn argument(value: Value<'_>) -> Argument {
    match value {
        Value::Null => Argument::Null,
        Value::Text(text) => text.into_owned().into(),
        Value::Integer(number) => number.into(),
        Value::Time(time) => time.as_microsecond().into(),
        Value::Uuid(id) => id.into(),
        Value::Boolean(flag) => i64::from(flag).into(),
        Value::Uuids(list) => json(&list).into(),
        Value::Texts(map) => json(&map).into(),
        Value::Flags(map) => json(&map).into(),
        Value::Bytes(bytes) => bytes.into_owned().into(),
    }
}

/// Binds a literal of a query the way its attribute is kept.
pub(crate) fn bind_literal(statement: Statement, literal: &Literal) -> Statement {
    match literal {
        Literal::Text(text) => statement.bind(text.clone()),
        Literal::Integer(number) => statement.bind(*number),
        Literal::Time(time) => statement.bind(time.as_microsecond()),
        Literal::Uuid(id) => statement.bind(*id),
        Literal::Boolean(flag) => statement.bind(i64::from(*flag)),
    }
}

/// Maps and lists of text cannot fail to be written as JSON.
fn json<T: serde::Serialize>(document: &T) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// Reads a column as a value of a kind.
pub(crate) fn read(row: &Row, index: usize, kind: Kind) -> Result<Value<'static>, StoreError> {
    if row.is_null(index)? {
        return Ok(Value::Null);
    }
    Ok(match kind {
        Kind::Text => Value::Text(row.try_get::<String>(index)?.into()),
        Kind::Integer => Value::Integer(row.try_get(index)?),
        Kind::Time => Value::Time(
            Timestamp::from_microsecond(row.try_get(index)?).map_err(|error| damaged(&error))?,
        ),
        Kind::Uuid => Value::Uuid(row.try_get(index)?),
        Kind::Boolean => Value::Boolean(row.try_get::<i64>(index)? != 0),
        Kind::Uuids => Value::Uuids(Cow::Owned(parse(row.try_get(index)?)?)),
        Kind::Texts => Value::Texts(Cow::Owned(parse(row.try_get(index)?)?)),
        Kind::Flags => Value::Flags(Cow::Owned(parse(row.try_get(index)?)?)),
        Kind::Opaque if row.is_bytes(index)? => Value::Bytes(row.try_get::<Vec<u8>>(index)?.into()),
        Kind::Opaque => Value::Text(row.try_get::<String>(index)?.into()),
    })
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged(&error))
}

fn damaged(error: &impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(error.to_string())
}

/// `$first, $first+1, ...`: placeholders for a list.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    let mut list = String::new();
    for number in first..first + count {
        let separator = if number == first { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(list, "{separator}${number}");
    }
    list
}
