//! Destinations in the store: sealed, over nobody's change, and what the notifier keeps for one goes with it.

use hook_core::OrganizationId;
use job_store::{
    ChangeDestination, DeleteOrganization, DeliveryFilter, Expected, NewDestination, NewRepository,
    PutRepository, Store,
};
use notifier::{Delivery, DeliveryState, Filing, NewDelivery, Outbox, Standing, test_message};

use crate::world::{SECRET, bytes_of, clock, open, organization};

fn new(id: &str, of: &OrganizationId, enabled: bool) -> NewDestination {
    NewDestination {
        id: id.to_owned(),
        organization: of.clone(),
        name: format!("name of {id}"),
        enabled,
        definition: SECRET.to_owned().into(),
    }
}

async fn keep(store: &Store, new: NewDestination, expected: Expected) -> ChangeDestination {
    store.put_destination(new, expected).await.unwrap()
}

fn filing(id: &str, destination: &str) -> Filing {
    let now = clock()();
    let (id, destination) = (id.to_owned(), destination.to_owned());
    let standing = Standing {
        problem: None,
        kind: String::new(),
        since: now,
        told_at: now,
        unsaid: 0,
        failures: 0,
        run: None,
        told: [].into(),
        position: 0,
    };
    Filing {
        standings: vec![(destination.clone(), "sched_a".to_owned(), Some(standing))],
        deliveries: vec![NewDelivery { id, destination, message: test_message(now, "nas"), created_at: now }],
    }
}

#[tokio::test]
async fn what_is_said_of_a_destination_is_sealed_and_opens_again() {
    let dir = tempfile::tempdir().unwrap();
    let of = organization("a");
    let store = open(dir.path());
    assert_eq!(keep(&store, new("dest_1", &of, true), Expected::Absent).await, ChangeDestination::Done);
    drop(store);
    for (path, bytes) in bytes_of(dir.path()) {
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{} has the secret in clear", path.display());
    }
    let store = open(dir.path());
    let there = store.destination(&of, "dest_1").await.unwrap().unwrap();
    assert_eq!((there.definition.expose(), there.revision), (SECRET, 1));
    assert_eq!(store.destination(&organization("b"), "dest_1").await.unwrap(), None);
    assert_eq!(store.destinations(&organization("b"), None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn only_what_was_expected_is_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (of, store) = (organization("a"), open(dir.path()));
    let changed = |revision| ChangeDestination::Changed { revision };
    let one = || new("dest_1", &of, true);
    assert_eq!(keep(&store, one(), Expected::Revision(1)).await, changed(None));
    assert_eq!(keep(&store, one(), Expected::Absent).await, ChangeDestination::Done);
    assert_eq!(keep(&store, one(), Expected::Absent).await, changed(Some(1)));
    assert_eq!(keep(&store, one(), Expected::Revision(1)).await, ChangeDestination::Done);
    assert_eq!(keep(&store, one(), Expected::Revision(1)).await, changed(Some(2)));
    let delete =
        async |of: &OrganizationId, expected| store.delete_destination(of, "dest_1", expected).await.unwrap();
    assert_eq!(delete(&of, Expected::Revision(1)).await, changed(Some(2)));
    assert_eq!(delete(&organization("b"), Expected::Any).await, changed(None));
    assert_eq!(delete(&of, Expected::Revision(2)).await, ChangeDestination::Done);
    assert_eq!(delete(&of, Expected::Any).await, changed(None));
}

#[tokio::test]
async fn who_is_told_is_who_is_enabled_since_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (of, store) = (organization("a"), open(dir.path()));
    let since = async || {
        let enabled = store.enabled_destinations().await.unwrap();
        assert_eq!(
            store.enabled_revisions().await.unwrap(),
            enabled.iter().map(|one| (one.id.clone(), one.revision)).collect::<Vec<_>>()
        );
        enabled.into_iter().map(|one| one.since).next()
    };
    let _ = keep(&store, new("dest_1", &of, true), Expected::Any).await;
    let made = since().await.unwrap();
    let _ = keep(&store, new("dest_1", &of, true), Expected::Any).await;
    assert_eq!(since().await, Some(made), "a change is no beginning");
    let _ = keep(&store, new("dest_1", &of, false), Expected::Any).await;
    assert_eq!(since().await, None);
    let _ = keep(&store, new("dest_1", &of, true), Expected::Any).await;
    assert!(since().await.unwrap() > made, "what happened meanwhile is not for it");
}

#[tokio::test]
async fn what_is_kept_for_a_destination_goes_with_it_and_never_comes_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let (of, store) = (organization("a"), open(dir.path()));
    // Observers have a connection of their own.
    let beside = store.beside().unwrap();
    let ids = ["dest_1", "dest_2"];
    for id in ids {
        let _ = keep(&store, new(id, &of, true), Expected::Any).await;
        beside.file(filing(&format!("dlv_{id}"), id)).await.unwrap();
    }
    beside.file(filing("dlv_phone", "phone")).await.unwrap();
    let kept = async |id: &str| {
        let pending = beside.pending(id, 9).await.unwrap().len();
        (pending, beside.standing(id, "sched_a").await.unwrap().is_some())
    };
    let _ = store.delete_destination(&of, "dest_1", Expected::Any).await.unwrap();
    assert_eq!(kept("dest_1").await, (0, false));
    // A notifier that has not heard of it yet.
    beside.file(filing("dlv_late", "dest_1")).await.unwrap();
    assert_eq!(kept("dest_1").await, (0, false));
    for id in ["dest_2", "phone"] {
        assert_eq!(kept(id).await, (1, true), "{id}");
    }
    let listed = store.deliveries(&of, DeliveryFilter::default(), 9).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|(_, one)| &*one.id).collect();
    assert_eq!(listed, ["dlv_dest_2"], "the configuration's are nobody's");
}

