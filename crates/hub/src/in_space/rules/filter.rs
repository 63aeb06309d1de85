//! Filters.

use crate::access::Read;
use cubit_model::{
    Extended, ExtendedBridgeWorker, ExtendedChangeSet, ExtendedFilter, ExtendedInvocation,
    ExtendedLink, ExtendedMutation, ExtendedRevision, ExtendedSpace, ExtendedTag, ExtendedTarget,
    ExtendedTrigger, ExtendedUnit, ExtendedView, Filter, OrganizationId, View,
};
use cubit_query::{Literal, Table, Where, where_data};

use super::Rules;
use super::function::hash;
use crate::HubError;
use crate::list::bad;
use crate::space::find_space;

/// A type of entity, and what conditions on it may name.
type Selectable = (&'static str, fn() -> Table);

/// What a filter can select.
const FROM: [Selectable; 13] = [
    ("BridgeWorker", ExtendedBridgeWorker::table),
    ("ChangeSet", ExtendedChangeSet::table),
    ("Filter", ExtendedFilter::table),
    ("Invocation", ExtendedInvocation::table),
    ("Link", ExtendedLink::table),
    ("Mutation", ExtendedMutation::table),
    ("Revision", ExtendedRevision::table),
    ("Space", ExtendedSpace::table),
    ("Tag", ExtendedTag::table),
    ("Target", ExtendedTarget::table),
    ("Trigger", ExtendedTrigger::table),
    ("Unit", ExtendedUnit::table),
    ("View", ExtendedView::table),
];

impl Rules for Filter {
    async fn complete(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        _: Option<&Self>,
    ) -> Result<(), HubError> {
        let Some((_, table)) = FROM.iter().find(|(name, _)| *name == self.from_type) else {
            let names: Vec<&str> = FROM.iter().map(|(name, _)| *name).collect();
            return Err(HubError::Invalid(format!(
                "From: expected one of {}, got {:?}",
                names.join(", "),
                self.from_type
            )));
        };
        Where::parse(&self.where_attributes, &table()).map_err(bad("Where"))?;
        where_data::parse(&self.where_data).map_err(bad("WhereData"))?;
        let of_data = [
            ("WhereData", &self.where_data),
            ("ResourceType", &self.resource_type),
        ];
        for (attribute, value) in of_data {
            if self.from_type != "Unit" && !value.is_empty() {
                return Err(HubError::Invalid(format!(
                    "{attribute}: only in filters of units"
                )));
            }
        }
        let space = self.from_space_id.map(|id| id.to_string());
        if let Some(id) = self.from_space_id {
            if self.from_type == "Space" {
                return Err(HubError::Invalid(
                    "FromSpaceID: spaces do not live in spaces".to_owned(),
                ));
            }
            find_space(read, organization, id).await?;
        }
        self.hash = hash(&[
            &self.from_type,
            space.as_deref().unwrap_or_default(),
            &self.where_attributes,
            &self.where_data,
            &self.resource_type,
        ]);
        Ok(())
    }

    async fn needed_by(
        &self,
        read: &mut Read,
        organization: OrganizationId,
    ) -> Result<Option<String>, HubError> {
        let query = Where::default().and("FilterID", Literal::Uuid(self.filter_id.0));
        let view: Option<View> = read.unguarded().find(organization, &query).await?;
        Ok(view.map(|view| format!("the View {} shows it", view.slug)))
    }
}
