//! Signatures: what a function is called, takes and returns (API contract, `FunctionSignature`).

use serde::{Deserialize, Serialize};

/// Declaration of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FunctionSignature {
    /// Name, kebab-case.
    pub function_name: String,
    /// Parameters in order.
    pub parameters: Vec<FunctionParameter>,
    /// How many parameters must be given.
    pub required_parameters: usize,
    /// The last parameter may repeat.
    pub var_args: bool,
    /// Declared output, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_info: Option<FunctionOutput>,
    /// May change the data.
    pub mutating: bool,
    /// Returns a validation result.
    pub validating: bool,
    /// Calls no other system.
    pub hermetic: bool,
    /// Same result when run again.
    pub idempotent: bool,
    /// What it does.
    pub description: String,
    /// Whether it visits registered paths or has behaviour of its own.
    pub function_type: FunctionType,
    /// Registered attribute it visits, if any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub attribute_name: String,
    /// Resource types it applies to; `*` for all.
    pub affected_resource_types: Vec<String>,
}

/// The kind of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FunctionType {
    /// Driven by the paths registered for one attribute.
    PathVisitor,
    /// Behaviour of its own.
    #[default]
    Custom,
}

/// Declaration of one parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FunctionParameter {
    /// Name, kebab-case.
    pub parameter_name: String,
    /// What it means.
    pub description: String,
    /// Whether it must be given.
    pub required: bool,
    /// Type of its value.
    pub data_type: DataType,
    /// Example value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub example: String,
    /// Pattern a string must match.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub regexp: String,
    /// Lower bound of an int.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Upper bound of an int.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Allowed values of an enum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enum_values: Vec<String>,
}

/// Type of a parameter or of an attribute's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the type of its wire name")]
pub enum DataType {
    #[default]
    #[serde(rename = "string")]
    String,
    #[serde(rename = "int")]
    Int,
    #[serde(rename = "bool")]
    Bool,
    #[serde(rename = "enum")]
    Enum,
    #[serde(rename = "uuid")]
    Uuid,
    #[serde(rename = "[]string")]
    StringList,
    #[serde(rename = "[]uuid")]
    UuidList,
    AttributeValueList,
    AttributeInfoList,
    ResourceMutationList,
    ResourceList,
    ValueFilter,
    #[serde(rename = "JSON")]
    Json,
    #[serde(rename = "YAML")]
    Yaml,
    #[serde(rename = "CEL")]
    Cel,
    #[serde(rename = "YQ")]
    Yq,
    #[serde(rename = "JQ")]
    Jq,
    Starlark,
    Rego,
}

/// What a function returns besides configuration data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FunctionOutput {
    /// Result name, kebab-case.
    pub result_name: String,
    /// What is returned.
    pub description: String,
    /// Type name of the JSON returned.
    pub output_type: OutputType,
}

/// Type of an output, the key under which a call's outputs are gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the type of its wire name")]
pub enum OutputType {
    #[default]
    AttributeValueList,
    ValidationResult,
    ResourceInfoList,
    ResourceList,
    ResourceMutationList,
    MutationConflictList,
    #[serde(rename = "YAML")]
    Yaml,
    #[serde(rename = "JSON")]
    Json,
}

impl OutputType {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AttributeValueList => "AttributeValueList",
            Self::ValidationResult => "ValidationResult",
            Self::ResourceInfoList => "ResourceInfoList",
            Self::ResourceList => "ResourceList",
            Self::ResourceMutationList => "ResourceMutationList",
            Self::MutationConflictList => "MutationConflictList",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
        }
    }
}
