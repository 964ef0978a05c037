//! A cancel: SIGINT to the group, a grace, SIGKILL; and what the end then means.

use std::time::Duration;

use restic_driver::{BackupSummary, Exit, Report, SpawnError, Verdict, orphans};
use tokio_util::sync::CancellationToken;

use crate::stage::{Real, Told, marker};

const UNTIL_INTERRUPTED: &str =
    "echo '{\"message_type\":\"status\"}'; while [ -e \"$room\" ]; do sleep 1; done";

/// Longer than any of these tests.
const LONG_GRACE: Duration = Duration::from_secs(60);

/// Cancels as soon as the stand-in says that it is there.
async fn cancelled(script: &str, grace: Duration) -> Report<BackupSummary> {
    let told = Told::new(&format!("{script}\n{UNTIL_INTERRUPTED}"));
    let cancel = CancellationToken::new();
    told.backup().await.grace(grace).run(|_| cancel.cancel(), &cancel).await.unwrap()
}

#[tokio::test]
async fn after_our_own_interrupt_the_end_means_what_it_is() {
    let cases = [
        ("exit 130", "cancelled"),
        ("exit 1", "cancelled"),
        ("trap - INT; kill -INT $$", "cancelled"),
        (r#"echo '{"message_type":"summary"}'; exit 0"#, "complete"),
        ("exit 0", "incomplete"),
        ("exit 3", "incomplete"),
        ("exit 2", "failed"),
        ("exit 12", "failed"),
        ("exit 77", "failed"),
        ("kill -SEGV $$", "failed"),
        ("kill -KILL $$", "failed"),
    ];
    for (on_interrupt, expect) in cases {
        let report =
            cancelled(&format!("trap '{}' INT", on_interrupt.replace('\'', "'\\''")), LONG_GRACE).await;
        assert!(report.interrupted && !report.killed);
        let verdict = match report.verdict() {
            Verdict::Complete => "complete",
            Verdict::Incomplete { .. } => "incomplete",
            Verdict::Failed { .. } => "failed",
            Verdict::Cancelled { .. } => "cancelled",
            other => panic!("{other:?}"),
        };
        assert_eq!(verdict, expect, "{on_interrupt}: {report:?}");
    }
}

#[tokio::test]
async fn one_that_ignores_the_interrupt_is_killed_after_the_grace_with_its_whole_group() {
    let report = cancelled("trap '' INT; sleep 600 &", Duration::from_millis(50)).await;
    assert!(report.interrupted && report.killed);
    assert_eq!((report.exit, report.signal().as_deref()), (Exit::Signal(9), Some("SIGKILL")));
    let why = "restic was killed, because it did not end when it was interrupted".to_owned();
    assert_eq!(report.verdict(), Verdict::Cancelled { why });
}

#[tokio::test]
async fn the_interrupt_reaches_the_whole_group() {
    // The shell attends to the signal only when its child has ended: so that one has to get it, too.
    let waits = "trap 'exit 130' INT; sh -c 'echo \"{\\\"message_type\\\":\\\"status\\\"}\"; exec sleep 600'";
    let report = cancelled(waits, LONG_GRACE).await;
    assert_eq!((report.exit, report.killed), (Exit::Interrupted, false));
}

#[tokio::test]
async fn the_interrupt_wakes_a_stopped_process() {
    let stopped = "trap 'exit 130' INT; (kill -STOP $$; echo '{\"message_type\":\"status\"}') &
                   while [ -e \"$room\" ]; do sleep 0.1; done";
    let report = cancelled(stopped, LONG_GRACE).await;
    assert_eq!((report.exit, report.killed), (Exit::Interrupted, false));
}

#[tokio::test]
async fn pipes_are_drained_during_the_grace() {
    let flood = "i=0; while [ $i -lt 40 ]; do i=$((i + 1)); printf \"%065536d\\n\" $i; done >&2; exit 130";
    let report = cancelled(&format!("trap '{flood}' INT"), LONG_GRACE).await;
    assert!(matches!(report.verdict(), Verdict::Cancelled { .. }), "{:?}", report.exit);
}

#[tokio::test]
async fn a_cancel_before_the_start_starts_nothing() {
    let told = Told::new("touch \"$room/started\"");
    let (backup, cancel) = (told.backup().await, CancellationToken::new());
    cancel.cancel();
    assert!(matches!(backup.run(|_| {}, &cancel).await, Err(SpawnError::Cancelled)));
    assert!(!told.room.path().join("started").exists());
}

#[tokio::test]
async fn a_dropped_run_is_interrupted() {
    let run = marker("dropped");
    let told = Told::new(&format!(
        "mkfifo \"$room/fifo\"; exec 3<>\"$room/fifo\"\ntrap 'echo interrupted > \"$room/seen\"; exit 130' INT\n{UNTIL_INTERRUPTED}"
    ));
    let started = CancellationToken::new();
    let never = CancellationToken::new();
    let backup = told.backup().await.marker(&run);
    tokio::select! {
        _ = backup.run(|_| started.cancel(), &never) => panic!("it does not end by itself"),
        () = started.cancelled() => {}
    }
    // It may still be at it: this waits for its end, and interrupts it at most once more.
    orphans::end(&run, Duration::from_secs(30)).await.unwrap();
    assert_eq!(std::fs::read_to_string(told.room.path().join("seen")).unwrap(), "interrupted\n");
}

/// A real restic that reads a pipe without end: it has its lock when it says its first word.
#[tokio::test]
async fn a_real_restic_obeys_and_leaves_no_lock() {
    let real = Real::with_repository().await;
    for number in 0..3000 {
        std::fs::write(real.room.path().join(format!("data/{number}")), number.to_string().repeat(50))
            .unwrap();
    }
    let mut args = real.data();
    args.flags = restic_driver::SafeFlags::parse(&["--limit-upload=1"]).unwrap();
    let cancel = CancellationToken::new();
    let report = real.restic.backup(&real.repository, &args).run(|_| cancel.cancel(), &cancel).await.unwrap();
    assert!(report.interrupted && !report.killed, "{report:?}");
    assert!(matches!(report.verdict(), Verdict::Cancelled { .. }), "{report:?}");
    let locks = std::fs::read_dir(real.room.path().join("repository/locks")).unwrap().count();
    assert_eq!(locks, 0);
}
