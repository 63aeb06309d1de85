//! How much is done at once, and for whom: requests in flight, the time of a request, the rate of a
//! client.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::metrics::Metrics;

/// What a server does at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests that are answered at the same time; more are turned away.
    pub requests_in_flight: usize,
    /// How long a request may take until its answer begins.
    pub request_time: Duration,
    /// Requests in a minute from one address; any number when none.
    pub requests_per_minute: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_in_flight: 512,
            request_time: Duration::from_secs(300),
            requests_per_minute: None,
        }
    }
}

/// Paths of those who watch the server: they must get their answer when it has much to do.
pub(crate) const WATCHERS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The limits of a running server.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    limits: Limits,
    places: Arc<Semaphore>,
    clients: Arc<Mutex<Clients>>,
    metrics: Metrics,
}

impl Guard {
    pub(crate) fn new(limits: Limits, metrics: Metrics) -> Self {
        let places = limits.requests_in_flight.min(Semaphore::MAX_PERMITS);
        Self {
            limits,
            places: Arc::new(Semaphore::new(places)),
            clients: Arc::default(),
            metrics,
        }
    }

    /// How long the client of a request has to wait, if it asked too often.
    fn wait(&self, request: &Request) -> Option<Duration> {
        let rate = self.limits.requests_per_minute?;
        let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let address = address.map(|info| info.0.ip());
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.take(address, rate, Instant::now())
    }
}

/// Turns a request away, or lets it through while there is time.
pub(crate) async fn keep(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    if WATCHERS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let refused = match admit(&guard, request, next).await {
        Ok(response) => return response,
        Err(refused) => refused,
    };
    guard.metrics.refused();
    refused.into_response()
}

async fn admit(guard: &Guard, request: Request, next: Next) -> Result<Response, ApiError> {
    if let Some(wait) = guard.wait(&request) {
        let message = "too many requests from this address";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).retry_after(wait));
    }
    let Ok(_place) = guard.places.try_acquire() else {
        let message = "the server answers as many requests as it may at once";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message)
            .retry_after(Duration::from_secs(1)));
    };
    let time = guard.limits.request_time;
    // What is dropped here undoes the change it was making.
    tokio::time::timeout(time, next.run(request))
        .await
        .map_err(|_| {
            let message = format!("the request took longer than {time:?}");
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message)
        })
}

/// Clients that are remembered before those who may ask again at once are forgotten.
const REMEMBERED: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

/// When each client will have all its requests of a minute again. Nothing else is kept: each
/// request moves that moment by its part of a minute, and a client has asked too often when the
/// moment would be more than a minute away.
#[derive(Debug, Default)]
struct Clients {
    free_at: HashMap<Option<IpAddr>, Instant>,
}

impl Clients {
    /// Counts a request; or answers how long the client has to wait.
    fn take(&mut self, client: Option<IpAddr>, rate: u32, now: Instant) -> Option<Duration> {
        if self.free_at.len() >= REMEMBERED {
            self.free_at.retain(|_, free_at| *free_at > now);
        }
        let free_at = self.free_at.get(&client).map_or(now, |at| now.max(*at));
        let next = free_at + MINUTE / rate.max(1);
        let over = (next - now).saturating_sub(MINUTE);
        if over.is_zero() {
            self.free_at.insert(client, next);
            return None;
        }
        Some(over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_its_requests_of_a_minute_and_gets_them_back_one_by_one() {
        let mut clients = Clients::default();
        let start = Instant::now();
        let one = Some(IpAddr::from([10, 0, 0, 1]));
        let other = Some(IpAddr::from([10, 0, 0, 2]));
        let seconds = Duration::from_secs;
        for (client, after, expected) in [
            (one, 0, None),
            (one, 0, None),
            (one, 0, None),
            (one, 0, Some(20)),
            (one, 5, Some(15)),
            (other, 5, None),
            (one, 20, None),
            (one, 20, Some(20)),
            (one, 200, None),
            (one, 200, None),
            (one, 200, None),
            (one, 200, Some(20)),
        ] {
            let waits = clients.take(client, 3, start + seconds(after));
            assert_eq!(waits, expected.map(seconds), "{client:?} after {after} s");
        }
    }

    #[test]
    fn clients_that_came_once_are_forgotten() {
        let mut clients = Clients::default();
        let start = Instant::now();
        for number in 0..2 * u32::try_from(REMEMBERED).expect("a number") {
            let client = Some(IpAddr::from(number.to_be_bytes()));
            assert_eq!(clients.take(client, 60, start + MINUTE * number), None);
        }
        assert!(clients.free_at.len() <= REMEMBERED);
    }
}
