//! Every row of the table of `spec.md` §3: what there is to tell, and in which words.

use std::fmt::Write;

use event_bus::{Position, Recorded, StreamId, Version};
use hook_core::{
    LifecycleEvent as Event, OutcomeKind as Kind, Phase, PostWhen, RunEvent, RunStatus,
    event::{BackupOutcome as Restic, HookPlan, PostPlan, PrePlan},
};
use notifier::{Destination, Occasion, Story};

use crate::{
    run,
    runs::{
        both, cancel, checks, cleared, finished, good, hook, hook_finished, hook_ok, hook_started,
        interrupted, job_id, post_only, queued, restic, restic_finished, restic_started,
    },
    world::{Recorder, World, dawn, schedule},
};

const JOB: &str = "postgres data";

struct Row {
    what: &'static str,
    events: Vec<Event>,
    occasions: &'static [Occasion],
    kind: &'static str,
}

fn row(what: &'static str, occasions: &'static [Occasion], kind: &'static str, events: Vec<Event>) -> Row {
    Row { what, events, occasions, kind }
}

/// Checked, and the pre hook answered well.
fn paused() -> Vec<Event> {
    run![queued(JOB, both()), checks(None), hook_ok(Phase::Pre)]
}

fn when(when: PostWhen) -> HookPlan {
    HookPlan { pre: Some(PrePlan { attempts: 1 }), post: Some(PostPlan { attempts: 1, when }) }
}

fn error(text: &str) -> Event {
    finished(RunStatus::Error, Some(text))
}

const DIED: &str = "the run was interrupted: zb ended before the run did";

fn table() -> Vec<Row> {
    use Occasion::{Cancelled, Error, PostHookOwed, Success, Warning};
    let mut rows = before_restic();
    rows.extend(cancels());
    rows.extend(deaths());
    rows.extend([
        row("pre 2xx, restic exit 0, post 2xx", &[Success], "", good(JOB)),
        row(
            "pre 2xx, restic exit 3",
            &[Warning],
            "restic Incomplete 3",
            run![
                paused(),
                restic(Restic::Incomplete, 3),
                hook_ok(Phase::Post),
                finished(RunStatus::Warning, Some("restic could not read 1 file"))
            ],
        ),
        row(
            "pre 2xx, restic exits otherwise",
            &[Error],
            "restic Failed 12",
            run![paused(), restic(Restic::Failed, 12), hook_ok(Phase::Post), error("the password is wrong")],
        ),
        row(
            "restic cannot start",
            &[Error],
            "restic Failed",
            run![
                paused(),
                restic_started(),
                restic_finished(Restic::Failed, None),
                hook_ok(Phase::Post),
                error("cannot be started")
            ],
        ),
        row(
            "post fails after success",
            &[Warning, PostHookOwed],
            "post Rejected 500",
            run![
                paused(),
                restic(Restic::Complete, 0),
                hook(Phase::Post, Kind::Rejected, Some(500)),
                finished(RunStatus::Warning, Some("post webhook returned HTTP 500"))
            ],
        ),
        row(
            "post fails after error",
            &[Error, PostHookOwed],
            "restic Failed 1; post NoAnswer",
            run![
                paused(),
                restic(Restic::Failed, 1),
                hook(Phase::Post, Kind::NoAnswer, None),
                error("restic; post")
            ],
        ),
        row(
            "post fails after cancelled",
            &[Cancelled, PostHookOwed],
            "post NotSent",
            run![
                paused(),
                restic_started(),
                cancel(),
                restic_finished(Restic::Cancelled, Some(130)),
                hook(Phase::Post, Kind::NotSent, None),
                finished(RunStatus::Cancelled, Some("cancelled; post"))
            ],
        ),
        row(
            "no pre hook, post fails",
            &[Warning, PostHookOwed],
            "post Rejected 404",
            run![
                queued(JOB, post_only()),
                checks(None),
                restic(Restic::Complete, 0),
                hook(Phase::Post, Kind::Rejected, Some(404)),
                finished(RunStatus::Warning, Some("post webhook returned HTTP 404"))
            ],
        ),
        row(
            "cancelled during retention",
            &[Warning],
            "retention",
            run![
                paused(),
                restic(Restic::Complete, 0),
                hook_ok(Phase::Post),
                Event::RetentionStarted {},
                cancel(),
                Event::RetentionFinished { kept: 0, removed: 0, error: Some("cancelled".to_owned()) },
                finished(RunStatus::Warning, Some("retention was cancelled"))
            ],
        ),
        row(
            "the journal failed between the hooks",
            &[Error],
            "other",
            run![paused(), hook_ok(Phase::Post), error("the journal could not append")],
        ),
        row("not over", &[], "", paused()),
    ]);
    rows
}

