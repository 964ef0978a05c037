//! Lists for the service: every filter against a naive one, in pages, and what waits for a person.

use hook_core::{LifecycleEvent, OutcomeKind, Phase, RunStatus, event::Trigger};
use jiff::{SignedDuration, Timestamp};
use job_store::{Run, RunList, Store};

use crate::{
    observers::make_older,
    world::{
        append, checked, hook_finished, hook_started, job, open, organization, queued, restic_finished,
        restic_started, run_finished, schedule, whole_run,
    },
};

/// 60 runs of three jobs in two organizations, of all kinds.
async fn filled() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for number in 0..60_u8 {
        let of = schedule(["a", "b", "c"][usize::from(number % 3)]);
        let mut first = queued(&job(number), &of);
        if let LifecycleEvent::RunQueued(queued) = &mut first {
            queued.organization_id = organization(if number % 5 == 0 { "other" } else { "mine" });
            queued.trigger = Trigger::ALL[usize::from(number % 4)];
        }
        let mut events = vec![first];
        if number % 7 == 0 {
            events.push(LifecycleEvent::RunInterrupted { by: "serve".to_owned() });
        }
        let ends = [
            None,
            Some(RunStatus::Success),
            Some(RunStatus::Error),
            Some(RunStatus::Warning),
            Some(RunStatus::Error),
        ];
        events.extend(ends[usize::from(number / 3 % 5)].map(run_finished));
        append(&store, &job(number), &of, events).await;
    }
    (dir, store)
}

async fn all(store: &Store, mut list: RunList, page: u32) -> Vec<Run> {
    let mut runs = Vec::new();
    loop {
        let mut found = store.list_runs(&list, page).await.unwrap();
        let is_more = found.len() > usize::try_from(page).unwrap();
        found.truncate(usize::try_from(page).unwrap());
        list.before = found.last().map(|(place, _)| *place);
        runs.extend(found.into_iter().map(|(_, run)| run));
        if !is_more {
            return runs;
        }
    }
}

#[tokio::test]
async fn a_list_has_what_a_naive_filter_has() {
    let (_dir, store) = filled().await;
    let mine = RunList { organization: organization("mine"), ..RunList::default() };
    let everything = all(&store, mine.clone(), 200).await;
    assert_eq!(everything.len(), 48);
    assert!(everything.is_sorted_by_key(|run| std::cmp::Reverse(run.queued_at)));
    let middle = everything[20].queued_at;
    let (error, warning) = (Some(RunStatus::Error), Some(RunStatus::Warning));
    let lists = [
        RunList { schedules: vec![schedule("a")], ..mine.clone() },
        RunList { schedules: vec![schedule("a"), schedule("c"), schedule("x")], ..mine.clone() },
        RunList { statuses: vec![None], ..mine.clone() },
        RunList { statuses: vec![error, None, warning], ..mine.clone() },
        RunList { triggers: vec![Trigger::Api, Trigger::Ui], ..mine.clone() },
        RunList { interrupted: Some(true), ..mine.clone() },
        RunList { interrupted: Some(false), statuses: vec![error], ..mine.clone() },
        RunList { since: Some(middle), ..mine.clone() },
        RunList { until: Some(middle), statuses: vec![error], ..mine.clone() },
        RunList {
            schedules: vec![schedule("b")],
            statuses: vec![error, warning],
            triggers: vec![Trigger::Cli],
            since: Some(middle - SignedDuration::from_secs(200)),
            ..mine.clone()
        },
    ];
    for list in lists {
        let wanted = |run: &&Run| {
            (list.schedules.is_empty() || list.schedules.contains(&run.schedule_id))
                && (list.statuses.is_empty() || list.statuses.contains(&run.status))
                && (list.triggers.is_empty() || list.triggers.contains(&run.trigger))
                && list.interrupted.is_none_or(|interrupted| interrupted == run.interrupted)
                && list.since.is_none_or(|since| run.queued_at >= since)
                && list.until.is_none_or(|until| run.queued_at < until)
        };
        let expected: Vec<Run> = everything.iter().filter(wanted).cloned().collect();
        for page in [1, 3, 200] {
            assert_eq!(all(&store, list.clone(), page).await, expected, "{list:?} {page}");
        }
    }
    assert!(all(&store, RunList::default(), 200).await.is_empty(), "org_default has none");
}

/// A clock that was set back: the list has the times' order, and no page loses or repeats a run.
#[tokio::test]
async fn a_list_has_the_order_of_the_times() {
    let dir = tempfile::tempdir().unwrap();
    let seconds = std::sync::atomic::AtomicUsize::new(0);
    let clock = std::sync::Arc::new(move || {
        let times = [50, 40, 40, 60, 40];
        let at = seconds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Timestamp::from_second(times[at % times.len()]).unwrap()
    });
    let store = Store::open(dir.path(), clock).unwrap();
    for number in 0..5 {
        append(&store, &job(number), &schedule("a"), vec![queued(&job(number), &schedule("a"))]).await;
    }
    for page in [1, 2, 10] {
        let listed = all(&store, RunList::default(), page).await;
        let listed: Vec<_> = listed.into_iter().map(|run| run.job_id).collect();
        assert_eq!(listed, [3, 0, 4, 2, 1].map(job), "{page}");
    }
}

