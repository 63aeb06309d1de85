//! The `OpenAPI` document: what is not said by the operations.

use axum::http::header;
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