#[tokio::test]
async fn what_waits_is_due_at_once_when_a_destination_was_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (of, store) = (organization("a"), open(dir.path()));
    let _ = keep(&store, new("dest_1", &of, true), Expected::Any).await;
    for id in ["dlv_1", "dlv_2"] {
        store.file(filing(id, "dest_1")).await.unwrap();
    }
    let mut tried: Vec<Delivery> = store.pending("dest_1", 9).await.unwrap();
    for (delivery, state) in tried.iter_mut().zip([DeliveryState::Pending, DeliveryState::Dead]) {
        (delivery.state, delivery.attempts) = (state, 3);
        delivery.next_attempt_at = Some(clock()());
        store.record(delivery).await.unwrap();
    }
    let _ = keep(&store, new("dest_1", &of, true), Expected::Any).await;
    let waiting = store.pending("dest_1", 9).await.unwrap();
    let waiting: Vec<_> = waiting.iter().map(|one| (one.attempts, one.next_attempt_at)).collect();
    assert_eq!(waiting, [(3, None)], "the dead stay dead");
}

#[tokio::test]
async fn an_organization_takes_its_destinations_and_repositories_along() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (ours, theirs) = (organization("a"), organization("b"));
    let account = job_store::Account {
        id: "user_1".to_owned(),
        username: "ana".to_owned(),
        name: None,
        last_seen_at: None,
    };
    let link = job_store::NewLink { digest: [1; 32], expires_at: clock()() };
    store.add_user(account, link).await.unwrap();
    for of in [&ours, &theirs] {
        store.add_organization(of, "name", None, "user_1").await.unwrap();
        let id = format!("dest_{of}");
        let _ = keep(&store, new(&id, of, true), Expected::Any).await;
        store.file(filing(&format!("dlv_{of}"), &id)).await.unwrap();
        let repository = NewRepository {
            id: format!("repo_{of}"),
            organization: of.clone(),
            url: "/r".to_owned().into(),
            definition: SECRET.to_owned().into(),
        };
        let put = store.put_repository(repository, Expected::Absent, Vec::new()).await.unwrap();
        assert_eq!(put, PutRepository::Kept);
    }
    assert_eq!(store.delete_organization(&ours).await.unwrap(), DeleteOrganization::Deleted);
    for (of, count) in [(&ours, 0), (&theirs, 1)] {
        assert_eq!(store.destinations(of, None, 9).await.unwrap().len(), count, "{of}");
        assert_eq!(store.repositories(of, None, 9).await.unwrap().len(), count, "{of}");
        assert_eq!(store.pending(&format!("dest_{of}"), 9).await.unwrap().len(), count, "{of}");
    }
}
