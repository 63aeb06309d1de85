//! Where large texts are kept, when not in the database.

use cubit_hub::{BlobPlace, Hub};
use jiff::SignedDuration;

use super::failed;
use super::settings::Settings;
use crate::error::Result;

/// A day in hours.
const DAY: i64 = 24;

/// The place of large texts, if there is one, and how long they stay there when nothing needs them.
pub(crate) struct Blobs {
    place: Option<BlobPlace>,
    keep: SignedDuration,
}

impl Blobs {
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let days: u32 = settings.parsed("blobs_keep_days", "a number of days")?;
        let place = settings.text("blobs").map(str::parse).transpose();
        let place = place.map_err(|error: cubit_hub::InvalidPlace| {
            settings.wrong("blobs", &error.to_string())
        })?;
        Ok(Self {
            place,
            keep: SignedDuration::from_hours(DAY * i64::from(days)),
        })
    }

    /// The hub that keeps large texts there.
    pub(crate) async fn keep(self, hub: Hub) -> Result<Hub> {
        match self.place {
            None => Ok(hub),
            Some(place) => {
                let kept = hub.with_blobs(place, self.keep).await;
                kept.map_err(|error| failed("cannot keep large texts", error))
            }
        }
    }
}

/// Finds out whether large texts can be read and written, before anybody asks for one.
pub(crate) async fn check(hub: &Hub) -> Result<()> {
    let checked = hub.check_blobs().await;
    checked.map_err(|error| failed("cannot read and write large texts", error))
}
