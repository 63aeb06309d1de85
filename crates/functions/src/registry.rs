//! The registry: every function, by toolchain and name.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cubit_configdata::Toolchain;

use crate::catalogue;
use crate::function::Function;
use crate::signature::FunctionSignature;

/// All functions.
#[derive(Clone)]
pub struct Registry {
    /// By name; a name may stand for different functions in different toolchains.
    functions: BTreeMap<String, Vec<Arc<Function>>>,
    families: Vec<Family>,
}

/// Functions that belong together, in the order in which they are declared.
#[derive(Clone)]
pub struct Family {
    /// What they are about.
    pub title: &'static str,
    /// The functions, without aliases.
    pub functions: Vec<Arc<Function>>,
}

/// The built-in functions.
#[must_use]
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::of(catalogue::families()));
    &REGISTRY
}

impl Registry {
    fn of(declared: Vec<(&'static str, Vec<Function>)>) -> Self {
        let mut registry = Self {
            functions: BTreeMap::new(),
            families: Vec::new(),
        };
        for (title, functions) in declared {
            let functions = functions.into_iter().map(Arc::new).collect();
            registry.families.push(Family { title, functions });
        }
        let all: Vec<Arc<Function>> = registry
            .families
            .iter()
            .flat_map(|family| family.functions.iter().cloned())
            .collect();
        for function in all {
            for &alias in function.aliases {
                let mut renamed = Function::clone(&function);
                renamed.aliases = &[];
                renamed.examples.clear();
                renamed.signature.description = format!(
                    "Alias of {}. {}",
                    function.signature.function_name, function.signature.description
                );
                alias.clone_into(&mut renamed.signature.function_name);
                registry.register(Arc::new(renamed));
            }
            registry.register(function);
        }
        registry
    }

    /// This registry with functions of a user beside the known ones. Those are shared, not copied.
    ///
    /// # Errors
    /// A name is known already for one of the toolchains.
    pub fn with(&self, functions: impl IntoIterator<Item = Function>) -> Result<Self, String> {
        let mut extended = Self {
            functions: self.functions.clone(),
            families: self.families.clone(),
        };
        let functions: Vec<_> = functions.into_iter().map(Arc::new).collect();
        for function in &functions {
            let name = &function.signature.function_name;
            let known = |toolchain: &Toolchain| extended.find(*toolchain, name).is_some();
            if function.toolchains.iter().any(known) {
                return Err(format!("there is a function {name} already"));
            }
            extended.register(function.clone());
        }
        extended.families.push(Family {
            title: "Functions of your own",
            functions,
        });
        Ok(extended)
    }

    fn register(&mut self, function: Arc<Function>) {
        let name = function.signature.function_name.clone();
        let known = self.functions.entry(name).or_default();
        assert!(
            known.iter().all(|known| known
                .toolchains
                .iter()
                .all(|toolchain| !function.toolchains.contains(toolchain))),
            "the function {} is declared twice",
            function.signature.function_name
        );
        known.push(function);
    }

    /// A function by name.
    #[must_use]
    pub fn find(&self, toolchain: Toolchain, name: &str) -> Option<&Function> {
        let found = self.functions.get(name)?;
        found
            .iter()
            .find(|function| function.toolchains.contains(&toolchain))
            .map(AsRef::as_ref)
    }

    /// Whether any toolchain has a function of this name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// The functions by what they are about, without aliases.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// The known name that is most like a wrong one, if any is like it at all.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        cubit_query::nearest(name, self.functions.keys().map(String::as_str))
    }

    /// Every function of every toolchain, by name.
    pub fn functions(&self) -> impl Iterator<Item = (Toolchain, &Function)> {
        self.functions.values().flatten().flat_map(|function| {
            function
                .toolchains
                .iter()
                .map(move |toolchain| (*toolchain, function.as_ref()))
        })
    }

    /// Every signature, by toolchain and then by name.
    #[must_use]
    pub fn signatures(&self) -> BTreeMap<Toolchain, BTreeMap<String, FunctionSignature>> {
        let mut signatures: BTreeMap<Toolchain, BTreeMap<String, FunctionSignature>> =
            BTreeMap::new();
        for (toolchain, function) in self.functions() {
            let signature = &function.signature;
            signatures
                .entry(toolchain)
                .or_default()
                .insert(signature.function_name.clone(), signature.clone());
        }
        signatures
    }
}
