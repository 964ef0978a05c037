//! What a subscriber rests on, shown with this one: at least once, in order, from a cursor of its own; and how that
//! becomes one row a run.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use event_bus::{Backoff, Bus, GiveUp, Journal, Observer, Position, Recorded, Rejected};
use hook_core::{LifecycleEvent, RunEvent};
use runs_csv::{Kept, LineJournal, NotKept, RunsCsv};
use tempfile::TempDir;

/// Three runs as a real zb printed them.
const LINES: &str = include_str!("../fixtures/runs.jsonl");

const ROWS: &str = "\
position,finished,run,job,status,seconds,pause_seconds
2429,2026-11-24T11:43:31.571777Z,job_01m86nwgcve46r5vsb6kpd3y0v,\"postgres data\",success,0.855,0.818
4960,2026-11-24T11:43:32.357126Z,job_01m86nwh8denraednx9e0mdgm5,\"postgres data\",warning,0.759,0.735
6356,2026-11-24T11:43:32.396229Z,job_01m86nwj0tfe5r0x1rnvvq0mgn,\"shop, the \"\"old\"\" one\",error,0.017,
";

/// The program, as the right end of a pipe.
fn piped(dir: &Path, lines: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_runs-csv"))
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses a line reads no further.
    let _ = program.stdin.take().unwrap().write_all(lines.as_bytes());
    program.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

fn rows(dir: &Path) -> String {
    fs::read_to_string(dir.join("runs.csv")).unwrap_or_default()
}

/// A journal that holds the three runs, and its bus.
fn filled() -> (TempDir, Bus<RunEvent>) {
    let dir = tempfile::tempdir().unwrap();
    let journal = LineJournal::open(dir.path()).unwrap();
    for line in LINES.lines() {
        journal.keep(line).unwrap();
    }
    (dir, Bus::new(Arc::new(journal)))
}

#[test]
fn a_pipe_from_zb_becomes_a_row_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let output = piped(dir.path(), LINES);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        said(&output),
        "lines.jsonl: 23 events kept, 0 were there, 2 lines passed over\n\
         runs.csv: 3 rows; told everything up to 6356, 0 events skipped\n"
    );
    assert_eq!(rows(dir.path()), ROWS);
}

#[test]
fn lines_that_come_again_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let half: String = LINES.split_inclusive('\n').take(12).collect();
    for lines in [&half, LINES, "", LINES] {
        let output = piped(dir.path(), lines);
        assert!(output.status.success(), "{}", said(&output));
    }
    assert_eq!(rows(dir.path()), ROWS);
}

#[test]
fn a_lost_cursor_tells_everything_again_and_adds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    piped(dir.path(), LINES);
    fs::remove_file(dir.path().join("runs.csv.cursor")).unwrap();
    let output = piped(dir.path(), "");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(rows(dir.path()), ROWS);
}

/// A death leaves any beginning of the file, and a cursor that is not past it.
#[tokio::test]
async fn a_death_at_any_byte_of_a_row_costs_no_row_and_brings_none_twice() {
    let (dir, bus) = filled();
    let head = bus.head().await.unwrap();
    let csv = RunsCsv::new(dir.path(), bus.clone());
    for cut in 0..=ROWS.len() {
        fs::write(csv.path(), &ROWS[..cut]).unwrap();
        let mut tail = bus.tail(Position::START);
        loop {
            let event = tail.next().await.unwrap();
            csv.on_event(&event).await.unwrap();
            if event.position == head {
                break;
            }
        }
        assert_eq!(rows(dir.path()), ROWS, "cut at {cut}");
    }
}

#[test]
fn a_death_at_any_byte_of_a_line_costs_no_line_and_brings_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    let journal = LineJournal::open(dir.path()).unwrap();
    let lines: Vec<_> = LINES.lines().take(3).collect();
    let whole = lines.concat().len() + lines.len();
    for cut in 0..=whole {
        fs::write(journal.path(), &(lines.join("\n") + "\n")[..cut]).unwrap();
        for line in &lines {
            journal.keep(line).unwrap();
        }
        assert_eq!(fs::read_to_string(journal.path()).unwrap(), lines.join("\n") + "\n", "cut at {cut}");
    }
}

