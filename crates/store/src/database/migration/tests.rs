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
