//! Entities with the entities they refer to expanded. A member that was not asked for, or whose
//! entity is gone, is left out.

use std::collections::BTreeMap;

use cubit_query::{Row, Table, Value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    BridgeWorker, ChangeSet, Entity, Filter, Invocation, Link, Mutation, Organization,
    ResponseError, Revision, Space, Tag, Target, Trigger, Unit, UnitEvent, UnitStatus, User, View,
};

/// A wrapper of an entity.
pub trait Extended: Serialize + Row + Default + Send + Sync + 'static {
    /// The entity wrapped.
    type Entity: Entity;
    /// Whether it is written as the entity itself, and not as a member of the entity's name.
    const IS_BARE: bool = false;

    /// The wrapper that holds only the entity.
    fn of(entity: Self::Entity) -> Self;

    /// The entity.
    fn entity(&self) -> &Self::Entity;

    /// The entity, to fill in what was not read at first.
    fn entity_mut(&mut self) -> &mut Self::Entity;

    /// Empties a member that was only needed to evaluate a query.
    fn clear(&mut self, member: &str);

    /// What `where` may name: the entity's own attributes and those of the members it can see.
    fn table() -> Table;
}

/// An entity that is answered as it is, without a wrapper.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Bare<E>(pub E);

impl<E: Entity> Extended for Bare<E> {
    type Entity = E;
    const IS_BARE: bool = true;

    fn of(entity: E) -> Self {
        Self(entity)
    }

    fn entity(&self) -> &E {
        &self.0
    }

    fn entity_mut(&mut self) -> &mut E {
        &mut self.0
    }

    fn clear(&mut self, _: &str) {}

    fn table() -> Table {
        Table::new(E::NAME, E::filterable())
    }
}

impl<E: Entity> Row for Bare<E> {
    fn value(&self, entity: Option<&str>, attribute: &str) -> Value<'_> {
        match entity {
            None => self.0.query_value(attribute),
            Some(_) => Value::Null,
        }
    }
}

