use std::collections::HashSet;

use cubit_model::{
    Extended, ExtendedUnit, Organization, OrganizationId, Revision, RevisionId, Role, Space,
    SpaceId, Time, Unit, UnitId, User, UserId,
};
use cubit_query::{Literal, Where};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::database::Statement;
use crate::{Identity, Store, StoreError, Token, Write};

/// What concerns no organization.
const ABOVE: OrganizationId = OrganizationId(uuid::Uuid::nil());

/// Where the database of a test is.
struct Place {
    directory: TempDir,
    url: Option<String>,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("directory"),
            url: cubit_test_database::fresh(),
        }
    }

    async fn open(&self) -> Result<Store, StoreError> {
        match &self.url {
            Some(url) => Store::connect(url).await,
            None => Store::open(&self.directory.path().join("hub.db")).await,
        }
    }
}

async fn store() -> (Place, Store) {
    let place = Place::new();
    let store = place.open().await.expect("opens");
    (place, store)
}

async fn organization(write: &mut Write, slug: &str) -> OrganizationId {
    let mut organization = Organization {
        organization_id: OrganizationId::new(),
        slug: slug.to_owned(),
        ..Organization::default()
    };
    write
        .insert(&mut organization, Time::now())
        .await
        .expect("organization");
    organization.organization_id
}

async fn space(write: &mut Write, organization_id: OrganizationId, slug: &str) -> Space {
    let mut space = Space {
        organization_id,
        space_id: SpaceId::new(),
        slug: slug.to_owned(),
        ..Space::default()
    };
    write.insert(&mut space, Time::now()).await.expect("space");
    space
}

async fn unit(write: &mut Write, space: &Space, slug: &str, text: &str) -> Unit {
    let now = Time::now();
    let organization_id = space.organization_id;
    let blob = write
        .put_blob(organization_id, text.into(), None)
        .await
        .expect("blob");
    let mut unit = Unit {
        organization_id,
        space_id: space.space_id,
        unit_id: UnitId::new(),
        slug: slug.to_owned(),
        toolchain_type: Some("Kubernetes/YAML".parse().expect("toolchain")),
        head_revision_num: 1,
        data_blob: Some(blob),
        ..Unit::default()
    };
    write.insert(&mut unit, now).await.expect("unit");
    let mut revision = Revision {
        organization_id,
        space_id: space.space_id,
        unit_id: unit.unit_id,
        revision_id: RevisionId::new(),
        revision_num: 1,
        data_blob: Some(blob),
        ..Revision::default()
    };
    write.insert(&mut revision, now).await.expect("revision");
    unit
}

#[tokio::test]
async fn entities_come_back_as_written_and_versions_count() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let mut dev = space(&mut write, organization_id, "dev").await;
    assert_eq!(dev.version, 1);
    dev.labels.insert("tier".to_owned(), "web".to_owned());
    write
        .update(organization_id, &mut dev, Time::now())
        .await
        .expect("update");
    write.commit().await.expect("commit");

    let mut read = store.read().await.expect("read");
    let found: Option<Space> = read
        .get(organization_id, dev.space_id.0)
        .await
        .expect("get");
    assert_eq!(found.as_ref(), Some(&dev));
    assert_eq!(dev.version, 2);
    let stranger: Option<Space> = read
        .get(OrganizationId::new(), dev.space_id.0)
        .await
        .expect("get");
    assert_eq!(stranger, None, "another organization sees nothing");
}

#[tokio::test]
async fn lists_are_narrowed_and_ordered_by_cursor() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    for slug in ["c", "a", "b"] {
        space(&mut write, organization_id, slug).await;
    }
    write.commit().await.expect("commit");

    let mut read = store.read().await.expect("read");
    let all: Vec<Space> = read
        .list(organization_id, &Where::default())
        .await
        .expect("list");
    let slugs: Vec<_> = all.iter().map(|space| space.slug.as_str()).collect();
    assert_eq!(slugs, ["c", "a", "b"]);
    let query = Where::default().and("Slug", Literal::Text("a".to_owned()));
    let one: Vec<Space> = read.list(organization_id, &query).await.expect("list");
    assert_eq!(one.len(), 1);
}

