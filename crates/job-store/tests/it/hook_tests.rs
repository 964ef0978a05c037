//! Tests of pre hooks that paused a service.

use hook_core::{OrganizationId, OutcomeKind};
use jiff::Timestamp;
use job_store::{DeleteJob, Expected, NewJob, PutJob, Store};

use crate::world::{append, job, new_job, open, organization, schedule, whole_run};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The job `sched_pg` of an organization.
async fn keep(store: &Store, organization: &OrganizationId) {
    let new = NewJob { organization: organization.clone(), ..new_job("pg", "pg") };
    let kept = store.put_job(new, Expected::Absent).await.unwrap();
    assert!(matches!(kept, PutJob::Kept { .. }), "{kept:?}");
}

#[tokio::test]
async fn a_test_is_open_until_somebody_says_otherwise_across_starts() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, pg) = (organization("a"), schedule("pg"));
    let store = open(dir.path());
    keep(&store, &ours).await;
    assert!(!store.clear_test(&ours, &pg).await.unwrap(), "none is open");
    store.open_test(&ours, &pg, at(5)).await.unwrap();
    store.open_test(&ours, &pg, at(9)).await.unwrap();
    store.open_test(&ours, &schedule("nobody"), at(9)).await.unwrap();
    drop(store);

    let store = open(dir.path());
    assert_eq!(store.open_tests(&ours).await.unwrap(), [(pg.clone(), at(5))], "the first counts");
    assert_eq!(store.open_tests(&organization("b")).await.unwrap(), []);
    assert!(store.clear_test(&ours, &pg).await.unwrap());
    assert_eq!(store.open_tests(&ours).await.unwrap(), []);
    assert!(store.clear_test(&ours, &pg).await.unwrap(), "it may be said again");
    store.open_test(&ours, &pg, at(20)).await.unwrap();
    assert_eq!(store.open_tests(&ours).await.unwrap(), [(pg.clone(), at(20))]);
    store.end_test(&ours, &pg).await.unwrap();
    assert!(!store.clear_test(&ours, &pg).await.unwrap(), "the post hook was answered");
}

#[tokio::test]
async fn a_later_run_whose_post_hook_is_answered_ends_a_test_and_so_does_the_end_of_the_job() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, pg) = (OrganizationId::default(), schedule("pg"));
    let store = open(dir.path());
    keep(&store, &ours).await;
    append(&store, &job(1), &pg, whole_run(&job(1), &pg, OutcomeKind::Ok)).await;
    let after_that = at(4_000_000_000);
    store.open_test(&ours, &pg, after_that).await.unwrap();
    assert_eq!(store.open_tests(&ours).await.unwrap(), [(pg.clone(), after_that)]);
    store.end_test(&ours, &pg).await.unwrap();

    store.open_test(&ours, &pg, at(5)).await.unwrap();
    assert_eq!(store.open_tests(&ours).await.unwrap(), [], "the run came later");
    assert!(!store.clear_test(&ours, &pg).await.unwrap());

    store.end_test(&ours, &pg).await.unwrap();
    store.open_test(&ours, &pg, after_that).await.unwrap();
    let gone = store.delete_job(&ours, &pg, Expected::Any).await.unwrap();
    assert!(matches!(gone, DeleteJob::Deleted), "{gone:?}");
    keep(&store, &ours).await;
    assert_eq!(store.open_tests(&ours).await.unwrap(), []);
}
