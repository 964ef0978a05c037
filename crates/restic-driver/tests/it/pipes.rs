//! Pipes: always drained, never waited for longer than their process deserves.

use std::{fs, thread, time::Duration};

use restic_driver::{Message, Verdict, orphans};
use tokio::{sync::oneshot, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::stage::{Told, marker};

/// Ends a test that hangs, long before anybody would lose patience with it; no measure of speed.
const FAR_TOO_LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn floods_on_both_pipes_block_nobody() {
    let told = Told::new(
        r#"
i=0; while [ $i -lt 40 ]; do i=$((i + 1)); printf '%065536d\n' $i; done &
i=0; while [ $i -lt 40 ]; do i=$((i + 1)); printf '%065535d\n' $i; done >&2
wait
echo last words >&2
echo '{"message_type":"summary","files_new":7}'"#,
    );
    let report = timeout(FAR_TOO_LONG, told.report()).await.expect("the pipes are drained");
    assert_eq!(report.verdict(), Verdict::Complete);
    assert_eq!(report.skipped_lines, 40);
    assert_eq!(report.output.unwrap().files_new, 7);
    assert!(report.stderr.ends_with("\nlast words\n") && report.stderr.contains(" bytes cut] …"));
    assert!(report.stderr.len() < 130 * 1024, "{}", report.stderr.len());
}

#[tokio::test]
async fn a_grandchild_that_holds_the_pipes_does_not_hold_the_report() {
    let run = marker("holds_pipes");
    let told = Told::new(r#"setsid sleep 600 & echo '{"message_type":"summary"}'"#);
    let backup = told.backup().await.marker(&run);
    let cancel = CancellationToken::new();
    let report = timeout(FAR_TOO_LONG, backup.run(|_| {}, &cancel)).await.expect("the report comes").unwrap();
    assert_eq!(report.verdict(), Verdict::Complete);
    // It was there, and held on; being out of restic's group, only its marker finds it.
    assert_eq!(orphans::end(&run, Duration::from_millis(50)).await.unwrap(), 1);
}

#[tokio::test]
async fn what_restic_leaves_in_its_group_is_ended_with_it() {
    let told = Told::new(r#"sleep 600 >/dev/null 2>&1 3> "$room/fifo" & echo '{"message_type":"summary"}'"#);
    let fifo = told.fifo();
    let (sender, receiver) = oneshot::channel();
    // No task of Tokio's: the runtime would wait for it when the test has failed.
    thread::spawn(move || sender.send(fs::read(fifo).unwrap()));
    assert_eq!(told.report().await.verdict(), Verdict::Complete);
    // The FIFO has ended, so nobody holds its other end.
    assert_eq!(timeout(FAR_TOO_LONG, receiver).await.expect("the process is ended").unwrap(), b"");
}

#[tokio::test]
async fn stdin_is_empty_and_the_group_is_its_own() {
    let told = Told::new(
        r#"
read -r nothing && exit 9
read -r _ _ _ _ group _ < /proc/$$/stat
[ "$group" = $$ ] || exit 8
echo '{"message_type":"summary"}'"#,
    );
    let report = told.report().await;
    assert_eq!((report.code, report.verdict()), (Some(0), Verdict::Complete));
}

#[tokio::test]
async fn messages_of_both_streams_are_handed_on_and_a_last_line_needs_no_end() {
    let told = Told::new(
        r#"
printf '{"message_type":"error","item":"/a","error":"no","during":"archival"}\n' >&2
printf '{"message_type":"error","item":"/b","error":"no","during":"scan"}\n' >&2
printf 'noise\n{"message_type":"summary","files_new":3}'
exit 3"#,
    );
    let mut errors = 0;
    let count = |message| errors += u32::from(matches!(message, Message::Error(_)));
    let report = told.backup().await.run(count, &CancellationToken::new()).await.unwrap();
    // Both are handed on, but the scan's costs no data.
    assert_eq!((errors, report.file_error_count, report.skipped_lines), (2, 1, 1));
    assert_eq!(report.output.unwrap().files_new, 3);
}