/// Does its work, and then says twice of each event that it could not.
struct Forgetful {
    csv: RunsCsv,
    told: AtomicUsize,
}

#[async_trait]
impl Observer<RunEvent> for Forgetful {
    fn name(&self) -> &str {
        self.csv.name()
    }

    async fn on_event(&self, event: &Recorded<RunEvent>) -> Result<(), Rejected> {
        self.csv.on_event(event).await?;
        match self.told.fetch_add(1, Ordering::Relaxed) % 3 {
            2 => Ok(()),
            _ => Err(Rejected::Retry("the answer got lost".into())),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_told_again_and_again_is_one_row() {
    let (dir, bus) = filled();
    let head = bus.head().await.unwrap();
    let observer =
        Arc::new(Forgetful { csv: RunsCsv::new(dir.path(), bus.clone()), told: AtomicUsize::new(0) });
    let observing =
        bus.observe(observer.clone(), Backoff { give_up_after: GiveUp::Never, ..Backoff::default() });
    assert!(observing.caught_up(head, Duration::from_secs(3600)).await);
    assert_eq!(observing.stop().await.skipped, 0);
    assert_eq!(observer.told.load(Ordering::Relaxed), 3 * 23);
    assert_eq!(rows(dir.path()), ROWS);
}

#[test]
fn a_missing_line_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = LineJournal::open(dir.path()).unwrap();
    let mut lines = LINES.lines();
    assert_eq!(journal.keep(lines.next().unwrap()).unwrap(), Kept::New);
    let gap = journal.keep(lines.nth(1).unwrap()).unwrap_err();
    assert!(matches!(gap, NotKept::Gap { .. }));
    assert_eq!(gap.to_string(), "a line is missing: 3 of job_01m86nwgcve46r5vsb6kpd3y0v came after 1");
}

#[tokio::test]
async fn what_a_later_zb_adds_keeps_its_place_and_harms_nothing() {
    let (dir, bus) = filled();
    let journal = LineJournal::open(dir.path()).unwrap();
    let later = |head: &str| {
        let run = r#""jobId":"job_01m86nwj0tfe5r0x1rnvvq0mgn","scheduleId":"sched_s""#;
        format!(r#"{{"type":"repository.rekeyed",{head}"time":"2026-11-24T12:00:00Z",{run},"keys":2}}"#)
    };
    assert_eq!(journal.keep(&later(r#""seq":6,"#)).unwrap(), Kept::New);
    assert_eq!(journal.keep(&later("")).unwrap(), Kept::PassedOver);
    let last = bus.head().await.unwrap();
    let kept = Journal::read(&journal, Position::START, 100).await.unwrap();
    let newest = kept.last().unwrap();
    assert_eq!((newest.position, &newest.event.event), (last, &LifecycleEvent::Unknown));

    let output = piped(dir.path(), "");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(rows(dir.path()), ROWS);
}

#[test]
fn what_is_wrong_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let output = piped(dir.path(), "zb: the job is running already\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said(&output),
        "runs-csv: this is no line of zb run --json: expected value at line 1 column 1\n"
    );

    fs::write(dir.path().join("lines.jsonl"), "{}\n").unwrap();
    let output = piped(dir.path(), "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).starts_with("runs-csv: the journal could not read its newest line: "),
        "{}",
        said(&output)
    );
}

#[test]
fn the_pages_show_what_is_here() {
    let guide = include_str!("../../../guide/subscribers.md");
    let shown = guide.split_once("```rust\n").unwrap().1.split_once("```").unwrap().0;
    assert!(include_str!("../src/runs_csv.rs").contains(shown), "the guide shows another subscriber");
    assert!(include_str!("../README.md").contains(ROWS), "the README shows other rows");
}
