//! The guide, the dashboard and the alert rules, compared with the code. Where there is no `docs/` there is nothing to
//! compare.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use telemetry::metrics::{METRICS, MetricKind};

use crate::metrics_text::promtool;

fn page(path: &str) -> Option<(PathBuf, String)> {
    let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"));
    docs.exists().then(|| {
        let file = docs.join(path);
        let text = fs::read_to_string(&file).unwrap();
        (file, text)
    })
}

/// Every word that begins as a metric of zb does.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("zb_")).collect()
}

/// The names of series, those of histograms included.
fn series() -> BTreeSet<String> {
    let names = METRICS.iter().flat_map(|metric| {
        let endings: &[&str] = match metric.kind {
            MetricKind::Histogram => &["_bucket", "_sum", "_count"],
            MetricKind::Counter | MetricKind::Gauge => &[""],
        };
        endings.iter().map(|ending| format!("{}{ending}", metric.name))
    });
    names.collect()
}

/// `UPDATE=1` writes the table anew.
#[test]
fn the_table_of_the_guide_is_the_catalogue() {
    let Some((file, text)) = page("guide/metrics.md") else { return };
    let head = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
    let (before, _) = text.split_once(head).unwrap();
    let mut page = format!("{before}{head}");
    for metric in METRICS {
        let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let (kind, help) = (metric.kind.as_str(), metric.help.trim_end_matches('.'));
        page.push_str(&format!("| `{}` | {kind} | {} | {help} |\n", metric.name, labels.join(", ")));
    }
    let (_, after) = text.split_once("\n## Labels\n").unwrap();
    page.push_str(&format!("\n## Labels\n{after}"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap() == page,
        "the table is not METRICS: run the test with UPDATE=1"
    );
}

#[test]
fn the_example_of_the_guide_is_what_zb_writes() {
    let Some((_, text)) = page("guide/metrics.md") else { return };
    let (_, example) = text.split_once("```text\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let golden: BTreeSet<_> = include_str!("golden/metrics.txt").lines().collect();
    for line in example.lines() {
        assert!(golden.contains(line), "{line}");
    }
    for name in metrics_in(&text) {
        let is_metric = METRICS.iter().any(|metric| metric.name == name);
        assert!(is_metric, "{name} is no metric");
    }
}

#[test]
fn the_guide_has_every_label_and_bucket() {
    let Some((_, text)) = page("guide/metrics.md") else { return };
    let (_, labels) = text.split_once("\n## Labels\n").unwrap();
    for label in METRICS.iter().flat_map(|metric| metric.labels).filter(|label| **label != "version") {
        let row = labels.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{label}`")));
        assert!(row.is_some(), "{label}");
    }
    let golden = include_str!("golden/metrics.txt");
    let bounds: BTreeSet<_> =
        golden.split("le=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    let (_, sentence) = labels.split_once("The buckets of the histogram end at ").unwrap();
    let (sentence, _) = sentence.split_once(" seconds.").unwrap();
    let told: BTreeSet<_> =
        sentence.split([',', ' ']).filter(|word| !word.is_empty() && *word != "and").collect();
    assert_eq!(bounds.into_iter().filter(|bound| *bound != "+Inf").collect::<BTreeSet<_>>(), told);
}

#[test]
fn dashboard_and_alerts_name_metrics_that_there_are() {
    for path in ["metrics/grafana-dashboard.json", "metrics/alerts.yml"] {
        let Some((_, text)) = page(path) else { return };
        let named = metrics_in(&text);
        assert!(named.len() > 5, "{path}: {named:?}");
        let unknown: Vec<_> = named.into_iter().filter(|name| !series().contains(*name)).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

#[test]
fn every_metric_is_on_the_dashboard() {
    let Some((_, text)) = page("metrics/grafana-dashboard.json") else { return };
    let named = metrics_in(&text);
    for metric in METRICS {
        assert!(named.iter().any(|name| name.starts_with(metric.name)), "{}", metric.name);
    }
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().unwrap()
}

#[test]
fn the_dashboard_can_be_imported() {
    let Some((_, text)) = page("metrics/grafana-dashboard.json") else { return };
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(dashboard["id"], Value::Null, "an id is that of somebody's Grafana");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let source = variables.iter().find(|variable| variable["type"] == "datasource").unwrap();
    assert_eq!((&source["name"], &source["query"]), (&"datasource".into(), &"prometheus".into()));

    let mut ids = BTreeSet::new();
    let mut places = BTreeSet::new();
    for panel in panels(&dashboard) {
        assert!(ids.insert(panel["id"].as_u64().unwrap()));
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24);
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(places.insert((x, y)), "{} covers another panel", panel["title"]);
            }
        }
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
        }
    }
    for variable in variables.iter().map(|variable| variable["name"].as_str().unwrap()) {
        assert!(
            text.contains(&format!("${variable}")) || text.contains(&format!("${{{variable}}}")),
            "{variable}"
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "promtool is none of zb's children")]
fn run_promtool(arguments: &[&str], file: &Path) -> Option<Output> {
    Some(Command::new(promtool()?).args(arguments).arg(file).output().unwrap())
}

fn assert_well(output: &Output) {
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{}{}", said[0], said[1]);
}

/// Every query is PromQL: each is checked as a rule.
#[test]
fn promtool_understands_the_queries_of_the_dashboard() {
    let Some((_, text)) = page("metrics/grafana-dashboard.json") else { return };
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let targets = panels(&dashboard).iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (number, target) in targets.enumerate() {
        let query =
            target["expr"].as_str().unwrap().replace("$__rate_interval", "5m").replace("$__range", "1h");
        // A text of JSON is one of YAML.
        rules.push_str(&format!("      - record: q{number}\n        expr: {}\n", Value::from(query)));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    fs::write(&file, rules).unwrap();
    if let Some(output) = run_promtool(&["check", "rules"], &file) {
        assert_well(&output);
    }
}

#[test]
fn promtool_checks_the_alerts() {
    let Some((file, _)) = page("metrics/alerts.yml") else { return };
    if let Some(output) = run_promtool(&["check", "rules"], &file) {
        assert_well(&output);
    }
}

/// Each alert fires when it should and not otherwise: `golden/alerts_test.yml`.
#[test]
fn promtool_tests_the_alerts() {
    let Some((_, rules)) = page("metrics/alerts.yml") else { return };
    let cases = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/alerts_test.yml"));
    let tests = fs::read_to_string(cases).unwrap();
    let guide = page("guide/metrics.md").unwrap().1;
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(tests.contains(alert), "{alert} has no test");
        assert!(guide.contains(&format!("| `{alert}` |")), "{alert} is not in the guide");
    }
    if let Some(output) = run_promtool(&["test", "rules"], cases) {
        assert_well(&output);
    }
}
