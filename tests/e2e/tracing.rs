//! The trace of a run, as a collector gets it (`spec.md` §9): its tree, ids, times and attributes; and a collector that
//! does its worst.

use std::{fs, net::TcpListener, os::unix::fs::DirBuilderExt};

use serde_json::Value;
use zb_tests::{
    Collector, Events, FakeRestic, Finished, JobFile, Reply, ResticRepo, Scene, Span, Zb, eventually,
    trace_of,
};

/// Spans that are made of a run's events; zb's own may stand beside them.
const OF_A_RUN: [&str; 5] = ["backup.run", "hook.pre", "restic.backup", "hook.post", "retention"];

fn job_of(events: &Events) -> String {
    events.one("run.queued")["jobId"].as_str().unwrap().to_owned()
}

fn nanoseconds(event: &Value) -> u64 {
    let time: jiff::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
    time.as_nanosecond().try_into().unwrap()
}

/// The spans of one run's events, oldest first.
fn run_spans(collector: &Collector, job: &str) -> Vec<Span> {
    let trace = trace_of(job);
    let mut spans: Vec<_> = collector
        .spans()
        .into_iter()
        .filter(|span| span.trace == trace && OF_A_RUN.contains(&span.name.as_str()))
        .collect();
    // What was not answered is sent again: the same spans.
    spans.sort_by(|a, b| (a.start, &a.name, &a.id).cmp(&(b.start, &b.name, &b.id)));
    spans.dedup();
    spans
}

/// Lets the next zb deliver what is left, until a run's root is there; a busy machine may need more than one.
fn delivered(zb: &Zb<'_>, collector: &Collector, job: &str) -> Vec<Span> {
    eventually("the trace of a run", || {
        let spans = run_spans(collector, job);
        if spans.iter().any(|span| span.name == "backup.run") {
            return Some(spans);
        }
        zb.run(&["recover"]).exits(0);
        None
    })
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name} in {spans:#?}");
    found[0]
}

#[track_caller]
fn is_a_tree(spans: &[Span]) {
    let root = named(spans, "backup.run");
    assert_eq!(root.parent, None);
    for span in spans.iter().filter(|span| span.name != "backup.run") {
        assert_eq!(span.parent.as_ref(), Some(&root.id), "{span:#?}");
        assert!(
            root.start <= span.start && span.start <= span.end && span.end <= root.end,
            "{span:#?} in {root:#?}"
        );
    }
}

/// The span that the hooks were told is the one that stands for them.
#[track_caller]
fn hooks_were_told(scene: &Scene, spans: &[Span]) {
    for phase in ["pre", "post"] {
        let span = named(spans, &format!("hook.{phase}"));
        let request = &scene.receiver.requests_to(&format!("/{phase}"))[0];
        assert_eq!(request.header("traceparent"), Some(format!("00-{}-{}-01", span.trace, span.id).as_str()));
    }
}

fn traced<'a>(scene: &'a Scene, collector: &Collector) -> Zb<'a> {
    scene.zb().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
}

#[test]
fn a_real_run_is_one_trace() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let _repo = ResticRepo::create(&scene.scratch);
    let job = scene.job().line("retention = { keep_last = 1 }").write(&scene.scratch);
    let zb = traced(&scene, &collector)
        .env("OTEL_SERVICE_NAME", "backups")
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=attic")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20planted-collector-token");
    let run = zb.run(&["run", &job, "--json"]);
    run.exits(0);
    let events = run.events();
    let spans = delivered(&zb, &collector, &job_of(&events));
    assert_eq!(spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), OF_A_RUN);
    is_a_tree(&spans);
    hooks_were_told(&scene, &spans);

    for (name, begins, ends) in [
        ("backup.run", events.one("run.queued"), events.one("run.finished")),
        ("hook.pre", events.hook("hook.started", "pre"), events.hook("hook.finished", "pre")),
        ("restic.backup", events.one("restic.started"), events.one("restic.finished")),
        ("hook.post", events.hook("hook.started", "post"), events.hook("hook.finished", "post")),
        ("retention", events.one("retention.started"), events.one("retention.finished")),
    ] {
        let span = named(&spans, name);
        assert_eq!(
            (span.start, span.end),
            (nanoseconds(begins), nanoseconds(ends)),
            "{name} has the events' times"
        );
        assert_ne!(span.status.0, "ERROR", "{span:#?}");
        assert_eq!(span.resource["service.name"], "backups");
        assert_eq!(span.resource["deployment.environment"], "attic");
    }
    let root = &named(&spans, "backup.run").attributes;
    assert_eq!((&root["zb.status"], &root["zb.job.name"]), (&"success".into(), &"postgres data".into()));
    assert_eq!(root["zb.snapshot.id"], events.one("run.finished")["snapshotId"]);
    let backup = &named(&spans, "restic.backup").attributes;
    let summary = &events.one("restic.finished")["summary"];
    assert_eq!(
        (&backup["zb.bytes.total"], &backup["zb.files.new"]),
        (&summary["totalBytes"], &summary["filesNew"])
    );
    assert_eq!(named(&spans, "hook.pre").attributes["http.response.status_code"], 200);
    for request in collector.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer planted-collector-token"));
        assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    }
}