fn before_restic() -> Vec<Row> {
    use Occasion::{Error, PostHookOwed};
    let pre = |plan, kind, status, post: Vec<Event>| {
        run![
            queued(JOB, plan),
            checks(None),
            hook(Phase::Pre, kind, status),
            post,
            error("pre webhook failed")
        ]
    };
    vec![
        row(
            "a check fails",
            &[Error],
            "check restic is not on PATH",
            run![queued(JOB, both()), checks(Some("restic is not on PATH")), error("restic is not on PATH")],
        ),
        row("pre refused", &[Error], "pre Refused", pre(both(), Kind::Refused, None, vec![])),
        row("pre not sent", &[Error], "pre NotSent", pre(both(), Kind::NotSent, None, vec![])),
        row(
            "pre answered, not 2xx",
            &[Error],
            "pre Rejected 500",
            pre(both(), Kind::Rejected, Some(500), vec![]),
        ),
        row(
            "pre sent, no whole answer",
            &[Error],
            "pre NoAnswer",
            pre(both(), Kind::NoAnswer, None, hook_ok(Phase::Post).into()),
        ),
        row(
            "pre sent, no whole answer, post fails",
            &[Error, PostHookOwed],
            "pre NoAnswer; post Rejected 502",
            pre(both(), Kind::NoAnswer, None, hook(Phase::Post, Kind::Rejected, Some(502)).into()),
        ),
        row(
            "always, and pre rejected: post is owed",
            &[Error, PostHookOwed],
            "pre Rejected 500; post unsent",
            pre(when(PostWhen::Always), Kind::Rejected, Some(500), vec![]),
        ),
        row(
            "after-restic, and pre without an answer: post is not owed",
            &[Error],
            "pre NoAnswer",
            pre(when(PostWhen::AfterRestic), Kind::NoAnswer, None, vec![]),
        ),
    ]
}

fn cancels() -> Vec<Row> {
    use Occasion::{Cancelled, Success};
    let end = || finished(RunStatus::Cancelled, Some("the run was cancelled by SIGINT"));
    vec![
        row(
            "cancelled while the pre hook is in flight",
            &[Cancelled],
            "",
            run![
                queued(JOB, both()),
                checks(None),
                hook_started(Phase::Pre),
                cancel(),
                hook_finished(Phase::Pre, Kind::Cancelled, None),
                hook_ok(Phase::Post),
                end()
            ],
        ),
        row(
            "pre 2xx, then cancelled before restic starts",
            &[Cancelled],
            "",
            run![paused(), cancel(), hook_ok(Phase::Post), end()],
        ),
        row(
            "no pre hook, cancelled before restic starts",
            &[Cancelled],
            "",
            run![queued(JOB, post_only()), checks(None), cancel(), end()],
        ),
        row(
            "cancelled while restic runs",
            &[Cancelled],
            "",
            run![
                paused(),
                restic_started(),
                cancel(),
                restic_finished(Restic::Cancelled, Some(130)),
                hook_ok(Phase::Post),
                end()
            ],
        ),
        row(
            "cancelled, but restic had already finished",
            &[Success],
            "",
            run![
                paused(),
                restic(Restic::Complete, 0),
                cancel(),
                hook_ok(Phase::Post),
                finished(RunStatus::Success, None)
            ],
        ),
    ]
}

fn deaths() -> Vec<Row> {
    use Occasion::{Error, Interrupted, PostHookOwed, Success, Warning};
    let ended = || Event::OrphansEnded { count: 1 };
    vec![
        row(
            "zb dies while the pre hook is in flight",
            &[Error, Interrupted],
            "interrupted",
            run![
                queued(JOB, both()),
                checks(None),
                hook_started(Phase::Pre),
                interrupted(),
                ended(),
                hook_ok(Phase::Post),
                error(DIED)
            ],
        ),
        row(
            "zb dies while restic runs",
            &[Error, Interrupted],
            "interrupted",
            run![paused(), restic_started(), interrupted(), ended(), hook_ok(Phase::Post), error(DIED)],
        ),
        row(
            "zb dies while restic runs, post fails",
            &[Error, Interrupted, PostHookOwed],
            "interrupted; post Rejected 500",
            run![
                paused(),
                restic_started(),
                interrupted(),
                ended(),
                hook(Phase::Post, Kind::Rejected, Some(500)),
                error(DIED)
            ],
        ),
        row(
            "zb dies after restic's end",
            &[Success, Interrupted],
            "",
            run![
                paused(),
                restic(Restic::Complete, 0),
                interrupted(),
                ended(),
                hook_ok(Phase::Post),
                finished(RunStatus::Success, None)
            ],
        ),
        row(
            "no pre hook, zb dies while restic runs",
            &[Error, Interrupted],
            "interrupted",
            run![
                queued(JOB, post_only()),
                checks(None),
                restic_started(),
                interrupted(),
                ended(),
                hook_ok(Phase::Post),
                error(DIED)
            ],
        ),
        row(
            "zb dies before hook.started and restic.started",
            &[Error, Interrupted],
            "interrupted",
            run![queued(JOB, both()), interrupted(), ended(), error(DIED)],
        ),
        row(
            "zb dies in retention",
            &[Warning, Interrupted],
            "retention",
            run![
                paused(),
                restic(Restic::Complete, 0),
                hook_ok(Phase::Post),
                Event::RetentionStarted {},
                interrupted(),
                ended(),
                finished(RunStatus::Warning, Some("retention was interrupted"))
            ],
        ),
    ]
}