async fn waiting(store: &Store) -> (Vec<u8>, Vec<u8>) {
    let waiting = store.waiting_for_you(&Default::default(), 100).await.unwrap();
    let numbers = |runs: Vec<Run>| {
        runs.into_iter().map(|run| (0..20).find(|number| job(*number) == run.job_id).unwrap()).collect()
    };
    (numbers(waiting.owed), numbers(waiting.failed))
}

#[tokio::test]
async fn what_waits_for_a_person_goes_when_it_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (a, b) = (schedule("a"), schedule("b"));
    append(&store, &job(1), &a, whole_run(&job(1), &a, OutcomeKind::Rejected)).await;
    append(&store, &job(2), &b, whole_run(&job(2), &b, OutcomeKind::Rejected)).await;
    let unhooked = vec![queued(&job(3), &b), checked(), run_finished(RunStatus::Error)];
    append(&store, &job(3), &b, unhooked).await;
    assert_eq!(waiting(&store).await, (vec![2, 1], vec![3]));
    let cleared = LifecycleEvent::HookCleared { phase: Phase::Post, by: "ana".to_owned() };
    append(&store, &job(1), &a, vec![cleared]).await;
    assert_eq!(waiting(&store).await, (vec![2], vec![3]));
    let begun = vec![
        queued(&job(4), &b),
        hook_started(Phase::Pre, 1),
        hook_finished(Phase::Pre, 1, OutcomeKind::Ok),
        restic_started(),
        restic_finished(),
        hook_started(Phase::Post, 1),
    ];
    append(&store, &job(4), &b, begun).await;
    assert_eq!(waiting(&store).await, (vec![2], vec![3]), "nothing is over yet");
    assert_eq!(store.running(&Default::default()).await.unwrap(), [(job(4), b.clone())]);
    append(&store, &job(4), &b, vec![hook_finished(Phase::Post, 1, OutcomeKind::Ok)]).await;
    assert_eq!(waiting(&store).await, (vec![], vec![3]), "a later 2xx ends the debt");
    append(&store, &job(4), &b, vec![run_finished(RunStatus::Success)]).await;
    assert_eq!(waiting(&store).await, (vec![], vec![]));
    assert!(store.running(&Default::default()).await.unwrap().is_empty());
    // The owed hook of a run that is over, sent again.
    append(&store, &job(5), &a, whole_run(&job(5), &a, OutcomeKind::NoAnswer)).await;
    assert_eq!(waiting(&store).await, (vec![5], vec![]));
    let again = vec![hook_started(Phase::Post, 2), hook_finished(Phase::Post, 2, OutcomeKind::Ok)];
    append(&store, &job(5), &a, again).await;
    assert_eq!(waiting(&store).await, (vec![], vec![]));
    assert_eq!(store.organization_of(&job(5)).await.unwrap(), Some(Default::default()));
    assert_eq!(store.organization_of(&job(9)).await.unwrap(), None);
}

/// What the rows say is found again in the events of a database that is older than its lists.
#[tokio::test]
async fn an_older_database_has_the_same_lists() {
    let (dir, store) = filled().await;
    for (number, post) in [(100, OutcomeKind::Rejected), (101, OutcomeKind::Ok), (102, OutcomeKind::NoAnswer)]
    {
        append(&store, &job(number), &schedule("h"), whole_run(&job(number), &schedule("h"), post)).await;
    }
    let mut paused = run_finished(RunStatus::Success);
    if let LifecycleEvent::RunFinished { pause_ms, .. } = &mut paused {
        *pause_ms = Some(8300);
    }
    let events = vec![queued(&job(103), &schedule("h")), paused];
    append(&store, &job(103), &schedule("h"), events).await;
    let lists = async |store: &Store| {
        let mut found = Vec::new();
        for of in [organization("mine"), organization("other"), Default::default()] {
            for (statuses, interrupted) in [(vec![], None), (vec![], Some(true)), (vec![None], None)] {
                let list = RunList { organization: of.clone(), statuses, interrupted, ..RunList::default() };
                found.push(all(store, list, 200).await);
            }
            let list =
                RunList { organization: of.clone(), triggers: vec![Trigger::Ui], ..RunList::default() };
            found.push(all(store, list, 200).await);
            let waiting = store.waiting_for_you(&of, 100).await.unwrap();
            found.extend([waiting.owed, waiting.failed]);
        }
        found
    };
    let glances = async |store: &Store| {
        let jobs = ["a", "b", "c", "h"].map(schedule).to_vec();
        store.glances(&Default::default(), jobs, 100).await.unwrap().concat()
    };
    let before = (lists(&store).await, glances(&store).await);
    assert!(before.0.iter().filter(|list| !list.is_empty()).count() >= 10);
    assert!(before.1.iter().any(|run| run.pause_ms.is_some()));
    drop(store);
    make_older(dir.path());
    let older = open(dir.path());
    assert_eq!((lists(&older).await, glances(&older).await), before);
}
