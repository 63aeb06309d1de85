//! What has to be thrown away from time to time. Of the servers on a database one does it.

use std::time::Duration;

use cubit_model::Time;
use cubit_store::{Lease, Store, StoreError, Swept};
use jiff::SignedDuration;
use tokio::sync::watch;
use uuid::Uuid;

use crate::bootstrap::ABOVE_ORGANIZATIONS;
use crate::{Hub, HubError};

/// The name of the lease.
const NAME: &str = "housekeeping";
/// How long one server has the lease; when it is gone, another one goes on after this time.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How often it is looked whether there is something to do.
const INTERVAL: Duration = Duration::from_secs(20);
/// How long the answer to a request with a key is kept.
const ANSWERS_COUNT: SignedDuration = SignedDuration::from_hours(24);
/// The name of the lease for objects. Nobody gives it back: it is the time until they are looked
/// through again.
const OBJECTS: &str = "objects";
/// How often objects that nothing needs are looked for, by all servers together.
const OBJECTS_LEASE: SignedDuration = SignedDuration::from_hours(24);
/// How often it is looked whether it is time for that.
const OBJECTS_INTERVAL: Duration = Duration::from_mins(10);

impl Hub {
    /// Keeps house until the sender says so or is gone.
    pub async fn keep_house(&self, stopping: watch::Receiver<bool>) {
        tokio::join!(
            self.forget_what_is_out_of_date(stopping.clone()),
            self.delete_unneeded_objects(stopping),
        );
    }

    async fn delete_unneeded_objects(&self, mut stopping: watch::Receiver<bool>) {
        while self.store.has_objects() {
            let sweep = async {
                tokio::time::sleep(OBJECTS_INTERVAL).await;
                if let Err(error) = self.sweep_once(Time::now()).await {
                    tracing::warn!(%error, "objects that nothing needs could not be removed");
                }
            };
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                () = sweep => {}
            }
        }
    }

    /// Deletes objects that nothing needs when it is time for that. None when it is not.
    pub(crate) async fn sweep_once(&self, now: Time) -> Result<Option<Swept>, HubError> {
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let until = Time(now.0 + OBJECTS_LEASE);
        let lease = write
            .take_lease(OBJECTS, Uuid::now_v7(), (now, until))
            .await?;
        write.commit().await?;
        if lease.is_none() {
            return Ok(None);
        }
        let swept = self.store.sweep_objects(now, self.unneeded_since(now));
        Ok(Some(swept.await?))
    }

    async fn forget_what_is_out_of_date(&self, mut stopping: watch::Receiver<bool>) {
        let holder = Uuid::now_v7();
        let mut held = None;
        loop {
            match self.keep_house_once(holder, Time::now()).await {
                Ok(lease) => held = lease,
                Err(error) => tracing::warn!(%error, "what is out of date could not be removed"),
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
        if let Some(lease) = held
            && let Err(error) = release(&self.store, &lease).await
        {
            tracing::debug!(%error, "the lease was not given back");
        }
    }

    /// Takes the lease, or renews it, and throws away what is out of date. None when another
    /// server has the lease.
    pub(crate) async fn keep_house_once(
        &self,
        holder: Uuid,
        now: Time,
    ) -> Result<Option<Lease>, HubError> {
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let until = Time(now.0 + LEASE);
        let lease = write.take_lease(NAME, holder, (now, until)).await?;
        write.commit().await?;
        let Some(lease) = lease else {
            return Ok(None);
        };
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        write.check_lease(&lease).await?;
        let answers = Time(now.0 - ANSWERS_COUNT);
        write.forget_keyed_requests_before(answers).await?;
        write.forget_tokens_expired_before(now).await?;
        write.commit().await?;
        Ok(Some(lease))
    }
}

async fn release(store: &Store, lease: &Lease) -> Result<(), StoreError> {
    let mut write = store.write(ABOVE_ORGANIZATIONS).await?;
    write.release_lease(lease).await?;
    write.commit().await
}
