//! Requests with a key of the client's: repeated, they are answered as the first time.

use cubit_model::Time;

use crate::database::Statement;
use crate::{Identity, Read, StoreError, Write};

/// How well answers are compressed: they are written once and seldom read.
const LEVEL: i32 = 1;

/// A request that was begun under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// SHA-256 of what was asked for.
    pub request: Vec<u8>,
    /// When, in microseconds since 1970.
    pub started_at: i64,
    /// Whether it changed something.
    pub changed: bool,
    /// The status and the body of its answer, when there is one. A body that was too large to be
    /// kept is missing.
    pub answer: Option<(u16, Option<Vec<u8>>)>,
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::decode_all(packed).map_err(|error| {
        StoreError::Damaged(format!("the answer to a request with a key: {error}"))
    })
}

impl Read {
    /// The request of a member under a key.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keyed_request(
        &mut self,
        identity: Identity,
        key: &str,
    ) -> Result<Option<KeyedRequest>, StoreError> {
        let row = Statement::new(
            "SELECT request, started_at, changed, status, answer FROM request_keys \
             WHERE organization_id = $1 AND user_id = $2 AND request_key = $3",
        )
        .bind(identity.organization_id.0)
        .bind(identity.user_id.0)
        .bind(key.to_owned())
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let status = u16::try_from(row.try_get::<i64>(3)?).unwrap_or_default();
        let packed: Vec<u8> = row.try_get(4)?;
        let answer = match (status, packed.is_empty()) {
            (0, _) => None,
            (status, true) => Some((status, None)),
            (status, false) => Some((status, Some(unpack(&packed)?))),
        };
        Ok(Some(KeyedRequest {
            request: row.try_get(0)?,
            started_at: row.try_get(1)?,
            changed: row.try_get::<i64>(2)? != 0,
            answer,
        }))
    }
}

impl Write {
    /// Begins a request under a key, in the place of one that is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_keyed_request(
        &mut self,
        identity: Identity,
        key: &str,
        request: [u8; 32],
        now: Time,
    ) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO request_keys (organization_id, user_id, request_key, request, started_at, \
             changed, status, answer) VALUES ($1, $2, $3, $4, $5, 0, 0, $6) \
             ON CONFLICT (organization_id, user_id, request_key) DO UPDATE SET \
             request = excluded.request, started_at = excluded.started_at, changed = 0, \
             status = 0, answer = excluded.answer",
        )
        .bind(identity.organization_id.0)
        .bind(identity.user_id.0)
        .bind(key.to_owned())
        .bind(request.to_vec())
        .bind(now.0.as_microsecond())
        .bind(Vec::new())
        .execute(self.connection())
        .await
    }

    /// Notes that the request under a key changes something: part of that change.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn mark_keyed_request(
        &mut self,
        identity: Identity,
        key: &str,
    ) -> Result<(), StoreError> {
        Statement::new(
            "UPDATE request_keys SET changed = 1 \
             WHERE organization_id = $1 AND user_id = $2 AND request_key = $3",
        )
        .bind(identity.organization_id.0)
        .bind(identity.user_id.0)
        .bind(key.to_owned())
        .execute(self.connection())
        .await
    }

    /// Keeps the answer to the request under a key; its body, where one is given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answer_keyed_request(
        &mut self,
        identity: Identity,
        key: &str,
        (status, body): (u16, Option<&[u8]>),
    ) -> Result<(), StoreError> {
        let packed = match body {
            Some(body) => zstd::encode_all(body, LEVEL)
                .map_err(|error| StoreError::Damaged(format!("an answer: {error}")))?,
            None => Vec::new(),
        };
        Statement::new(
            "UPDATE request_keys SET status = $4, answer = $5 \
             WHERE organization_id = $1 AND user_id = $2 AND request_key = $3",
        )
        .bind(identity.organization_id.0)
        .bind(identity.user_id.0)
        .bind(key.to_owned())
        .bind(i64::from(status))
        .bind(packed)
        .execute(self.connection())
        .await
    }

    /// Forgets the request under a key, if it changed nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_keyed_request(
        &mut self,
        identity: Identity,
        key: &str,
    ) -> Result<(), StoreError> {
        Statement::new(
            "DELETE FROM request_keys WHERE organization_id = $1 AND user_id = $2 \
             AND request_key = $3 AND changed = 0",
        )
        .bind(identity.organization_id.0)
        .bind(identity.user_id.0)
        .bind(key.to_owned())
        .execute(self.connection())
        .await
    }

    /// Forgets the requests that were begun before a time, under whatever key.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_keyed_requests_before(&mut self, time: Time) -> Result<(), StoreError> {
        Statement::new("DELETE FROM request_keys WHERE started_at < $1")
            .bind(time.0.as_microsecond())
            .execute(self.connection())
            .await
    }
}
