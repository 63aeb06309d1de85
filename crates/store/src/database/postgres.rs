//! `PostgreSQL`: any number of servers on one database, one writer at a time in each organization.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use cubit_model::OrganizationId;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions};
use sqlx::{Connection, Postgres, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard, broadcast};

use super::{Shared, migration};
use crate::StoreError;

/// Connections for reading, and as many for writing.
const CONNECTIONS: u32 = 8;
/// How long to try to get a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a change waits for others of this server in its organization.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// What the database is asked to end by itself. The URL may say otherwise:
/// `?options[lock_timeout]=3s`.
const SETTINGS: [(&str, &str); 6] = [
    // Waiting for a change of another server.
    ("lock_timeout", "10s"),
    // One statement.
    ("statement_timeout", "60s"),
    // A server whose machine is gone.
    ("tcp_keepalives_idle", "15"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    // An acknowledged change is on the disk.
    ("synchronous_commit", "on"),
];

/// The same for a change: a server that stopped in the middle of one gives its lock back.
const IDLE_IN_CHANGE: (&str, &str) = ("idle_in_transaction_session_timeout", "60s");

#[derive(Debug, Clone)]
pub(crate) struct Pools {
    writers: PgPool,
    readers: PgPool,
    turns: Turns,
    pub(super) shared: Arc<Shared>,
    _listener: Arc<Listener>,
}

/// The channel on which servers tell one another what was changed.
pub(super) const CHANNEL: &str = "cubit";
/// How long to wait before a failed connection is tried again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Hears what is told on the channel, as long as it is kept.
#[derive(Debug)]
struct Listener(tokio::task::JoinHandle<()>);

impl Listener {
    fn start(options: PgConnectOptions, announcements: broadcast::Sender<OrganizationId>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                // Whoever is not woken looks by itself after a while.
                let _ = listen(&options, &announcements).await;
                tokio::time::sleep(LISTEN_AGAIN).await;
            }
        }))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Passes on what is told on the channel, until the connection fails.
async fn listen(
    options: &PgConnectOptions,
    announcements: &broadcast::Sender<OrganizationId>,
) -> Result<(), sqlx::Error> {
    // A pool of its own, because what listens does nothing else.
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let told = listener.recv().await?;
        if let Ok(organization) = told.payload().parse() {
            // Nobody may be listening.
            let _ = announcements.send(organization);
        }
    }
}

impl Pools {
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("cubit");
        // Without the limits: bringing a large database up to date takes its time, and servers
        // that start together wait for the one that does it.
        let mut connection = PgConnection::connect_with(&options).await?;
        migration::for_postgres().run(&mut connection).await?;
        connection.close().await?;

        let shared = Arc::<Shared>::default();
        let listener = Listener::start(options.clone(), shared.announcements.clone());
        let options = with_settings(options, &SETTINGS);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT_TIMEOUT);
        Ok(Self {
            readers: pool.clone().connect_with(options.clone()).await?,
            writers: pool
                .connect_with(with_settings(options, &[IDLE_IN_CHANGE]))
                .await?,
            turns: Turns::default(),
            shared,
            _listener: Arc::new(listener),
        })
    }

    pub(crate) async fn read(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(self.readers.begin_with(begin).await?)
    }

    /// One writer at a time in an organization. Each statement sees what was committed before it
    /// starts, and so all of them see what was committed before the lock was taken.
    pub(crate) async fn write(
        &self,
        organization: OrganizationId,
    ) -> Result<(Transaction<'static, Postgres>, OwnedMutexGuard<()>), StoreError> {
        let turn = self.turns.take(organization).await?;
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
        let mut transaction = self.writers.begin_with(begin).await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(lock_key(organization))
            .execute(&mut *transaction)
            .await?;
        Ok((transaction, turn))
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

/// Adds settings that the URL does not have.
fn with_settings(options: PgConnectOptions, settings: &[(&str, &str)]) -> PgConnectOptions {
    let given = options.get_options().unwrap_or_default().to_owned();
    let missing = settings
        .iter()
        .filter(|(name, _)| !given.contains(&format!("{name}=")));
    options.options(missing.copied())
}

/// The number of the lock of an organization. Two that happen to have the same wait for one
/// another, no more.
fn lock_key(organization: OrganizationId) -> i64 {
    let hash: [u8; 32] = Sha256::digest(organization.0.as_bytes()).into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Changes in one organization queue up here, in order, before they take a connection: an
/// organization where much is written uses one connection, and leaves the others to the rest.
#[derive(Debug, Clone, Default)]
struct Turns(Arc<std::sync::Mutex<HashMap<OrganizationId, Arc<Mutex<()>>>>>);

impl Turns {
    /// Waits for a turn, which ends when it is dropped.
    async fn take(&self, organization: OrganizationId) -> Result<OwnedMutexGuard<()>, StoreError> {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
            Arc::clone(queues.entry(organization).or_default())
        };
        tokio::time::timeout(TURN_TIMEOUT, queue.lock_owned())
            .await
            .map_err(|_| StoreError::Unavailable("too many changes are waiting".to_owned()))
    }
}