fn history(events: &[Event]) -> Vec<Recorded<RunEvent>> {
    let stream = StreamId::from(job_id(0).as_str());
    let recorded = |(place, event): (u32, &Event)| {
        let event = RunEvent { job: job_id(0), schedule: schedule(JOB), event: event.clone() };
        let (position, version) = (Position::new(place.into()), Version::new(place));
        Recorded::new(position, stream.clone(), version, dawn(), event)
    };
    (1..).zip(events).map(recorded).collect()
}

#[test]
fn every_row_has_its_occasions_and_its_kind() {
    for Row { what, events, occasions, kind } in table() {
        let story = Story::of(&history(&events)).unwrap();
        assert_eq!(story.occasions().into_iter().collect::<Vec<_>>(), occasions, "{what}");
        assert_eq!(story.kind(), kind, "{what}");
    }
}

#[test]
fn a_debt_that_is_ended_later_is_no_occasion_any_more() {
    let owing = crate::runs::owing(JOB, 500);
    for ending in [run![cleared()], run![hook_ok(Phase::Post)]] {
        let story = Story::of(&history(&run![owing.clone(), ending])).unwrap();
        assert_eq!(story.occasions().into_iter().collect::<Vec<_>>(), [Occasion::Warning]);
        assert_eq!((story.kind(), story.ended_owing), (String::new(), true));
    }
    let again = run![owing, hook(Phase::Post, Kind::NoAnswer, None)];
    assert_eq!(Story::of(&history(&again)).unwrap().kind(), "post NoAnswer");
}

#[test]
fn kinds_are_free_of_what_differs_from_run_to_run() {
    let kind = |reason: &str| {
        let events = run![queued(JOB, both()), checks(Some(reason)), error(reason)];
        Story::of(&history(&events)).unwrap().kind()
    };
    assert_eq!(
        kind("no answer within 60 s from http://a:1/x"),
        kind("no answer within 61 s from http://b:2/y")
    );
    assert_ne!(kind("restic is not on PATH"), kind("the data directory is full"));
}

#[test]
fn any_history_is_told() {
    for Row { events, .. } in table() {
        for begin in 0..events.len() {
            for end in begin..=events.len() {
                let story = Story::of(&history(&events[begin..end]));
                assert_eq!(story.is_some(), begin == 0 && end > 0);
            }
        }
    }
}

/// What a person is told of every row, who wants to know everything, and who has heard of nothing before.
#[tokio::test(start_paused = true)]
async fn words() {
    let mut page = String::new();
    for Row { what, events, .. } in table() {
        let world = World::new();
        let recorder = Recorder::willing(&world.clock);
        let mut everything = Destination::people("ana");
        everything.on = Occasion::ALL.into();
        let notifier = world.start(vec![recorder.outlet(everything)]);
        world.run(JOB, events).await;
        world.settle(&notifier).await;
        writeln!(page, "# {what}").unwrap();
        for message in recorder.messages() {
            assert!(message.title.chars().count() <= 125, "{}", message.title);
            let all = serde_json::to_string(&message).unwrap();
            assert!(!all.contains("RESPONSE-OF") && !all.contains("STDERR-OF"), "{all}");
            writeln!(page, "{:?}: {}", message.severity, message.title).unwrap();
            message.lines.iter().for_each(|line| writeln!(page, "    {line}").unwrap());
        }
        page.push('\n');
    }
    insta::assert_snapshot!(page);
}

/// Names are people's: they may hold anything, and a message is one line.
#[tokio::test(start_paused = true)]
async fn a_name_cannot_break_a_line() {
    let world = World::new();
    let recorder = Recorder::willing(&world.clock);
    let notifier = world.start(vec![recorder.outlet(Destination::people("ana"))]);
    let long = "x".repeat(128);
    for name in ["two\r\nlines", "\u{1b}[31mred\u{202e}", &long] {
        world.run(name, crate::runs::failed(name, 1)).await;
    }
    world.settle(&notifier).await;
    let titles = recorder.titles();
    assert_eq!(titles.len(), 3);
    for title in titles {
        assert!(!title.contains(|c: char| c.is_control() || c == '\u{202e}'), "{title:?}");
        assert!(title.chars().count() <= 125, "{title}");
    }
}
