//! A function: its declaration and its behaviour.

use std::sync::Arc;

use cubit_configdata::{
    Action, Config, Edit, Match, Missing, Path, Resource, ResourceInfo, Toolchain, Value, limits,
    resolve,
};
use serde_json::Value as Json;

use crate::argument::Arguments;
use crate::attribute::AttributeValue;
use crate::context::FunctionContext;
use crate::expression::cel::Variable;
use crate::signature::{
    DataType, FunctionOutput, FunctionParameter, FunctionSignature, FunctionType, OutputType,
};
use crate::text::Text;
use crate::wasm::Module;

/// What a function does: reads the call, notes edits in it, and answers.
pub(crate) type Behaviour = fn(&mut Call<'_>) -> Result<Output, Failure>;

/// A declared function.
#[derive(Clone)]
pub struct Function {
    /// Name, parameters and properties.
    pub signature: FunctionSignature,
    /// Older names of the same function.
    pub aliases: &'static [&'static str],
    /// Examples that are run as tests.
    pub examples: Vec<Example>,
    pub(crate) toolchains: Vec<Toolchain>,
    pub(crate) behaviour: Behaviour,
    /// The module that behaves for it, if it is a user's own function.
    pub(crate) module: Option<Arc<Module>>,
}

/// A call with what it makes of a text.
#[derive(Clone, Debug)]
pub struct Example {
    /// Toolchain of the text.
    pub toolchain: Toolchain,
    /// Positional arguments.
    pub arguments: Vec<&'static str>,
    /// The text before.
    pub before: &'static str,
    /// The text after, for a mutating function; otherwise the output as compact JSON contains
    /// this.
    pub after: &'static str,
}

impl Function {
    /// A function for the Kubernetes toolchain.
    pub(crate) fn kubernetes(name: &str, description: &str, behaviour: Behaviour) -> Self {
        let mut function = Self::generic(name, description, behaviour);
        function.toolchains = vec![Toolchain::KubernetesYaml];
        function
    }

    /// A function for every structured toolchain.
    pub(crate) fn generic(name: &str, description: &str, behaviour: Behaviour) -> Self {
        Self {
            signature: FunctionSignature {
                function_name: name.to_owned(),
                description: description.to_owned(),
                hermetic: true,
                idempotent: true,
                affected_resource_types: vec!["*".to_owned()],
                ..FunctionSignature::default()
            },
            aliases: &[],
            examples: Vec::new(),
            toolchains: Toolchain::all().collect(),
            behaviour,
            module: None,
        }
    }

    /// A function for some toolchains.
    pub(crate) fn of_toolchains(
        toolchains: &[Toolchain],
        name: &str,
        description: &str,
        behaviour: Behaviour,
    ) -> Self {
        let mut function = Self::generic(name, description, behaviour);
        function.toolchains = toolchains.to_vec();
        function
    }

    /// The last parameter may repeat.
    pub(crate) fn repeating(mut self) -> Self {
        self.signature.var_args = true;
        self
    }

    /// Run again, it may do something else.
    pub(crate) fn not_idempotent(mut self) -> Self {
        self.signature.idempotent = false;
        self
    }

    pub(crate) fn mutating(mut self) -> Self {
        self.signature.mutating = true;
        self
    }

    pub(crate) fn output(
        mut self,
        output_type: OutputType,
        result_name: &str,
        description: &str,
    ) -> Self {
        self.signature.validating = output_type == OutputType::ValidationResult;
        self.signature.output_info = Some(FunctionOutput {
            result_name: result_name.to_owned(),
            description: description.to_owned(),
            output_type,
        });
        self
    }

    pub(crate) fn validating(self) -> Self {
        self.output(
            OutputType::ValidationResult,
            "passed",
            "Whether the data passed, and what did not.",
        )
    }

    pub(crate) fn attribute(mut self, name: &str) -> Self {
        name.clone_into(&mut self.signature.attribute_name);
        self.signature.function_type = FunctionType::PathVisitor;
        self
    }

    pub(crate) fn affects(mut self, types: &[&str]) -> Self {
        self.signature.affected_resource_types =
            types.iter().map(|&name| name.to_owned()).collect();
        self
    }

    pub(crate) fn parameter(mut self, parameter: FunctionParameter) -> Self {
        self.signature.required_parameters += usize::from(parameter.required);
        self.signature.parameters.push(parameter);
        self
    }

    pub(crate) fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// An example in Kubernetes/YAML.
    pub(crate) fn example(
        self,
        arguments: &'static [&'static str],
        before: &'static str,
        after: &'static str,
    ) -> Self {
        self.example_in(Toolchain::KubernetesYaml, arguments, before, after)
    }

    /// An example of a function that a table declares.
    pub(crate) fn example_of(
        mut self,
        arguments: Vec<&'static str>,
        before: &'static str,
        after: &'static str,
    ) -> Self {
        self.examples.push(Example {
            toolchain: Toolchain::KubernetesYaml,
            arguments,
            before,
            after,
        });
        self
    }

    pub(crate) fn example_in(
        mut self,
        toolchain: Toolchain,
        arguments: &'static [&'static str],
        before: &'static str,
        after: &'static str,
    ) -> Self {
        self.examples.push(Example {
            toolchain,
            arguments: arguments.to_vec(),
            before,
            after,
        });
        self
    }

    /// The toolchains it works on.
    #[must_use]
    pub fn toolchains(&self) -> &[Toolchain] {
        &self.toolchains
    }
}

