//! Entities with the entities they refer to expanded. A member that was not asked for, or whose
//! entity is gone, is left out.

use std::collections::BTreeMap;

use cubit_query::{Row, Table, Value};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    BridgeWorker, ChangeSet, Entity, Filter, Invocation, Link, Mutation, Organization,
    ResponseError, Revision, Space, Tag, Target, Trigger, Unit, User, View,
};

/// A wrapper of an entity.
pub trait Extended: Serialize + Row + Default + Send + Sync + 'static {
    /// The entity wrapped.
    type Entity: Entity;

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

/// An entity of a kind this version does not have: there are none, and no value of this type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Absent {}

impl PartialSchema for Absent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some("Not available in this version."))
            .into()
    }
}

impl ToSchema for Absent {}

/// Declares a wrapper: the entity, the members `where` may look into, and the other members.
macro_rules! extended {
    (
        $(#[doc = $about:expr])+
        $Extended:ident of $entity:ident: $Entity:ident;
        related { $( $(#[doc = $doc:expr])+ $name:literal $field:ident: $type:ident; )* }
        more { $( $(#[$meta:meta])+ $more:ident: $more_type:ty; )* }
        absent { $( $(#[doc = $absent_doc:expr])+ $absent:ident; )* }
        absent_lists { $( $(#[doc = $list_doc:expr])+ $list:ident; )* }
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
                pub $field: Option<$type>,
            )*
            $( $(#[$meta])+ pub $more: $more_type, )*
            $(
                $(#[doc = $absent_doc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                #[schema(nullable = false)]
                pub $absent: Option<Absent>,
            )*
            $(
                $(#[doc = $list_doc])+
                #[serde(skip_serializing_if = "Vec::is_empty")]
                pub $list: Vec<Absent>,
            )*
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
    absent {}
    absent_lists {}
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
    }
    more {
        /// Users who approved the head revision.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        approved_by: Vec<User>;
    }
    absent {
        /// Expanded open change set.
        change_set;
        /// Newest event.
        latest_unit_event;
        /// Latest action status.
        unit_status;
    }
    absent_lists {
        /// Expanded links that start at the unit.
        from_link;
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
    }
    more {}
    absent {
        /// Expanded change set.
        change_set;
    }
    absent_lists {
        /// Expanded tags.
        tags;
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
    }
    more {}
    absent {
        /// Expanded invocation.
        invocation;
        /// Expanded link.
        link;
        /// Expanded trigger.
        trigger;
    }
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
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
    absent {}
    absent_lists {}
}
