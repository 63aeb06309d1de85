//! Rows, blobs and queries on SQLite.
