//! Making many links.

use std::collections::HashSet;

use crate::access::Read;
use cubit_model::{
    InSpace, Link, LinkPatch, MergePatch, OrganizationId, ResponseError, SpaceId, Unit,
};

use crate::bulk::{BATCH, answer, check_count, check_restricted};
use crate::in_space::insert;
use crate::list::parse_filter;
use crate::space::select_spaces;
use crate::unit::select_units;
use crate::{Caller, Hub, HubError, ListQuery};
use cubit_model::Permission;

/// Which units are linked: those of each side are selected by conditions on units and on their
/// spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkPairs {
    /// The consumers, at which links start.
    pub from: Side,
    /// The producers, to which they lead.
    pub to: Side,
    /// Answer what is there already instead of failing when a slug is taken.
    pub allow_exists: bool,
    /// Most links that the caller wants.
    pub max_affected: Option<usize>,
}

/// One side of the pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// Conditions on the units.
    pub r#where: String,
    /// Id of a saved filter of the units.
    pub filter: String,
    /// Conditions on their spaces.
    pub where_space: String,
    /// Id of a saved filter of their spaces.
    pub filter_space: String,
}

impl Side {
    /// The units; `names` are those of the parameters with filters.
    async fn units(
        &self,
        read: &mut Read,
        organization_id: OrganizationId,
        names: (&str, &str),
    ) -> Result<Vec<Unit>, HubError> {
        parse_filter(names.0, &self.filter)?;
        parse_filter(names.1, &self.filter_space)?;
        let query = |condition: &String, filter: &String| ListQuery {
            r#where: condition.clone(),
            filter: filter.clone(),
            ..ListQuery::default()
        };
        let units = query(&self.r#where, &self.filter);
        let spaces = query(&self.where_space, &self.filter_space);
        check_restricted(&units).or_else(|_| check_restricted(&spaces))?;
        let inside: Option<HashSet<SpaceId>> = match check_restricted(&spaces) {
            Ok(()) => {
                let (_, rows) = select_spaces(read, organization_id, &spaces).await?;
                Some(rows.into_iter().map(|row| row.space.space_id).collect())
            }
            Err(_) => None,
        };
        let (_, rows) = select_units(read, organization_id, None, &units).await?;
        let units = rows.into_iter().map(|row| row.unit);
        Ok(units
            .filter(|unit| {
                let inside = inside.as_ref();
                inside.is_none_or(|spaces| spaces.contains(&unit.space_id))
            })
            .collect())
    }
}

impl Hub {
    /// `BulkCreateLinks`: a link for each pair of a consumer and a producer, named
    /// `CONSUMER-PRODUCER` unless the patch names it. One answer for each pair.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one pair is in its answer.
    pub async fn bulk_create_links(
        &self,
        caller: &Caller,
        pairs: &LinkPairs,
        patch: &LinkPatch,
    ) -> Result<Vec<Result<Link, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut read = self.read(caller).await?;
        let names = ("filter_from", "filter_space");
        let consumers = pairs.from.units(&mut read, organization_id, names).await?;
        let names = ("filter_to", "filter_to_space");
        let producers = pairs.to.units(&mut read, organization_id, names).await?;
        drop(read);
        check_count(
            consumers.len().saturating_mul(producers.len()),
            pairs.max_affected,
        )?;
        let wanted: Vec<(&Unit, &Unit)> = consumers
            .iter()
            .flat_map(|consumer| producers.iter().map(move |producer| (consumer, producer)))
            .filter(|(consumer, producer)| consumer.unit_id != producer.unit_id)
            .collect();
        let mut answers = Vec::with_capacity(wanted.len());
        for batch in wanted.chunks(BATCH) {
            let mut write = self.write(caller, Permission::Edit).await?;
            for (consumer, producer) in batch {
                let slug = format!("{}-{}", consumer.slug, producer.slug);
                let mut link = Link::default().placed(organization_id, consumer.space_id, slug);
                patch.clone().lay_over(&mut link);
                link.from_unit_id = consumer.unit_id;
                link.to_unit_id = producer.unit_id;
                link.to_space_id = producer.space_id;
                let made = insert(&mut write, organization_id, link, pairs.allow_exists).await;
                answers.push(answer(made, "Unit", consumer.unit_id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }
}
