use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::*;

#[test]
fn words_are_replaced_as_a_whole() {
    for (sqlite, postgres) in [
        ("id BLOB NOT NULL,", "id BYTEA NOT NULL,"),
        ("(a TEXT)", "(a TEXT COLLATE \"C\")"),
        ("BLOBS TEXT_2 blob text", "BLOBS TEXT_2 blob text"),
        ("größe TEXT", "größe TEXT COLLATE \"C\""),
        ("", ""),
    ] {
        assert_eq!(translated(sqlite), postgres);
    }
}

const SQL: &str = "both databases know it";

/// An empty database of either kind.
enum Empty {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Empty {
    async fn new() -> Self {
        match cubit_test_database::fresh() {
            Some(url) => Self::Postgres(PgPool::connect(&url).await.expect("connects")),
            None => {
                let options = SqliteConnectOptions::new().in_memory(true);
                let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
                Self::Sqlite(pool.connect_with(options).await.expect("opens"))
            }
        }
    }

    /// Runs as many migrations as an older version had.
    async fn migrate(&self, count: usize) {
        let all = match self {
            Self::Sqlite(_) => for_sqlite(),
            Self::Postgres(_) => for_postgres(),
        };
        let some = Migrator::with_migrations(all.iter().take(count).cloned().collect());
        match self {
            Self::Sqlite(pool) => some.run(pool).await,
            Self::Postgres(pool) => some.run(pool).await,
        }
        .expect("migrates");
    }

    async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool) => drop(sqlx::query(sql).execute(pool).await.expect(SQL)),
            Self::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.expect(SQL)),
        }
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let (count,): (i64,) = match self {
            Self::Sqlite(pool) => sqlx::query_as(sql).fetch_one(pool).await.expect(SQL),
            Self::Postgres(pool) => sqlx::query_as(sql).fetch_one(pool).await.expect(SQL),
        };
        count
    }

    /// All there is, as text.
    async fn schema(&self) -> Vec<String> {
        let lines: Result<Vec<(String,)>, _> = match self {
            Self::Sqlite(pool) => {
                let sql = "SELECT type || ' ' || name || ': ' || COALESCE(sql, '') \
                     FROM sqlite_schema ORDER BY 1";
                sqlx::query_as(sql).fetch_all(pool).await
            }
            Self::Postgres(pool) => {
                let sql = "SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, \
                         collation_name, is_nullable) \
                     FROM information_schema.columns WHERE table_schema = 'public' \
                     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
                     UNION ALL SELECT format('%s: %s', conrelid::regclass, \
                         pg_get_constraintdef(oid)) \
                     FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
                     ORDER BY 1";
                sqlx::query_as(sql).fetch_all(pool).await
            }
        };
        lines
            .expect("schema")
            .into_iter()
            .map(|(line,)| line)
            .collect()
    }
}

#[tokio::test]
async fn step_by_step_it_becomes_what_a_new_one_is() {
    let new = Empty::new().await;
    new.migrate(usize::MAX).await;
    let old = Empty::new().await;
    for count in 1..=MIGRATIONS.iter().count() {
        old.migrate(count).await;
    }
    let schema = new.schema().await;
    assert!(schema.len() > 20, "{schema:?}");
    assert_eq!(old.schema().await, schema);
}

#[tokio::test]
async fn text_is_compared_byte_by_byte() {
    let Empty::Postgres(pool) = Empty::new().await else {
        return;
    };
    for_postgres().run(&pool).await.expect("migrates");
    let sql = "SELECT format('%s.%s', table_name, column_name) FROM information_schema.columns \
         WHERE table_schema = 'public' AND data_type = 'text' \
         AND collation_name IS DISTINCT FROM 'C' AND table_name <> '_sqlx_migrations'";
    let others: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&pool).await.expect("columns");
    assert_eq!(others, []);
}

/// How many migrations there were before sessions had rows of their own.
const BEFORE_SESSIONS: usize = 6;

