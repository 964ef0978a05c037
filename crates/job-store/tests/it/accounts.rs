//! Accounts by the store alone: one first account, no organization without an owner, and what goes with what.

use std::path::Path;

use hook_core::OrganizationId;
use jiff::{SignedDuration, Timestamp};
use job_store::{
    Account, DeleteUser, FirstAccount, LinkFor, NewLink, NewToken, PutMember, RemoveMember, Role, Scope,
    Store,
};
use proptest::prelude::*;

use crate::world::open;

fn now() -> Timestamp {
    Timestamp::from_second(1_795_482_000).unwrap()
}

fn account(username: &str) -> Account {
    Account { id: format!("user_{username}"), username: username.to_owned(), name: None, last_seen_at: None }
}

fn link(byte: u8) -> NewLink {
    NewLink { digest: [byte; 32], expires_at: now() + SignedDuration::from_hours(72) }
}

async fn user(store: &Store, username: &str) {
    let first = username.bytes().next().unwrap();
    store.add_user(account(username), link(first)).await.unwrap();
}

fn first(username: &str) -> FirstAccount {
    let password = "$argon2id$…".to_owned().into();
    FirstAccount { account: account(username), password, organization_name: "Home".to_owned() }
}

#[tokio::test]
async fn there_is_one_first_account_however_many_try() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (open(dir.path()), open(dir.path()));
    assert!(!one.has_account().await.unwrap());
    assert!(one.offer_first_account([1; 32]).await.unwrap());
    assert!(other.offer_first_account([2; 32]).await.unwrap());
    assert_eq!(one.link([1; 32], now()).await.unwrap(), None, "the older link is void");
    assert_eq!(one.link([2; 32], now()).await.unwrap(), Some(LinkFor::FirstAccount));
    let (ana, eve) = tokio::join!(
        one.make_first_account([2; 32], first("ana"), now()),
        other.make_first_account([2; 32], first("eve"), now())
    );
    assert_ne!(ana.unwrap(), eve.unwrap());
    assert_eq!(one.users(None, 10).await.unwrap().len(), 1);
    assert!(!other.offer_first_account([3; 32]).await.unwrap());
    assert!(one.has_account().await.unwrap());
}

/// An account that was made on the machine itself is the first one, too.
#[tokio::test]
async fn a_link_for_the_first_account_is_void_once_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.offer_first_account([1; 32]).await.unwrap();
    user(&store, "ana").await;
    assert_eq!(store.link([1; 32], now()).await.unwrap(), None);
    assert!(!store.make_first_account([1; 32], first("eve"), now()).await.unwrap());
}

#[tokio::test]
async fn what_a_user_has_goes_with_the_user() {
    let dir = tempfile::tempdir().unwrap();
    let (store, home) = (open(dir.path()), OrganizationId::default());
    for username in ["ana", "jon"] {
        user(&store, username).await;
        let put = store.put_member(&home, username, Role::Owner).await.unwrap();
        assert!(matches!(put, PutMember::Added(_)));
    }
    store.start_session([7; 32], "user_jon", now()).await.unwrap();
    let token = NewToken {
        id: "token_1".to_owned(),
        digest: [8; 32],
        prefix: "zb_1234".to_owned(),
        name: "x".to_owned(),
        scope: Scope::Read,
        user: "user_jon".to_owned(),
        organization: home.clone(),
        created_at: now(),
        expires_at: None,
    };
    store.add_token(token).await.unwrap();
    assert!(store.session([7; 32], now()).await.unwrap().is_some());
    assert!(store.token([8; 32], now()).await.unwrap().is_some());
    assert_eq!(store.delete_user("user_jon").await.unwrap(), DeleteUser::Deleted);
    assert_eq!(store.delete_user("user_jon").await.unwrap(), DeleteUser::NotFound);
    assert!(store.session([7; 32], now()).await.unwrap().is_none());
    assert!(store.token([8; 32], now()).await.unwrap().is_none());
    assert!(store.link(link(b'j').digest, now()).await.unwrap().is_none());
    assert_eq!(store.members(&home, None, 10).await.unwrap().len(), 1);
    assert_eq!(store.delete_user("user_ana").await.unwrap(), DeleteUser::LastOwner(home));
}

