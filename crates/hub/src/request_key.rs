//! Requests with a key of the client's (`Idempotency-Key`): a repetition is answered as the first
//! time, and not carried out again.

use cubit_model::Time;
use jiff::SignedDuration;

use crate::{Caller, Hub, HubError};

/// A request without an answer after this time will not get one: its server is gone.
const PATIENCE: SignedDuration = SignedDuration::from_mins(6);
/// Largest answer that is kept, in bytes.
const ANSWER_LIMIT: usize = 8 << 20;
/// Longest key.
const KEY_LIMIT: usize = 255;

/// What is to be done about a request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the first: carry it out.
    New,
    /// It was answered: its status and its body.
    Answered(u16, Vec<u8>),
}

impl Hub {
    /// Begins a request under a key; `request` is the SHA-256 of all that is asked for.
    ///
    /// # Errors
    /// When the key is not valid or stands for another request, or when the first one is still
    /// running, or ended without an answer that can be repeated.
    pub async fn begin_keyed(
        &self,
        caller: &Caller,
        key: &str,
        request: [u8; 32],
    ) -> Result<Begun, HubError> {
        let is_valid = |key: &str| key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > KEY_LIMIT || !is_valid(key) {
            return Err(HubError::Invalid(format!(
                "Idempotency-Key: expected 1 to {KEY_LIMIT} visible ASCII characters"
            )));
        }
        let identity = caller.identity();
        let now = Time::now();
        let mut write = self.store.write(identity.organization_id).await?;
        if let Some(first) = write.keyed_request(identity, key).await? {
            if first.request != request {
                return Err(HubError::Unprocessable(
                    "Idempotency-Key: stands for another request already; take a new one"
                        .to_owned(),
                ));
            }
            let waiting = now.0.as_microsecond() - first.started_at;
            let is_over = i128::from(waiting) > PATIENCE.as_micros();
            match first.answer {
                Some((status, Some(body))) => return Ok(Begun::Answered(status, body)),
                Some((_, None)) => {
                    return Err(HubError::Repeated(
                        "was carried out; its answer was not kept, being too large or secret",
                    ));
                }
                None if !is_over => return Err(HubError::Repeated("is still being carried out")),
                None if first.changed => {
                    return Err(HubError::Repeated(
                        "changed something, perhaps not all it was to; its answer was lost with its server",
                    ));
                }
                None => {}
            }
        }
        write
            .begin_keyed_request(identity, key, request, now)
            .await?;
        write.commit().await?;
        Ok(Begun::New)
    }

    /// Keeps the answer to a request with a key. After a failure of the server that changed
    /// nothing, the request may be made again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_keyed(
        &self,
        caller: &Caller,
        key: &str,
        (status, body): (u16, &[u8]),
    ) -> Result<(), HubError> {
        let identity = caller.identity();
        let mut write = self.store.write(identity.organization_id).await?;
        if status >= 500 || status == 429 {
            write.forget_keyed_request(identity, key).await?;
        } else {
            let body = Some(body).filter(|body| !body.is_empty() && body.len() <= ANSWER_LIMIT);
            write
                .answer_keyed_request(identity, key, (status, body))
                .await?;
        }
        Ok(write.commit().await?)
    }
}
