//! Connections: accepting them, speaking HTTP over them, and giving up on those who never finish
//! asking.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::serve::Listener;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::sync::Notify;
use tokio::time::timeout;
use tower::{ServiceExt, service_fn};

/// How long a client may take for the head of a request, and how long a connection may be idle
/// before its next one (HTTP/1). How often it is asked whether it is still there (HTTP/2).
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may take to say that it is still there (HTTP/2).
const SIGN_PATIENCE: Duration = Duration::from_secs(20);

/// Serves a router on a listener until the future completes; requests that are running finish.
pub(crate) async fn serve<L>(mut listener: L, router: Router, shutdown: impl Future<Output = ()>)
where
    L: Listener<Addr = SocketAddr>,
{
    // Once, instead of with each request.
    let router: Router = router.with_state(());
    let running = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let connection = speak(stream, address, router.clone(), running.watcher());
        tokio::spawn(connection);
    }
    drop(listener);
    running.shutdown().await;
}

/// Speaks HTTP/1 or HTTP/2 with one client until it goes, is told to, or never asks.
async fn speak<S>(stream: S, address: SocketAddr, router: Router, watcher: Watcher)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_PATIENCE)
        .keep_alive_timeout(SIGN_PATIENCE);
    let asked = Arc::new(Notify::new());
    let service = service_fn({
        let asked = Arc::clone(&asked);
        move |request: axum::http::Request<_>| {
            asked.notify_one();
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            router.clone().oneshot(request)
        }
    });
    let service = TowerToHyperService::new(service);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(watcher.watch(connection));
    // Until it is known which HTTP is spoken, no timer of the library runs.
    let first = timeout(HEAD_PATIENCE, asked.notified());
    let ended = tokio::select! {
        ended = &mut connection => ended,
        first = first => match first {
            Ok(()) => connection.await,
            Err(_) => return,
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