#[test]
fn a_cancelled_run_is_no_error() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let zb = traced(&scene, &collector).restic(restic.command());
    let run = zb.spawn(&["run", &job, "--json"]);
    restic.wait_until_started();
    run.interrupt();
    let run = run.wait();
    run.exits(130);
    let spans = delivered(&zb, &collector, &job_of(&run.events()));
    is_a_tree(&spans);
    hooks_were_told(&scene, &spans);
    let root = named(&spans, "backup.run");
    assert_eq!(root.attributes["zb.status"], "cancelled");
    assert_ne!(root.status.0, "ERROR", "{root:#?}");
    assert!(root.events.iter().any(|(name, _)| name == "cancel.requested"), "{root:#?}");
}

#[test]
fn a_run_that_was_killed_and_settled_is_one_trace_too() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let zb = traced(&scene, &collector).restic(restic.command());
    let mut run = zb.spawn(&["run", &job, "--json"]);
    restic.wait_until_started();
    let id = run.wait_for_event("restic.started")["jobId"].as_str().unwrap().to_owned();
    run.kill9();
    run.wait().was_killed();
    scene.scratch.nothing_left_running();
    let spans = delivered(&zb, &collector, &id);
    is_a_tree(&spans);
    hooks_were_told(&scene, &spans);
    let root = named(&spans, "backup.run");
    assert_eq!(
        (&root.attributes["zb.status"], &root.attributes["zb.interrupted"]),
        (&"error".into(), &true.into())
    );
    assert_eq!(root.status.0, "ERROR");
}

/// The very first run of a data directory, killed before anybody who watches was told anything of it.
#[test]
fn a_first_run_of_which_nobody_was_told_in_time_is_told_of_later() {
    let (scene, collector) = (Scene::new(), Collector::start());
    fs::DirBuilder::new().mode(0o700).create(scene.scratch.path("data")).unwrap();
    let served_elsewhere = fs::File::create(scene.scratch.path("data/observers.lock")).unwrap();
    served_elsewhere.lock().unwrap();
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let zb = traced(&scene, &collector).restic(restic.command());
    let mut run = zb.spawn(&["run", &job, "--json"]);
    let id = run.wait_for_event("restic.started")["jobId"].as_str().unwrap().to_owned();
    run.kill9();
    run.wait().was_killed();
    scene.scratch.nothing_left_running();
    drop(served_elsewhere);
    let spans = delivered(&zb, &collector, &id);
    is_a_tree(&spans);
    assert_eq!(named(&spans, "backup.run").attributes["zb.interrupted"], true);
}

#[test]
fn a_failed_backup_is_an_error_in_the_right_place() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let restic = FakeRestic::exits(&scene.scratch, 1, "Fatal: planted-words-of-restic\n");
    scene.receiver.answers("/pre", [Reply::text(200, "planted-answer")]);
    let job = scene.job().write(&scene.scratch);
    let zb = traced(&scene, &collector).restic(restic.command());
    let run = zb.run(&["run", &job, "--json"]);
    run.exits(1);
    let spans = delivered(&zb, &collector, &job_of(&run.events()));
    is_a_tree(&spans);
    for (name, expected) in
        [("backup.run", true), ("restic.backup", true), ("hook.pre", false), ("hook.post", false)]
    {
        assert_eq!(named(&spans, name).status.0 == "ERROR", expected, "{name}");
    }
    for request in collector.requests() {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        assert!(!body.contains("planted"), "what others said went into telemetry: {body}");
    }
}

/// A run to its end with a collector that is no help.
fn unharmed(scene: &Scene, job: &JobFile, endpoint: &str) -> Finished {
    let job = job.write(&scene.scratch);
    let restic = FakeRestic::saves(&scene.scratch);
    let zb = scene.zb().restic(restic.command()).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    let run = zb.run(&["run", &job, "--json"]);
    run.exits(0);
    run
}

#[test]
fn a_collector_that_is_no_help_harms_no_run_and_gets_everything_later() {
    let scene = Scene::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap(); // connected by the kernel, and never answered
    let hangs = format!("http://{}", silent.local_addr().unwrap());
    let refuses = Collector::start();
    refuses.answers_traces(std::iter::repeat_n(Reply::status(503), 1000));
    let endpoints = [&hangs, &refuses.endpoint(), "http://127.0.0.1:1", "not a url"];
    let jobs: Vec<_> =
        endpoints.iter().map(|endpoint| job_of(&unharmed(&scene, &scene.job(), endpoint).events())).collect();
    assert_eq!(scene.receiver.paths().len(), 2 * jobs.len());

    let collector = Collector::start();
    let zb = traced(&scene, &collector);
    for job in &jobs {
        is_a_tree(&delivered(&zb, &collector, job));
    }
    let mut roots: Vec<_> = collector
        .spans()
        .into_iter()
        .filter(|span| span.name == "backup.run")
        .map(|span| span.trace)
        .collect();
    roots.dedup();
    assert_eq!(roots, jobs.iter().map(|job| trace_of(job)).collect::<Vec<_>>(), "in the order of the runs");
}

#[test]
fn where_nobody_asks_for_it_nothing_is_sent() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let zb = traced(&scene, &collector).restic(restic.command()).env("OTEL_SDK_DISABLED", "true");
    zb.run(&["run", &job]).exits(0);
    assert!(collector.requests().is_empty());
}
