//! The attribute table of an entity, and the macro that declares both.

use cubit_query::{Kind, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use uuid::Uuid;

use crate::Time;

/// What an attribute takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// `where` may name it.
    pub filter: bool,
    /// `contains` looks into it.
    pub search: bool,
    /// It comes with every answer, selected or not.
    pub always: bool,
    /// It is not a column of the row: its text is stored as a blob, or it is constant.
    pub apart: bool,
}

impl Flags {
    /// None of them.
    pub const NONE: Self = Self {
        filter: false,
        search: false,
        always: false,
        apart: false,
    };

    pub(crate) const fn filter(mut self) -> Self {
        self.filter = true;
        self
    }

    pub(crate) const fn search(mut self) -> Self {
        self.search = true;
        self
    }

    pub(crate) const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    pub(crate) const fn apart(mut self) -> Self {
        self.apart = true;
        self
    }
}

/// One attribute of an entity: everything the rest of the program knows about it.
#[derive(Debug)]
pub struct Attribute<E: 'static> {
    /// Its name in the API.
    pub name: &'static str,
    /// Its column.
    pub column: &'static str,
    /// What it means.
    pub description: &'static str,
    /// Its type in queries.
    pub kind: Kind,
    /// Whether null is a value.
    pub nullable: bool,
    /// Whether only the server sets it.
    pub read_only: bool,
    /// What it takes part in.
    pub flags: Flags,
    /// Its `OpenAPI` schema.
    pub schema: fn() -> RefOr<Schema>,
    /// Reads it.
    pub get: for<'a> fn(&'a E) -> Value<'a>,
    /// Writes a stored value; false when the value has the wrong type.
    pub set: fn(&mut E, Value<'static>) -> bool,
}

/// A stored entity.
pub trait Entity:
    Serialize + DeserializeOwned + Default + Clone + std::fmt::Debug + Send + Sync + 'static
{
    /// The entity type, as the API calls it.
    const NAME: &'static str;
    /// The table its rows are in.
    const TABLE: &'static str;
    /// The name of its own identifier.
    const ID: &'static str;
    /// Its attributes, in the order they are written.
    const ATTRIBUTES: &'static [Attribute<Self>];
    /// What rows keep and the API never shows.
    const HIDDEN: &'static [Attribute<Self>];
    /// Attributes only queries see, computed from the others.
    const DERIVED: &'static [Attribute<Self>];
    /// What `include` accepts, with the member each name expands to.
    const INCLUDES: &'static [(&'static str, &'static str)];

    /// Its identifier.
    fn uuid(&self) -> Uuid;

    /// The change counter.
    fn version(&self) -> i64;

    /// Sets what every entity has when it is created.
    fn stamp_created(&mut self, cursor: i64, now: Time);

    /// Bumps the version and the time of the last change.
    fn stamp_updated(&mut self, now: Time);

    /// The columns of a row, in order.
    fn columns() -> impl Iterator<Item = &'static Attribute<Self>> {
        Self::ATTRIBUTES
            .iter()
            .filter(|attribute| !attribute.flags.apart)
            .chain(Self::HIDDEN)
    }

    /// The attribute of this name that queries may use.
    fn query_attribute(name: &str) -> Option<&'static Attribute<Self>> {
        Self::ATTRIBUTES
            .iter()
            .chain(Self::DERIVED)
            .find(|attribute| attribute.name == name)
    }

    /// What `where` may name, with its kind.
    fn filterable() -> Vec<(&'static str, Kind)> {
        Self::ATTRIBUTES
            .iter()
            .chain(Self::DERIVED)
            .filter(|attribute| attribute.flags.filter)
            .map(|attribute| (attribute.name, attribute.kind))
            .collect()
    }

    /// The value of an attribute for a query; none for a name that is not one.
    fn query_value(&self, name: &str) -> Value<'_> {
        Self::query_attribute(name).map_or(Value::Null, |attribute| (attribute.get)(self))
    }
}

/// The `OpenAPI` schema of an attribute table.
pub(crate) fn object_schema<E: Entity>(
    description: &str,
    required: &[&str],
    include: impl Fn(&Attribute<E>) -> bool,
    all_optional: bool,
) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().description(Some(description.trim()));
    for attribute in E::ATTRIBUTES.iter().filter(|a| include(a)) {
        object = object.property(attribute.name, described(attribute, all_optional));
    }
    for name in required {
        object = object.required(*name);
    }
    object.into()
}

