//! The `OpenAPI` document: what is not said by the operations.

use std::collections::HashMap;
use std::sync::OnceLock;

use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, ServerBuilder};

/// Name of the one security scheme.
const BEARER: &str = "bearerAuth";

/// The document without its operations.
pub(crate) fn outline() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Cubit")
        .description(Some(
            "Configuration as data: spaces, units, revisions and functions.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token, as `Authorization: Bearer TOKEN`."))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url("/api").build()]))
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme(BEARER, SecurityScheme::Http(bearer))
                .build(),
        ))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>(
            BEARER,
            [],
        )]))
        .build()
}

/// `GET /api/openapi.json`
pub(crate) async fn document() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, crate::openapi_json()).into_response()
}

/// The name of the operation of a method at a path, as routes write it.
pub(crate) fn operation_id(method: &Method, path: &str) -> Option<String> {
    static NAMES: OnceLock<HashMap<(String, String), String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let document = crate::api().split_for_parts().1;
        let mut names = HashMap::new();
        for (path, item) in document.paths.paths {
            let operations = [
                ("GET", item.get),
                ("POST", item.post),
                ("PUT", item.put),
                ("PATCH", item.patch),
                ("DELETE", item.delete),
            ];
            for (method, operation) in operations {
                if let Some(name) = operation.and_then(|operation| operation.operation_id) {
                    names.insert((method.to_owned(), format!("/api{path}")), name);
                }
            }
        }
        names
    });
    let key = (method.as_str().to_owned(), path.to_owned());
    names.get(&key).cloned()
}
