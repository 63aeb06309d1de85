use std::fs;
use std::path::{Path, PathBuf};

use cubit_model::{BlobId, Time};
use jiff::SignedDuration;
use tempfile::TempDir;

use super::*;
use crate::Store;

/// A database and a folder for objects.
struct World {
    folder: TempDir,
    url: Option<String>,
    organization: OrganizationId,
}

/// Text of a length that does not get smaller.
fn noise(seed: &str, length: usize) -> Vec<u8> {
    let blocks = (0..).flat_map(|n: usize| crate::identify(format!("{seed} {n}").as_bytes()).0);
    blocks.take(length).collect()
}

/// Text that is an object.
fn large(seed: &str) -> Vec<u8> {
    noise(seed, LARGE + 100)
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("folder"),
            url: cubit_test_database::fresh(),
            organization: OrganizationId::new(),
        }
    }

    fn objects(&self) -> PathBuf {
        self.folder.path().join("objects")
    }

    async fn database(&self) -> Store {
        match &self.url {
            Some(url) => Store::connect(url).await.expect("connects"),
            None => {
                let opened = Store::open(&self.folder.path().join("hub.db")).await;
                opened.expect("opens")
            }
        }
    }

    async fn store(&self) -> Store {
        let store = self.database().await;
        store.with_objects(at(&self.objects())).await.expect("ours")
    }

    async fn put(&self, store: &Store, text: Vec<u8>, nearby: Option<BlobId>) -> BlobId {
        let mut write = store.write(self.organization).await.expect("write");
        let id = write.put_blob(self.organization, text, nearby).await;
        write.commit().await.expect("commit");
        id.expect("kept")
    }

    async fn get(&self, store: &Store, id: BlobId) -> Result<Vec<u8>, StoreError> {
        let mut read = store.read().await.expect("read");
        read.blob(self.organization, Some(id)).await
    }

    async fn forget(&self, store: &Store, id: BlobId) {
        let mut write = store.write(self.organization).await.expect("write");
        let deleted = write.delete_unused_blobs(self.organization, HashSet::from([id]));
        deleted.await.expect("deleted");
        write.commit().await.expect("commit");
    }

    /// The files that objects of an organization are.
    fn files(&self, organization: OrganizationId) -> Vec<PathBuf> {
        let folder = self.objects().join(organization.to_string());
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("entry").path()).collect()
    }

    fn only_file(&self) -> PathBuf {
        let files = self.files(self.organization);
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

fn at(folder: &Path) -> Objects {
    let place = format!("file://{}", folder.display());
    Objects::open(place.parse().expect("a place")).expect("opens")
}

fn days(number: i64) -> Time {
    Time(Time::now().0 + SignedDuration::from_hours(24 * number))
}

#[tokio::test]
async fn large_texts_are_objects_and_come_back() {
    for (text, objects) in [
        (Vec::new(), 0),
        (noise("a", LARGE - 100), 0),
        (vec![b' '; 100 * LARGE], 0),
        (noise("a", LARGE), 1),
        (noise("a", 50 * LARGE), 1),
    ] {
        let world = World::new();
        let store = world.store().await;
        let id = world.put(&store, text.clone(), None).await;
        assert_eq!(world.files(world.organization).len(), objects);
        assert_eq!(world.get(&store, id).await.expect("text"), text);
        assert_eq!(store.object_counts().writes, objects as u64);
        assert_eq!(store.object_counts().reads, objects as u64);
        // Once is enough.
        world.put(&store, text, None).await;
        assert_eq!(world.files(world.organization).len(), objects);
    }
}

#[tokio::test]
async fn a_difference_to_an_object_is_read_also_before_it_is_written() {
    let world = World::new();
    let store = world.store().await;
    let base = large("base");
    let text = [&*base, b"and more"].concat();
    let mut write = store.write(world.organization).await.expect("write");
    let organization = world.organization;
    let base_id = write.put_blob(organization, base.clone(), None).await;
    let base_id = base_id.expect("base");
    let id = write.put_blob(organization, text.clone(), Some(base_id));
    let id = id.await.expect("text");
    let found = write
        .blobs(organization, &HashSet::from([base_id, id]))
        .await;
    let found = found.expect("texts");
    assert_eq!((&found[&base_id], &found[&id]), (&base, &text));
    assert_eq!(world.files(organization).len(), 0, "it has not committed");
    write.commit().await.expect("commit");
    world.only_file();
    assert_eq!(world.get(&store, id).await.expect("text"), text);
}

#[tokio::test]
async fn a_change_that_is_dropped_writes_no_object() {
    let world = World::new();
    let store = world.store().await;
    let mut write = store.write(world.organization).await.expect("write");
    let id = write.put_blob(world.organization, large("a"), None).await;
    drop(write);
    assert_eq!(world.files(world.organization).len(), 0);
    let error = world.get(&store, id.expect("id")).await.expect_err("gone");
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn each_organization_has_its_own_object() {
    let world = World::new();
    let other = World {
        organization: OrganizationId::new(),
        folder: tempfile::tempdir().expect("folder"),
        url: None,
    };
    let store = world.store().await;
    let id = world.put(&store, large("same"), None).await;
    assert_eq!(other.put(&store, large("same"), None).await, id);
    assert_eq!(world.files(world.organization).len(), 1);
    assert_eq!(world.files(other.organization).len(), 1);
    world.forget(&store, id).await;
    let swept = store.sweep_objects(days(0), days(1)).await.expect("sweep");
    assert_eq!(swept.deleted, 1);
    assert_eq!(world.files(world.organization).len(), 0);
    assert_eq!(other.get(&store, id).await.expect("text"), large("same"));
}

#[tokio::test]
async fn texts_stay_where_they_were_written() {
    let world = World::new();
    let without = world.database().await;
    let before = world.put(&without, large("before"), None).await;
    let store = world.store().await;
    assert_eq!(
        world.get(&store, before).await.expect("text"),
        large("before")
    );
    store.check_objects().await.expect("answers");
    let after = world.put(&store, large("after"), None).await;
    world.only_file();

    assert_eq!(
        world.get(&without, before).await.expect("text"),
        large("before")
    );
    let error = world.get(&without, after).await.expect_err("elsewhere");
    assert!(matches!(error, StoreError::NoPlace), "{error}");
    let error = without.check_objects().await.expect_err("elsewhere");
    assert!(error.to_string().contains("CUBIT_BLOBS"), "{error}");
}

#[tokio::test]
async fn an_object_that_is_missing_or_another_is_told() {
    let world = World::new();
    let store = world.store().await;
    let id = world.put(&store, large("a"), None).await;
    let file = world.only_file();
    let other = zstd::bulk::compress(&large("b"), 3).expect("packs");
    fs::write(&file, other).expect("written");
    let error = world.get(&store, id).await.expect_err("another");
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    fs::remove_file(&file).expect("removed");
    let error = world.get(&store, id).await.expect_err("missing");
    let name = file.file_name().expect("name").to_string_lossy();
    let expected = format!("{}/{name} is missing", world.organization);
    assert!(error.to_string().contains(&expected), "{error}");
}

#[tokio::test]
async fn a_change_whose_objects_cannot_be_written_is_not_made() {
    let world = World::new();
    let store = world.store().await;
    // A file where the folder should be.
    let folder = world.objects().join(world.organization.to_string());
    fs::write(&folder, "in the way").expect("written");
    let mut write = store.write(world.organization).await.expect("write");
    let id = write.put_blob(world.organization, large("a"), None).await;
    let error = write.commit().await.expect_err("not written");
    assert!(matches!(error, StoreError::Objects(_)), "{error}");
    assert_eq!(store.object_counts().failures, 1);
    fs::remove_file(&folder).expect("removed");
    let error = world.get(&store, id.expect("id")).await.expect_err("gone");
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn objects_go_when_nothing_has_needed_them_for_long_enough() {
    let world = World::new();
    let store = world.store().await;
    let needed = world.put(&store, large("needed"), None).await;
    let id = world.put(&store, large("deleted"), None).await;
    // What a program leaves that dies before it commits.
    let folder = world.objects().join(world.organization.to_string());
    fs::write(folder.join(Uuid::now_v7().to_string()), "orphan").expect("written");
    fs::write(folder.join("README"), "not ours").expect("written");
    world.forget(&store, id).await;

    let sweep = async |now: i64| {
        let swept = store.sweep_objects(days(now), days(now - 7)).await;
        let Swept { deleted, waiting } = swept.expect("sweep");
        (deleted, waiting)
    };
    assert_eq!(sweep(0).await, (0, 2));
    assert_eq!(sweep(6).await, (0, 2));
    assert_eq!(world.files(world.organization).len(), 4);
    assert_eq!(sweep(7).await, (2, 0));
    assert_eq!(sweep(30).await, (0, 0));
    assert_eq!(world.files(world.organization).len(), 2);
    assert_eq!(
        world.get(&store, needed).await.expect("text"),
        large("needed")
    );
}

/// A server lists objects while another one is about to commit.
#[tokio::test]
async fn objects_of_a_change_that_goes_on_are_needed_if_it_commits() {
    for commits in [true, false] {
        let world = World::new();
        let store = world.store().await;
        let organization = world.organization;
        let mut write = store.write(organization).await.expect("write");
        let id = write.put_blob(organization, large("a"), None).await;
        write.send_objects().await.expect("sent");
        let objects = store.objects.as_ref().expect("objects");
        let listed = objects.list(organization).await.expect("list");
        assert_eq!(listed.len(), 1);
        match commits {
            true => write.commit().await.expect("commit"),
            false => drop(write),
        }
        let mut write = store.write(organization).await.expect("write");
        let now = days(0);
        let noted = write.note_unneeded_objects(listed, (now, now)).await;
        let (due, _) = noted.expect("noted");
        assert_eq!(due.is_empty(), commits);
        if commits {
            drop(write);
            let text = world.get(&store, id.expect("id")).await;
            assert_eq!(text.expect("text"), large("a"));
        }
    }
}

#[tokio::test]
async fn a_place_belongs_to_one_database() {
    let [ours, other] = [World::new(), World::new()];
    let store = ours.store().await;
    ours.store().await;
    let taken = other.database().await.with_objects(at(&ours.objects()));
    let error = taken.await.expect_err("taken");
    assert!(matches!(error, StoreError::PlaceTaken(_)), "{error}");

    // Nothing is there yet, so it may move.
    let moved = ours.folder.path().join("moved");
    let store = store.with_objects(at(&moved)).await.expect("moves");
    ours.put(&store, large("a"), None).await;
    let elsewhere = ours.folder.path().join("elsewhere");
    let error = store.with_objects(at(&elsewhere)).await.expect_err("empty");
    assert!(matches!(error, StoreError::OtherPlace(_)), "{error}");
    fs::create_dir_all(&elsewhere).expect("folder");
    fs::copy(
        moved.join("cubit-database"),
        elsewhere.join("cubit-database"),
    )
    .expect("copied");
    let store = ours.database().await.with_objects(at(&elsewhere)).await;
    store.expect("ours");
}

#[tokio::test]
async fn the_trial_leaves_nothing() {
    let world = World::new();
    let objects = at(&world.objects());
    objects.check().await.expect("works");
    let left = fs::read_dir(world.objects()).expect("folder").count();
    assert_eq!(left, 0);
}
