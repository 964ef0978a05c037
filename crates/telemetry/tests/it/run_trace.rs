//! The trace of a run, by its history.

use event_bus::{Recorded, Version};
use hook_core::{
    LifecycleEvent as Fact, Phase, RunEvent, RunStatus, event::BackupOutcome, span_id, trace_id, traceparent,
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use telemetry::run_spans;

use crate::{
    histories::{
        PLANTED, answered, cancelled, checked, failed, finished, good, history, job, killed, queued,
        restic_started, saved, silent, started,
    },
    tree::{attributes, find, tree},
};

fn spans(history: &[Recorded<RunEvent>]) -> Vec<Span> {
    run_spans(history).into_iter().map(|run| run.span).collect()
}

#[track_caller]
fn check(facts: Vec<(i64, Fact)>, expected: &str) {
    let spans = spans(&history(facts));
    assert_eq!(tree(&spans), expected);
    for span in &spans {
        assert!(!format!("{span:?}").contains(PLANTED), "{span:?}");
        assert_eq!(span.trace_id, trace_id(&job()));
    }
}

#[test]
fn a_good_run_is_a_root_with_its_acts() {
    check(
        good(),
        "backup.run 0..7000\n  hook.pre 40..940\n  restic.backup 940..4940\n  hook.post 4940..5840\n  \
         retention 5840..6990\n",
    );
}

#[test]
fn what_is_known_of_a_good_run_is_in_its_attributes() {
    let spans = spans(&history(good()));
    let check = |name, expected: &[&str]| {
        assert_eq!(attributes(&find(&spans, name, 1).attributes), expected, "{name}");
    };
    check(
        "backup.run",
        &[
            "zb.job.id=job_01h455vb4pex5vsknk084sn02q",
            "zb.schedule.id=sched_pg",
            "zb.organization.id=org_acme",
            "zb.job.name=postgres",
            "zb.trigger=schedule",
            "zb.attempt=1",
            "zb.status=success",
            "zb.interrupted=false",
            "zb.snapshot.id=51e44279",
            "zb.pause_ms=4000",
        ],
    );
    check(
        "hook.pre",
        &[
            "http.request.method=POST",
            "url.scheme=https",
            "server.address=db.example",
            "server.port=8443",
            "zb.hook.phase=pre",
            "zb.hook.attempt=1",
            "zb.hook.outcome=ok",
            "http.response.status_code=200",
        ],
    );
    check(
        "restic.backup",
        &[
            "zb.restic.version=0.18.0",
            "zb.restic.attempt=1",
            "process.exit.code=0",
            "zb.snapshot.id=51e44279",
            "zb.pause_ms=4000",
            "zb.files.new=1",
            "zb.files.changed=2",
            "zb.files.unmodified=3",
            "zb.files.total=6",
            "zb.bytes.added=4096",
            "zb.bytes.total=8192",
            "zb.restic.outcome=complete",
        ],
    );
    check("retention", &["zb.snapshots.kept=7", "zb.snapshots.removed=1"]);
    let kinds: Vec<_> = spans.iter().map(Span::kind).collect();
    use SpanKind::{Client, Internal};
    assert_eq!(kinds, [Internal, Client, Internal, Client, Internal]);
}

/// The receiver's spans hang below the attempt that called it.
#[test]
fn the_traceparent_of_a_hook_names_its_span() {
    let mut facts = good();
    facts.splice(3..4, [(900, silent(Phase::Pre, 1)), (920, started(Phase::Pre, 2))]);
    facts.insert(5, (940, answered(Phase::Pre, 2, 200)));
    let spans = spans(&history(facts));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (phase, attempt) in [(Phase::Pre, 1), (Phase::Pre, 2), (Phase::Post, 1)] {
        let span = find(&spans, &format!("hook.{phase}"), attempt as usize);
        let (trace, id) = (hex(&span.trace_id), hex(&span.span_id));
        assert_eq!(format!("00-{trace}-{id}-01"), traceparent(&job(), phase, attempt));
        assert_eq!(span.parent_span_id, span_id(&job(), "backup.run", 1));
        assert_eq!(span.flags & 0xff, 1, "sampled");
    }
    let root = find(&spans, "backup.run", 1);
    assert!(root.parent_span_id.is_empty());
    // What a second attempt has mended is no problem of the run.
    assert!(!attributes(&root.attributes).iter().any(|it| it.starts_with("zb.problem")), "{root:?}");
}

#[test]
fn a_cancelled_run_is_no_error_and_says_who_asked() {
    check(
        cancelled(),
        "backup.run 0..3000\n  * cancel.requested 2000\n  hook.pre 40..940\n  restic.backup 940..2100\n  \
         hook.post 2100..3000\n",
    );
    let spans = spans(&history(cancelled()));
    let root = find(&spans, "backup.run", 1);
    assert_eq!(attributes(&root.events[0].attributes), ["zb.by=SIGINT"]);
    assert!(attributes(&root.attributes).contains(&"zb.status=cancelled".to_owned()));
}

#[test]
fn a_killed_run_ends_its_open_act_where_it_was_found() {
    check(
        killed(),
        "backup.run 0..4000 ! the run was interrupted; restic.backup was interrupted\n  * run.interrupted 3000\n  \
         * orphans.ended 3500\n  hook.pre 40..940\n  restic.backup 940..3000 ! zb ended before this did\n  \
         hook.post 3500..4000\n",
    );
    let spans = spans(&history(killed()));
    let root = attributes(&find(&spans, "backup.run", 1).attributes);
    assert!(root.contains(&"zb.interrupted=true".to_owned()), "{root:?}");
    assert!(root.contains(&"error.type=interrupted".to_owned()), "{root:?}");
}

#[test]
fn every_attempt_of_a_hook_is_a_span() {
    let mut facts = good();
    facts.splice(
        6..9,
        [
            (4_940, started(Phase::Post, 1)),
            (64_940, silent(Phase::Post, 1)),
            (65_940, started(Phase::Post, 2)),
            (66_000, answered(Phase::Post, 2, 503)),
            (66_000, finished(RunStatus::Warning)),
        ],
    );
    facts.truncate(11);
    check(
        facts.clone(),
        "backup.run 0..66000\n  hook.pre 40..940\n  restic.backup 940..4940\n  \
         hook.post 4940..64940 ! post webhook timed out after 60 s; the request was sent, no whole answer came\n  \
         hook.post 65940..66000 ! post webhook returned HTTP 503\n",
    );
    let spans = spans(&history(facts));
    let of = |nth| attributes(&find(&spans, "hook.post", nth).attributes);
    assert!(of(1).contains(&"error.type=no-answer".to_owned()));
    assert!(
        of(2).contains(&"error.type=503".to_owned())
            && of(2).contains(&"http.request.resend_count=1".to_owned())
    );
    // A warning is no error, and says what it is about.
    let root = attributes(&find(&spans, "backup.run", 1).attributes);
    assert!(root.contains(&"zb.problem=post webhook returned HTTP 503".to_owned()), "{root:?}");
}

#[test]
fn a_second_start_of_restic_is_a_second_span() {
    let mut facts = good();
    facts.splice(
        5..6,
        [
            (1_000, Fact::ResticFinished(failed(BackupOutcome::Unlocked, 11))),
            (1_200, restic_started()),
            (4_940, Fact::ResticFinished(saved())),
        ],
    );
    check(
        facts.clone(),
        "backup.run 0..7000\n  hook.pre 40..940\n  \
         restic.backup 940..1000 ! restic met a stale lock, which is removed: exit code 11\n  \
         restic.backup 1200..4940\n  hook.post 4940..5840\n  retention 5840..6990\n",
    );
    let spans = spans(&history(facts));
    for nth in [1, 2] {
        let id = span_id(&job(), "restic.backup", nth);
        assert_eq!(find(&spans, "restic.backup", nth as usize).span_id, id);
    }
}

#[test]
fn what_restic_said_is_in_no_span_however_it_ended() {
    for (outcome, words) in [
        (BackupOutcome::Failed, " ! restic failed: exit code 1"),
        (BackupOutcome::Incomplete, ""),
        (BackupOutcome::Cancelled, ""),
    ] {
        let facts = vec![
            (0, queued()),
            (
                5,
                Fact::ChecksFinished {
                    duration_ms: 5,
                    restic_version: None,
                    error: Some(PLANTED.to_owned()),
                },
            ),
            (10, restic_started()),
            (20, Fact::ResticFinished(failed(outcome, 1))),
            (20, Fact::RetentionStarted {}),
            (30, Fact::RetentionFinished { kept: 0, removed: 0, error: Some(PLANTED.to_owned()) }),
            (30, finished(RunStatus::Warning)),
        ];
        check(
            facts,
            &format!(
                "backup.run 0..30\n  restic.backup 10..20{words}\n  retention 20..30 ! retention failed\n"
            ),
        );
    }
}

#[test]
fn a_run_that_is_not_over_has_no_trace() {
    for events in 0..good().len() {
        assert!(run_spans(&history(good())[..events]).is_empty(), "{events} events");
    }
}

/// What was due once is the same ever after, so sending it again changes nothing.
#[test]
fn later_events_change_nothing_that_was_due() {
    let mut facts = killed();
    facts.extend([
        (90_000, started(Phase::Post, 2)),
        (91_000, silent(Phase::Post, 2)),
        (95_000, started(Phase::Post, 3)), // its zb died
        (97_000, started(Phase::Post, 4)),
        (98_000, answered(Phase::Post, 4, 200)),
        (99_000, Fact::HookCleared { phase: Phase::Post, by: "zoe".to_owned() }),
    ]);
    let all = run_spans(&history(facts.clone()));
    for events in 0..=facts.len() {
        let seen = run_spans(&history(facts.clone())[..events]);
        assert_eq!(seen, all[..seen.len()], "{events} events");
        let until = Version::new(u32::try_from(events).unwrap());
        assert_eq!(seen.len(), all.iter().filter(|span| span.due <= until).count(), "{events} events");
    }
    let due: Vec<_> = all.iter().map(|it| (it.span.name.as_str(), it.due.get())).collect();
    let end = u32::try_from(killed().len()).unwrap();
    let late =
        [("hook.post", end + 2), ("hook.post", end + 4), ("hook.post", end + 5), ("hook.cleared", end + 6)];
    assert_eq!(due[4..], late);
}

#[test]
fn a_wall_clock_that_goes_back_makes_no_span_of_negative_length() {
    let facts = vec![
        (10_000, queued()),
        (10_040, checked()),
        (10_040, restic_started()),
        (5_000, Fact::ResticFinished(saved())),
        (5_010, finished(RunStatus::Success)),
    ];
    check(facts, "backup.run 10000..10000\n  restic.backup 10040..10040\n");
}

#[test]
fn an_end_that_is_no_end_of_the_act_in_flight_ends_nothing() {
    let mut facts = good();
    facts.splice(
        3..3,
        [
            (100, answered(Phase::Pre, 2, 500)),
            (200, answered(Phase::Post, 1, 500)),
            (300, Fact::ResticFinished(failed(BackupOutcome::Failed, 1))),
        ],
    );
    let without = spans(&history(good()));
    assert_eq!(spans(&history(facts)), without);
}

#[test]
fn long_words_are_cut() {
    let mut facts = good();
    let Fact::HookFinished(mut ended) = answered(Phase::Post, 1, 500) else { panic!("a hook's end") };
    ended.error = Some("ä\n".repeat(4_000));
    facts[7].1 = Fact::HookFinished(ended);
    let spans = spans(&history(facts));
    let words = find(&spans, "hook.post", 1).status.clone().unwrap().message;
    assert_eq!(words.chars().count(), 257);
    assert!(words.starts_with("ä ä ") && words.ends_with('…'), "{words}");
}
