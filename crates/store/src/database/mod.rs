//! The two databases behind one face. What differs between them stands here; everything else
//! in this crate is one SQL text for both.

mod migration;
mod postgres;
mod sqlite;
mod statement;
mod waiting;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use cubit_model::OrganizationId;
use sqlx::Transaction;
use tokio::sync::{OwnedMutexGuard, broadcast};

use crate::StoreError;

/// Announcements that wait for a listener that is slow; it is told that it missed some.
const WAITING: usize = 256;

pub(crate) use statement::{Argument, Row, Statement};
pub(crate) use waiting::NewRow;
use waiting::Waiting;

/// The pools of connections to a database.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A file of this process.
    Sqlite(sqlite::Pools),
    /// A server that other processes use too.
    Postgres(postgres::Pools),
}

impl Database {
    pub(crate) async fn open(file: &Path) -> Result<Self, StoreError> {
        Ok(Self::Sqlite(sqlite::Pools::open(file).await?))
    }

    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        Ok(Self::Postgres(postgres::Pools::connect(url).await?))
    }

    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        let begun = match self {
            Self::Sqlite(pools) => Begun::Sqlite(pools.read().await?),
            Self::Postgres(pools) => Begun::Postgres(pools.read().await?, None),
        };
        Ok(self.connection(begun))
    }

    pub(crate) async fn write(
        &self,
        organization: OrganizationId,
    ) -> Result<Connection, StoreError> {
        let begun = match self {
            Self::Sqlite(pools) => Begun::Sqlite(pools.write().await?),
            Self::Postgres(pools) => {
                let (transaction, turn) = pools.write(organization).await?;
                Begun::Postgres(transaction, Some(turn))
            }
        };
        Ok(self.connection(begun))
    }

    fn connection(&self, begun: Begun) -> Connection {
        Connection {
            begun,
            waiting: Waiting::default(),
            failed: false,
            shared: Arc::clone(self.shared()),
        }
    }

    /// What all connections have in common.
    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        match self {
            Self::Sqlite(pools) => &pools.shared,
            Self::Postgres(pools) => &pools.shared,
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pools) => pools.close().await,
            Self::Postgres(pools) => pools.close().await,
        }
    }
}

/// A connection in a transaction. Dropping it undoes what was done.
#[derive(Debug)]
pub(crate) struct Connection {
    begun: Begun,
    /// Rows that are written before the next statement.
    waiting: Waiting,
    /// Whether a statement failed: `PostgreSQL` then undoes the transaction, and answers its
    /// commit as if nothing was wrong.
    failed: bool,
    shared: Arc<Shared>,
}

/// What all connections to a database have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Tells in which organizations something was changed.
    pub(crate) announcements: broadcast::Sender<OrganizationId>,
    /// Statements that were sent.
    pub(crate) statements: AtomicU64,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            announcements: broadcast::Sender::new(WAITING),
            statements: AtomicU64::new(0),
        }
    }
}

#[derive(Debug)]
enum Begun {
    Sqlite(Transaction<'static, sqlx::Sqlite>),
    /// With the turn to write, which ends after the transaction.
    Postgres(
        Transaction<'static, sqlx::Postgres>,
        Option<OwnedMutexGuard<()>>,
    ),
}

impl Connection {
    /// The condition that a column of bytes has those of a placeholder somewhere in it.
    pub(crate) fn has_bytes(&self, column: &str, placeholder: usize) -> String {
        match self.begun {
            Begun::Sqlite(_) => format!("instr({column}, ${placeholder}) > 0"),
            Begun::Postgres(..) => format!("position(${placeholder} IN {column}) > 0"),
        }
    }

    /// Notes that the change must not be committed.
    pub(crate) const fn fail(&mut self) {
        self.failed = true;
    }

    /// Lets the database tell, with the commit, that something was changed. Answers whether it does.
    pub(crate) async fn announce(
        &mut self,
        organization: OrganizationId,
    ) -> Result<bool, StoreError> {
        match self.begun {
            Begun::Sqlite(_) => return Ok(false),
            Begun::Postgres(..) => {}
        }
        Statement::new("SELECT CAST(pg_notify($1, $2) AS TEXT)")
            .bind(postgres::CHANNEL.to_owned())
            .bind(organization.to_string())
            .execute(self)
            .await?;
        Ok(true)
    }

    /// Gives a row to the transaction: it is there for every statement after this.
    pub(crate) async fn insert(&mut self, row: NewRow) -> Result<(), StoreError> {
        if !self.waiting.takes(&row) {
            self.write_waiting().await?;
        }
        self.waiting.push(row);
        Ok(())
    }

    /// Writes the rows that wait.
    pub(crate) async fn write_waiting(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        for statement in self.waiting.take() {
            statement.send(self).await?;
        }
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.write_waiting().await?;
        if self.failed {
            return Err(StoreError::Incomplete);
        }
        match self.begun {
            Begun::Sqlite(transaction) => transaction.commit().await?,
            Begun::Postgres(transaction, _turn) => transaction.commit().await?,
        }
        Ok(())
    }
}
