//! State and post hook of a run, at every point of its history.

use hook_core::{LifecycleEvent as Event, OutcomeKind, Phase, PostWhen, RunStatus, event::PostPlan};
use job_store::{PostHook, Run, Stage};

use crate::world::{
    checked, hook_finished, hook_started, job, queued, restic_finished, restic_started, run_finished,
    schedule, told, whole_run,
};

fn run(events: Vec<Event>) -> Run {
    Run::from_history(&told(&job(1), &schedule("a"), events)).unwrap()
}

#[test]
fn a_good_run_step_by_step() {
    use PostHook::{Delivered, None, Owed};
    let events = whole_run(&job(1), &schedule("a"), OutcomeKind::Ok);
    let expected = [
        (Stage::Queued, None),
        (Stage::Checking, None),
        // The request is on its way: it may have arrived.
        (Stage::Preparing, Owed),
        (Stage::Preparing, Owed),
        (Stage::BackingUp, Owed),
        (Stage::Settling, Owed),
        (Stage::Settling, Owed),
        (Stage::Settling, Delivered),
        (Stage::Finished, Delivered),
    ];
    assert_eq!(events.len(), expected.len());
    for (length, (state, post_hook)) in (1..).zip(expected) {
        let run = run(events[..length].to_vec());
        assert_eq!((run.state, run.post_hook), (state, post_hook), "after {:?}", events[length - 1]);
        assert_eq!(run.status.is_some(), state == Stage::Finished);
    }
}

fn without_hooks(mut queued: Event) -> Event {
    if let Event::RunQueued(queued) = &mut queued {
        queued.hooks.pre = None;
        queued.hooks.post = None;
    }
    queued
}

fn only_post(mut queued: Event, when: PostWhen) -> Event {
    if let Event::RunQueued(queued) = &mut queued {
        queued.hooks.pre = None;
        queued.hooks.post = Some(PostPlan { attempts: 1, when });
    }
    queued
}

#[test]
fn what_became_of_the_post_hook() {
    use OutcomeKind::{NoAnswer, NotSent, Ok, Rejected};
    let begin = || queued(&job(1), &schedule("a"));
    let end = run_finished;
    let interrupted = || Event::RunInterrupted { by: "recover".to_owned() };
    let cleared = || Event::HookCleared { phase: Phase::Post, by: "ana".to_owned() };
    let pre = |outcome| [hook_started(Phase::Pre, 1), hook_finished(Phase::Pre, 1, outcome)];
    let post =
        |attempt, outcome| [hook_started(Phase::Post, attempt), hook_finished(Phase::Post, attempt, outcome)];
    let restic = || [restic_started(), restic_finished()];
    let history = |parts: &[&[Event]]| parts.concat();
    let table: [(&str, Vec<Event>, PostHook); 17] = [
        (
            "no hooks",
            history(&[&[without_hooks(begin())], &restic(), &[end(RunStatus::Success)]]),
            PostHook::None,
        ),
        ("a failed check", history(&[&[begin(), checked(), end(RunStatus::Error)]]), PostHook::None),
        (
            "pre refused by the receiver",
            history(&[&[begin()], &pre(Rejected), &[end(RunStatus::Error)]]),
            PostHook::None,
        ),
        ("pre not sent", history(&[&[begin()], &pre(NotSent), &[end(RunStatus::Error)]]), PostHook::None),
        ("pre not sent, not over", history(&[&[begin()], &pre(NotSent)]), PostHook::None),
        ("pre without an answer", history(&[&[begin()], &pre(NoAnswer)]), PostHook::Owed),
        (
            "only a post hook, restic not begun",
            history(&[&[only_post(begin(), PostWhen::Paired)]]),
            PostHook::None,
        ),
        (
            "only a post hook, restic begun",
            history(&[&[only_post(begin(), PostWhen::Always), restic_started()]]),
            PostHook::Owed,
        ),
        (
            "died in the post hook",
            history(&[&[begin()], &pre(Ok), &[hook_started(Phase::Post, 1), interrupted()]]),
            PostHook::Owed,
        ),
        (
            "failed, not over",
            history(&[&[begin()], &pre(Ok), &restic(), &post(1, Rejected)]),
            PostHook::Failed,
        ),
        (
            "failed",
            history(&[&[begin()], &pre(Ok), &restic(), &post(1, Rejected), &[end(RunStatus::Warning)]]),
            PostHook::Failed,
        ),
        (
            "owed and never tried",
            history(&[&[begin()], &pre(Ok), &restic(), &[end(RunStatus::Error)]]),
            PostHook::Failed,
        ),
        (
            "cleared",
            history(&[&[begin()], &pre(Ok), &post(1, Rejected), &[end(RunStatus::Error), cleared()]]),
            PostHook::Cleared,
        ),
        (
            "cleared, not over",
            history(&[&[begin()], &pre(Ok), &[interrupted(), cleared()]]),
            PostHook::Cleared,
        ),
        (
            "sent again",
            history(&[&[begin()], &pre(Ok), &post(1, Rejected), &[end(RunStatus::Error)], &post(2, Ok)]),
            PostHook::Delivered,
        ),
        (
            "sent again in vain",
            history(&[
                &[begin()],
                &pre(Ok),
                &post(1, Rejected),
                &[end(RunStatus::Error)],
                &post(2, Rejected),
            ]),
            PostHook::Failed,
        ),
        (
            "recovered",
            history(&[&[begin()], &pre(Ok), &[interrupted()], &post(1, Ok), &[end(RunStatus::Error)]]),
            PostHook::Delivered,
        ),
    ];
    for (name, events, expected) in table {
        let run = run(events);
        assert_eq!(run.post_hook, expected, "{name}");
        let cleared_by = (expected == PostHook::Cleared).then(|| "ana".to_owned());
        assert_eq!(run.post_hook_cleared_by, cleared_by, "{name}");
    }
}

#[test]
fn what_follows_the_end_changes_no_state() {
    let mut events = whole_run(&job(1), &schedule("a"), OutcomeKind::Rejected);
    events.extend([hook_started(Phase::Post, 2), hook_finished(Phase::Post, 2, OutcomeKind::Ok)]);
    let run = run(events);
    assert_eq!((run.state, run.status), (Stage::Finished, Some(RunStatus::Warning)));
    let outcomes: Vec<_> =
        run.hooks.post.unwrap().attempts.into_iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Some(OutcomeKind::Rejected), Some(OutcomeKind::Ok)]);
}

#[test]
fn a_run_that_was_interrupted_says_so_and_its_cut_attempt_has_no_outcome() {
    let run = run(vec![
        queued(&job(1), &schedule("a")),
        checked(),
        hook_started(Phase::Pre, 1),
        Event::RunInterrupted { by: "recover".to_owned() },
        Event::Unknown,
    ]);
    assert!(run.interrupted);
    assert_eq!(run.state, Stage::Settling);
    let attempt = run.hooks.pre.unwrap().attempts.remove(0);
    assert_eq!((attempt.outcome, attempt.duration_ms, attempt.http_status), (None, None, None));
}

#[test]
fn the_first_to_ask_for_the_end_is_told() {
    let cancel = |by: &str| Event::CancelRequested { by: by.to_owned() };
    let run = run(vec![queued(&job(1), &schedule("a")), cancel("SIGINT"), cancel("SIGTERM")]);
    assert_eq!(run.cancel_requested_by.as_deref(), Some("SIGINT"));
}