#[tokio::test]
async fn a_taken_slug_is_told_apart() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let mut twin = space(&mut write, organization_id, "dev").await;
    twin.space_id = SpaceId::new();
    let inserted = write.insert(&mut twin, Time::now()).await;
    inserted.expect("it waits to be written");
    let error = write.check().await.expect_err("taken");
    assert!(matches!(error, StoreError::Taken(_)), "{error}");
}

#[tokio::test]
async fn a_dropped_change_leaves_nothing() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    organization(&mut write, "acme").await;
    drop(write);
    let mut write = store.write(ABOVE).await.expect("the writer is free again");
    organization(&mut write, "acme").await;
}

#[tokio::test]
async fn text_is_kept_once_and_goes_with_its_last_user() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let dev = space(&mut write, organization_id, "dev").await;
    let one = unit(&mut write, &dev, "one", "text: 1\n").await;
    let two = unit(&mut write, &dev, "two", "text: 1\n").await;
    let blob = one.data_blob.expect("text");
    assert_eq!(two.data_blob, Some(blob));

    write
        .delete_unit(organization_id, one.unit_id)
        .await
        .expect("delete");
    let texts = write
        .blobs(organization_id, &HashSet::from([blob]))
        .await
        .expect("still needed");
    assert_eq!(texts[&blob], b"text: 1\n");
    write
        .delete_unit(organization_id, two.unit_id)
        .await
        .expect("delete");
    let gone = write.blobs(organization_id, &HashSet::from([blob])).await;
    assert!(matches!(gone, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn what_waits_is_written_in_an_order_that_keys_allow() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let dev = space(&mut write, organization_id, "dev").await;
    let known = unit(&mut write, &dev, "known", "text: 1\n").await;
    write.commit().await.expect("commits");
    // The first needs no new text, and the second one does.
    let mut write = store.write(organization_id).await.expect("write");
    let ids = known.data_blob.into_iter();
    write.keep_blobs(organization_id, ids).await.expect("kept");
    unit(&mut write, &dev, "one", "text: 1\n").await;
    unit(&mut write, &dev, "two", "text: 2\n").await;
    write.commit().await.expect("commits");

    // A text that went and comes again is there.
    let mut write = store.write(organization_id).await.expect("write");
    let three = unit(&mut write, &dev, "three", "text: 3\n").await;
    let gone = write.delete_unit(organization_id, three.unit_id).await;
    gone.expect("deleted");
    unit(&mut write, &dev, "four", "text: 3\n").await;
    write.commit().await.expect("commits");
}

#[tokio::test]
async fn the_next_text_is_a_difference_one_hop_away() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let mut text: String = (0..300).map(|n| format!("k{n}: {}\n", n * 7919)).collect();
    let mut nearby = None;
    let mut expected = Vec::new();
    for round in 0..5 {
        text.push_str(&format!("round: {round}\n"));
        let id = write
            .put_blob(organization_id, text.clone().into_bytes(), nearby)
            .await
            .expect("put");
        nearby = Some(id);
        expected.push((id, text.clone()));
    }
    let ids = expected.iter().map(|(id, _)| *id).collect();
    let found = write.blobs(organization_id, &ids).await.expect("texts");
    for (id, text) in expected {
        assert_eq!(found[&id], text.into_bytes());
    }
    let row = Statement::new(
        "SELECT COUNT(*), COUNT(base.base_id) FROM blobs JOIN blobs base \
         ON base.blob_id = blobs.base_id",
    )
    .fetch_one(write.connection())
    .await
    .expect("counts");
    let counts: [i64; 2] = [0, 1].map(|column| row.try_get(column).expect("a count"));
    assert_eq!(counts, [4, 0]);
}

