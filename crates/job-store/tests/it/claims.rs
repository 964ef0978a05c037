//! Claims: one holder, told to others, gone with its process, kept from children.

use std::{path::Path, process::Stdio};

use lifecycle_engine::{ClaimAttempt, Holding, RunStore};

use crate::{
    child::Actor,
    world::{claim, key, open},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn hold(dir: &Path) {
    let store = open(dir);
    let _claim = claim(&store, &key("a")).await;
    eprintln!("held");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_claim_has_one_holder_until_it_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (open(dir.path()), open(dir.path()));
    let held = claim(&one, &key("a")).await;
    for store in [&one, &other] {
        let refused = store.claim(&key("a")).await.unwrap();
        assert!(matches!(refused, ClaimAttempt::Held(Holding::Unknown)), "{refused:?}");
        assert_eq!(store.holding(&key("a")).await.unwrap(), Some(Holding::Unknown));
        assert_eq!(store.holding(&key("b")).await.unwrap(), None);
    }
    drop(claim(&other, &key("b")).await);
    drop(held);
    assert_eq!(one.holding(&key("a")).await.unwrap(), None);
    drop(claim(&other, &key("a")).await);
}

#[tokio::test]
async fn asking_who_holds_a_claim_turns_nobody_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    drop(claim(&store, &key("a")).await);
    let asker = open(dir.path());
    let asking = tokio::spawn(async move {
        for _ in 0..500 {
            asker.holding(&key("a")).await.unwrap();
        }
    });
    for _ in 0..500 {
        drop(claim(&store, &key("a")).await);
    }
    asking.await.unwrap();
}

#[tokio::test]
async fn a_claim_dies_with_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut holder = Actor::start("hold a claim", dir.path());
    assert_eq!(holder.line(), "held");
    assert!(matches!(store.claim(&key("a")).await.unwrap(), ClaimAttempt::Held(_)));
    holder.kill();
    drop(claim(&store, &key("a")).await);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "any child will do, and zb's are started elsewhere")]
async fn a_child_does_not_inherit_a_claim() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let held = claim(&store, &key("a")).await;
    // It lives until its stdin is closed.
    let mut child =
        std::process::Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    drop(held);
    drop(claim(&store, &key("a")).await);
    assert!(child.try_wait().unwrap().is_none(), "the child is alive");
    drop(child.stdin.take());
    child.wait().unwrap();
}