fn described<E>(attribute: &Attribute<E>, writable: bool) -> RefOr<Schema> {
    let description = attribute.description.trim();
    let read_only = (attribute.read_only && !writable).then_some(true);
    match (attribute.schema)() {
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(description.to_owned());
            object.read_only = read_only;
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.description = Some(description.to_owned());
            RefOr::T(Schema::Array(array))
        }
        RefOr::Ref(mut reference) => {
            reference.description = description.to_owned();
            RefOr::Ref(reference)
        }
        other @ RefOr::T(_) => other,
    }
}

/// Declares an entity: `writable` attributes can be set by clients (and, with `patch`, are what
/// a merge patch may carry), `read_only` ones are the server's, `hidden` ones stay in the row,
/// `derived` ones exist for queries only. Times, the cursor and the entity type are added.
macro_rules! entity {
    (
        $(#[doc = $about:expr])+
        $Entity:ident in $table:literal, id $id:ident, patch $EntityPatch:ident;
        writable { $($writable:tt)* }
        $($rest:tt)*
    ) => {
        entity! {
            $(#[doc = $about])+
            $Entity in $table, id $id;
            writable { $($writable)* }
            $($rest)*
        }
        entity! { @patch $Entity $EntityPatch { $($writable)* } }
    };
    (
        $(#[doc = $about:expr])+
        $Entity:ident in $table:literal, id $id:ident;
        writable { $(
            $(#[doc = $wdoc:expr])+
            $wname:literal $wfield:ident: $wtype:ty [$($wflag:ident)*];
        )* }
        read_only { $(
            $(#[doc = $rdoc:expr])+
            $rname:literal $rfield:ident: $rtype:ty [$($rflag:ident)*];
        )* }
        hidden { $(
            $(#[doc = $hdoc:expr])+
            $hfield:ident: $htype:ty;
        )* }
        derived { $(
            $(#[doc = $ddoc:expr])+
            $dname:literal: $dkind:ident = $dget:expr;
        )* }
        includes { $($include:literal => $member:literal,)* }
        required { $($required:literal)* }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $Entity {
            $(
                $(#[doc = $rdoc])+
                #[serde(
                    rename = $rname,
                    deserialize_with = "crate::field::read",
                    skip_serializing_if = "crate::field::is_left_out"
                )]
                pub $rfield: $rtype,
            )*
            $(
                $(#[doc = $wdoc])+
                #[serde(
                    rename = $wname,
                    deserialize_with = "crate::field::read",
                    skip_serializing_if = "crate::field::is_left_out"
                )]
                pub $wfield: $wtype,
            )*
            /// The entity type.
            #[serde(rename = "EntityType", skip_deserializing)]
            pub entity_type: &'static str,
            /// When it was created.
            #[serde(rename = "CreatedAt", deserialize_with = "crate::field::read")]
            pub created_at: crate::Time,
            /// When it was last changed.
            #[serde(rename = "UpdatedAt", deserialize_with = "crate::field::read")]
            pub updated_at: crate::Time,
            /// A number that increases with every entity created.
            #[serde(rename = "CursorID", deserialize_with = "crate::field::read")]
            pub cursor_id: i64,
            $(
                $(#[doc = $hdoc])+
                #[serde(skip)]
                pub $hfield: $htype,
            )*
        }

        impl Default for $Entity {
            fn default() -> Self {
                Self {
                    $($rfield: Default::default(),)*
                    $($wfield: Default::default(),)*
                    entity_type: stringify!($Entity),
                    created_at: Default::default(),
                    updated_at: Default::default(),
                    cursor_id: 0,
                    $($hfield: Default::default(),)*
                }
            }
        }

        impl crate::Entity for $Entity {
            const NAME: &'static str = stringify!($Entity);
            const TABLE: &'static str = $table;
            const ID: &'static str = concat!(stringify!($Entity), "ID");
            const ATTRIBUTES: &'static [crate::Attribute<Self>] = &[
                $(entity!(@attribute $rname $rfield: $rtype, true, [$($rflag)*], $($rdoc),+),)*
                $(entity!(@attribute $wname $wfield: $wtype, false, [$($wflag)*], $($wdoc),+),)*
                crate::Attribute {
                    get: |entity| cubit_query::Value::text(entity.entity_type),
                    set: |_, _| true,
                    ..entity!(@column "EntityType" "", String, true, [apart], "PascalCase name of the entity type.")
                },
                entity!(@attribute "CreatedAt" created_at: crate::Time, true, [filter], "When the entity was created (RFC 3339)."),
                entity!(@attribute "UpdatedAt" updated_at: crate::Time, true, [filter], "When the entity was last changed (RFC 3339)."),
                entity!(@attribute "CursorID" cursor_id: i64, true, [], "Server-assigned increasing number, meant as a paging key."),
            ];
            const HIDDEN: &'static [crate::Attribute<Self>] = &[
                $(entity!(@attribute "" $hfield: $htype, true, [], $($hdoc),+),)*
            ];
            const DERIVED: &'static [crate::Attribute<Self>] = &[
                $(crate::Attribute {
                    kind: cubit_query::Kind::$dkind,
                    get: $dget,
                    set: |_, _| true,
                    ..entity!(@column $dname "", String, true, [filter apart], $($ddoc),+)
                },)*
            ];
            const INCLUDES: &'static [(&'static str, &'static str)] = &[$(($include, $member)),*];

            fn uuid(&self) -> uuid::Uuid {
                self.$id.0
            }

            fn stamp_created(&mut self, cursor: i64, now: crate::Time) {
                self.cursor_id = cursor;
                self.created_at = now;
                self.updated_at = now;
                self.version = 1;
            }

            fn version(&self) -> i64 {
                self.version
            }

            fn stamp_updated(&mut self, now: crate::Time) {
                self.updated_at = now;
                self.version += 1;
            }
        }

        impl utoipa::PartialSchema for $Entity {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                crate::entity::object_schema::<Self>(
                    concat!($($about),+), &[$($required),*], |_| true, false,
                )
            }
        }

        impl utoipa::ToSchema for $Entity {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($Entity).into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                crate::schema::engine_schemas(schemas);
            }
        }
    };
    (@column $name:literal $column:expr, $type:ty, $read_only:literal, [$($flag:ident)*], $($doc:expr),+) => {
        crate::Attribute {
            name: $name,
            column: $column,
            description: concat!($($doc),+),
            kind: <$type as crate::Field>::KIND,
            nullable: <$type as crate::Field>::NULLABLE,
            read_only: $read_only,
            flags: crate::Flags::NONE$(.$flag())*,
            schema: <$type as crate::Field>::schema,
            get: |_| cubit_query::Value::Null,
            set: |_, _| true,
        }
    };
    (@attribute $name:literal $field:ident: $type:ty, $read_only:literal, [$($flag:ident)*], $($doc:expr),+) => {
        crate::Attribute {
            get: |entity| crate::Field::value(&entity.$field),
            set: |entity, value| match <$type as crate::Field>::from_value(value) {
                Some(value) => {
                    entity.$field = value;
                    true
                }
                None => false,
            },
            ..entity!(@column $name stringify!($field), $type, $read_only, [$($flag)*], $($doc),+)
        }
    };
    (@patch $Entity:ident $EntityPatch:ident { $(
        $(#[doc = $doc:expr])+
        $name:literal $field:ident: $type:ty [$($flag:ident)*];
    )* }) => {
        #[doc = concat!("A merge patch of a ", stringify!($Entity), ": absent keeps, null clears.")]
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $EntityPatch {
            $(
                $(#[doc = $doc])+
                #[serde(rename = $name, skip_serializing_if = "crate::Patch::is_keep")]
                pub $field: crate::Patch<<$type as crate::Mergeable>::Change>,
            )*
        }

        impl $EntityPatch {
            /// Lays the patch over an entity.
            pub fn apply(self, entity: &mut $Entity) {
                $(crate::Mergeable::patch(&mut entity.$field, self.$field);)*
            }
        }

        impl crate::MergePatch<$Entity> for $EntityPatch {
            fn version(&self) -> Option<i64> {
                self.version.as_set().copied()
            }

            fn lay_over(mut self, entity: &mut $Entity) {
                self.version = crate::Patch::Keep;
                self.apply(entity);
            }

            fn replace(entity: &mut $Entity, body: $Entity) {
                let version = entity.version;
                $(entity.$field = body.$field;)*
                entity.version = version;
            }
        }

        impl utoipa::PartialSchema for $EntityPatch {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                const NAMES: &[&str] = &[$($name),*];
                crate::entity::object_schema::<$Entity>(
                    concat!("A merge patch of a ", stringify!($Entity), ": absent keeps, null clears."),
                    &[],
                    |attribute| NAMES.contains(&attribute.name),
                    true,
                )
            }
        }

        impl utoipa::ToSchema for $EntityPatch {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($EntityPatch).into()
            }
        }
    };
}
