//! `OpenAPI` schemas of the engine's types. The engine crates know nothing of `OpenAPI`, so their
//! shapes are mirrored here; nothing is ever built from these types.

#![expect(dead_code, reason = "shapes only")]

use std::collections::BTreeMap;

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Identity of one configuration element inside the data.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = ResourceInfo)]
pub(crate) struct ResourceInfoSchema {
    /// Resource or `AppConfig`.
    resource_category: String,
    /// Full name; for Kubernetes namespace/name.
    resource_name: String,
    /// Name without its scope; for Kubernetes the bare name.
    resource_name_without_scope: String,
    /// Type; for Kubernetes apiVersion/kind.
    resource_type: String,
}

/// Kind of change.
#[derive(ToSchema)]
#[schema(as = MutationType)]
enum MutationTypeSchema {
    Add,
    Update,
    Replace,
    Delete,
    None,
}

/// The change last made to one path or resource.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = MutationInfo)]
struct MutationInfoSchema {
    /// Function index, or the mutation number once stored.
    index: i64,
    /// Kind of change.
    mutation_type: MutationTypeSchema,
    /// Whether this change may be used or overwritten when patching.
    predicate: bool,
    /// Removed data for Delete, otherwise the new data.
    value: String,
}

/// All recorded changes of one resource.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = ResourceMutation)]
pub(crate) struct ResourceMutationSchema {
    /// Set of full names used so far.
    #[schema(value_type = Object)]
    aliases: (),
    /// Set of bare names used so far.
    #[schema(value_type = Object)]
    aliases_without_scopes: (),
    /// Per-path changes.
    path_mutation_map: BTreeMap<String, MutationInfoSchema>,
    /// The resource.
    resource: ResourceInfoSchema,
    /// Change of the resource as a whole.
    resource_mutation_info: MutationInfoSchema,
}

/// One argument of a function call, by position or by parameter name.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = FunctionArgument)]
pub(crate) struct FunctionArgumentSchema {
    /// Empty: Value is literal. Otherwise the expression language Value is written in.
    evaluator: String,
    /// Parameter name; optional for positional arguments.
    parameter_name: String,
    /// String, integer or boolean.
    #[schema(value_type = FunctionArgumentValue)]
    value: (),
}

/// A literal argument.
#[derive(ToSchema)]
#[schema(as = FunctionArgumentValue)]
#[serde(untagged)]
enum FunctionArgumentValue {
    /// Text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

/// A function name with its arguments.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = FunctionInvocation)]
pub(crate) struct FunctionInvocationSchema {
    /// Function arguments, in order.
    arguments: Option<Vec<FunctionArgumentSchema>>,
    /// Function to call.
    function_name: String,
}

/// Declaration of one parameter.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = FunctionParameter)]
struct FunctionParameterSchema {
    /// Data type.
    data_type: String,
    /// What it means.
    description: String,
    /// Allowed values of an enum.
    #[schema(required = false)]
    enum_values: Vec<String>,
    /// Example value.
    #[schema(required = false)]
    example: String,
    /// Upper bound of an int.
    max: Option<i64>,
    /// Lower bound of an int.
    min: Option<i64>,
    /// Name, kebab-case.
    parameter_name: String,
    /// Pattern of a string.
    #[schema(required = false)]
    regexp: String,
    /// Whether it must be given.
    required: bool,
}

/// What a function returns besides configuration data.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = FunctionOutput)]
struct FunctionOutputSchema {
    /// What is returned.
    description: String,
    /// Type name of the JSON returned.
    output_type: String,
    /// Result name, kebab-case.
    result_name: String,
}

/// Declaration of a function.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = FunctionSignature)]
pub struct FunctionSignatureSchema {
    /// Resource types it applies to; * for all.
    affected_resource_types: Vec<String>,
    /// Registered attribute it visits, if any.
    #[schema(required = false)]
    attribute_name: String,
    /// What it does.
    description: String,
    /// Name, kebab-case.
    function_name: String,
    /// `PathVisitor` or Custom.
    function_type: String,
    /// Calls no other system.
    hermetic: bool,
    /// Same result when run again.
    idempotent: bool,
    /// May change the data.
    mutating: bool,
    /// Declared output.
    #[schema(required = false)]
    output_info: FunctionOutputSchema,
    /// Parameters in order.
    parameters: Option<Vec<FunctionParameterSchema>>,
    /// How many are required.
    required_parameters: i64,
    /// Returns a validation result.
    validating: bool,
    /// The last parameter may repeat.
    var_args: bool,
}

/// What became of a change of a merge.
#[derive(ToSchema)]
#[schema(as = MergeOutcome)]
enum MergeOutcomeSchema {
    Applied,
    AlreadyThere,
    TookUpstream,
    KeptLocal,
    Protected,
    NotFound,
    ShapeDiffers,
    Refused,
}

/// What a line of the report of a merge is about.
#[derive(ToSchema)]
#[schema(as = MergeSubject)]
enum MergeSubjectSchema {
    Resource,
    Value,
    Order,
    Comment,
    Layout,
}

/// What became of one change of an upgrade or a merge.
#[derive(ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = MergeReportLine)]
pub struct MergeReportLineSchema {
    /// The resource, as the unit calls it.
    resource: ResourceInfoSchema,
    /// The place; empty for the resource as a whole.
    path: String,
    /// What it is about.
    subject: MergeSubjectSchema,
    /// Whether the unit has the change now; if not, why.
    outcome: MergeOutcomeSchema,
    /// The value before the change, as YAML.
    #[schema(required = false)]
    base: String,
    /// The value after the change, as YAML; absent where it was removed.
    #[schema(required = false)]
    theirs: String,
    /// The value that the unit had, as YAML.
    #[schema(required = false)]
    ours: String,
    /// Number of the mutation that made the value of the unit.
    #[schema(required = false)]
    source: i64,
    /// More, in words.
    #[schema(required = false)]
    message: String,
}

/// Recorded changes, one entry per resource.
pub(crate) fn mutation_list() -> RefOr<Schema> {
    <Vec<ResourceMutationSchema> as PartialSchema>::schema()
}

/// Adds the schemas entities refer to.
pub(crate) fn engine_schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push(("ResourceMutationList".to_owned(), mutation_list()));
    add::<ResourceMutationSchema>(schemas);
    add::<FunctionInvocationSchema>(schemas);
    add::<MergeReportLineSchema>(schemas);
    add::<crate::Column>(schemas);
    add::<crate::WorkerInfo>(schemas);
    add::<FunctionSignatureSchema>(schemas);
    add::<crate::UnitAction>(schemas);
    add::<crate::Permissions>(schemas);
    add::<crate::ApprovalRules>(schemas);
    add::<crate::Approval>(schemas);
}

fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}
