//! Languages inside functions: what a caller writes, run within a budget.
//!
//! A program sees its input and nothing of the host, and every run of it ends: each language counts
//! what it does and stops with an error when the budget is used up. Budgets are counted in work,
//! never in time, so that the same program on the same text ends the same way on every machine.

mod cache;
pub(crate) mod cel;
pub(crate) mod jq;
mod letters;
mod meter;
pub(crate) mod rego;
mod spelling;
pub(crate) mod starlark;
pub(crate) mod template;
pub(crate) mod yq;
