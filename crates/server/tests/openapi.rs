//! The `OpenAPI` document is part of the contract: changes to it are reviewed as a snapshot.

#[test]
fn the_document_is_as_reviewed() {
    insta::assert_snapshot!(cubit_server::openapi_json());
}
