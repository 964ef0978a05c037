//! Commands that behave like restic up to `backup`, and then as a test needs it.

use std::{fs, path::PathBuf};

use crate::{Scratch, eventually};

/// A script in restic's place. It answers `version` as restic 0.14.0 does, and writes down how it was called.
#[derive(Debug)]
pub struct FakeRestic {
    command: PathBuf,
    calls: PathBuf,
    environment: PathBuf,
    started: PathBuf,
}

/// What restic prints at the end of a good backup.
const SUMMARY: &str = r#"{"message_type":"summary","files_new":2,"files_changed":0,"files_unmodified":0,"dirs_new":1,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":2,"tree_blobs":1,"data_added":1024,"total_files_processed":2,"total_bytes_processed":24,"total_duration":0.1,"snapshot_id":"0123abcd"}"#;

impl FakeRestic {
    /// A good backup, at once.
    #[must_use]
    pub fn saves(scratch: &Scratch) -> Self {
        Self::with(scratch, &format!("echo '{SUMMARY}'"))
    }

    /// Says something on stderr and exits.
    #[must_use]
    pub fn exits(scratch: &Scratch, code: i32, stderr: &str) -> Self {
        scratch.write("restic.stderr", stderr);
        let said = scratch.text("restic.stderr");
        Self::with(scratch, &format!("cat '{said}' >&2; exit {code}"))
    }

    /// A snapshot that lacks something: summary and exit 3.
    #[must_use]
    pub fn incomplete(scratch: &Scratch) -> Self {
        Self::with(
            scratch,
            &format!("echo 'error: open rows.txt: permission denied' >&2; echo '{SUMMARY}'; exit 3"),
        )
    }

    /// Works until it is interrupted, then ends as restic does: 130.
    #[must_use]
    pub fn works_until_interrupted(scratch: &Scratch) -> Self {
        Self::with(scratch, "trap 'kill $!; exit 130' INT; sleep 1000 & wait")
    }

    /// Works on, whatever it is asked; only SIGKILL ends it.
    #[must_use]
    pub fn ignores_signals(scratch: &Scratch) -> Self {
        Self::with(scratch, "trap '' INT TERM HUP; while :; do sleep 0.2; done")
    }

    /// Works until the file `go` is in the test's directory, then saves; an interrupt comes too late for it.
    #[must_use]
    pub fn saves_when_told(scratch: &Scratch) -> Self {
        let go = scratch.text("go");
        Self::with(
            scratch,
            &format!("trap '' INT; until [ -e '{go}' ]; do sleep 0.02; done; echo '{SUMMARY}'"),
        )
    }

    /// Starts a helper that holds its pipes and hides, with neither its group nor its environment, then goes on.
    #[must_use]
    pub fn with_hidden_helper(scratch: &Scratch, backup: &str) -> Self {
        let there = scratch.text("helper");
        let loops = format!("echo >'{there}'; while :; do sleep 0.2; done");
        // Its name for itself is what the test finds it by.
        let helper = format!("env -i setsid sh -c \"{loops}\" '{there}' &");
        Self::with(scratch, &format!("{helper} until [ -e '{there}' ]; do sleep 0.02; done; {backup}"))
    }

    /// Says its version only when the file `go` is in the test's directory.
    #[must_use]
    pub fn slow_version(scratch: &Scratch) -> Self {
        let go = scratch.text("go");
        Self::answering(
            scratch,
            &format!("until [ -e '{go}' ]; do sleep 0.02; done; {}", says("0.14.0")),
            "exit 0",
        )
    }

    /// The lines of a shell that run instead of `backup`.
    #[must_use]
    pub fn with(scratch: &Scratch, backup: &str) -> Self {
        Self::of_version(scratch, "0.14.0", backup)
    }

    /// The same, of another version.
    #[must_use]
    pub fn of_version(scratch: &Scratch, version: &str, backup: &str) -> Self {
        Self::answering(scratch, &says(version), backup)
    }

    fn answering(scratch: &Scratch, version: &str, backup: &str) -> Self {
        let (calls, environment, started) =
            (scratch.path("restic.calls"), scratch.path("restic.env"), scratch.path("restic.started"));
        let (trap, backup) = trap_first(backup);
        let script = format!(
            r#"#!/bin/sh
printf '%s\n' "$*" >>'{calls}'
case " $* " in
*' version '*) {version}; exit 0 ;;
*' --help '*) exec restic "$@" ;;
*' backup '*) ;;
*) exit 0 ;;
esac
env >>'{environment}'
{trap}
echo $$ >>'{started}'
{backup}
"#,
            calls = calls.display(),
            environment = environment.display(),
            started = started.display(),
        );
        let command = scratch.write_script("bin/restic", &script);
        Self { command, calls, environment, started }
    }

    /// For `RESTIC_COMMAND`.
    #[must_use]
    pub fn command(&self) -> &PathBuf {
        &self.command
    }

    /// Its arguments, a line a call.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        lines(&self.calls)
    }

    /// How often a backup was begun.
    #[must_use]
    pub fn backups(&self) -> usize {
        lines(&self.started).len()
    }

    /// The environment of its backups, `NAME=value`.
    #[must_use]
    pub fn environment(&self) -> Vec<String> {
        lines(&self.environment)
    }

    /// Waits until it was asked for its version.
    pub fn wait_until_asked(&self) {
        eventually("a question to restic", || (!self.calls().is_empty()).then_some(()));
    }

    /// Waits until a backup has begun.
    pub fn wait_until_started(&self) {
        eventually("the start of restic", || (self.backups() > 0).then_some(()));
    }
}

fn says(version: &str) -> String {
    format!("echo 'restic {version} compiled with go1.19.8 on linux/amd64'")
}

fn lines(path: &PathBuf) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// A trap and the rest: whoever waits for the start may send a signal at once.
fn trap_first(backup: &str) -> (&str, &str) {
    let end_of_trap = || {
        let signals = backup.starts_with("trap '").then(|| backup.find("' INT"))??;
        Some(signals + backup[signals..].find(';')?)
    };
    end_of_trap().map_or(("", backup), |end| (&backup[..end], backup[end..].trim_start_matches([';', ' '])))
}