/// A full disk, as a trigger has it: whoever is signed in may still look.
#[tokio::test]
async fn where_nothing_can_be_written_a_session_is_known_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    user(&store, "ana").await;
    store.start_session([7; 32], "user_ana", now()).await.unwrap();
    let full = rusqlite::Connection::open(dir.path().join("zb.db")).unwrap();
    let trigger = "CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE(FAIL, 'no room'); END";
    full.execute_batch(trigger).unwrap();
    let later = now() + SignedDuration::from_hours(1);
    assert!(store.session([7; 32], later).await.unwrap().is_some());
    full.execute_batch("DROP TRIGGER full").unwrap();
    let seen = store.user("user_ana").await.unwrap().unwrap().last_seen_at;
    assert_eq!(seen, Some(now()), "at the beginning of the session, and not since");
    assert!(store.session([7; 32], later).await.unwrap().is_some());
    assert_eq!(store.user("user_ana").await.unwrap().unwrap().last_seen_at, Some(later));
}

#[derive(Clone, Debug)]
enum Change {
    Put(u8, u8, Role),
    Remove(u8, u8),
    Delete(u8),
    Add(u8),
}

/// Few enough that they meet.
fn change() -> impl Strategy<Value = Change> {
    let role = prop::sample::select(Role::ALL.to_vec());
    prop_oneof![
        4 => (0..2_u8, 0..3_u8, role).prop_map(|(organization, user, role)| Change::Put(organization, user, role)),
        2 => (0..2_u8, 0..3_u8).prop_map(|(organization, user)| Change::Remove(organization, user)),
        1 => (0..3_u8).prop_map(Change::Delete),
        1 => (0..3_u8).prop_map(Change::Add),
    ]
}

fn organization(number: u8) -> OrganizationId {
    if number == 0 { OrganizationId::default() } else { "org_b".parse().unwrap() }
}

fn name(number: u8) -> String {
    char::from(b'a' + number).to_string()
}

async fn owners(store: &Store, organization: &OrganizationId) -> usize {
    let members = store.members(organization, None, 10).await.unwrap();
    members.iter().filter(|member| member.role == Role::Owner).count()
}

async fn try_all(dir: &Path, changes: Vec<Change>) {
    let store = open(dir);
    for username in ["a", "b", "c"] {
        user(&store, username).await;
    }
    let _ = store.put_member(&organization(0), "a", Role::Owner).await.unwrap();
    store.add_organization(&organization(1), "b", None, "user_a").await.unwrap();
    for change in changes {
        let before = [owners(&store, &organization(0)).await, owners(&store, &organization(1)).await];
        let refused = match &change {
            Change::Put(of, user, role) => {
                store.put_member(&organization(*of), &name(*user), *role).await.unwrap()
                    == PutMember::LastOwner
            }
            Change::Remove(of, user) => {
                store.remove_member(&organization(*of), &name(*user)).await.unwrap()
                    == RemoveMember::LastOwner
            }
            Change::Delete(user) => {
                let done = store.delete_user(&format!("user_{}", name(*user))).await.unwrap();
                matches!(done, DeleteUser::LastOwner(_))
            }
            Change::Add(number) => {
                user(&store, &name(*number)).await;
                false
            }
        };
        let after = [owners(&store, &organization(0)).await, owners(&store, &organization(1)).await];
        assert!(after.iter().all(|owners| *owners > 0), "{change:?}");
        assert!(!refused || (before == after && before.contains(&1)), "refused without need: {change:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is done to members and accounts, each organization has an owner; and nothing is refused that would
    /// leave it one.
    #[test]
    fn no_organization_is_nobodys(changes in prop::collection::vec(change(), 1..12)) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(try_all(dir.path(), changes));
    }
}
