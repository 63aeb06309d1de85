//! A text that functions run on.

use std::cell::OnceCell;

use cubit_configdata::{Config, Resource};

use crate::expression::cel::Variable;

/// A text with what all functions that run on it need of it, found once.
pub(crate) struct Text<'a> {
    pub(crate) config: &'a Config,
    pub(crate) resources: Vec<Resource<'a>>,
    /// What is wrong with the documents that are no resources.
    pub(crate) errors: Vec<String>,
    /// The resources as expressions see them, made when they are first asked for.
    variables: OnceCell<Vec<Variable>>,
}

impl<'a> Text<'a> {
    pub(crate) fn of(config: &'a Config) -> Self {
        let (mut resources, mut errors) = (Vec::new(), Vec::new());
        for resource in config.documents_with_resources() {
            match resource {
                Ok(resource) => resources.push(resource),
                Err(error) => errors.push(error.to_string()),
            }
        }
        Self {
            config,
            resources,
            errors,
            variables: OnceCell::new(),
        }
    }

    /// The resources as expressions see them, in their order.
    pub(crate) fn variables(&self) -> &[Variable] {
        self.variables.get_or_init(|| {
            let roots = self.resources.iter().map(|resource| resource.root);
            roots.map(Variable::from).collect()
        })
    }
}
