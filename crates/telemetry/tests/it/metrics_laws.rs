//! What holds of the state, whatever happened.

use std::collections::BTreeMap;

use event_bus::Recorded;
use hook_core::{
    JobId, LifecycleEvent as Event, OutcomeKind, Phase, PostWhen, RunEvent, RunStatus, event::HookFinished,
};
use proptest::{prelude::*, sample::Index};
use telemetry::metrics::{DamagedMetrics, MAX_JOBS, MAX_OPEN_RUNS, Metrics, Scrape};

use crate::{
    metrics_history::{
        History, SCHEDULES, both_hooks, cleared, finished, history, hook_finished, hook_started, hooks,
        interrupted, job, queued, restic_started, small_history,
    },
    prometheus_text::{Family, parse, value},
};

fn figures(metrics: &Metrics) -> Vec<Family> {
    parse(&metrics.to_prometheus(&Scrape::new("0.1.0")))
}

fn owed(history: &History, schedule: &str) -> Option<f64> {
    value(&figures(&history.folded()), "zb_post_hooks_owed", &[("schedule_id", schedule)])
}

proptest! {
    /// In whatever pieces the events come, however often they are told, kept and read back in between.
    #[test]
    fn pieces_make_the_same_whole(history in history(), cuts in prop::collection::vec((any::<Index>(), any::<Index>()), 0..6)) {
        let whole = history.folded();
        let mut pieces = Metrics::default();
        for (from, to) in cuts {
            // From anywhere that leaves no gap: what was told before changes nothing.
            let from = from.index(pieces.position().get() as usize + 1);
            let to = from + to.index(history.0.len() + 1 - from);
            history.0[from..to].iter().for_each(|recorded| pieces.observe(recorded));
            pieces = Metrics::from_json(&pieces.to_json()).unwrap();
        }
        history.0.iter().for_each(|recorded| pieces.observe(recorded));
        prop_assert_eq!(pieces, whole);
    }

    /// The gauge of owed post hooks says what `zb show` says of each run, told run by run.
    #[test]
    fn debts_are_those_that_the_history_tells(history in history()) {
        for schedule in SCHEDULES {
            let expected = told_debts(&history, schedule);
            prop_assert_eq!(owed(&history, schedule), expected, "{}", schedule);
        }
    }

    #[test]
    fn runs_are_counted_as_the_history_tells(history in history()) {
        let figures = figures(&history.folded());
        for schedule in SCHEDULES {
            for status in [RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled] {
                let is_this = |recorded: &&Recorded<RunEvent>| matches!(
                    &recorded.event.event, Event::RunFinished { status: ended, .. } if *ended == status
                ) && recorded.event.schedule.as_str() == schedule;
                let count = history.0.iter().filter(is_this).count() as f64;
                let labels = [("schedule_id", schedule), ("status", status.as_str())];
                prop_assert_eq!(value(&figures, "zb_runs_total", &labels).unwrap_or_default(), count);
            }
            let runs = runs(&history, schedule);
            let open = runs.iter().filter(|(_, events)| !is_over(events)).count() as f64;
            let shown = value(&figures, "zb_runs_in_progress", &[("schedule_id", schedule)]);
            prop_assert_eq!(shown, (!runs.is_empty()).then_some(open));
        }
    }
}

/// The runs of a job with their events, in the order in which they were queued.
fn runs(history: &History, schedule: &str) -> Vec<(JobId, Vec<Event>)> {
    let mut order = Vec::new();
    let mut events: BTreeMap<&JobId, Vec<Event>> = BTreeMap::new();
    for recorded in history.0.iter().filter(|recorded| recorded.event.schedule.as_str() == schedule) {
        let job = &recorded.event.job;
        events
            .entry(job)
            .or_insert_with(|| {
                order.push(job.clone());
                Vec::new()
            })
            .push(recorded.event.event.clone());
    }
    order.into_iter().map(|job| (job.clone(), events.remove(&job).unwrap())).collect()
}

fn is_over(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::RunFinished { .. }))
}

