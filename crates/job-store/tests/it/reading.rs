//! Lists, ends of ids, debts.

use hook_core::{JobId, LifecycleEvent, OutcomeKind, Phase, RunStatus};
use job_store::{Detail, PostHook, RunFilter, Store};
use lifecycle_engine::{RunPlan, RunStore, Unfinished};

use crate::world::{
    append, checked, claim, hook_finished, hook_started, job, key, open, organization, plan, queued,
    restic_finished, restic_started, run_finished, schedule, whole_run,
};

async fn ids(store: &Store, filter: RunFilter) -> Vec<JobId> {
    store.runs(&filter).await.unwrap().into_iter().map(|run| run.job_id).collect()
}

fn named(name: &str, number: u8, schedule_name: &str) -> Vec<LifecycleEvent> {
    let mut events = whole_run(&job(number), &schedule(schedule_name), OutcomeKind::Ok);
    if let LifecycleEvent::RunQueued(queued) = &mut events[0] {
        queued.job_name = name.to_owned();
    }
    events
}

#[tokio::test]
async fn a_list_has_what_was_asked_for_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for (number, name, of) in [(5, "data", "a"), (1, "mail", "b"), (3, "data", "c"), (2, "data", "a")] {
        append(&store, &job(number), &schedule(of), named(name, number, of)).await;
    }
    let of = |numbers: &[u8]| numbers.iter().copied().map(job).collect::<Vec<_>>();
    let all = RunFilter::default;
    let table = [
        (all(), of(&[2, 3, 1, 5])),
        (RunFilter { schedule: Some(schedule("a")), ..all() }, of(&[2, 5])),
        (RunFilter { schedule: Some(schedule("x")), ..all() }, of(&[])),
        (RunFilter { job_name: Some("data".to_owned()), ..all() }, of(&[2, 3, 5])),
        (RunFilter { job_name: Some("Data".to_owned()), ..all() }, of(&[])),
        (RunFilter { job_name: Some("data".to_owned()), schedule: Some(schedule("c")), ..all() }, of(&[3])),
        (RunFilter { limit: Some(2), ..all() }, of(&[2, 3])),
        (RunFilter { limit: Some(0), ..all() }, of(&[])),
        (RunFilter { before: Some(job(3)), ..all() }, of(&[1, 5])),
        (RunFilter { before: Some(job(3)), limit: Some(1), ..all() }, of(&[1])),
        (RunFilter { before: Some(job(5)), ..all() }, of(&[])),
        (RunFilter { before: Some(job(99)), ..all() }, of(&[])),
        (RunFilter { before: Some(job(2)), schedule: Some(schedule("a")), ..all() }, of(&[5])),
    ];
    for (filter, expected) in table {
        assert_eq!(ids(&store, filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_list_leaves_details_out_and_a_run_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    append(&store, &job(1), &schedule("a"), whole_run(&job(1), &schedule("a"), OutcomeKind::Ok)).await;
    let run = store.run(&job(1)).await.unwrap().unwrap();
    assert_eq!(run.stderr, Detail::Text("a word of restic".to_owned()));
    let whole = serde_json::to_value(&run).unwrap();
    assert_eq!(whole["hooks"]["post"]["attempts"][0]["response"], "postgres\n");
    let listed = serde_json::to_value(&store.runs(&RunFilter::default()).await.unwrap()[0]).unwrap();
    assert_eq!(listed.get("stderr"), None);
    for phase in ["pre", "post"] {
        let attempt = &listed["hooks"][phase]["attempts"][0];
        assert_eq!(attempt.get("response"), None);
        assert_eq!(attempt["outcome"], "ok");
    }
    assert_eq!(store.run(&job(2)).await.unwrap(), None);
}

#[tokio::test]
async fn a_run_is_found_by_any_end_of_its_id() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    // The ends differ in their last characters only: 10 equal random bytes each.
    let jobs = [1, 2, 17].map(|last| JobId::from_parts(1, [0, 0, 0, 0, 0, 0, 0, 0, 0, last]));
    for job in &jobs {
        append(&store, job, &schedule("a"), vec![queued(job, &schedule("a"))]).await;
    }
    let [one, two, seventeen] = &jobs;
    let last = &one.as_str()[one.as_str().len() - 1..];
    let upper = one.suffix().to_uppercase();
    let table: [(&str, &[&JobId]); 10] = [
        (one.as_str(), &[one]),
        (one.suffix(), &[one]),
        (&two.as_str()[10..], &[two]),
        (&seventeen.as_str()[28..], &[seventeen]),
        (last, &[one]),
        ("", &[]),
        ("%", &[]),
        ("_", &[]),
        ("nothing", &[]),
        (&upper, &[]),
    ];
    for (text, expected) in table {
        let found = store.find_run(text).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{text:?}");
    }
    // 1 and 17 end in 1 and h: what they share is ambiguous.
    let several = JobId::from_parts(2, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    append(&store, &several, &schedule("a"), vec![queued(&several, &schedule("a"))]).await;
    assert_eq!(store.find_run(last).await.unwrap(), [several.clone(), one.clone()]);
    assert_eq!(store.find_run(several.as_str()).await.unwrap(), [several]);
}

#[tokio::test]
async fn unfinished_runs_are_told_oldest_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for (number, of) in [(3, "a"), (1, "b"), (2, "a")] {
        append(&store, &job(number), &schedule(of), vec![queued(&job(number), &schedule(of))]).await;
    }
    append(&store, &job(4), &schedule("a"), whole_run(&job(4), &schedule("a"), OutcomeKind::Ok)).await;
    let unfinished = |number, of| Unfinished { job: job(number), of: key(of) };
    let all = store.unfinished(None).await.unwrap();
    assert_eq!(all, [unfinished(3, "a"), unfinished(1, "b"), unfinished(2, "a")]);
    let of_a = store.unfinished(Some(&key("a"))).await.unwrap();
    assert_eq!(of_a, [unfinished(3, "a"), unfinished(2, "a")]);
    append(&store, &job(3), &schedule("a"), vec![run_finished(RunStatus::Error)]).await;
    assert_eq!(store.unfinished(Some(&key("a"))).await.unwrap(), [unfinished(2, "a")]);
    assert_eq!(store.unfinished(Some(&key("c"))).await.unwrap(), []);
    assert_eq!(store.unfinished(Some(&"org_b/sched_a".parse().unwrap())).await.unwrap(), []);
}

#[tokio::test]
async fn a_dead_run_may_owe_and_a_living_one_owes_nothing_yet() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let paused = |number, of: &str| {
        let ok = hook_finished(Phase::Pre, 1, OutcomeKind::Ok);
        vec![queued(&job(number), &schedule(of)), checked(), hook_started(Phase::Pre, 1), ok]
    };
    for (number, of) in [(2, "a"), (1, "b")] {
        append(&store, &job(number), &schedule(of), paused(number, of)).await;
    }
    append(&store, &job(3), &schedule("c"), vec![queued(&job(3), &schedule("c")), checked()]).await;
    append(&store, &job(4), &schedule("d"), whole_run(&job(4), &schedule("d"), OutcomeKind::Rejected)).await;
    let living = claim(&store, &key("b")).await;
    assert_eq!(store.owed().await.unwrap(), [job(2)]);
    drop(living);
    assert_eq!(store.owed().await.unwrap(), [job(2), job(1)]);
    let reader = Store::open_existing(dir.path()).unwrap().unwrap();
    assert_eq!(reader.owed().await.unwrap(), [job(2), job(1)]);
}

