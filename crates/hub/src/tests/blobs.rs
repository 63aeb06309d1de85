//! Large texts outside of the database.

use std::path::PathBuf;

use cubit_model::Time;
use jiff::SignedDuration;

use super::*;

/// Configuration that stays large when it is packed.
fn large(seed: u32) -> String {
    let mut text = DEPLOYMENT.replace("name: web # the shop", &format!("name: web-{seed}"));
    text.push_str("---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n");
    for key in 0..500 {
        let digest = cubit_store::identify(format!("{seed} {key}").as_bytes());
        let line: String = digest.0.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("  key{key}: {line}\n"));
    }
    text
}

impl Fixture {
    fn objects(&self) -> PathBuf {
        self._directory.path().join("objects")
    }

    /// The hub that keeps large texts for seven days after they were needed.
    async fn keeps_objects(mut self) -> Self {
        let place = format!("file://{}", self.objects().display());
        let place = place.parse().expect("a place");
        let keep = SignedDuration::from_hours(7 * 24);
        let hub = self.hub.clone().with_blobs(place, keep).await;
        self.hub = hub.expect("ours");
        self
    }

    /// The files that texts are.
    fn files(&self) -> Vec<PathBuf> {
        let organization = self.space.organization_id.to_string();
        let folder = std::fs::read_dir(self.objects().join(organization));
        let files = folder.into_iter().flatten();
        files.map(|file| file.expect("file").path()).collect()
    }

    async fn text(&self, unit: &Unit, number: i64) -> String {
        let revisions = self.history(unit).await.0;
        let mut read = self.hub.store.read().await.expect("read");
        let revision = revisions.iter().find(|r| r.revision_num == number);
        let blob = revision.expect("revision").data_blob;
        let text = read.blob(unit.organization_id, blob).await.expect("text");
        String::from_utf8(text).expect("text")
    }
}

#[tokio::test]
async fn history_is_whole_with_texts_in_both_places() {
    let fixture = fixture().await;
    let change = UnitChange::default();
    let texts = [large(1), large(2), DEPLOYMENT.to_owned(), large(3)];
    let unit = fixture.create("unit", &texts[0]).await;
    let fixture = fixture.keeps_objects().await;
    assert_eq!(fixture.files().len(), 0);
    for text in &texts[1..] {
        let changed = fixture.patch(&unit, with_data(text), &change).await;
        changed.expect("changed");
    }
    assert!(fixture.files().len() >= 2, "{:?}", fixture.files());
    for (number, text) in (1..).zip(&texts) {
        assert_eq!(&fixture.text(&unit, number).await, text);
    }
    assert_eq!(selected(&fixture, "spec.replicas = 2", "").await, ["unit"]);
    let found = fixture.hub.inspect().await.expect("inspects");
    assert_eq!(found.problems, [""; 0]);

    std::fs::remove_file(&fixture.files()[0]).expect("removed");
    let found = fixture.hub.inspect().await.expect("inspects");
    assert!(found.problems[0].contains("is missing"), "{found:?}");
}

#[tokio::test]
async fn a_dry_run_writes_no_object() {
    let fixture = fixture().await.keeps_objects().await;
    let unit = fixture.create("unit", DEPLOYMENT).await;
    let dry_run = UnitChange {
        dry_run: true,
        ..UnitChange::default()
    };
    let changed = fixture.patch(&unit, with_data(&large(1)), &dry_run).await;
    assert_eq!(changed.expect("tried").head_revision_num, 2);
    assert_eq!(fixture.files().len(), 0);
}

#[tokio::test]
async fn texts_elsewhere_are_not_there_without_the_setting() {
    let fixture = fixture().await;
    let without = fixture.hub.clone();
    let fixture = fixture.keeps_objects().await;
    let unit = fixture.create("unit", &large(1)).await;
    let (query, id) = (ListQuery::default(), unit.unit_id);
    let read = without.get_unit(&fixture.caller, unit.space_id, id, &query);
    let error = read.await.expect_err("elsewhere");
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("CUBIT_BLOBS"), "{error}");
    assert!(!error.message().contains("CUBIT_BLOBS"), "{error}");
    without.check_blobs().await.expect_err("elsewhere");
}

#[tokio::test]
async fn objects_are_swept_once_a_day_and_go_after_a_week() {
    let fixture = fixture().await.keeps_objects().await;
    let unit = fixture.create("unit", &large(1)).await;
    let objects = fixture.files().len();
    assert!(objects > 0);
    let deleted = fixture
        .hub
        .delete_unit(&fixture.caller, unit.space_id, unit.unit_id);
    deleted.await.expect("deleted");
    let start = Time::now();
    for (hours, deleted, left) in [
        (0, Some(0), objects),
        (23, None, objects),
        (25, Some(0), objects),
        (7 * 24 + 1, Some(objects), 0),
        (9 * 24, Some(0), 0),
    ] {
        let now = Time(start.0 + SignedDuration::from_hours(hours));
        let swept = fixture.hub.sweep_once(now).await.expect("sweep");
        assert_eq!(swept.map(|swept| swept.deleted), deleted, "{hours} hours");
        assert_eq!(fixture.files().len(), left, "{hours} hours");
    }
}
