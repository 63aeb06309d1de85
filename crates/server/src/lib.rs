//! The HTTP face of the hub: routes, errors, OpenAPI.
