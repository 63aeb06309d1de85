//! The index that conditions on data are narrowed by.

use std::collections::{HashMap, HashSet};

use cubit_configdata::Config;
use cubit_model::{BlobId, OrganizationId, Unit};
use cubit_query::where_data::{Fact, facts};

use crate::compute::compute_each;
use crate::{Hub, HubError, ListQuery};

/// How many units of an older version are indexed while other changes wait.
const BATCH: i64 = 500;

impl Hub {
    /// Indexes the units that were written before there was an index, when a list asks for data.
    pub(crate) async fn make_searchable(
        &self,
        organization: OrganizationId,
        query: &ListQuery,
    ) -> Result<(), HubError> {
        let asks = [&query.filter, &query.where_data, &query.resource_type];
        if asks.iter().all(|text| text.is_empty()) {
            return Ok(());
        }
        let mut read = self.store.read().await?;
        if read.is_search_complete(organization).await? {
            return Ok(());
        }
        drop(read);
        loop {
            let mut write = self.store.write(organization).await?;
            let units = write.unsearchable_units(organization, BATCH).await?;
            if units.is_empty() {
                write.set_search_complete(organization).await?;
                return Ok(write.commit().await?);
            }
            let ids: HashSet<BlobId> = units.iter().filter_map(|unit| unit.data_blob).collect();
            let texts = write.blobs(organization, &ids).await?;
            for (unit, found) in facts_of(units, texts).await? {
                if let Some(id) = unit.data_blob {
                    let toolchain = unit.toolchain().to_string();
                    let found = found.as_deref();
                    write.put_facts(organization, id, &toolchain, found).await?;
                }
            }
            write.commit().await?;
        }
    }
}

/// The facts of the texts of units. What cannot be read has none.
async fn facts_of(
    units: Vec<Unit>,
    texts: HashMap<BlobId, Vec<u8>>,
) -> Result<Vec<(Unit, Option<Vec<Fact>>)>, HubError> {
    compute_each(units, move |unit| {
        let text = unit.data_blob.and_then(|id| texts.get(&id));
        let config = text.and_then(|text| Config::parse(unit.toolchain(), text).ok());
        let found = config.map_or(Some(Vec::new()), |config| facts(&config));
        (unit, found)
    })
    .await
}
