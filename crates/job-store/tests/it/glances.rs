//! What a service asks again and again: whether jobs changed, which there are, and the newest run of each.

use hook_core::{JobKey, LifecycleEvent, RunStatus};
use job_store::{Expected, JobList, NewJob, Run, RunFilter, Store};

use crate::world::{append, job, new_job, open, organization, queued, run_finished, schedule};

async fn put(store: &Store, new: NewJob) {
    assert!(matches!(store.put_job(new, Expected::Any).await.unwrap(), job_store::PutJob::Kept { .. }));
}

#[tokio::test]
async fn the_version_is_another_one_after_every_change_of_any_job() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) = (open(dir.path()), open(dir.path()));
    let mut seen = vec![store.jobs_version().await.unwrap()];
    put(&store, new_job("a", "a")).await;
    seen.push(store.jobs_version().await.unwrap());
    // By another process, and without a change of what is said.
    put(&other, new_job("a", "a")).await;
    seen.push(store.jobs_version().await.unwrap());
    put(&other, NewJob { organization: organization("other"), ..new_job("a", "a") }).await;
    seen.push(store.jobs_version().await.unwrap());
    let of = new_job("a", "a").organization;
    let _ = other.delete_job(&of, &schedule("a"), Expected::Any).await.unwrap();
    seen.push(store.jobs_version().await.unwrap());
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    append(&store, &job(1), &schedule("a"), vec![queued(&job(1), &schedule("a"))]).await;
    let _ = store.delete_job(&of, &schedule("a"), Expected::Any).await.unwrap();
    assert_eq!(store.jobs_version().await.unwrap(), seen[4], "runs change no job, and nothing is no change");
}

#[tokio::test]
async fn jobs_are_known_without_their_definitions() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for name in ["b", "c", "a"] {
        put(&store, new_job(name, &format!("job {name}"))).await;
    }
    put(&store, new_job("b", "job b")).await;
    put(&store, NewJob { organization: organization("other"), ..new_job("z", "z") }).await;
    let of = new_job("a", "a").organization;
    let revisions: Vec<_> = store.job_revisions().await.unwrap();
    let mine = revisions.iter().filter(|job| job.key.organization == of);
    let mine: Vec<_> = mine.map(|job| (job.key.schedule.as_str(), job.revision)).collect();
    assert_eq!(mine, [("sched_a", 1), ("sched_b", 2), ("sched_c", 1)]);
    assert_eq!(revisions.len(), 4);
    let names = store.job_names(&of, 2).await.unwrap();
    let names: Vec<_> = names.iter().map(|job| (job.schedule.as_str(), &*job.name)).collect();
    assert_eq!(names, [("sched_a", "job a"), ("sched_b", "job b")]);
    assert_eq!(
        (store.count_jobs(&of).await.unwrap(), store.count_jobs(&organization("x")).await.unwrap()),
        (3, 0)
    );
}

/// A job of a list has what the history says, however its last runs went.
#[tokio::test]
async fn the_last_runs_of_a_job_are_those_of_its_history() {
    let (of, success) = (new_job("a", "a").organization, Some(RunStatus::Success));
    let ends = [Some(RunStatus::Error), success, Some(RunStatus::Warning), success, None];
    for count in 0..=ends.len() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        put(&store, new_job("a", "a")).await;
        for (number, end) in (1..).zip(&ends[..count]) {
            for of in ["a", "b"] {
                let run = job(number * 2 + u8::from(of == "b"));
                let mut events = vec![queued_by(&run, of, new_job("a", "a").organization)];
                events.extend(end.map(run_finished));
                append(&store, &run, &schedule(of), events).await;
            }
        }
        let filter = RunFilter { schedule: Some(schedule("a")), ..RunFilter::default() };
        let history = store.runs(&filter).await.unwrap();
        let last = |wanted: &dyn Fn(&Run) -> bool| history.iter().find(|run| wanted(run)).cloned();
        let list = JobList { organization: of.clone(), ..JobList::default() };
        let listed = store.list_jobs(&list, 9).await.unwrap().remove(0);
        assert_eq!(listed.last, last(&|run| run.status.is_some()), "{count}");
        assert_eq!(listed.last_success, last(&|run| run.status == success).and_then(|run| run.finished_at));
        assert_eq!(listed.running, last(&|run| run.status.is_none()).map(|run| run.job_id), "{count}");
        let newest = store
            .newest_runs(["a", "x"].map(|id| JobKey::new(of.clone(), schedule(id))).to_vec())
            .await
            .unwrap();
        let told = newest[0].clone().map(|run| (run.job, run.status, run.queued_at));
        assert_eq!(told, history.first().map(|run| (run.job_id.clone(), run.status, run.queued_at)));
        assert_eq!(newest[1], None);
        let all = store.runs_after(0).await.unwrap();
        assert_eq!(all.len(), 2 * count);
        assert_eq!(all.last().map_or(0, |(_, run)| run.place), store.last_run().await.unwrap());
        let after = store.runs_after(all.first().map_or(0, |(_, run)| run.place)).await.unwrap();
        assert_eq!(after[..], all[count.min(1)..]);
        let glances = store.glances(&of, vec![schedule("a")], 3).await.unwrap().remove(0);
        let glances = glances.into_iter().map(|run| (run.job, run.status, run.queued_at, run.pause_ms));
        let expected =
            history.iter().map(|run| (run.job_id.clone(), run.status, run.queued_at, run.pause_ms));
        assert!(glances.eq(expected.take(3)), "{count}");
    }
}

fn queued_by(run: &hook_core::JobId, of: &str, organization: hook_core::OrganizationId) -> LifecycleEvent {
    let mut event = queued(run, &schedule(of));
    if let LifecycleEvent::RunQueued(queued) = &mut event {
        queued.organization_id = organization;
    }
    event
}
