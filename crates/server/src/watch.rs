//! Changes of a space as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use cubit_hub::{Caller, Hub};
use cubit_model::{OrganizationId, SpaceChanges, SpaceId};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use utoipa::IntoParams;

use crate::error::{ApiError, Failures};
use crate::parameters::{Ids, Parameters};
use crate::sign_in::{Renewal, SignedIn};

/// Streams that a server keeps open at the same time.
const STREAMS: usize = 1000;
/// How often it is looked for changes, and whether the caller still may see them, when nothing
/// wakes the stream.
const LOOK_AGAIN: Duration = Duration::from_secs(4);

/// What streams need of the server they belong to.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    places: Arc<Semaphore>,
    /// True when the server stops.
    stopping: watch::Receiver<bool>,
}

impl Streams {
    pub(crate) fn new(stopping: watch::Receiver<bool>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(STREAMS)),
            stopping,
        }
    }
}

/// Where to begin.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// Number of the last change that is known; the header Last-Event-ID says the same. Changes
    /// from now on when absent.
    after: Option<i64>,
}

/// What changes in a space, as server-sent events of the name changes
#[utoipa::path(
    get, path = "/space/{space_id}/changes", operation_id = "WatchSpace", tag = "Space",
    params(("space_id" = Uuid, Path, description = "Identifier."), Since),
    responses(
        (status = 200, description = "A stream of events; the data of each is SpaceChanges in JSON.",
            body = SpaceChanges, content_type = "text/event-stream"),
        Failures
    )
)]
pub(crate) async fn changes(
    SignedIn(caller): SignedIn,
    renewal: Renewal,
    State(hub): State<Hub>,
    Extension(streams): Extension<Streams>,
    Ids(space): Ids<SpaceId>,
    Parameters(Since { after }): Parameters<Since>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Ok(place) = streams.places.clone().try_acquire_owned() else {
        let message = "the server keeps as many streams open as it may";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message)
            .retry_after(Duration::from_secs(10)));
    };
    // Before it is asked where the changes are: none may get lost in between.
    let wakes = hub.wakes();
    let now = hub.changes_until_now(&caller, space).await?;
    let last = headers.get("last-event-id");
    let last = last.and_then(|value| value.to_str().ok()?.parse().ok());
    let watch = Watch {
        hub,
        renewal,
        space,
        after: last.or(after).unwrap_or(now),
        wakes,
        stopping: streams.stopping,
        _place: place,
    };
    let events = Sse::new(watch.events()).keep_alive(KeepAlive::default());
    Ok(events.into_response())
}

/// One stream.
struct Watch {
    hub: Hub,
    renewal: Renewal,
    space: SpaceId,
    after: i64,
    wakes: broadcast::Receiver<OrganizationId>,
    stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        let batches = stream::unfold(self, |mut watch| async move {
            let batch = watch.next().await?;
            Some((batch, watch))
        });
        batches
            .flat_map(stream::iter)
            .map(|changes| Ok(event(&changes)))
    }

    /// The next changes; none when the stream ends: because the server stops, or the caller may not
    /// see the space any more.
    async fn next(&mut self) -> Option<Vec<SpaceChanges>> {
        loop {
            if *self.stopping.borrow() {
                return None;
            }
            let caller: Caller = self.renewal.caller(&self.hub).await.ok()?;
            let found = self
                .hub
                .changes_of_space(&caller, self.space, self.after)
                .await;
            let (changes, until) = found.ok()?;
            let is_more = until > self.after;
            self.after = until;
            if !changes.is_empty() {
                return Some(changes);
            }
            if !is_more {
                self.wait().await;
            }
        }
    }

    /// Waits until something may have changed, anywhere.
    async fn wait(&mut self) {
        let stopping = async {
            if self.stopping.changed().await.is_err() {
                // Nobody is left who could say it.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            // Told too late or not at all: looking again is right in any case.
            _ = self.wakes.recv() => {}
            () = stopping => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

fn event(changes: &SpaceChanges) -> Event {
    let event = Event::default()
        .event("changes")
        .id(changes.number.to_string());
    match serde_json::to_string(changes) {
        Ok(json) => event.data(json),
        Err(_) => event,
    }
}
