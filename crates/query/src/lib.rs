//! The query languages: `where` over entities, `where_data` over configuration, and the small
//! list languages `select`, `include` and `contains`.
//!
//! Invariants: parsing never panics and names the position of what is wrong; a parsed query is
//! fully typed, so evaluating it cannot fail; there is one evaluator, and a store may only use
//! the conditions to narrow what it reads (too much is fine, too little never).
//!
//! ```
//! use cubit_query::{Kind, Row, Table, Value, Where};
//!
//! struct Fruit;
//! impl Row for Fruit {
//!     fn value(&self, _entity: Option<&str>, _attribute: &str) -> Value<'_> {
//!         Value::text("apple")
//!     }
//! }
//! let table = Table::new("Fruit", [("Slug", Kind::Text)]);
//! let query = Where::parse("Slug LIKE 'app%' AND Fruit.Slug != 'apricot'", &table)?;
//! assert!(query.matches(&Fruit));
//! # Ok::<(), cubit_query::QueryError>(())
//! ```

mod condition;
mod contains;
mod error;
mod evaluate;
mod lexer;
mod names;
mod order;
mod parse;
mod pattern;
mod table;
mod value;
pub mod where_data;

pub use condition::{Clause, Comparison, Condition, Literal, Operand, Right, Subject, Test, Where};
pub use contains::Contains;
pub use error::QueryError;
pub use names::{nearest, parse_names};
pub use order::OrderBy;
pub use pattern::Pattern;
pub use table::{Row, Table};
pub use value::{Kind, Value};
pub use where_data::{Accessors, WhereData};