#[tokio::test]
async fn sessions_from_before_end_like_others() {
    let database = Empty::new().await;
    database.migrate(BEFORE_SESSIONS).await;
    let is_postgres = matches!(database, Empty::Postgres(_));
    let id = |byte: u8| {
        let digits = format!("{byte:02x}").repeat(16);
        match is_postgres {
            true => format!("'\\x{digits}'::bytea"),
            false => format!("X'{digits}'"),
        }
    };
    let (organization, user) = (id(1), id(2));
    database
        .run(&format!(
            "INSERT INTO organizations (organization_id, slug, display_name, labels, annotations, \
             delete_gates, external_id, version, created_at, updated_at, cursor_id) \
             VALUES ({organization}, 'o', '', '', '', '', '', 1, 0, 0, 1)"
        ))
        .await;
    database
        .run(&format!(
            "INSERT INTO users (user_id, slug, display_name, username, external_id, \
             profile_picture_url, version, created_at, updated_at, cursor_id) \
             VALUES ({user}, 'u', '', 'u', '', '', 1, 0, 0, 1)"
        ))
        .await;
    database
        .run(&format!(
            "INSERT INTO members (organization_id, user_id) VALUES ({organization}, {user})"
        ))
        .await;
    for (hash, name, expires_at) in [
        (id(3), "session", "9"),
        (id(4), "command line", "NULL"),
        (id(5), "ci", "9"),
    ] {
        database
            .run(&format!(
                "INSERT INTO tokens (token_hash, organization_id, user_id, name, created_at, \
                 expires_at) VALUES ({hash}, {organization}, {user}, '{name}', 1, {expires_at})"
            ))
            .await;
    }
    database.migrate(usize::MAX).await;
    database
        .run(&format!("DELETE FROM sessions WHERE user_id = {user}"))
        .await;
    assert_eq!(database.count("sessions").await, 0);
    assert_eq!(database.count("tokens").await, 2, "those that people made");
}

/// The tables that the first migration makes, each with what a row of it must have, as SQL: every
/// identifier is the same, so everything belongs to everything.
fn first_rows(is_postgres: bool) -> Vec<(String, String)> {
    let first = MIGRATIONS.iter().next().expect("a first one");
    let id = match is_postgres {
        true => format!("'\\x{}'::bytea", "01".repeat(16)),
        false => format!("X'{}'", "01".repeat(16)),
    };
    let tables = first.sql.as_str().split("CREATE TABLE ").skip(1);
    tables
        .map(|text| {
            let (table, rest) = text.split_once(" (\n").expect("columns");
            let lines = rest.lines().take_while(|line| *line != ");");
            let (names, values): (Vec<_>, Vec<_>) = lines
                .filter(|line| line.contains("NOT NULL"))
                .filter_map(|line| {
                    let mut words = line.split_whitespace();
                    let name = words.next()?;
                    let value = match words.next()? {
                        "BLOB" => &id,
                        "BIGINT" => "1",
                        "TEXT" => "''",
                        other => panic!("{table}: {other}"),
                    };
                    Some((name, value))
                })
                .unzip();
            let (names, values) = (names.join(", "), values.join(", "));
            let sql = format!("INSERT INTO {table} ({names}) VALUES ({values})");
            (table.to_owned(), sql)
        })
        .collect()
}

#[tokio::test]
async fn what_any_older_version_left_is_kept() {
    let new = Empty::new().await;
    new.migrate(usize::MAX).await;
    let schema = new.schema().await;
    let rows = first_rows(matches!(new, Empty::Postgres(_)));
    assert_eq!(rows.len(), 10, "{rows:?}");
    for count in 1..=MIGRATIONS.iter().count() {
        let old = Empty::new().await;
        old.migrate(1).await;
        for (_, sql) in &rows {
            old.run(sql).await;
        }
        old.migrate(count).await;
        // The second time there is nothing to do.
        for _ in 0..2 {
            old.migrate(usize::MAX).await;
            assert_eq!(old.schema().await, schema, "from {count}");
            for (table, _) in &rows {
                // The cursor is in the first of them from the start.
                let expected = if table == "meta" { 2 } else { 1 };
                assert_eq!(old.count(table).await, expected, "{table} from {count}");
            }
        }
    }
}
