//! What real restics printed (`cargo xtask record`), through the whole driver, and what is made of it.

use std::path::Path;

use restic_driver::{BackupSummary, Exit, Password, Report, Repository, Restic, SafeFlags, Verdict};
use tokio_util::sync::CancellationToken;

use crate::stage::{Told, base, stand_in};

/// Runs a stand-in that prints what was recorded.
async fn replayed(version: &str, situation: &str) -> Report<BackupSummary> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let record = fixtures.join(format!("restic-{version}")).join(situation);
    let script = format!(
        "record='{}'; cat \"$record.stdout.jsonl\"; cat \"$record.stderr.txt\" >&2; exit $(cat \"$record.exit\")",
        record.display()
    );
    Told::new(&script).report().await
}

const VERSIONS: [&str; 2] = ["0.14.0", "0.18.0"];

#[tokio::test]
async fn good_backups_are_complete() {
    for version in VERSIONS {
        for situation in ["backup-first", "backup-unchanged", "backup-verbose"] {
            let report = replayed(version, situation).await;
            assert_eq!(report.verdict(), Verdict::Complete, "{version} {situation}");
            assert_eq!(report.skipped_lines, 0, "{version} {situation}");
            let summary = report.output.unwrap();
            assert_eq!((summary.total_files_processed, summary.total_bytes_processed), (3, 60_000));
            let digits = if version == "0.14.0" { 8 } else { 64 };
            assert_eq!(summary.snapshot_id.unwrap().len(), digits);
        }
    }
}

#[tokio::test]
async fn a_backup_that_found_nothing_new_needs_no_snapshot() {
    let report = replayed("0.18.0", "backup-skip-if-unchanged").await;
    assert_eq!(report.verdict(), Verdict::Complete);
    assert_eq!(report.output.unwrap().snapshot_id, None);
}

#[tokio::test]
async fn refusals_are_told_apart_by_code_or_by_words() {
    let cases = [
        (
            "0.14.0",
            "wrong-password",
            1,
            Exit::WrongPassword,
            "restic: wrong password or no key found (exit 1)",
        ),
        (
            "0.18.0",
            "wrong-password",
            12,
            Exit::WrongPassword,
            "restic: wrong password or no key found (exit 12)",
        ),
        (
            "0.14.0",
            "no-repository",
            1,
            Exit::NoRepository,
            "restic: unable to open config file: stat /demo/norepo/config: no such file or directory (exit 1)",
        ),
        (
            "0.18.0",
            "no-repository",
            10,
            Exit::NoRepository,
            "restic: repository does not exist: unable to open config file: stat /demo/norepo/config: \
             no such file or directory (exit 10)",
        ),
        (
            "0.14.0",
            "source-missing",
            1,
            Exit::Fatal,
            "restic: all target directories/files do not exist (exit 1)",
        ),
        (
            "0.18.0",
            "source-missing",
            1,
            Exit::Fatal,
            "restic: all source directories/files do not exist (exit 1)",
        ),
        (
            "0.14.0",
            "backup-skip-if-unchanged",
            1,
            Exit::Fatal,
            "restic: unknown flag: --skip-if-unchanged (exit 1)",
        ),
    ];
    for (version, situation, code, exit, why) in cases {
        let report = replayed(version, situation).await;
        assert_eq!((report.code, report.exit), (Some(code), exit), "{version} {situation}");
        assert_eq!(report.verdict(), Verdict::Failed { why: why.to_owned() }, "{version} {situation}");
    }
}

#[tokio::test]
async fn a_lock_is_recognised_and_its_holder_named() {
    for version in VERSIONS {
        let report = replayed(version, "locked-by-backup").await;
        assert_eq!(report.exit, Exit::Locked, "{version}");
        let word = report.last_word.unwrap();
        assert!(
            word.contains("repository is already locked by PID") && word.contains("on vm by root"),
            "{word}"
        );
    }
}

#[tokio::test]
async fn a_lock_is_read_as_it_was_recorded() {
    let room = tempfile::tempdir().unwrap();
    let restic = Restic::locate(Some(&stand_in("has_a_lock")), base(room.path()), None).await.unwrap();
    let repository = Repository::new("/nowhere", Password::Value("open sesame".into()));
    let (flags, cancel) = (SafeFlags::default(), CancellationToken::new());
    let locks = restic.locks(&repository, &flags, None, &cancel).await.unwrap();
    let [lock] = &locks[..] else { panic!("{locks:?}") };
    assert_eq!((lock.hostname.as_str(), lock.username.as_str(), lock.exclusive), ("vm", "root", false));
    assert!(lock.id.len() == 64 && lock.pid > 0 && lock.time.ends_with('Z'), "{lock:?}");
}

#[tokio::test]
async fn what_could_not_be_read_is_named() {
    let old = "restic could not read 2 items: /demo/priv/src/f2: permission denied; /demo/priv/src/locked: restic could \
               not read it and did not say why";
    let new = "restic could not read 2 items: openfile for readdirnames failed: open /demo/priv/src/locked: permission \
               denied; open /demo/priv/src/sub/f2: permission denied";
    for (version, why) in [("0.14.0", old), ("0.18.0", new)] {
        let report = replayed(version, "unreadable").await;
        assert_eq!(report.verdict(), Verdict::Incomplete { why: why.to_owned() }, "{version}");
        assert_eq!((report.exit, report.file_error_count), (Exit::Incomplete, 2), "{version}");
        assert!(report.output.unwrap().snapshot_id.is_some(), "{version}");
    }
}

#[tokio::test]
async fn a_missing_source_at_exit_0_is_no_whole_backup() {
    for version in VERSIONS {
        let report = replayed(version, "one-of-two-missing").await;
        assert_eq!(
            (report.code, report.missing_sources.as_slice()),
            (Some(0), ["/demo/none".to_owned()].as_slice())
        );
        let why = "the snapshot lacks what does not exist: /demo/none".to_owned();
        assert_eq!(report.verdict(), Verdict::Incomplete { why }, "{version}");
    }
}

#[tokio::test]
async fn an_interrupt_that_was_not_ours_is_a_failure() {
    for (version, code) in [("0.14.0", 130), ("0.18.0", 1)] {
        let report = replayed(version, "interrupted").await;
        assert_eq!(report.code, Some(code), "{version}");
        assert!(matches!(report.verdict(), Verdict::Failed { .. }), "{version}");
        assert!(report.stderr.starts_with("signal interrupt received, cleaning up\n"), "{}", report.stderr);
    }
}