#[tokio::test]
async fn a_later_runs_2xx_clears_what_an_earlier_one_failed_to_deliver() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let post_hook = async |number| {
        let run = store.run(&job(number)).await.unwrap().unwrap();
        (run.post_hook, run.post_hook_cleared_by)
    };
    for (number, of, post) in [
        (9, "a", OutcomeKind::Ok),
        (1, "a", OutcomeKind::Rejected),
        (2, "b", OutcomeKind::Ok),
        (3, "a", OutcomeKind::NoAnswer),
    ] {
        append(&store, &job(number), &schedule(of), whole_run(&job(number), &schedule(of), post)).await;
    }
    let of_b = RunPlan { organization: organization("b"), ..plan(&job(7), &schedule("a")) };
    let mut namesakes = whole_run(&job(7), &schedule("a"), OutcomeKind::Ok);
    namesakes[0] = of_b.queued();
    append(&store, &job(7), &schedule("a"), namesakes).await;
    assert_eq!(
        post_hook(1).await,
        (PostHook::Failed, None),
        "neither another job, one of another organization, nor an earlier run ends a debt"
    );
    for number in [5, 4] {
        append(
            &store,
            &job(number),
            &schedule("a"),
            whole_run(&job(number), &schedule("a"), OutcomeKind::Ok),
        )
        .await;
    }
    for number in [1, 3] {
        assert_eq!(post_hook(number).await, (PostHook::Cleared, Some(format!("run {}", job(5)))));
    }
    assert_eq!(post_hook(5).await, (PostHook::Delivered, None));
    let of = RunFilter {
        schedule: Some(schedule("a")),
        organization: Some(Default::default()),
        ..RunFilter::default()
    };
    let listed = store.runs(&of).await.unwrap();
    let hooks: Vec<_> = listed.iter().map(|run| run.post_hook).collect();
    let (cleared, delivered) = (PostHook::Cleared, PostHook::Delivered);
    assert_eq!(hooks, [delivered, delivered, cleared, cleared, delivered]);
}

#[tokio::test]
async fn a_run_in_progress_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let begun = vec![queued(&job(1), &schedule("a")), checked(), restic_started(), restic_finished()];
    append(&store, &job(1), &schedule("a"), begun).await;
    let run = store.run(&job(1)).await.unwrap().unwrap();
    assert_eq!((run.status, run.post_hook), (None, PostHook::None));
}