/// `zb show`'s rule, run by run, over the whole history.
fn told_debts(history: &History, schedule: &str) -> Option<f64> {
    let runs = runs(history, schedule);
    let has = |events: &[Event], wanted: &dyn Fn(&Event) -> bool| events.iter().any(wanted);
    let delivered = |event: &Event| {
        matches!(
            event,
            Event::HookFinished(HookFinished { phase: Phase::Post, outcome: OutcomeKind::Ok, .. })
        )
    };
    let debts = runs.iter().enumerate().filter(|(place, (_, events))| {
        let before: Vec<_> =
            events.iter().take_while(|event| !matches!(event, Event::RunFinished { .. })).cloned().collect();
        let sent = has(&before, &|event| matches!(event, Event::HookStarted { phase: Phase::Post, .. }));
        let owes = is_owed(&before) || sent;
        let dead = is_over(events) || has(events, &|event| matches!(event, Event::RunInterrupted { .. }));
        let is_cleared = has(events, &|event| matches!(event, Event::HookCleared { .. }));
        // A 2xx of its own, or of a run that was queued later; where it is not over, zb will still send its own.
        let pays = if is_over(events) { &runs[*place..] } else { &runs[*place..=*place] };
        let paid = pays.iter().any(|(_, later)| has(later, &delivered));
        owes && dead && !is_cleared && !paid
    });
    (!runs.is_empty()).then_some(debts.count() as f64)
}

/// The pairing rule of `spec.md` §3, read from a whole run.
fn is_owed(events: &[Event]) -> bool {
    let Some(Event::RunQueued(plan)) = events.first() else { return false };
    let Some(post) = plan.hooks.post else { return false };
    let restic = events.iter().any(|event| matches!(event, Event::ResticStarted { .. }));
    if plan.hooks.pre.is_none() || post.when == PostWhen::AfterRestic {
        return restic;
    }
    let begun =
        events.iter().filter(|event| matches!(event, Event::HookStarted { phase: Phase::Pre, .. })).count();
    let answers: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::HookFinished(end) if end.phase == Phase::Pre => Some(end.outcome),
            _ => None,
        })
        .collect();
    let is_harmless = |outcome: &OutcomeKind| {
        matches!(outcome, OutcomeKind::Refused | OutcomeKind::NotSent | OutcomeKind::Rejected)
    };
    match post.when {
        PostWhen::Always => begun > 0,
        _ => begun > answers.len() || !answers.iter().all(is_harmless),
    }
}

