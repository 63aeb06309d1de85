//! The functions: programs that read, change and validate configuration by path.
//!
//! Each family is one file below `catalogue/`, where a function is declared once: its signature,
//! documentation, examples and behaviour together. [`registry`] knows them all; [`execute`] runs a
//! list of them on one text, which is parsed once.
//!
//! Invariants: a function sees the text, its arguments and the context, nothing else; it answers
//! the same every time; one that fails changes nothing; one that leaves every value and
//! comment as it was leaves every byte as it was.
//!
//! ```
//! use cubit_configdata::{Config, Toolchain};
//! use cubit_functions::{Execution, FunctionContext, FunctionInvocation, execute};
//!
//! let text = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2 # for now\n";
//! let outcome = execute(Execution {
//!     context: &FunctionContext::default(),
//!     config: Config::parse(Toolchain::KubernetesYaml, text)?,
//!     invocations: &[FunctionInvocation::new("set-replicas", ["3"])],
//!     num_filters: 0,
//!     stop_on_error: false,
//! });
//! assert!(outcome.success && outcome.config.text().ends_with("replicas: 3 # for now\n"));
//! # Ok::<(), cubit_configdata::ParseError>(())
//! ```

mod argument;
mod attribute;
mod attribute_path;
mod catalogue;
mod context;
mod evaluate;
mod execute;
mod expression;
mod function;
mod kubernetes;
mod many;
mod reference;
mod registry;
mod signature;
mod text;
mod wasm;

pub use argument::{FunctionArgument, FunctionInvocation};
pub use attribute::{AttributeDetails, AttributeValue, Issue, ValidationResult};
pub use context::FunctionContext;
pub use execute::{Change, Execution, Outcome, execute, execute_with, mutations_of};
pub use function::{Example, Function};
pub use kubernetes::BuiltInAccessors;
pub use many::Many;
pub use reference::page as reference_page;
pub use registry::{Family, Registry, registry};
pub use signature::{
    DataType, FunctionOutput, FunctionParameter, FunctionSignature, FunctionType, OutputType,
};