#[tokio::test]
async fn heads_counts_and_tokens() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let now = Time::now();
    let organization_id = organization(&mut write, "acme").await;
    let dev = space(&mut write, organization_id, "dev").await;
    let one = unit(&mut write, &dev, "one", "a: 1\n").await;
    let mut user = User {
        user_id: UserId::new(),
        username: "admin".to_owned(),
        ..User::default()
    };
    write.insert(&mut user, now).await.expect("user");
    let identity = Identity {
        organization_id,
        user_id: user.user_id,
    };
    write
        .insert_member(identity, Role::Viewer)
        .await
        .expect("member");
    let token = |byte, expires_at| Token {
        hash: [byte; 32],
        identity,
        name: "laptop".to_owned(),
        scopes: "View".to_owned(),
        created_at: now,
        expires_at,
        session: None,
    };
    write.insert_token(&token(1, None)).await.expect("token");
    write
        .insert_token(&token(2, Some(now)))
        .await
        .expect("token");
    write.commit().await.expect("commit");

    let mut read = store.read().await.expect("read");
    let heads = read.head_revisions(organization_id).await.expect("heads");
    assert_eq!(heads.len(), 1);
    let numbered = read
        .revisions(organization_id, &[(one.unit_id, 1), (one.unit_id, 2)])
        .await
        .expect("revisions");
    assert_eq!(numbered.len(), 1);
    let counts = read.unit_counts(organization_id).await.expect("counts");
    assert_eq!(counts[&dev.space_id].total, 1);
    assert_eq!(counts[&dev.space_id].unapplied, 1);
    let found = read.token(&[1; 32], now).await.expect("token");
    let found = found.expect("a token");
    assert_eq!(found.identity, identity);
    assert_eq!(found.scopes, "View");
    for (hash, why) in [([2; 32], "expired"), ([3; 32], "unknown")] {
        let found = read.token(&hash, now).await.expect("token");
        assert!(found.is_none(), "{why}");
    }
    let role = read.role(identity).await.expect("role");
    assert_eq!(role, Some(Role::Viewer));
    let tokens = read.tokens_of(identity).await.expect("tokens");
    let ids: Vec<_> = tokens.iter().map(Token::id).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    assert_eq!(
        read.first_member("acme").await.expect("member"),
        Some(identity)
    );
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let (place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    Statement::new(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', '1', '00', 0)",
    )
    .execute(write.connection())
    .await
    .expect("a later migration");
    write.commit().await.expect("commit");
    store.close().await;
    let error = place.open().await.expect_err("refused");
    assert!(matches!(error, StoreError::Newer(9999)), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn what_is_read_to_write_stays_true_until_it_is_written() {
    const WRITERS: i64 = 4;
    const ROUNDS: i64 = 20;
    let (place, store) = store().await;
    // As many processes as writers, half of them without their own.
    let other = place.open().await.expect("opens");
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let dev = space(&mut write, organization_id, "dev").await;
    write.commit().await.expect("commit");
    let writers = (0..WRITERS).map(|writer| {
        let store = if writer % 2 == 0 { &store } else { &other }.clone();
        let id = dev.space_id.0;
        tokio::spawn(async move {
            for _ in 0..ROUNDS {
                let mut write = store.write(organization_id).await.expect("write");
                let space: Option<Space> = write.get(organization_id, id).await.expect("get");
                let mut space = space.expect("space");
                let count: i64 = space.display_name.parse().unwrap_or_default();
                space.display_name = (count + 1).to_string();
                let updated = write.update(organization_id, &mut space, Time::now());
                updated.await.expect("update");
                write.commit().await.expect("commit");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("writes");
    }
    let mut read = store.read().await.expect("read");
    let space: Option<Space> = read
        .get(organization_id, dev.space_id.0)
        .await
        .expect("get");
    let count = (WRITERS * ROUNDS).to_string();
    assert_eq!(space.expect("space").display_name, count);
}

/// One writer at a time is all that `SQLite` has.
#[tokio::test]
async fn organizations_do_not_wait_for_one_another() {
    if !cubit_test_database::is_postgres() {
        return;
    }
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let one = organization(&mut write, "one").await;
    let two = organization(&mut write, "two").await;
    write.commit().await.expect("commit");
    let mut first = store.write(one).await.expect("write");
    let mut second = store.write(two).await.expect("write");
    let mut above = store.write(ABOVE).await.expect("write");
    let mine = space(&mut first, one, "dev").await;
    let theirs = space(&mut second, two, "dev").await;
    organization(&mut above, "three").await;
    for write in [above, second, first] {
        write.commit().await.expect("commit");
    }
    assert_eq!(mine.cursor_id, theirs.cursor_id);
}

/// A wait that is too long is no failure of the hub.
#[tokio::test]
async fn a_lock_that_is_not_to_be_had_is_told_apart() {
    let (mut place, store) = store().await;
    let Some(url) = &mut place.url else {
        return;
    };
    url.push_str("&options[lock_timeout]=1ms");
    let hasty = place.open().await.expect("opens");
    let organization_id = OrganizationId::new();
    let held = store.write(organization_id).await.expect("write");
    let error = hasty.write(organization_id).await.expect_err("locked");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    hasty
        .write(OrganizationId::new())
        .await
        .expect("another organization");
    drop(held);
}

#[tokio::test]
async fn reading_sees_one_state() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    write.commit().await.expect("commit");
    let mut read = store.read().await.expect("read");
    let before: Vec<Space> = read
        .list(organization_id, &Where::default())
        .await
        .expect("list");
    let mut write = store.write(organization_id).await.expect("write");
    space(&mut write, organization_id, "dev").await;
    write.commit().await.expect("commit");
    let after: Vec<Space> = read
        .list(organization_id, &Where::default())
        .await
        .expect("list");
    assert_eq!((before, after), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_text_with_a_nul_is_refused_and_never_found() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let mut dev = space(&mut write, organization_id, "dev").await;
    dev.display_name = "a\0b".to_owned();
    let error = write.update(organization_id, &mut dev, Time::now()).await;
    let error = error.expect_err("refused");
    assert!(
        matches!(error, StoreError::Unstorable("DisplayName")),
        "{error}"
    );
    let query = Where::default().and("DisplayName", Literal::Text("a\0b".to_owned()));
    write
        .list::<Space>(organization_id, &query)
        .await
        .expect("list");
    write
        .commit()
        .await
        .expect("the refusal was before the database");
}

#[tokio::test]
async fn a_change_of_which_a_part_failed_is_not_made() {
    let (_place, store) = store().await;
    let mut write = store.write(ABOVE).await.expect("write");
    let organization_id = organization(&mut write, "acme").await;
    let mut twin = space(&mut write, organization_id, "dev").await;
    twin.space_id = SpaceId::new();
    let inserted = write.insert(&mut twin, Time::now()).await;
    inserted.expect("it waits to be written");
    write.check().await.expect_err("taken");
    let error = write.commit().await.expect_err("a part failed");
    assert!(matches!(error, StoreError::Incomplete), "{error}");
    let mut read = store.read().await.expect("read");
    let found: Option<Organization> = read
        .get(organization_id, organization_id.0)
        .await
        .expect("get");
    assert_eq!(found, None);
}

/// Conditions of every kind that is lowered, and some that are not, over few values, so that
/// they often hold.
fn conditions() -> impl Strategy<Value = String> {
    let text = "[ab]{0,2}";
    let condition = prop_oneof![
        (
            prop::sample::select(vec!["=", "!=", "<", ">=", "LIKE"]),
            text
        )
            .prop_map(|(sign, text)| format!("Slug {sign} '{text}'")),
        (
            prop::sample::select(vec!["=", "!=", "<", "<=", ">"]),
            0..4_i64
        )
            .prop_map(|(sign, number)| format!("HeadRevisionNum {sign} {number}")),
        prop::collection::vec(text, 1..3)
            .prop_map(|list| format!("DisplayName IN ('{}')", list.join("', '"))),
        prop::sample::select(vec![
            "UpstreamUnitID IS NULL",
            "UpstreamUnitID IS NOT NULL",
            "UpstreamUnitID != '00000000-0000-0000-0000-000000000001'",
            "UpstreamUnitID = '00000000-0000-0000-0000-000000000001'",
            "Labels.a = 'b'",
            "Labels.a = 'b%'",
            "Labels.c = 'a_'",
            "Labels.c = 'é!%'",
            "Space.Slug = 'dev'",
            "Space.Slug = 'a'",
            "Space.Labels.x = 'a_'",
            "Space.Labels.x = 'ab'",
            "LEN(Labels) = 0",
            "CreatedAt < '2000-01-01'",
            "CreatedAt > '2000-01-01'",
            "HeadRevisionNum > LiveRevisionNum",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(condition, 0..4).prop_map(|list| list.join(" AND "))
}

#[tokio::test]
async fn a_lease_is_had_by_one_at_a_time() {
    let (_place, store) = store().await;
    let at = |second: i64| Time(jiff::Timestamp::from_second(second).expect("a time"));
    let take = |holder: u128, now: i64| {
        let (store, holder) = (store.clone(), uuid::Uuid::from_u128(holder));
        async move {
            let mut write = store.write(ABOVE).await.expect("write");
            let times = (at(now), at(now + 60));
            let lease = write.take_lease("work", holder, times).await.expect("asks");
            write.commit().await.expect("commits");
            lease
        }
    };
    let first = take(1, 0).await.expect("free");
    assert_eq!(take(2, 30).await, None);
    // Renewing it is the same lease.
    assert_eq!(take(1, 50).await, Some(first.clone()));
    assert_eq!(take(2, 100).await, None);
    // Who does not renew it loses it, and cannot write any more.
    let second = take(2, 111).await.expect("expired");
    assert!(second.fence > first.fence);
    let mut write = store.write(ABOVE).await.expect("write");
    let refused = write.check_lease(&first).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    write.check_lease(&second).await.expect("is the holder");
    // Giving back what is lost changes nothing; given back, it is free at once.
    write.release_lease(&first).await.expect("asks");
    write.commit().await.expect("commits");
    assert_eq!(take(1, 112).await, None);
    let mut write = store.write(ABOVE).await.expect("write");
    write.release_lease(&second).await.expect("asks");
    write.commit().await.expect("commits");
    assert!(take(1, 113).await.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What SQL leaves out, the evaluator would have left out too.
    #[test]
    fn narrowing_loses_nothing(
        rows in prop::collection::btree_map("[ab]{1,2}", (0..4_i64, "[ab]{0,2}", any::<[bool; 2]>()), 0..7),
        expressions in prop::collection::vec(conditions(), 8),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        runtime.block_on(async {
            let (_place, store) = store().await;
            let mut write = store.write(ABOVE).await.expect("write");
            let organization_id = organization(&mut write, "acme").await;
            let mut dev = space(&mut write, organization_id, "dev").await;
            dev.labels.insert("x".to_owned(), "a_".to_owned());
            let now = Time::now();
            write.update(organization_id, &mut dev, now).await.expect("labelled");
            for (slug, (number, name, [cloned, labelled])) in rows {
                let mut unit = Unit {
                    organization_id,
                    space_id: dev.space_id,
                    unit_id: UnitId::new(),
                    slug,
                    display_name: name,
                    toolchain_type: Some("Kubernetes/YAML".parse().expect("toolchain")),
                    head_revision_num: number,
                    upstream_unit_id: cloned.then_some(UnitId(uuid::Uuid::from_u128(1))),
                    ..Unit::default()
                };
                if labelled {
                    unit.labels.insert("a".to_owned(), "b".to_owned());
                    let odd = if number > 1 { "é!%" } else { "a_" };
                    unit.labels.insert("c".to_owned(), odd.to_owned());
                }
                write.insert(&mut unit, Time::now()).await.expect("unit");
            }
            let all: Vec<Unit> = write.list(organization_id, &Where::default()).await.expect("all");
            for expression in expressions {
                let query = Where::parse(&expression, &ExtendedUnit::table()).expect("parses");
                let keep = |units: Vec<Unit>| -> Vec<Unit> {
                    let rows = units.into_iter().map(|unit| ExtendedUnit {
                        space: Some(Box::new(dev.clone())),
                        ..ExtendedUnit::of(unit)
                    });
                    rows.filter(|row| query.matches(row)).map(|row| row.unit).collect()
                };
                let narrowed = write.list(organization_id, &query).await.expect("narrowed");
                assert_eq!(keep(narrowed), keep(all.clone()), "{expression}");
            }
        });
    }
}
