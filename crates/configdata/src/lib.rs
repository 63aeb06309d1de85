//! Configuration text as a lossless tree: formats, paths, edits, differences and mutations.