/// Row by row: what is owed after a run that went so.
#[test]
fn owed_after_a_run() {
    let pre = |outcome| vec![hook_started(Phase::Pre), hook_finished(Phase::Pre, outcome, 1)];
    let post = |outcome| vec![hook_started(Phase::Post), hook_finished(Phase::Post, outcome, 1)];
    let end = || vec![finished(RunStatus::Error, false, 1, None)];
    let paired = Some(PostWhen::Paired);
    let cases = [
        ("answered", true, paired, vec![pre(OutcomeKind::Ok), post(OutcomeKind::Ok), end()], 0.0),
        ("post rejected", true, paired, vec![pre(OutcomeKind::Ok), post(OutcomeKind::Rejected), end()], 1.0),
        ("post refused", true, paired, vec![pre(OutcomeKind::Ok), post(OutcomeKind::Refused), end()], 1.0),
        (
            "second attempt",
            true,
            paired,
            vec![pre(OutcomeKind::Ok), post(OutcomeKind::NoAnswer), post(OutcomeKind::Ok), end()],
            0.0,
        ),
        ("pre rejected", true, paired, vec![pre(OutcomeKind::Rejected), end()], 0.0),
        ("pre rejected, always", true, Some(PostWhen::Always), vec![pre(OutcomeKind::Rejected), end()], 1.0),
        ("pre silent", true, paired, vec![pre(OutcomeKind::NoAnswer), end()], 1.0),
        (
            "pre silent, after-restic",
            true,
            Some(PostWhen::AfterRestic),
            vec![pre(OutcomeKind::NoAnswer), end()],
            0.0,
        ),
        ("no post hook", true, None, vec![pre(OutcomeKind::Ok), end()], 0.0),
        ("alive", true, paired, vec![pre(OutcomeKind::Ok)], 0.0),
        ("dead", true, paired, vec![pre(OutcomeKind::Ok), vec![interrupted()]], 1.0),
        ("dead in the pre hook", true, paired, vec![vec![hook_started(Phase::Pre), interrupted()]], 1.0),
        (
            "dead, cleared",
            true,
            paired,
            vec![pre(OutcomeKind::Ok), vec![interrupted(), cleared()], end()],
            0.0,
        ),
        (
            "cleared afterwards",
            true,
            paired,
            vec![pre(OutcomeKind::Ok), post(OutcomeKind::Rejected), end(), vec![cleared()]],
            0.0,
        ),
        (
            "sent again",
            true,
            paired,
            vec![pre(OutcomeKind::Ok), post(OutcomeKind::Rejected), end(), post(OutcomeKind::Ok)],
            0.0,
        ),
        (
            "sent again in vain",
            true,
            paired,
            vec![pre(OutcomeKind::Ok), post(OutcomeKind::Rejected), end(), post(OutcomeKind::NotSent)],
            1.0,
        ),
        ("no pre hook", false, paired, vec![vec![restic_started()], end()], 1.0),
        ("no pre hook, no restic", false, paired, vec![end()], 0.0),
    ];
    for (case, has_pre, when, events, expected) in cases {
        let mut history = History::default();
        history.add(1, "sched_a", queued("a", "org_default", hooks(has_pre, when)));
        events.concat().into_iter().for_each(|event| history.add(1, "sched_a", event));
        assert_eq!(owed(&history, "sched_a"), Some(expected), "{case}");
    }
}

/// A run that loses its post hook.
fn add_debt(history: &mut History, run: u64) {
    history.add(run, "sched_a", queued("a", "org_default", both_hooks()));
    history.add(run, "sched_a", hook_started(Phase::Pre));
    history.add(run, "sched_a", finished(RunStatus::Error, false, 1, None));
}

#[test]
fn a_later_post_hook_ends_the_debts_before_it_and_no_others() {
    let mut history = History::default();
    (1..=3).for_each(|run| add_debt(&mut history, run));
    assert_eq!(owed(&history, "sched_a"), Some(3.0));
    history.add(2, "sched_a", cleared());
    assert_eq!(owed(&history, "sched_a"), Some(2.0));
    // Of the run that was cleared, and sent again: the service runs, so the first is paid as well. The third is not.
    history.add(2, "sched_a", hook_finished(Phase::Post, OutcomeKind::Ok, 1));
    assert_eq!(owed(&history, "sched_a"), Some(1.0));
    history.add(4, "sched_a", queued("a", "org_default", both_hooks()));
    history.add(4, "sched_a", hook_finished(Phase::Post, OutcomeKind::Ok, 1));
    assert_eq!(owed(&history, "sched_a"), Some(0.0));
}

#[test]
fn debts_are_bounded() {
    let mut history = History::default();
    (1..=150).for_each(|run| add_debt(&mut history, run));
    assert_eq!(owed(&history, "sched_a"), Some(100.0));
    history.add(150, "sched_a", hook_finished(Phase::Post, OutcomeKind::Ok, 1));
    assert_eq!(owed(&history, "sched_a"), Some(0.0));
}

/// Runs without a debt are remembered only for the sake of older ones, and go before them.
#[test]
fn good_runs_do_not_push_a_debt_out() {
    let mut history = History::default();
    add_debt(&mut history, 1);
    for run in 2..=150 {
        history.add(run, "sched_a", queued("a", "org_default", hooks(false, None)));
        history.add(run, "sched_a", finished(RunStatus::Success, true, 1, None));
    }
    assert_eq!(owed(&history, "sched_a"), Some(1.0));
}

