//! `job-file.md`: every key with an example that is read, and what is refused with the words of the error.

use std::{fs, path::Path, time::Duration};

use hook_core::limits::{BODY_BYTES, HEADER_BYTES, HEADERS, URL_BYTES};
use zb_bin::{
    config::{HOOK_KEYS, JOB_KEYS, Job, REPOSITORY_KEYS, RETENTION_KEYS, WHEN_KEY},
    report::Failure,
};

use crate::page::{Page, code, names, set};

const LEAST: [(&str, &str); 5] = [
    ("name", "name = \"n\""),
    ("source", "source = \"/data\""),
    ("repository.url", "repository.url = \"/r\""),
    ("repository.password_env", "repository.password_env = \"P\""),
    ("webhooks.pre.url", "webhooks.pre.url = \"http://h:9000/\""),
];

const TOP: &str = "## At the top";
const REPOSITORY: &str = "## `[repository]`";
const RETENTION: &str = "## `[retention]`";
const HOOKS: &str = "## `[webhooks.pre]` and `[webhooks.post]`";

fn read(text: &str) -> Result<Job, Failure> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("job.toml"), text).unwrap();
    Job::read(Path::new("job.toml"), folder.path(), Duration::from_secs(60)).map_err(Failure::from)
}

/// The least job file with one line more; what that line says is not said twice.
fn with(line: &str) -> String {
    let key = line.split([' ', '=']).next().unwrap();
    let is_said = |known: &str| {
        known == key
            || known.starts_with(&format!("{key}."))
            || (known.contains(".password_") && key.contains(".password_"))
    };
    let least = LEAST.iter().filter(|(known, _)| !is_said(known)).map(|(_, line)| *line);
    least.chain([line]).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_key_has_its_row() {
    let Some(page) = Page::read("job-file.md") else { return };
    let listed = |heading: &str| names(&page.below(heading).table("key"), 0);
    assert_eq!(listed(TOP), set(JOB_KEYS));
    assert_eq!(listed(REPOSITORY), set(REPOSITORY_KEYS));
    assert_eq!(listed(RETENTION), set(RETENTION_KEYS));
    assert_eq!(listed(HOOKS), set(HOOK_KEYS.into_iter().chain([WHEN_KEY])));
}

#[test]
fn every_example_is_read() {
    let Some(page) = Page::read("job-file.md") else { return };
    let tables =
        [(TOP, ""), (REPOSITORY, "repository."), (RETENTION, "retention."), (HOOKS, "webhooks.pre.")];
    for (heading, table) in tables {
        for row in page.below(heading).table("key") {
            let (key, example) = (&code(&row[0])[0], &code(&row[3])[0]);
            assert_eq!(example.split(' ').next(), Some(key.as_str()));
            let text = match key.as_str() {
                WHEN_KEY => with(&format!("webhooks.post = {{ url = \"http://h/\", {example} }}")),
                "prune" => with(&format!("retention = {{ keep_last = 1, {example} }}")),
                _ => with(&format!("{table}{example}")),
            };
            if let Err(failure) = read(&text) {
                panic!("{text}: {}", failure.message);
            }
        }
    }
    for block in page.below("# The job file").blocks("toml") {
        assert!(read(&block).is_ok(), "{block}");
    }
}

#[test]
fn what_is_refused_is_refused_in_these_words() {
    let Some(page) = Page::read("job-file.md") else { return };
    for row in page.below("## What is refused").table("written") {
        let line = row[0].trim_matches('`');
        let failure = read(&with(line)).err();
        let failure = failure.unwrap_or_else(|| panic!("{line} is read"));
        let said = format!("{} {}", failure.message, failure.hints.join(" "));
        assert!(said.contains(&row[1]), "{line}: {said}");
        assert_eq!(failure.exit.code(), 2, "{line}");
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let Some(page) = Page::read("job-file.md") else { return };
    let rows = page.below("### Limits").table("of");
    let listed: Vec<_> = rows.iter().map(|row| row[1].clone()).collect();
    let kib = |bytes: usize| format!("{} KiB", bytes / 1024);
    assert_eq!(listed, [kib(BODY_BYTES), HEADERS.to_string(), kib(HEADER_BYTES), kib(URL_BYTES)]);
}
