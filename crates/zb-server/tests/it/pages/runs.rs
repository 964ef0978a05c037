//! The page of a run: its picture, the key below it, its steps.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::{AppendError, Bus, Journal, Position, Recorded, StorageError, StreamId, Version};
use hook_core::{JobId, RunEvent};
use job_store::Store;

use super::{Site, html::Page};
use crate::sample;

const QUEUED: &str = r#""type":"run.queued","organizationId":"org_default","jobName":"by hand","sourcePath":"/data","trigger":"cli","attempt":1,"hooks":{"pre":{"attempts":1},"post":{"attempts":1,"when":"paired"}},"retention":true,"machine":1"#;
const CHECKED: &str = r#""type":"checks.finished","durationMs":5,"resticVersion":"0.19.1""#;
const PRE: &str =
    r#""type":"hook.started","phase":"pre","attempt":1,"webhookId":"a","origin":"http://a:9000""#;
const PRE_OK: &str =
    r#""type":"hook.finished","phase":"pre","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":1"#;
const RESTIC: &str = r#""type":"restic.started","resticVersion":"0.19.1""#;
const SAVED: &str =
    r#""type":"restic.finished","outcome":"complete","exitCode":0,"snapshotId":"9f3c21ab77aa""#;
const DIED: &str = r#""type":"run.interrupted","by":"guardian""#;
const POST: &str =
    r#""type":"hook.started","phase":"post","attempt":1,"webhookId":"b","origin":"http://a:9000""#;
const POST_OK: &str =
    r#""type":"hook.finished","phase":"post","attempt":1,"outcome":"ok","httpStatus":200,"durationMs":1"#;
const KEEPS: &str = r#""type":"retention.started""#;
const FAILED: &str =
    r#""type":"run.finished","status":"error","error":"interrupted: zb died","durationMs":9"#;

