//! The text for Prometheus.

use std::{io::Write, path::Path, process::Command, time::Duration};

use hook_core::{LifecycleEvent as Event, OrganizationId};
use proptest::prelude::*;
use telemetry::metrics::{METRICS, Metrics, Scrape};

use crate::{
    metrics_history::{
        History, SUMMARY, both_hooks, finished, history, queued, restic_finished, small_history,
    },
    prometheus_text::{parse, value},
};

pub(crate) fn full_scrape() -> Scrape<'static> {
    let mut scrape = Scrape::new("0.1.0");
    scrape.observers = vec![("metrics".to_owned(), 0), ("notifier".to_owned(), 12)];
    scrape.scheduler_lag = Some(Duration::from_millis(40));
    scrape
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_text_of_a_small_history() {
    let text = small_history().folded().to_prometheus(&full_scrape());
    let golden = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/metrics.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(golden).unwrap());
}

#[test]
fn every_metric_is_in_the_text_of_a_small_history_as_the_catalogue_has_it() {
    let mut history = small_history();
    history.add(
        2,
        "sched_media",
        Event::RetentionFinished { kept: 0, removed: 0, error: Some("x".to_owned()) },
    );
    let families = parse(&history.folded().to_prometheus(&full_scrape()));
    assert_eq!(families.len(), METRICS.len());
    for (family, metric) in families.iter().zip(METRICS) {
        let described = (metric.name, metric.help, metric.kind.as_str());
        assert_eq!((family.name.as_str(), family.help.as_str(), family.kind.as_str()), described);
        for (_, labels, _) in &family.samples {
            let names = labels.keys().map(String::as_str).filter(|name| *name != "le");
            let mut expected = metric.labels.to_vec();
            expected.sort_unstable();
            assert_eq!(names.collect::<Vec<_>>(), expected, "{}", metric.name);
        }
    }
}

#[test]
fn nothing_known_is_the_version() {
    let text = Metrics::default().to_prometheus(&Scrape::new("0.1.0"));
    let families = parse(&text);
    let names: Vec<_> = families.iter().map(|family| family.name.as_str()).collect();
    assert_eq!(names, ["zb_build_info"]);
}

#[test]
fn an_organization_sees_its_own() {
    let home: OrganizationId = "org_home".parse().unwrap();
    let mut scrape = full_scrape();
    scrape.organization = Some(&home);
    let text = small_history().folded().to_prometheus(&scrape);
    for others in ["org_default", "postgres", "notifier", "scheduler", "dropped"] {
        assert!(!text.contains(others), "{others} in\n{text}");
    }
    let families = parse(&text);
    assert_eq!(value(&families, "zb_post_hooks_owed", &[("job_name", "media")]), Some(1.0));
    let pre = [("phase", "pre"), ("organization_id", "org_home")];
    assert_eq!(value(&families, "zb_hook_duration_seconds_count", &pre), Some(1.0));
}

#[test]
fn no_word_of_a_hook_or_of_restic_is_in_text_or_state() {
    let metrics = small_history().folded();
    assert!(!metrics.to_prometheus(&full_scrape()).contains("s3cret"));
    assert!(!String::from_utf8(metrics.to_json()).unwrap().contains("s3cret"));
}

#[test]
fn the_exits_of_restic_have_their_classes() {
    let classes = [
        (Some(0), "ok"),
        (Some(1), "fatal"),
        (Some(2), "go-error"),
        (Some(3), "incomplete"),
        (Some(10), "no-repository"),
        (Some(11), "locked"),
        (Some(12), "wrong-password"),
        (Some(130), "interrupted"),
        (Some(99), "other"),
        (Some(-1), "other"),
    ];
    for (exit, signal, class) in classes
        .map(|(exit, class)| (exit, None, class))
        .into_iter()
        .chain([(None, Some("SIGSEGV"), "signal"), (None, None, "not-started")])
    {
        let mut history = History::default();
        history.add(1, "sched_a", queued("a", "org_default", both_hooks()));
        history.add(1, "sched_a", restic_finished(exit, signal, None));
        let families = parse(&history.folded().to_prometheus(&Scrape::new("0.1.0")));
        assert_eq!(value(&families, "zb_restic_exits_total", &[("class", class)]), Some(1.0), "{exit:?}");
    }
}

proptest! {
    #[test]
    fn any_history_is_a_good_text(history in history()) {
        parse(&history.folded().to_prometheus(&full_scrape()));
    }

    /// Names of jobs as they come; for the rest, what is put in comes out, byte for byte.
    #[test]
    fn any_label_can_be_read_again(name in any::<String>(), observer in any::<String>(), version in any::<String>()) {
        let mut history = History::default();
        history.add(1, "sched_a", queued(&name, "org_default", both_hooks()));
        history.add(1, "sched_a", restic_finished(Some(0), None, Some(SUMMARY)));
        history.add(1, "sched_a", finished(hook_core::RunStatus::Success, true, 1, None));
        let mut scrape = Scrape::new(&version);
        scrape.observers = vec![(observer.clone(), 1)];
        let families = parse(&history.folded().to_prometheus(&scrape));
        prop_assert_eq!(value(&families, "zb_observer_lag_events", &[("observer", &observer)]), Some(1.0));
        prop_assert_eq!(value(&families, "zb_build_info", &[("version", &version)]), Some(1.0));
        let shown: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        prop_assert_eq!(value(&families, "zb_last_run_duration_seconds", &[("job_name", &shown)]), Some(0.001));
    }
}

/// promtool, where `ZB_PROMTOOL` says that there is one; `cargo xtask test` brings it.
pub(crate) fn promtool() -> Option<std::ffi::OsString> {
    let found = std::env::var_os("ZB_PROMTOOL");
    if found.is_none() {
        // Past the harness, which keeps what a test prints that passes.
        std::io::stderr().write_all(b"skipped: ZB_PROMTOOL names no promtool\n").unwrap();
    }
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "promtool is none of zb's children")]
fn promtool_finds_nothing_to_complain_about() {
    let Some(promtool) = promtool() else { return };
    let mut history = small_history();
    history.add(4, "sched_c", queued("a \"b\" \\ c\nd", "org_default", both_hooks()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metrics");
    std::fs::write(&file, history.folded().to_prometheus(&full_scrape())).unwrap();
    let text = std::fs::File::open(&file).unwrap();
    let output = Command::new(promtool).args(["check", "metrics"]).stdin(text).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty() && output.stdout.is_empty(), "{said}");
}