/// Declares a wrapper: the entity, the members `where` may look into, and the other members.
macro_rules! extended {
    (
        $(#[doc = $about:expr])+
        $Extended:ident of $entity:ident: $Entity:ident;
        related { $( $(#[doc = $doc:expr])+ $name:literal $field:ident: $type:ident; )* }
        more { $( $(#[$meta:meta])+ $more:ident: $more_type:ty; )* }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(default, rename_all = "PascalCase")]
        pub struct $Extended {
            /// The entity.
            pub $entity: $Entity,
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                #[schema(nullable = false)]
                pub $field: Option<Box<$type>>,
            )*
            $( $(#[$meta])+ pub $more: $more_type, )*
            /// Set when this item failed.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub error: Option<ResponseError>,
        }

        impl Extended for $Extended {
            type Entity = $Entity;

            fn of($entity: $Entity) -> Self {
                Self { $entity, ..Self::default() }
            }

            fn entity(&self) -> &$Entity {
                &self.$entity
            }

            fn entity_mut(&mut self) -> &mut $Entity {
                &mut self.$entity
            }

            fn clear(&mut self, member: &str) {
                match member {
                    $($name => self.$field = None,)*
                    _ => {}
                }
            }

            fn table() -> Table {
                Table::new($Entity::NAME, $Entity::filterable())
                    $(.with_related($name, $type::filterable()))*
            }
        }

        impl Row for $Extended {
            fn value(&self, entity: Option<&str>, attribute: &str) -> Value<'_> {
                match entity {
                    None => self.$entity.query_value(attribute),
                    $(Some($name) => self
                        .$field
                        .as_ref()
                        .map_or(Value::Null, |related| related.query_value(attribute)),)*
                    Some(_) => Value::Null,
                }
            }
        }
    };
}

extended! {
    /// A space with its expanded references and, on request, counts.
    ExtendedSpace of space: Space;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
    }
    more {
        /// Units with apply gates.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        gated_unit_count: Option<i64>;
        /// Units with an unfinished apply.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        incomplete_apply_unit_count: Option<i64>;
        /// Workers.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_bridge_worker_count: Option<i64>;
        /// Change sets.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_change_set_count: Option<i64>;
        /// Filters.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_filter_count: Option<i64>;
        /// Invocations.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_invocation_count: Option<i64>;
        /// Links.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_link_count: Option<i64>;
        /// Tags.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_tag_count: Option<i64>;
        /// Units.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_unit_count: Option<i64>;
        /// Views.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        total_view_count: Option<i64>;
        /// Units whose head is not applied.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        unapplied_unit_count: Option<i64>;
        /// Units whose head nobody approved.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        unapproved_unit_count: Option<i64>;
        /// Units counted as unlinked.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        unlinked_unit_count: Option<i64>;
        /// Clones behind their upstream.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        upgradable_unit_count: Option<i64>;
        /// Targets per toolchain type.
        #[serde(skip_serializing_if = "Option::is_none")]
        target_count_by_toolchain_type: Option<BTreeMap<String, i64>>;
        /// Triggers per event.
        #[serde(skip_serializing_if = "Option::is_none")]
        trigger_count_by_event_type: Option<BTreeMap<String, i64>>;
    }
}

extended! {
    /// A unit with its expanded references.
    ExtendedUnit of unit: Unit;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded upstream space.
        "UpstreamSpace" upstream_space: Space;
        /// Expanded upstream unit.
        "UpstreamUnit" upstream_unit: Unit;
        /// Expanded head revision.
        "HeadRevision" head_revision: Revision;
        /// Expanded last applied revision.
        "LastAppliedRevision" last_applied_revision: Revision;
        /// Expanded live revision.
        "LiveRevision" live_revision: Revision;
        /// Expanded previous live revision.
        "PreviousLiveRevision" previous_live_revision: Revision;
        /// Expanded target.
        "Target" target: Target;
        /// Expanded worker of the target.
        "BridgeWorker" bridge_worker: BridgeWorker;
        /// Expanded head mutation.
        "HeadMutation" head_mutation: Mutation;
        /// Expanded open change set.
        "ChangeSet" change_set: ChangeSet;
        /// Newest event.
        "LatestUnitEvent" latest_unit_event: UnitEvent;
    }
    more {
        /// Users who approved the head revision.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        approved_by: Vec<User>;
        /// Expanded links that start at the unit.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        from_link: Vec<Link>;
        /// Latest action status.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        unit_status: Option<UnitStatus>;
    }
}

extended! {
    /// A revision with its expanded references.
    ExtendedRevision of revision: Revision;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded unit.
        "Unit" unit: Unit;
        /// Expanded author.
        "User" user: User;
        /// Expanded change set.
        "ChangeSet" change_set: ChangeSet;
    }
    more {
        /// Expanded tags.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tags: Vec<Tag>;
    }
}

extended! {
    /// A mutation with its expanded references.
    ExtendedMutation of mutation: Mutation;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded unit.
        "Unit" unit: Unit;
        /// Expanded revision.
        "Revision" revision: Revision;
        /// Expanded unit that was merged from.
        "MergeSource" merge_source: Unit;
        /// Expanded invocation.
        "Invocation" invocation: Invocation;
        /// Expanded link.
        "Link" link: Link;
        /// Expanded trigger.
        "Trigger" trigger: Trigger;
    }
    more {}
}

extended! {
    /// A tag with its expanded references.
    ExtendedTag of tag: Tag;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded change set.
        "ChangeSet" change_set: ChangeSet;
    }
    more {}
}

extended! {
    /// A filter with its expanded references.
    ExtendedFilter of filter: Filter;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded space that it selects from.
        "FromSpace" from_space: Space;
    }
    more {}
}

extended! {
    /// A view with its expanded references.
    ExtendedView of view: View;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded filter.
        "Filter" filter: Filter;
    }
    more {}
}

extended! {
    /// An invocation with its expanded references.
    ExtendedInvocation of invocation: Invocation;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded worker.
        "BridgeWorker" bridge_worker: BridgeWorker;
    }
    more {}
}

extended! {
    /// A trigger with its expanded references.
    ExtendedTrigger of trigger: Trigger;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded worker.
        "BridgeWorker" bridge_worker: BridgeWorker;
        /// Expanded invocation.
        "Invocation" invocation: Invocation;
    }
    more {}
}

extended! {
    /// A link with its expanded references.
    ExtendedLink of link: Link;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded consumer.
        "FromUnit" from_unit: Unit;
        /// Expanded producer.
        "ToUnit" to_unit: Unit;
        /// Expanded space of the producer.
        "ToSpace" to_space: Space;
    }
    more {}
}

extended! {
    /// A change set with its expanded references.
    ExtendedChangeSet of change_set: ChangeSet;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded tag of its start.
        "StartTag" start_tag: Tag;
        /// Expanded tag of its end.
        "EndTag" end_tag: Tag;
    }
    more {}
}

extended! {
    /// A worker with its expanded references and, on request, the count of its targets.
    ExtendedBridgeWorker of bridge_worker: BridgeWorker;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
    }
    more {
        /// Targets that it serves.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        target_count: Option<i64>;
    }
}

extended! {
    /// A target with its expanded references.
    ExtendedTarget of target: Target;
    related {
        /// Expanded organization.
        "Organization" organization: Organization;
        /// Expanded space.
        "Space" space: Space;
        /// Expanded worker.
        "BridgeWorker" bridge_worker: BridgeWorker;
    }
    more {}
}