/// What is told, as an event of the run.
fn event(run: &JobId, told: &str) -> RunEvent {
    let text = format!(r#"{{"jobId":"{run}","scheduleId":"sched_file",{told}}}"#);
    serde_json::from_str(&text).unwrap()
}

impl Site {
    /// Tells of a run, and opens its page.
    async fn run(&self, number: u8, told: &[&str]) -> Page {
        let run = sample::run(number);
        let events = told.iter().map(|told| event(&run, told)).collect();
        let stream = StreamId::from(run.as_str());
        self.world.service.bus.publish(&stream, Version::default(), events).await.unwrap();
        self.get(&format!("/runs/{run}")).await
    }
}

#[tokio::test]
async fn the_key_explains_what_is_drawn_and_nothing_else() {
    let site = Site::new().await;
    let unsure = "Dashed line: nothing confirms that the service is up";
    let table: [(u8, &[&str]); 7] = [
        (10, &["hook", "service paused", "restic", "retention"]),
        (1, &["hook", "service paused", "restic", "retention", "hook failed", unsure]),
        (3, &["restic"]),
        (4, &["hook", "service paused", "restic", "zb died; not to scale"]),
        (6, &["restic", "retention"]),
        (7, &["hook", "service paused", "restic"]),
        // A check failed: nothing of what was planned is drawn.
        (9, &[]),
    ];
    for (number, key) in table {
        let page = site.get(&format!("/runs/{}", sample::run(number))).await;
        assert_eq!(page.words_within("scale", "li"), key, "{number}");
    }
    let live = site.get(&format!("/runs/{}", sample::run(2))).await;
    let key = ["hook", "service paused", "restic", "retention", "Dashed is still to come"];
    assert_eq!(live.words_within("scale", "li"), key);
}

/// A run that ended before restic began, by the death of zb: what did not happen stands where it would have.
#[tokio::test]
async fn what_did_not_happen_stands_in_its_place() {
    let site = Site::new().await;
    let between = ["Checks", "Pre hook answered", "restic, not started", "zb died", "Post hook answered"];
    let begun = [QUEUED, CHECKED, PRE, PRE_OK, DIED, POST];
    let settled = site.run(90, &[&begun[..], &[POST_OK, FAILED]].concat()).await;
    has_steps(&settled, &[&between[..], &["Retention, not run"]].concat());
    // The same while the post hook is still sent.
    let live = site.run(91, &begun).await;
    has_steps(&live, &[&between[..4], &["Post hook is being sent", "Retention"]].concat());

    let failed = site.get(&format!("/runs/{}", sample::run(9))).await;
    let steps = ["A check failed", "Pre hook, not sent", "restic, not started", "Post hook, not owed"];
    has_steps(&failed, &steps);
}

#[track_caller]
fn has_steps(page: &Page, wanted: &[&str]) {
    let steps = page.words_within("plain steps", "th").split_off(3);
    let is_so = steps.iter().zip(wanted).all(|(step, wanted)| step.starts_with(wanted));
    assert!(is_so && steps.len() == wanted.len(), "{steps:#?}");
}

/// The script counts on from there; without it the page comes again.
#[tokio::test]
async fn a_duration_that_goes_on_says_since_when() {
    let site = Site::new().await;
    let now = "2026-11-24T08:41:00Z";
    let tick = |took: &str| format!("<time class=\"tick\" datetime=\"{now}\">{took}</time>");
    let all = [QUEUED, CHECKED, PRE, PRE_OK, RESTIC, SAVED, POST, POST_OK, KEEPS];
    let (so_far, row) =
        (format!("{} so far", tick("0 ms")), format!("<td class=\"d\">{}</td>", tick("0 ms")));
    let table = [
        (80, &all[..1], vec![&so_far]),
        (81, &all[..3], vec![&so_far, &row]),
        (82, &all[..7], vec![&so_far, &row]),
        (83, &all[..], vec![&so_far, &row]),
    ];
    for (number, told, parts) in table {
        let page = site.run(number, told).await;
        for part in parts {
            assert!(page.text.contains(part), "{number}: {part} in\n{}", page.text);
        }
    }
    let restic = site.run(84, &all[..5]).await.text;
    for part in [format!("<b>restic</b> {}", tick("0 ms")), so_far, row] {
        assert!(restic.contains(&part), "{part} in\n{restic}");
    }
    let overview = site.get("/").await;
    assert!(overview.text.contains(&format!("for {}", tick("1.0 s"))), "{}", overview.text);
    for number in 3..=9 {
        let over = site.get(&format!("/runs/{}", sample::run(number))).await;
        assert!(!over.text.contains("class=\"tick\""), "{number} is over");
    }
}

/// A journal in which restic ends whenever somebody has read anything else of the run.
struct Meanwhile {
    store: Arc<Store>,
    run: JobId,
}

#[async_trait]
impl Journal<RunEvent> for Meanwhile {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<RunEvent>,
    ) -> Result<Vec<Recorded<RunEvent>>, AppendError> {
        self.store.append(stream, expected, events).await
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        self.store.read(after, at_most).await
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        let told = self.store.read_stream(stream).await?;
        let version = told.last().map_or(Version::default(), |last| last.version);
        self.store.append(stream, version, vec![event(&self.run, SAVED)]).await.unwrap();
        self.store.read_stream(stream).await
    }

    async fn head(&self) -> Result<Position, StorageError> {
        self.store.head().await
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        self.store.cursor(observer).await
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.store.save_cursor(observer, at).await
    }
}

/// A restic that ends between two looks at its run was said to have failed, "could not be started".
#[tokio::test]
async fn a_page_is_of_one_moment() {
    let mut site = Site::new().await;
    let run = sample::run(2);
    let meanwhile = Meanwhile { store: Arc::clone(&site.world.service.store), run: run.clone() };
    site.world.service.bus = Bus::new(Arc::new(meanwhile));
    for path in ["/".to_owned(), format!("/runs/{run}")] {
        let page = site.get(&path).await;
        assert!(page.text.contains("restic is 62 percent done"), "{}", page.text);
    }
}
