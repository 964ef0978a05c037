//! Whatever happens to jobs, runs and the clock: what the book says is what the store says.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
};

use event_bus::{Journal, StreamId, Version};
use hook_core::JobId;
use job_store::{DeleteJob, Expected, NewJob, PutJob, RunFilter};
use proptest::prelude::*;
use scheduler::Schedule;

use super::*;

/// 2026-11-24T00:00:00Z.
const BEGIN: i64 = 1_795_478_400;

const LINES: [&str; 4] = ["0 * * * *", "30 2 * * *", "*/10 * * * *", "0 0 1 * *"];
const IDS: usize = 3;
const OWNERS: [&str; 2] = ["org_a", "org_b"];

#[derive(Clone, Debug)]
enum Act {
    /// A job is made or changed: its id, whose it is, its line, whether it is enabled.
    Put(usize, usize, usize, bool),
    /// What is kept cannot be read.
    Damage(usize, usize),
    Delete(usize, usize),
    Run(usize, usize, bool),
    /// The clock goes on by so many seconds, or back.
    Wait(i64),
    /// The service looks.
    Look,
    /// The scheduler is told.
    Tell,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let (id, owner) = (0..IDS, 0..OWNERS.len());
    let act = prop_oneof![
        4 => (id.clone(), owner.clone(), 0..LINES.len(), prop::bool::weighted(0.8))
            .prop_map(|(id, owner, line, enabled)| Act::Put(id, owner, line, enabled)),
        1 => (id.clone(), owner.clone()).prop_map(|(id, owner)| Act::Damage(id, owner)),
        1 => (id.clone(), owner.clone()).prop_map(|(id, owner)| Act::Delete(id, owner)),
        3 => (id, owner, any::<bool>()).prop_map(|(id, owner, is_over)| Act::Run(id, owner, is_over)),
        4 => (-4000_i64..40_000).prop_map(Act::Wait),
        3 => Just(Act::Look),
        2 => Just(Act::Tell),
    ];
    prop::collection::vec(act, 1..24)
}

struct World {
    store: Arc<Store>,
    book: Book,
    seconds: Arc<AtomicI64>,
    runs: u64,
    /// What the scheduler knows.
    told: Option<BTreeMap<JobKey, scheduler::Job>>,
}

fn id(number: usize) -> hook_core::ScheduleId {
    format!("sched_{number}").parse().unwrap()
}

fn of(owner: usize) -> OrganizationId {
    OWNERS[owner].parse().unwrap()
}

