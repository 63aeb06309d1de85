//! The where and where_data query languages: grammar, types and evaluation.
