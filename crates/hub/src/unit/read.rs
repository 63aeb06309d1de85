//! Reading units.

use std::collections::HashMap;

use crate::access::Read;
use cubit_configdata::Config;
use cubit_functions::BuiltInAccessors;
use cubit_model::{BlobId, ExtendedUnit, Filter, OrganizationId, SpaceId, Unit, UnitId};
use cubit_query::where_data::Search;
use cubit_query::{WhereData, where_data};

use crate::compute::compute_each;
use crate::list::{Plan, bad};
use crate::page::Walk;
use crate::space::find_space;
use crate::text::{Wanted, fill_text};
use crate::unit::find_unit;
use crate::{Caller, Hub, HubError, ListQuery, Page, Selected};
use cubit_model::Permission;

/// So many texts, and their units are read by them; more, and all units are read.
const FEW_TEXTS: usize = 20_000;

impl Hub {
    /// `ListUnits` with a space, `ListAllUnits` without.
    ///
    /// # Errors
    /// When there is no such space, or the query is not valid.
    pub async fn list_units(
        &self,
        caller: &Caller,
        space: Option<SpaceId>,
        query: &ListQuery,
    ) -> Result<Page<Selected<ExtendedUnit>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        self.make_searchable(organization_id, query).await?;
        let mut read = self.read(caller).await?;
        let (plan, mut rows) = select_units(&mut read, organization_id, space, query).await?;
        let units = rows.iter_mut().map(|row| &mut row.unit).collect();
        let wanted = Wanted::of(&plan);
        fill_text(&mut read, organization_id, units, Unit::toolchain, wanted).await?;
        Ok(plan.answers(rows))
    }

    /// `GetUnit`
    ///
    /// # Errors
    /// When there is no such unit, or the query is not valid.
    pub async fn get_unit(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: UnitId,
        query: &ListQuery,
    ) -> Result<Selected<ExtendedUnit>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let unit = find_unit(&mut read, organization_id, space, id).await?;
        let (plan, mut row) = self
            .one::<ExtendedUnit>(&mut read, organization_id, unit, query)
            .await?;
        let units = vec![&mut row.unit];
        let wanted = Wanted::of(&plan);
        fill_text(&mut read, organization_id, units, Unit::toolchain, wanted).await?;
        plan.answers(vec![row])
            .pop()
            .ok_or_else(|| HubError::not_found("Unit", id))
    }

    /// `DownloadUnitData`
    ///
    /// # Errors
    /// When there is no such unit.
    pub async fn unit_data(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: UnitId,
    ) -> Result<Vec<u8>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let unit = find_unit(&mut read, organization_id, space, id).await?;
        Ok(read.blob(organization_id, unit.data_blob).await?)
    }
}

/// The units a query selects, without their text.
pub(crate) async fn select_units(
    read: &mut Read,
    organization_id: OrganizationId,
    space: Option<SpaceId>,
    query: &ListQuery,
) -> Result<(Plan, Page<ExtendedUnit>), HubError> {
    if let Some(space) = space {
        find_space(read, organization_id, space).await?;
    }
    let plan = Plan::new::<ExtendedUnit>(read, organization_id, space, query).await?;
    let conditions = DataConditions::of(query, plan.filter.as_ref())?;
    let searches: Vec<Search> = conditions
        .iter()
        .flat_map(|asked| asked.condition.searches(&asked.resource_type))
        .collect();
    let found = match searches.is_empty() {
        true => None,
        false => read.search(organization_id, &searches).await?,
    };
    let mut rows = Vec::new();
    let mut walk = Walk::<ExtendedUnit>::new(&plan);
    loop {
        let more = match &found {
            Some(texts) if texts.len() <= FEW_TEXTS => {
                walk.among(read, organization_id, &plan, texts).await?
            }
            Some(texts) => {
                let has = |unit: &Unit| unit.data_blob.is_some_and(|id| texts.contains(&id));
                walk.next(read, organization_id, &plan, has).await?
            }
            None => walk.next(read, organization_id, &plan, |_| true).await?,
        };
        let Some(mut more) = more else {
            break;
        };
        for conditions in &conditions {
            more = conditions.keep(read, organization_id, more).await?;
        }
        walk.keep(more.len());
        rows.extend(more);
    }
    let rows = plan.show(read, organization_id, rows).await?;
    Ok((plan, rows))
}

/// What the data of a unit must hold.
#[derive(Debug, Clone)]
struct DataConditions {
    resource_type: String,
    condition: WhereData,
}

impl DataConditions {
    /// Those of a query, and those of its saved filter.
    fn of(query: &ListQuery, filter: Option<&Filter>) -> Result<Vec<Self>, HubError> {
        let asked = [("where_data", &query.resource_type, &query.where_data)];
        let saved = filter.map(|filter| ("filter", &filter.resource_type, &filter.where_data));
        asked
            .into_iter()
            .chain(saved)
            .filter(|(_, resource_type, text)| !resource_type.is_empty() || !text.is_empty())
            .map(|(parameter, resource_type, text)| {
                Ok(Self {
                    resource_type: resource_type.clone(),
                    condition: where_data::parse(text).map_err(bad(parameter))?,
                })
            })
            .collect()
    }

    /// Keeps the units whose data satisfies the conditions.
    async fn keep(
        &self,
        read: &mut Read,
        organization_id: OrganizationId,
        rows: Vec<ExtendedUnit>,
    ) -> Result<Vec<ExtendedUnit>, HubError> {
        let ids = rows.iter().filter_map(|row| row.unit.data_blob).collect();
        let texts: HashMap<BlobId, Vec<u8>> = read.blobs(organization_id, &ids).await?;
        let conditions = self.clone();
        let kept = compute_each(rows, move |row| {
            let data = row.unit.data_blob.and_then(|id| texts.get(&id))?;
            let config = Config::parse(row.unit.toolchain(), data).ok()?;
            let Self {
                resource_type,
                condition,
            } = &conditions;
            condition
                .matches(&config, resource_type, &BuiltInAccessors)
                .then_some(row)
        })
        .await?;
        Ok(kept.into_iter().flatten().collect())
    }
}
