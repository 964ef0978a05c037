//! Repositories, and what lists know of jobs: kept for each revision, changed with all jobs or not at all.

use hook_core::{OutcomeKind, ScheduleId};
use jiff::{SignedDuration, Timestamp};
use job_store::{
    DeleteRepository, Expected, Facts, JobList, NewJob, NewRepository, PutJob, PutRepository, Store,
};

use crate::world::{append, bytes_of, job, new_job, open, organization, queued, schedule, whole_run};

const SECRET: &str = "hidden-from-the-disk";

fn new(id: &str, url: &str) -> NewRepository {
    NewRepository {
        id: id.to_owned(),
        organization: organization("a"),
        url: url.to_owned().into(),
        definition: format!("{SECRET} {url}").into(),
    }
}

async fn keep(store: &Store, new: NewJob) -> u32 {
    match store.put_job(new, Expected::Any).await.unwrap() {
        PutJob::Kept { revision, .. } => revision,
        other => panic!("{other:?}"),
    }
}

/// Takes the facts of all jobs that need it: the repository is that of this address.
async fn take(store: &Store, url: &str) -> Vec<ScheduleId> {
    let jobs = store.jobs_without_facts(&organization("a")).await.unwrap();
    let taken = jobs.iter().map(|job| {
        let facts = Facts { source: format!("/srv/{}", job.name), url: url.to_owned(), enabled: true };
        (job.clone(), facts, new(&format!("repo_of_{}", job.schedule), url))
    });
    store.keep_facts(&organization("a"), taken.collect()).await.unwrap();
    jobs.into_iter().map(|job| job.schedule).collect()
}

async fn put(
    store: &Store,
    new: NewRepository,
    expected: Expected,
    jobs: Vec<(NewJob, u32)>,
) -> PutRepository {
    store.put_repository(new, expected, jobs).await.unwrap()
}

#[tokio::test]
async fn a_repository_is_one_for_each_address_and_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(put(&store, new("repo_1", "/one"), Expected::Absent, vec![]).await, PutRepository::Kept);
    assert_eq!(put(&store, new("repo_2", "/one"), Expected::Absent, vec![]).await, PutRepository::UrlTaken);
    assert_eq!(put(&store, new("repo_2", "/two"), Expected::Absent, vec![]).await, PutRepository::Kept);
    let wrong = put(&store, new("repo_1", "/x"), Expected::Revision(2), vec![]).await;
    assert_eq!(wrong, PutRepository::Changed { revision: Some(1) });
    assert_eq!(put(&store, new("repo_1", "/two"), Expected::Any, vec![]).await, PutRepository::UrlTaken);
    let at = Timestamp::from_second(7).unwrap();
    store.repository_checked("repo_1", at, Some("locked")).await.unwrap();
    drop(store);
    assert!(
        !bytes_of(dir.path())
            .values()
            .any(|bytes| bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()))
    );

    let store = open(dir.path());
    let one = store.repository(&organization("a"), "repo_1").await.unwrap().unwrap();
    assert_eq!(
        (one.url.expose(), one.revision, &one.last_check),
        ("/one", 1, &Some((at, Some("locked".to_owned()))))
    );
    assert_eq!(
        put(&store, new("repo_1", "/moved"), Expected::Revision(1), vec![]).await,
        PutRepository::Kept
    );
    let moved = store.repository(&organization("a"), "repo_1").await.unwrap().unwrap();
    assert_eq!((moved.url.expose(), moved.revision, moved.last_check), ("/moved", 2, None));
    assert_eq!(store.repository(&organization("b"), "repo_1").await.unwrap(), None);
    let ids =
        |found: Vec<job_store::StoredRepository>| found.into_iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(store.repositories(&organization("a"), None, 1).await.unwrap()), ["repo_1", "repo_2"]);
    assert_eq!(ids(store.repositories(&organization("a"), Some("repo_1"), 5).await.unwrap()), ["repo_2"]);
}

