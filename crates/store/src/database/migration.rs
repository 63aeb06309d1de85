//! The schema, written once for both databases.
//!
//! A migration is SQL as `SQLite` takes it. `PostgreSQL` gets the same text with two words
//! replaced: it has another word for bytes, and orders text by the rules of a language unless told
//! to compare it as we do. So a migration keeps to what both know: `BIGINT`, `TEXT`, `BLOB` in
//! capitals; keys, indexes and references.

use sqlx::migrate::{Migration, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// What `PostgreSQL` calls a type.
const POSTGRES_WORDS: [(&str, &str); 2] = [("BLOB", "BYTEA"), ("TEXT", "TEXT COLLATE \"C\"")];

pub(super) fn for_sqlite() -> Migrator {
    Migrator::with_migrations(MIGRATIONS.iter().cloned().collect())
}

pub(super) fn for_postgres() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|migration| Migration {
        sql: AssertSqlSafe(translated(migration.sql.as_str())).into_sql_str(),
        // The checksum stays that of the text as it was written.
        ..migration.clone()
    });
    Migrator::with_migrations(migrations.collect())
}

/// Replaces whole words.
fn translated(sql: &str) -> String {
    let mut result = String::with_capacity(sql.len() * 2);
    for piece in sql.split_inclusive(|c: char| !is_word(c)) {
        let word = piece.trim_end_matches(|c: char| !is_word(c));
        let replaced = POSTGRES_WORDS.iter().find(|(known, _)| *known == word);
        result.push_str(replaced.map_or(word, |(_, theirs)| theirs));
        result.push_str(&piece[word.len()..]);
    }
    result
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests;
