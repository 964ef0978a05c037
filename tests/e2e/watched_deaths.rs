//! Who watches misses no run, wherever zb dies (`spec.md` §9): the real zb, struck at its first, second, third … write to
//! the database, by the thread of the run or of those who watch, until a run gets through unharmed.

use std::collections::HashMap;

use zb_tests::{Collector, FakeRestic, Fault, Finished, Scene, Zb, ZbConfig, eventually, trace_of};

/// More than a run and those who watch it have.
const WRITES: usize = 400;

/// The runs that have ended, oldest first, as UUIDs without dashes.
fn ended(scene: &Scene) -> Vec<String> {
    let mut runs = scene.runs();
    runs.retain(|run| run["state"] == "finished");
    let mut ended: Vec<_> = runs.iter().map(|run| trace_of(run["jobId"].as_str().unwrap())).collect();
    ended.sort(); // a UUIDv7 begins with its time
    ended
}

/// The runs of which an end was told, in the order in which they were first told.
fn ends_told(scene: &Scene) -> Vec<String> {
    let mut told = Vec::new();
    for path in scene.receiver.paths() {
        let end = path.strip_prefix("/ping?rid=").or_else(|| path.strip_prefix("/ping/fail?rid="));
        let run = end.map(|run| run.replace('-', ""));
        told.extend(run.filter(|run| !told.contains(run)).into_iter().collect::<Vec<_>>());
    }
    told
}

/// The runs whose trace has arrived, likewise.
fn traced(collector: &Collector) -> Vec<String> {
    let mut traced = Vec::new();
    for root in collector.spans().into_iter().filter(|span| span.name == "backup.run") {
        if !traced.contains(&root.trace) {
            traced.push(root.trace);
        }
    }
    traced
}

/// A job with a sign of life and a collector, and a database.
struct Watched {
    scene: Scene,
    collector: Collector,
    restic: FakeRestic,
    job: String,
}

impl Watched {
    fn new() -> Self {
        let (scene, collector) = (Scene::new(), Collector::start());
        ZbConfig::new()
            .notify("life", "healthchecks", &scene.receiver.url("/ping"), "")
            .write(&scene.scratch);
        let restic = FakeRestic::saves(&scene.scratch);
        let job = scene.job().write(&scene.scratch);
        let watched = Self { scene, collector, restic, job };
        watched.zb().run(&["run", &watched.job]).exits(0);
        watched
    }

    fn zb(&self) -> Zb<'_> {
        let config = self.scene.scratch.path("zb.toml");
        let zb = self.scene.zb().restic(self.restic.command()).env("ZB_CONFIG", config);
        zb.env("OTEL_EXPORTER_OTLP_ENDPOINT", self.collector.endpoint())
    }

    /// One run with a fault, and a zb without one behind it.
    fn struck(&self, fault: Fault) -> Finished {
        let run = fault.strikes(&self.scene.scratch, self.zb()).run(&["run", &self.job]);
        self.scene.scratch.nothing_left_running();
        self.zb().run(&["recover"]).exits(0);
        run
    }

    /// Every run that has ended was told of and traced, in the order of the runs.
    fn nobody_missed_anything(&self) {
        let ended = ended(&self.scene);
        eventually("the end of every run to be told and traced", || {
            let told = (ends_told(&self.scene).len(), traced(&self.collector).len());
            if told != (ended.len(), ended.len()) {
                self.zb().run(&["recover"]).exits(0);
                return None;
            }
            Some(())
        });
        assert_eq!(ends_told(&self.scene), ended);
        assert_eq!(traced(&self.collector), ended);
        // What was told again is what was told before.
        let mut known = HashMap::new();
        for root in self.collector.spans().into_iter().filter(|span| span.name == "backup.run") {
            let first = known.entry(root.id.clone()).or_insert_with(|| root.clone());
            assert_eq!(*first, root);
        }
    }
}

#[test]
fn killed_at_any_write_nobody_misses_the_end_of_a_run() {
    let watched = Watched::new();
    let mut deaths = 0;
    for n in 1..WRITES {
        let run = watched.struck(Fault::Killed(n));
        if run.status.success() {
            break;
        }
        run.was_killed();
        deaths += 1;
    }
    println!("{deaths} deaths, nothing missed");
    assert!((9..WRITES - 1).contains(&deaths), "{deaths}");
    watched.nobody_missed_anything();
}

/// Full for the run, or for those who watch, or for both; then there is room again.
#[test]
fn with_a_full_disk_the_hooks_are_paired_and_nobody_misses_the_end_of_a_run() {
    let watched = Watched::new();
    let mut failures = 0;
    for n in (1..WRITES).step_by(7) {
        if watched.struck(Fault::DiskFull(n)).status.success() {
            break;
        }
        failures += 1;
    }
    println!("{failures} failures, nothing missed");
    assert!((2..WRITES / 7).contains(&failures), "{failures}");
    let paths = watched.scene.receiver.paths();
    let count = |path: &str| paths.iter().filter(|called| *called == path).count();
    assert!(count("/pre") <= count("/post"), "{paths:?}");
    watched.nobody_missed_anything();
}
