//! Attributes that are one of a few words.

/// Declares a type whose values are words of the API; the first is the default. A stored word that
/// is not known reads as the default, so that a newer server's rows can still be shown.
macro_rules! words {
    (
        $(#[doc = $about:expr])+
        $Words:ident {
            $(#[doc = $first_doc:expr])+
            $First:ident = $first:literal,
            $( $(#[doc = $doc:expr])+ $Word:ident = $word:literal, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $Words {
            $(#[doc = $first_doc])+
            #[default]
            #[serde(rename = $first)]
            $First,
            $( $(#[doc = $doc])+ #[serde(rename = $word)] $Word, )+
        }

        impl $Words {
            /// The word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    Self::$First => $first,
                    $(Self::$Word => $word,)+
                }
            }
        }

        impl utoipa::PartialSchema for $Words {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($about),+).trim()))
                    .enum_values(Some([$first, $($word),+]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $Words {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($Words).into()
            }
        }

        impl std::fmt::Display for $Words {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl crate::Field for $Words {
            const KIND: cubit_query::Kind = cubit_query::Kind::Text;

            fn value(&self) -> cubit_query::Value<'_> {
                cubit_query::Value::text(self.word())
            }

            fn from_value(value: cubit_query::Value<'static>) -> Option<Self> {
                match value {
                    cubit_query::Value::Text(text) => Some(match text.as_ref() {
                        $($word => Self::$Word,)+
                        _ => Self::$First,
                    }),
                    _ => None,
                }
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                crate::field::reference(stringify!($Words))
            }
        }
    };
}
