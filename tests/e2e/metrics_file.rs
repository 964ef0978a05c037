//! `--metrics-file`: the figures of the runs for node_exporter's textfile collector (`spec.md` §9; the text format 0.0.4
//! of Prometheus).

use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt};

use zb_tests::{Collector, FakeRestic, Point, Reply, Scene, Zb, eventually};

/// A line `name{labels} value` each; refuses what Prometheus would.
fn samples(text: &str) -> Vec<(String, f64)> {
    assert!(text.ends_with('\n'), "the last line has an end");
    let (mut typed, mut seen, mut found) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let (word, rest) = rest.split_once(' ').unwrap();
            let name = rest.split(' ').next().unwrap();
            assert!(["HELP", "TYPE"].contains(&word), "{line}");
            assert!(typed.insert((word, name)), "{word} of {name} stands twice");
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(
            typed.contains(&("TYPE", family)) || typed.contains(&("TYPE", name)),
            "{name} comes before its type"
        );
        assert!(seen.insert(series), "{series} stands twice");
        found.push((series.to_owned(), value.parse().unwrap()));
    }
    found
}

/// The values of the series of a name that have all these labels.
fn values(text: &str, name: &str, labels: &[&str]) -> Vec<f64> {
    let is_meant =
        |series: &str| series.split('{').next() == Some(name) && labels.iter().all(|l| series.contains(l));
    samples(text).into_iter().filter(|(series, _)| is_meant(series)).map(|(_, value)| value).collect()
}

/// The file's text when it tells of so many runs; a zb that had no time leaves it to the next.
fn published(zb: &Zb<'_>, file: &str, runs: f64) -> String {
    eventually("the metrics of all runs", || {
        let text = fs::read_to_string(file).unwrap_or_default();
        if !text.is_empty() && values(&text, "zb_runs_total", &[]).iter().sum::<f64>() >= runs {
            return Some(text);
        }
        let _ = zb.run(&["recover", "--metrics-file", file]); // which fails where a post hook is owed
        None
    })
}

#[test]
fn what_runs_came_to_is_in_a_file() {
    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let file = scene.scratch.text("metrics/zb.prom");
    fs::create_dir(scene.scratch.path("metrics")).unwrap();
    let good = FakeRestic::saves(&scene.scratch);
    let zb = scene.zb().restic(good.command());
    zb.run(&["run", &job, "--metrics-file", &file]).exits(0);
    let first = published(&zb, &file, 1.0);
    // Another name of the same file: whoever reads it while zb writes reads the old one, whole.
    fs::hard_link(&file, scene.scratch.path("old.prom")).unwrap();
    assert_eq!(values(&first, "zb_runs_total", &["status=\"success\""]), [1.0]);

    scene.receiver.answers("/post", [Reply::status(500)]);
    zb.clone().env("ZB_METRICS_FILE", &file).run(&["run", &job]).exits(3);
    let second = published(&zb, &file, 2.0);
    assert_eq!(
        fs::read_to_string(scene.scratch.path("old.prom")).unwrap(),
        first,
        "replaced, and not overwritten"
    );
    for (name, labels, expected) in [
        ("zb_runs_total", &["status=\"success\"", "job_name=\"postgres data\""][..], 1.0),
        ("zb_runs_total", &["status=\"warning\""], 1.0),
        ("zb_last_run_status", &["status=\"warning\""], 1.0),
        ("zb_last_run_status", &["status=\"success\""], 0.0),
        ("zb_post_hooks_owed", &["job_name=\"postgres data\""], 1.0),
        ("zb_runs_in_progress", &["job_name=\"postgres data\""], 0.0),
        ("zb_hook_duration_seconds_count", &["phase=\"pre\"", "outcome=\"ok\""], 2.0),
        ("zb_hook_duration_seconds_count", &["phase=\"post\"", "outcome=\"rejected\""], 1.0),
        ("zb_last_run_read_bytes", &[], 24.0),
    ] {
        assert_eq!(values(&second, name, labels), [expected], "{name} {labels:?} in\n{second}");
    }
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o444, 0o444, "node_exporter is another user");
    let left: Vec<_> = scene.scratch.files("metrics").into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, [scene.scratch.path("metrics/zb.prom")], "nothing is left beside it");
}

/// The same figures, whoever asks for them.
#[test]
fn a_collector_gets_what_the_file_has() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let job = scene.job().write(&scene.scratch);
    let file = scene.scratch.text("zb.prom");
    let restic = FakeRestic::saves(&scene.scratch);
    let zb = scene
        .zb()
        .restic(restic.command())
        .env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", format!("{}/v1/metrics", collector.endpoint()))
        .env("OTEL_SERVICE_NAME", "backups");
    zb.run(&["run", &job, "--metrics-file", &file]).exits(0);
    let text = published(&zb, &file, 1.0);
    let points = eventually("the metrics of the run", || {
        let points = collector.points();
        let of_run = points.iter().find(|point| point.metric == "zb.last_run_duration");
        if of_run.is_none() {
            zb.run(&["recover"]).exits(0);
        }
        of_run.is_some().then_some(points)
    });
    let point = |name: &str, labels: &[(&str, &str)]| {
        let is_meant = |point: &&Point| {
            point.metric == name && labels.iter().all(|(label, value)| point.attributes[*label] == *value)
        };
        points.iter().rfind(is_meant).unwrap_or_else(|| panic!("{name} {labels:?} in {points:#?}")).clone()
    };
    let runs = point("zb.runs", &[("status", "success")]);
    assert_eq!((runs.kind, runs.value), ("sum", 1.0));
    let took = point("zb.last_run_duration", &[("job_name", "postgres data")]);
    assert_eq!((took.kind, took.unit.as_str()), ("gauge", "s"));
    assert_eq!(vec![took.value], values(&text, "zb_last_run_duration_seconds", &[]));
    let hooks = point("zb.hook_duration", &[("phase", "pre"), ("outcome", "ok")]);
    assert_eq!((hooks.kind, hooks.count), ("histogram", Some(1)));
    assert!(collector.trace_requests().is_empty(), "traces are not asked for");
}

#[test]
fn counters_outlive_a_zb_that_was_killed() {
    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let file = scene.scratch.text("zb.prom");
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let run = scene.zb().restic(restic.command()).spawn(&["run", &job, "--metrics-file", &file]);
    restic.wait_until_started();
    run.kill9();
    run.wait().was_killed();
    scene.scratch.nothing_left_running();
    let good = FakeRestic::saves(&scene.scratch);
    let zb = scene.zb().restic(good.command());
    zb.run(&["run", &job, "--metrics-file", &file]).exits(0);
    let text = published(&zb, &file, 2.0);
    assert_eq!(values(&text, "zb_runs_interrupted_total", &[]), [1.0], "{text}");
    assert_eq!(values(&text, "zb_runs_total", &["status=\"error\""]), [1.0], "{text}");
    assert_eq!(values(&text, "zb_runs_total", &["status=\"success\""]), [1.0], "{text}");
}

#[test]
fn a_file_that_cannot_be_written_harms_no_run() {
    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let file = scene.scratch.text("nowhere/zb.prom");
    let restic = FakeRestic::saves(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    let mut said = zb.run(&["run", &job, "--metrics-file", &file]).exits(0).stderr.clone();
    eventually("words about the file", || {
        let found = said.contains(&file);
        if !found {
            said = zb.run(&["recover", "--metrics-file", &file]).exits(0).stderr.clone();
        }
        found.then_some(())
    });
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}