impl World {
    fn new(dir: &std::path::Path) -> Self {
        let seconds = Arc::new(AtomicI64::new(BEGIN));
        let hands = Arc::clone(&seconds);
        let clock = Arc::new(move || Timestamp::from_second(hands.load(Ordering::Relaxed)).unwrap());
        let store = Arc::new(Store::open(dir, clock).unwrap());
        let book = Book::new(Arc::clone(&store), None, Duration::from_secs(60));
        Self { store, book, seconds, runs: 0, told: None }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.load(Ordering::Relaxed)).unwrap()
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Put(job, owner, line, enabled) => {
                let text = format!(
                    "id = \"{}\"\norganization = \"{}\"\nname = \"job {job}\"\nsource = \"/srv\"\nretries = 1\n\
                     enabled = {enabled}\nschedule = \"{}\"\ntimezone = \"UTC\"\n\n\
                     [repository]\nurl = \"/r\"\npassword = \"p\"\n",
                    id(job),
                    OWNERS[owner],
                    LINES[line]
                );
                self.put(job, owner, text).await;
            }
            Act::Damage(job, owner) => self.put(job, owner, "name = ".to_owned()).await,
            Act::Delete(job, owner) => {
                let deleted = self.store.delete_job(&of(owner), &id(job), Expected::Any).await.unwrap();
                assert!(!matches!(deleted, DeleteJob::InUse(_)));
            }
            Act::Run(job, owner, is_over) => self.run(job, owner, is_over).await,
            Act::Wait(seconds) => _ = self.seconds.fetch_add(seconds, Ordering::Relaxed),
            Act::Look => {
                self.book.refresh(self.now()).await.unwrap();
                self.compare().await;
            }
            Act::Tell => {
                self.book.refresh(self.now()).await.unwrap();
                self.tell();
                self.compare_scheduler().await;
            }
        }
    }

    async fn put(&self, job: usize, owner: usize, text: String) {
        let new = NewJob {
            organization: of(owner),
            schedule: id(job),
            name: format!("job {job}"),
            definition: text.into(),
            by: None,
        };
        assert!(matches!(self.store.put_job(new, Expected::Any).await.unwrap(), PutJob::Kept { .. }));
    }

    async fn run(&mut self, job: usize, owner: usize, is_over: bool) {
        self.runs += 1;
        let run = JobId::from_parts(self.runs, [0; 10]);
        let queued = r#""type":"run.queued","organizationId":"OWNER","jobName":"n","sourcePath":"/s","trigger":"schedule",
            "attempt":1,"hooks":{},"retention":false,"machine":1"#;
        let over = r#""type":"run.finished","status":"error","error":"e","durationMs":1"#;
        let told = [queued.replace("OWNER", OWNERS[owner]), over.to_owned()].map(|told| {
            serde_json::from_str(&format!(r#"{{"jobId":"{run}","scheduleId":"{}",{told}}}"#, id(job)))
                .unwrap()
        });
        let events = told.into_iter().take(1 + usize::from(is_over)).collect();
        self.store.append(&StreamId::from(run.as_str()), Version::EMPTY, events).await.unwrap();
    }

    fn tell(&mut self) {
        let changes = self.book.changes();
        if changes.is_first {
            assert!(self.told.is_none(), "all of them are told once");
            self.told = Some(BTreeMap::new());
        }
        let told = self.told.as_mut().unwrap();
        for gone in &changes.gone {
            told.remove(gone);
        }
        told.extend(changes.put.into_iter().map(|job| (job.id.clone(), job)));
    }

    /// The jobs that run, as the store has them.
    async fn there(&self) -> BTreeMap<JobKey, Job> {
        let all = self.store.jobs(None).await.unwrap().into_iter();
        let read = |stored: StoredJob| {
            Definition::stored(stored.definition).job(&stored.schedule, Duration::from_secs(60))
        };
        all.filter_map(|stored| read(stored).ok()).map(|job| (job.key(), job)).collect()
    }

    async fn compare(&self) {
        let (there, now) = (self.there().await, self.now());
        let known: Vec<_> = self.book.all().iter().map(|entry| entry.key.clone()).collect();
        assert_eq!(known, there.keys().cloned().collect::<Vec<_>>());
        let schedules =
            there.values().filter(|job| job.enabled).filter_map(|job| Some((job, job.schedule.as_ref()?)));
        let schedules: Vec<(&Job, &Schedule)> = schedules.collect();
        let utc = jiff::tz::TimeZone::UTC;
        for owner in [0, 1] {
            let ours = schedules.iter().filter(|(job, _)| job.organization == of(owner));
            let mut next: Vec<_> = ours.filter_map(|(_, schedule)| schedule.next(now, &utc)).collect();
            next.sort();
            next.truncate(2);
            let said = self.book.next_starts(&of(owner), 2, now);
            assert_eq!(said.into_iter().map(|(at, _)| at).collect::<Vec<_>>(), next);
        }
        let mut late = Vec::new();
        for (job, schedule) in schedules {
            let newest = RunFilter {
                organization: Some(job.organization.clone()),
                schedule: Some(job.schedule_id.clone()),
                limit: Some(1),
                ..RunFilter::default()
            };
            let newest = self.store.runs(&newest).await.unwrap().pop();
            let since = newest.and_then(|run| schedule.overdue(run.queued_at, now, &utc));
            late.extend(since.map(|since| (job.key(), since)));
        }
        let said = self.book.overdue(now).await.unwrap();
        let said: Vec<_> = said.into_iter().map(|(entry, since)| (entry.key.clone(), since)).collect();
        assert_eq!(said, late);
        for (key, job) in &there {
            let schedule = job.schedule.as_ref().filter(|_| job.enabled);
            let next = schedule.and_then(|schedule| schedule.next(now, &utc));
            let since = late.iter().find(|(late, _)| late == key).map(|(_, since)| *since);
            assert_eq!(self.book.timing(key, now), (next, since));
        }
    }

    async fn compare_scheduler(&self) {
        let told = self.told.as_ref().unwrap();
        let there = self.there().await;
        assert_eq!(told.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
        for (id, job) in &there {
            let told = scheduler::Job { last: None, ..told[id].clone() };
            assert_eq!(told, scheduled(job), "{id}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_book_says_what_the_store_says(acts in acts()) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(dir.path());
            for act in acts.into_iter().chain([Act::Look, Act::Tell, Act::Wait(100_000), Act::Look]) {
                world.act(act).await;
            }
        });
    }
}

/// A retry that was owed when the service ended is known to the next one.
#[tokio::test]
async fn a_run_that_failed_is_told_with_its_job() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.act(Act::Put(0, 0, 0, true)).await;
    world.act(Act::Run(0, 0, true)).await;
    world.act(Act::Tell).await;
    let last = world.told.unwrap()[&JobKey::new(of(0), id(0))].last.clone().unwrap();
    assert_eq!((last.status, last.attempt), (RunStatus::Error, 1));
}
