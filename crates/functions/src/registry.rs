//! The registry: every function, by toolchain and name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cubit_configdata::Toolchain;

use crate::catalogue;
use crate::function::Function;
use crate::signature::FunctionSignature;

/// All functions.
pub struct Registry {
    functions: BTreeMap<(Toolchain, String), Function>,
}

/// The built-in functions.
#[must_use]
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::of(catalogue::functions()));
    &REGISTRY
}

impl Registry {
    fn of(declared: Vec<Function>) -> Self {
        let mut functions = BTreeMap::new();
        let mut register = |function: Function| {
            for toolchain in function.toolchains.clone() {
                let key = (toolchain, function.signature.function_name.clone());
                let before = functions.insert(key, function.clone());
                assert!(
                    before.is_none(),
                    "the function {} is declared twice",
                    function.signature.function_name
                );
            }
        };
        for function in declared {
            for &alias in function.aliases {
                let mut renamed = function.clone();
                renamed.aliases = &[];
                renamed.examples.clear();
                renamed.signature.description = format!(
                    "Alias of {}. {}",
                    function.signature.function_name, function.signature.description
                );
                alias.clone_into(&mut renamed.signature.function_name);
                register(renamed);
            }
            register(function);
        }
        Self { functions }
    }

    /// A function by name.
    #[must_use]
    pub fn find(&self, toolchain: Toolchain, name: &str) -> Option<&Function> {
        self.functions.get(&(toolchain, name.to_owned()))
    }

    /// Whether any toolchain has a function of this name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.functions.keys().any(|(_, known)| known == name)
    }

    /// The known name that is most like a wrong one, if any is like it at all.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        cubit_query::nearest(name, self.functions.keys().map(|(_, name)| name.as_str()))
    }

    /// Every function, by toolchain and then by name.
    pub fn functions(&self) -> impl Iterator<Item = (Toolchain, &Function)> {
        self.functions
            .iter()
            .map(|((toolchain, _), function)| (*toolchain, function))
    }

    /// Every signature, by toolchain and then by name.
    #[must_use]
    pub fn signatures(&self) -> BTreeMap<Toolchain, BTreeMap<String, FunctionSignature>> {
        let mut signatures: BTreeMap<Toolchain, BTreeMap<String, FunctionSignature>> =
            BTreeMap::new();
        for ((toolchain, name), function) in &self.functions {
            signatures
                .entry(*toolchain)
                .or_default()
                .insert(name.clone(), function.signature.clone());
        }
        signatures
    }
}
