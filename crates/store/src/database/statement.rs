//! Statements, what is bound to them, and the rows they answer.

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use futures_util::{TryStream, TryStreamExt};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Encode, Postgres, Row as _, SqlSafeStr, TypeInfo, ValueRef};
use uuid::Uuid;

use super::{Begun, Connection};
use crate::StoreError;

/// A statement with placeholders `$1`, `$2`, ..., which both databases know, and what stands for
/// them. Texts never get into the statement itself.
#[derive(Debug)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    arguments: Vec<Argument>,
}

/// What stands for a placeholder. Identifiers are bytes in both databases.
#[derive(Debug)]
pub(crate) enum Argument {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Argument {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Uuid> for Argument {
    fn from(id: Uuid) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Argument {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// No value, of whatever type `PostgreSQL` finds the place to have.
struct Null;

impl sqlx::Type<Postgres> for Null {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Null {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

/// Makes the statement of a database.
macro_rules! prepared {
    ($statement:expr, $null:expr) => {{
        let query = sqlx::query(AssertSqlSafe($statement.sql).into_sql_str());
        let arguments = $statement.arguments.into_iter();
        arguments.fold(query, |query, argument| match argument {
            Argument::Null => query.bind($null),
            Argument::Integer(number) => query.bind(number),
            Argument::Text(text) => query.bind(text),
            Argument::Bytes(bytes) => query.bind(bytes),
        })
    }};
}

impl Statement {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self {
            sql: sql.into(),
            arguments: Vec::new(),
        }
    }

    /// Binds a value to the next placeholder.
    pub(crate) fn bind(mut self, value: impl Into<Argument>) -> Self {
        self.arguments.push(value.into());
        self
    }

    /// All rows.
    pub(crate) async fn fetch_all(
        self,
        connection: &mut Connection,
    ) -> Result<Vec<Row>, StoreError> {
        connection.write_waiting().await?;
        self.send(connection).await
    }

    /// What is read from each row. Rows are read as they come: a long list is in memory once.
    pub(crate) async fn fetch_map<T>(
        self,
        connection: &mut Connection,
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        connection.write_waiting().await?;
        let statements = &connection.shared.statements;
        statements.fetch_add(1, Ordering::Relaxed);
        let found = match &mut connection.begun {
            Begun::Sqlite(transaction) => {
                let rows = prepared!(self, None::<i64>).fetch(&mut **transaction);
                collect(rows.map_ok(Row::Sqlite), read).await
            }
            Begun::Postgres(transaction, _) => {
                let rows = prepared!(self, Null).fetch(&mut **transaction);
                collect(rows.map_ok(Row::Postgres), read).await
            }
        };
        connection.failed |= found.is_err();
        found
    }

    /// All rows, whatever still waits to be written.
    pub(super) async fn send(self, connection: &mut Connection) -> Result<Vec<Row>, StoreError> {
        let statements = &connection.shared.statements;
        statements.fetch_add(1, Ordering::Relaxed);
        let rows = match &mut connection.begun {
            Begun::Sqlite(transaction) => prepared!(self, None::<i64>)
                .fetch_all(&mut **transaction)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Begun::Postgres(transaction, _) => prepared!(self, Null)
                .fetch_all(&mut **transaction)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        connection.failed |= rows.is_err();
        Ok(rows?)
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional(
        self,
        connection: &mut Connection,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(connection).await?.into_iter().next())
    }

    /// The row that is always there.
    pub(crate) async fn fetch_one(self, connection: &mut Connection) -> Result<Row, StoreError> {
        let row = self.fetch_optional(connection).await?;
        row.ok_or_else(|| StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// No rows.
    pub(crate) async fn execute(self, connection: &mut Connection) -> Result<(), StoreError> {
        self.fetch_all(connection).await.map(drop)
    }
}

async fn collect<T>(
    mut rows: impl TryStream<Ok = Row, Error = sqlx::Error> + Unpin,
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        found.push(read(&row)?);
    }
    Ok(found)
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// A column, by its place.
    pub(crate) fn try_get<'r, T: Column<'r>>(&'r self, index: usize) -> Result<T, StoreError> {
        Ok(T::of(self, index)?)
    }

    /// Whether a column has no value.
    pub(crate) fn is_null(&self, index: usize) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get_raw(index)?.is_null(),
            Self::Postgres(row) => row.try_get_raw(index)?.is_null(),
        })
    }

    /// Whether the value of a column is bytes.
    pub(crate) fn is_bytes(&self, index: usize) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get_raw(index)?.type_info().name() == "BLOB",
            Self::Postgres(row) => row.try_get_raw(index)?.type_info().name() == "BYTEA",
        })
    }
}

/// What a column can be read as.
pub(crate) trait Column<'r>: Sized {
    fn of(row: &'r Row, index: usize) -> Result<Self, sqlx::Error>;
}

macro_rules! column {
    ($($type:ty),+) => {$(
        impl<'r> Column<'r> for $type {
            fn of(row: &'r Row, index: usize) -> Result<Self, sqlx::Error> {
                match row {
                    Row::Sqlite(row) => row.try_get(index),
                    Row::Postgres(row) => row.try_get(index),
                }
            }
        }
    )+};
}

column!(i64, &'r str, String, Vec<u8>, Option<Vec<u8>>);

impl Column<'_> for Uuid {
    fn of(row: &Row, index: usize) -> Result<Self, sqlx::Error> {
        let bytes: &[u8] = match row {
            Row::Sqlite(row) => row.try_get(index)?,
            Row::Postgres(row) => row.try_get(index)?,
        };
        Self::from_slice(bytes).map_err(|error| sqlx::Error::ColumnDecode {
            index: index.to_string(),
            source: error.into(),
        })
    }
}