#[test]
fn jobs_are_bounded_and_those_that_ran_longest_ago_go() {
    let mut history = History::default();
    let add = |history: &mut History, run: u64, number: usize| {
        let schedule = format!("sched_{number}");
        history.add(run, &schedule, queued("a", &format!("org_{}", number % 7), both_hooks()));
        history.add(run, &schedule, finished(RunStatus::Success, true, 1, None));
    };
    (0..MAX_JOBS).for_each(|number| add(&mut history, number as u64, number));
    // The first runs again, so that the second is the one that ran longest ago.
    add(&mut history, MAX_JOBS as u64, 0);
    add(&mut history, MAX_JOBS as u64 + 1, MAX_JOBS);
    let figures = figures(&history.folded());
    let runs = |number: usize| {
        let schedule = format!("sched_{number}");
        value(&figures, "zb_runs_total", &[("schedule_id", &schedule), ("status", "success")])
    };
    assert_eq!([runs(0), runs(1), runs(2), runs(MAX_JOBS)], [Some(2.0), None, Some(1.0), Some(1.0)]);
    assert_eq!(value(&figures, "zb_metrics_dropped_total", &[("kind", "job")]), Some(1.0));
}

#[test]
fn an_organization_goes_with_its_last_job() {
    let mut history = small_history();
    (0..MAX_JOBS).for_each(|number| {
        history.add(100 + number as u64, &format!("sched_{number}"), queued("a", "org_new", both_hooks()));
        history.add(
            100 + number as u64,
            &format!("sched_{number}"),
            finished(RunStatus::Success, true, 1, None),
        );
    });
    let text = history.folded().to_prometheus(&Scrape::new("0.1.0"));
    assert!(!text.contains("org_default") && !text.contains("org_home"));
    // Nor is anything left of the run that it had in progress.
    assert!(!String::from_utf8(history.folded().to_json()).unwrap().contains(job(3).as_str()));

    let mut history = small_history();
    history.add(9, "sched_media", queued("media", "org_new", both_hooks()));
    let text = history.folded().to_prometheus(&Scrape::new("0.1.0"));
    assert!(!text.contains("org_home") && text.contains("org_new"), "{text}");
}

#[test]
fn unfinished_runs_are_bounded() {
    let mut history = History::default();
    (0..=MAX_OPEN_RUNS as u64)
        .for_each(|run| history.add(run, "sched_a", queued("a", "org_default", both_hooks())));
    let dropped = history.folded();
    assert_eq!(value(&figures(&dropped), "zb_metrics_dropped_total", &[("kind", "run")]), Some(1.0));
    assert_eq!(value(&figures(&dropped), "zb_runs_in_progress", &[]), Some(MAX_OPEN_RUNS as f64));
    // Its end is counted all the same.
    history.add(0, "sched_a", finished(RunStatus::Success, true, 7, None));
    let ended = figures(&history.folded());
    assert_eq!(value(&ended, "zb_runs_total", &[("status", "success")]), Some(1.0));
}

#[test]
fn what_is_kept_can_be_read_again_or_says_why_not() {
    let metrics = small_history().folded();
    assert_eq!(Metrics::from_json(&metrics.to_json()).unwrap(), metrics);

    let json = String::from_utf8(metrics.to_json()).unwrap();
    let newer = json.replacen("\"version\":1", "\"version\":2", 1);
    assert!(matches!(Metrics::from_json(newer.as_bytes()), Err(DamagedMetrics::OtherVersion(2))));
    for damaged in [&json[..json.len() / 2], "", "null", "{\"version\":1}"] {
        assert!(
            matches!(Metrics::from_json(damaged.as_bytes()), Err(DamagedMetrics::Unreadable(_))),
            "{damaged}"
        );
    }
}

#[test]
fn the_state_of_a_run_ends_with_it() {
    let id = job(1);
    let mut history = History::default();
    history.add(1, "sched_a", queued("a", "org_default", both_hooks()));
    let kept = |history: &History| String::from_utf8(history.folded().to_json()).unwrap();
    assert!(kept(&history).contains(id.as_str()));
    history.add(1, "sched_a", finished(RunStatus::Success, true, 1, None));
    assert!(!kept(&history).contains(id.as_str()));
}
