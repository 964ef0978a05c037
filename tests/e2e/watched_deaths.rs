//! Who watches misses no run, wherever zb dies (`spec.md` §9): the real zb, struck at its first, second, third … write to
//! the database, by the thread of the run or of those who watch, until a run gets through unharmed.

use std::collections::HashMap;

use zb_tests::{Collector, FakeRestic, Fault, JobFile, Scene, ZbConfig, eventually, trace_of};

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

#[test]
fn killed_at_any_write_nobody_misses_the_end_of_a_run() {
    let (scene, collector) = (Scene::new(), Collector::start());
    ZbConfig::new().notify("life", "healthchecks", &scene.receiver.url("/ping"), "").write(&scene.scratch);
    let restic = FakeRestic::saves(&scene.scratch);
    let job = JobFile::new(&scene.scratch).write(&scene.scratch);
    let zb = || {
        let zb = scene.zb().restic(restic.command()).env("ZB_CONFIG", scene.scratch.path("zb.toml"));
        zb.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
    };
    zb().run(&["run", &job]).exits(0); // makes the database
    let mut deaths = 0;
    for n in 1..WRITES {
        let run = Fault::Killed(n).strikes(&scene.scratch, zb()).run(&["run", &job]);
        scene.scratch.nothing_left_running();
        zb().run(&["recover"]).exits(0);
        if run.status.success() {
            break;
        }
        run.was_killed();
        deaths += 1;
    }
    println!("{deaths} deaths");
    assert!((9..WRITES - 1).contains(&deaths), "{deaths}");
    let ended = ended(&scene);
    eventually("the end of every run to be told and traced", || {
        let all = ends_told(&scene).len() == ended.len() && traced(&collector).len() == ended.len();
        if !all {
            zb().run(&["recover"]).exits(0);
        }
        all.then_some(())
    });
    assert_eq!(ends_told(&scene), ended, "each, and in the order of the runs");
    assert_eq!(traced(&collector), ended, "each, and in the order of the runs");
    // What was told again is what was told before.
    let mut known = HashMap::new();
    for span in collector.spans().into_iter().filter(|span| span.name == "backup.run") {
        let first = known.entry(span.id.clone()).or_insert_with(|| span.clone());
        assert_eq!(*first, span);
    }
}