/// A required parameter.
pub(crate) fn required(
    name: &str,
    data_type: DataType,
    example: &str,
    description: &str,
) -> FunctionParameter {
    FunctionParameter {
        parameter_name: name.to_owned(),
        description: description.to_owned(),
        required: true,
        data_type,
        example: example.to_owned(),
        ..FunctionParameter::default()
    }
}

/// A parameter that may be left out.
pub(crate) fn optional(
    name: &str,
    data_type: DataType,
    example: &str,
    description: &str,
) -> FunctionParameter {
    FunctionParameter {
        required: false,
        ..required(name, data_type, example, description)
    }
}

impl FunctionParameter {
    pub(crate) fn matching(mut self, regexp: &str) -> Self {
        regexp.clone_into(&mut self.regexp);
        self
    }

    pub(crate) fn between(mut self, min: Option<i64>, max: Option<i64>) -> Self {
        (self.min, self.max) = (min, max);
        self
    }

    pub(crate) fn one_of(mut self, values: &[&str]) -> Self {
        self.enum_values = values.iter().map(|&value| value.to_owned()).collect();
        self
    }
}

/// Why a function failed: one message for each thing that was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) Vec<String>);

impl<M: Into<String>> From<M> for Failure {
    fn from(message: M) -> Self {
        Self(vec![message.into()])
    }
}

/// What a function answers.
#[derive(Debug)]
pub(crate) enum Output {
    Nothing,
    Attributes(Vec<AttributeValue>),
    Validation {
        passed: bool,
        details: Vec<String>,
        failed: Vec<AttributeValue>,
    },
    /// Resources, resource infos or mutations, as JSON objects in document order.
    Rows(Vec<Json>),
    /// Text of a `YAML` output.
    Payload(String),
}

/// One call of one function on one text.
pub(crate) struct Call<'a> {
    pub(crate) config: &'a Config,
    pub(crate) arguments: Arguments,
    pub(crate) context: &'a FunctionContext,
    /// Index of the function in the list of the request.
    pub(crate) index: usize,
    pub(crate) function: &'a Function,
    pub(crate) function_name: &'a str,
    /// Edits to make, in order, when the function succeeds.
    pub(crate) edits: Vec<Edit>,
    /// What the text becomes before the edits, for functions that add and remove whole documents.
    pub(crate) rewritten: Option<Config>,
    /// Bytes of text in the edits.
    pub(crate) written: usize,
    /// Things that went wrong in one resource while the others were still visited.
    pub(crate) problems: Vec<String>,
    /// The text with its resources.
    pub(crate) text: &'a Text<'a>,
}

impl<'a> Call<'a> {
    /// The resources of a type; `*` or nothing means any type.
    pub(crate) fn resources(&self, resource_type: &str) -> Vec<Resource<'a>> {
        self.text
            .resources
            .iter()
            .filter(|resource| {
                resource_type.is_empty()
                    || resource_type == "*"
                    || resource.info.resource_type == resource_type
            })
            .cloned()
            .collect()
    }

    /// All resources as expressions see them, in their order.
    pub(crate) fn variables(&self) -> &'a [Variable] {
        self.text.variables()
    }

    /// Every place of a path in the resources of a type.
    pub(crate) fn places(
        &self,
        resource_type: &str,
        path: &Path,
        missing: Missing,
    ) -> Vec<(Resource<'a>, Match<'a>)> {
        self.resources(resource_type)
            .into_iter()
            .flat_map(|resource| {
                resolve(resource.root, path, missing)
                    .into_iter()
                    .map(move |place| (resource.clone(), place))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    pub(crate) fn set(
        &mut self,
        resource: &Resource<'_>,
        place: &Match<'_>,
        value: impl Into<Value>,
    ) {
        self.edit(resource, place.path.clone(), Action::Set(value.into()));
    }

    pub(crate) fn edit(
        &mut self,
        resource: &Resource<'_>,
        path: cubit_configdata::ResolvedPath,
        action: Action,
    ) {
        if let Action::Set(Value::String(text)) = &action {
            self.written += text.len();
        }
        // What cannot be stored need not be gathered: a short text put in many places could
        // otherwise fill the memory.
        if self.written > limits::MAX_BYTES {
            self.edits.clear();
            return;
        }
        self.edits.push(Edit {
            document: resource.document,
            path,
            action,
        });
    }

    pub(crate) fn problem(&mut self, resource: &ResourceInfo, message: &str) {
        self.problems.push(format!(
            "{} {}: {message}",
            resource.resource_type, resource.resource_name
        ));
    }

    pub(crate) fn attribute(
        &self,
        resource: &ResourceInfo,
        path: String,
        name: &str,
        data_type: DataType,
        value: Json,
    ) -> AttributeValue {
        AttributeValue {
            resource: resource.clone(),
            path,
            attribute_name: name.to_owned(),
            data_type,
            details: None,
            value,
            comment: String::new(),
            index: self.index,
            function_name: self.function_name.to_owned(),
            score: String::new(),
            issues: Vec::new(),
        }
    }
}

/// A path from an argument, or the reason it is none.
pub(crate) fn path_argument(text: &str) -> Result<Path, Failure> {
    Path::parse(text).map_err(|error| Failure::from(format!("parameter path: {error}")))
}
