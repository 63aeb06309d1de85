//! Results: attribute values and validation outcomes.

use cubit_configdata::ResourceInfo;
use serde::Serialize;
use serde_json::Value as Json;

use crate::argument::FunctionInvocation;
use crate::signature::DataType;

/// One value found in the data.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeValue {
    /// The resource it was found in.
    #[serde(flatten)]
    pub resource: ResourceInfo,
    /// Where it was found.
    pub path: String,
    /// What it is, such as `container-image`.
    pub attribute_name: String,
    /// Type of the value.
    pub data_type: DataType,
    /// How to read and write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<AttributeDetails>,
    /// The value: a string, integer or boolean.
    pub value: Json,
    /// The line comment beside it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Index of the function that found it.
    pub index: usize,
    /// Name of the function that found it.
    pub function_name: String,
    /// How severe its issues are: `Critical`, `High`, `Medium`, `Low`, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub score: String,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
}

/// One thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Issue {
    /// The rule that is broken, for programs: `unknown-field`.
    pub identifier: String,
    /// What is wrong, in words.
    pub message: String,
}

/// The calls that read and write an attribute value.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeDetails {
    /// The call that reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub getter_invocation: Option<FunctionInvocation>,
    /// The calls that write it, complete but for the value, which comes last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub setter_invocations: Vec<FunctionInvocation>,
}

/// Outcome of a validating function.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValidationResult {
    /// Whether the data passed.
    pub passed: bool,
    /// Index of the function.
    pub index: usize,
    /// Name of the function.
    pub function_name: String,
    /// What did not pass, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// The values that did not pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed_attributes: Vec<AttributeValue>,
}
