//! What the `OpenAPI` document says of the operations of an entity.

use std::collections::BTreeMap;

use cubit_hub::{Expand, Rules};
use cubit_model::{DeleteResponse, Entity, StandardErrorResponse};
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{
    ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Responses, Schema,
};
use utoipa::{IntoParams, IntoResponses, ToSchema};

use super::{Copies, Names, Outcome, Patch};
use crate::error::{Conflict, Failures, Unprocessable};
use crate::parameters::{AllowExists, ListParameters, ReadParameters, Selection, Summary};

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

type Answers = BTreeMap<String, RefOr<Response>>;

/// The names of the schemas of an entity, and the schemas.
pub(super) struct Document {
    entity: &'static str,
    extended: String,
    patch: String,
    outcome: String,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Document {
    pub(super) fn of<X>(_: &Names) -> Self
    where
        X: Expand + ToSchema,
        X::Entity: Rules + ToSchema,
        Patch<X>: ToSchema,
        Outcome<X>: ToSchema,
    {
        let mut schemas = Vec::new();
        Self {
            entity: X::Entity::NAME,
            extended: add::<X>(&mut schemas),
            patch: add::<Patch<X>>(&mut schemas),
            outcome: add::<Outcome<X>>(&mut schemas),
            schemas: {
                add::<X::Entity>(&mut schemas);
                add::<DeleteResponse>(&mut schemas);
                add::<StandardErrorResponse>(&mut schemas);
                schemas
            },
        }
    }

    fn operation(&self, id: String, summary: String) -> OperationBuilder {
        OperationBuilder::new()
            .operation_id(Some(id))
            .summary(Some(summary))
            .tag(self.entity)
    }

    /// Operations on those of all spaces.
    pub(super) fn everywhere(&self, names: &Names) -> Paths {
        let path = format!("/{}", names.path);
        let Names { plural, .. } = names;
        let selection = Selection::into_params(|| Some(ParameterIn::Query));
        let mut paths = Paths::new();
        let list = self
            .operation(
                names.list_all.to_owned(),
                format!("List the {plural} of all spaces"),
            )
            .parameters(Some(ListParameters::into_params(|| {
                Some(ParameterIn::Query)
            })))
            .responses(with(many(&self.extended), [Failures::responses()]));
        let list = match names.summary {
            true => list.parameters(Some(Summary::into_params(|| Some(ParameterIn::Query)))),
            false => list,
        };
        paths.add_path_operation(&path, vec![HttpMethod::Get], list);
        if names.copies {
            let create = self
                .operation(
                    format!("BulkCreate{plural}"),
                    format!("Copy selected {plural}"),
                )
                .parameters(Some(Copies::into_params(|| Some(ParameterIn::Query))))
                .request_body(Some(body(&self.patch, MERGE_PATCH)))
                .responses(partly(&self.outcome, [Failures::responses()]));
            paths.add_path_operation(&path, vec![HttpMethod::Post], create);
        }
        let patch = self
            .operation(
                format!("BulkPatch{plural}"),
                format!("Merge-patch selected {plural}"),
            )
            .parameters(Some(selection.clone()))
            .request_body(Some(body(&self.patch, MERGE_PATCH)))
            .responses(partly(&self.outcome, [Failures::responses()]));
        paths.add_path_operation(&path, vec![HttpMethod::Patch], patch);
        let delete = self
            .operation(
                format!("BulkDelete{plural}"),
                format!("Delete selected {plural}"),
            )
            .parameters(Some(selection))
            .responses(partly(
                "DeleteResponse",
                [Failures::responses(), Unprocessable::responses()],
            ));
        paths.add_path_operation(&path, vec![HttpMethod::Delete], delete);
        paths
    }

    /// Operations on those of one space.
    pub(super) fn inside(&self, names: &Names) -> Paths {
        let path = format!("/space/{{space_id}}/{}", names.path);
        let Names { plural, .. } = names;
        let entity = self.entity;
        let mut paths = Paths::new();
        let list = self
            .operation(
                format!("List{plural}"),
                format!("List the {plural} of a space"),
            )
            .parameter(id("space_id"))
            .parameters(Some(ListParameters::into_params(|| {
                Some(ParameterIn::Query)
            })))
            .responses(with(many(&self.extended), [Failures::responses()]));
        paths.add_path_operation(&path, vec![HttpMethod::Get], list);
        let create = self
            .operation(format!("Create{entity}"), format!("Create a {entity}"))
            .parameter(id("space_id"))
            .parameters(Some(AllowExists::into_params(|| Some(ParameterIn::Query))))
            .request_body(Some(body(entity, JSON)))
            .responses(with(one(entity), [Failures::responses()]));
        paths.add_path_operation(&path, vec![HttpMethod::Post], create);
        paths
    }

    /// Operations on one.
    pub(super) fn one(&self, names: &Names) -> Paths {
        let own = format!("{}_id", names.path);
        let path = format!("/space/{{space_id}}/{}/{{{own}}}", names.path);
        let entity = self.entity;
        let operation = |verb: &str, summary: &str| {
            self.operation(format!("{verb}{entity}"), format!("{summary} a {entity}"))
                .parameter(id("space_id"))
                .parameter(id(&own))
        };
        let changed = || with(one(entity), [Failures::responses(), Conflict::responses()]);
        let mut paths = Paths::new();
        let get = operation("Get", "Read")
            .parameters(Some(ReadParameters::into_params(|| {
                Some(ParameterIn::Query)
            })))
            .responses(with(one(&self.extended), [Failures::responses()]));
        paths.add_path_operation(&path, vec![HttpMethod::Get], get);
        let update = operation("Update", "Replace")
            .request_body(Some(body(entity, JSON)))
            .responses(changed());
        paths.add_path_operation(&path, vec![HttpMethod::Put], update);
        let patch = operation("Patch", "Merge-patch")
            .request_body(Some(body(&self.patch, MERGE_PATCH)))
            .responses(changed());
        paths.add_path_operation(&path, vec![HttpMethod::Patch], patch);
        let delete = operation("Delete", "Delete").responses(with(
            one("DeleteResponse"),
            [Failures::responses(), Unprocessable::responses()],
        ));
        paths.add_path_operation(&path, vec![HttpMethod::Delete], delete);
        paths
    }
}

/// Adds a schema with all that it refers to; answers its name.
fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> String {
    let name = T::name().into_owned();
    schemas.push((name.clone(), T::schema()));
    T::schemas(schemas);
    name
}

fn id(name: &str) -> Parameter {
    let uuid = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Identifier."))
        .schema(Some(uuid))
        .build()
}

fn body(schema: &str, content_type: &str) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
    RequestBodyBuilder::new()
        .content(content_type, content.build())
        .required(Some(Required::True))
        .build()
}

fn one(schema: &str) -> RefOr<Schema> {
    Ref::from_schema_name(schema).into()
}

fn many(schema: &str) -> RefOr<Schema> {
    ArrayBuilder::new().items(one(schema)).into()
}

fn answer(description: &str, schema: RefOr<Schema>) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description(description)
        .content(JSON, content)
        .build()
        .into()
}

fn with<const N: usize>(schema: RefOr<Schema>, failures: [Answers; N]) -> Responses {
    let success = ("200".to_owned(), answer("Success.", schema));
    let failures = failures.into_iter().flatten();
    failures.chain([success]).collect()
}

fn partly<const N: usize>(schema: &str, failures: [Answers; N]) -> Responses {
    let mut responses = with(many(schema), failures);
    let failed = answer("Failed for some of them.", many(schema));
    responses.responses.insert("207".to_owned(), failed);
    responses
}