#[tokio::test]
async fn facts_are_taken_once_for_each_revision() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    keep(&store, new_job("x", "one")).await;
    keep(&store, new_job("y", "two")).await;
    assert_eq!(take(&store, "/r").await, [schedule("x"), schedule("y")]);
    assert_eq!(take(&store, "/r").await, []);
    let all = store.repositories(&organization("a"), None, 9).await.unwrap();
    assert_eq!((all.len(), &all[0].jobs), (1, &vec![schedule("x"), schedule("y")]));

    let old = store.job(&organization("a"), &schedule("x")).await.unwrap().unwrap();
    keep(&store, new_job("x", "one")).await;
    // What was taken out of another revision is not kept.
    let facts = Facts { source: "/old".to_owned(), url: "/old".to_owned(), enabled: false };
    let taken = vec![(old, facts, new("repo_old", "/old"))];
    store.keep_facts(&organization("a"), taken).await.unwrap();
    assert_eq!(store.repositories(&organization("a"), None, 9).await.unwrap().len(), 1);
    assert_eq!(take(&store, "/elsewhere").await, [schedule("x")]);
    let listed = store.listed_job(&organization("a"), &schedule("x")).await.unwrap().unwrap();
    assert_eq!(listed.repository.as_deref(), Some("repo_of_sched_x"));

    let _ = store.delete_job(&organization("a"), &schedule("x"), Expected::Any).await.unwrap();
    let _ = store.delete_job(&organization("a"), &schedule("y"), Expected::Any).await.unwrap();
    for id in ["repo_of_sched_x", "repo_of_sched_y"] {
        let deleted = store.delete_repository(&organization("a"), id, Expected::Any).await.unwrap();
        assert!(
            matches!(deleted, DeleteRepository::Deleted | DeleteRepository::Changed { revision: None }),
            "{deleted:?}"
        );
    }
    assert_eq!(store.repositories(&organization("a"), None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_repository_changes_with_all_of_its_jobs_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    keep(&store, new_job("x", "one")).await;
    keep(&store, new_job("y", "two")).await;
    take(&store, "/r").await;
    let id = "repo_of_sched_x";
    let moved =
        |name: &str, title: &str| NewJob { definition: "moved".to_owned().into(), ..new_job(name, title) };
    let both = || vec![(moved("x", "one"), 1), (moved("y", "two"), 1)];
    let changed = |jobs| put(&store, new(id, "/new"), Expected::Revision(1), jobs);
    assert_eq!(changed(vec![(moved("x", "one"), 1)]).await, PutRepository::JobsChanged, "one is missing");
    assert_eq!(
        changed(vec![(moved("x", "one"), 1), (moved("y", "two"), 7)]).await,
        PutRepository::JobsChanged
    );
    let deleted = store.delete_repository(&organization("a"), id, Expected::Any).await.unwrap();
    assert_eq!(deleted, DeleteRepository::InUse(vec![schedule("x"), schedule("y")]));
    for name in ["x", "y"] {
        let there = store.job(&organization("a"), &schedule(name)).await.unwrap().unwrap();
        assert!(there.revision == 1 && there.definition.expose() != "moved");
    }
    assert_eq!(changed(both()).await, PutRepository::Kept);
    for name in ["x", "y"] {
        let there = store.job(&organization("a"), &schedule(name)).await.unwrap().unwrap();
        assert_eq!((there.revision, there.definition.expose()), (2, "moved"));
    }
    assert_eq!(take(&store, "/new").await.len(), 2, "their facts are taken again, and it is still theirs");
    let there = store.repository(&organization("a"), id).await.unwrap().unwrap();
    assert_eq!((there.revision, there.jobs.len()), (2, 2));
}

#[tokio::test]
async fn a_list_knows_what_runs_and_what_ran() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let default = || NewJob { organization: Default::default(), ..new_job("x", "one") };
    keep(&store, default()).await;
    append(&store, &job(1), &schedule("x"), whole_run(&job(1), &schedule("x"), OutcomeKind::Ok)).await;
    append(&store, &job(2), &schedule("x"), vec![queued(&job(2), &schedule("x"))]).await;
    let list = |running| JobList { running: Some(running), ..JobList::default() };
    let found = store.list_jobs(&list(true), 9).await.unwrap();
    let last = found[0].last.as_ref().unwrap();
    assert_eq!((found[0].running.clone(), last.job_id.clone()), (Some(job(2)), job(1)));
    assert_eq!(found[0].last_success, last.finished_at);
    assert_eq!(store.list_jobs(&list(false), 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_key_is_kept_for_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let begun = (schedule("x"), job(1));
    store.keep_key(&organization("a"), "k", begun.clone(), now).await.unwrap();
    append(&store, &job(1), &schedule("x"), vec![queued(&job(1), &schedule("x"))]).await;
    drop(store);
    let store = open(dir.path());
    let found = async |of: &str, key: &str, hours: i64| {
        let later = now + SignedDuration::from_hours(hours);
        store.begun_by_key(&organization(of), key, later).await.unwrap()
    };
    assert_eq!(found("a", "k", 23).await, Some(begun));
    assert_eq!(found("a", "k", 24).await, None);
    assert_eq!(found("a", "other", 0).await, None);
    assert_eq!(found("b", "k", 0).await, None);
}
