//! What became of tries.

use super::ask;
use crate::{Delivery, DeliveryState, Outbox};

fn tried(delivery: &Delivery, state: DeliveryState) -> Delivery {
    let failed = state != DeliveryState::Delivered;
    Delivery {
        state,
        attempts: delivery.attempts + 1,
        last_attempt_at: Some(ask::time(10)),
        next_attempt_at: (state == DeliveryState::Pending).then(|| ask::time(20)),
        http_status: Some(if failed { 503 } else { 200 }),
        error: failed.then(|| "the destination answered HTTP 503: it's \"down\"".to_owned()),
        ..delivery.clone()
    }
}

pub(super) async fn what_became_of_a_try_is_kept(on: &dyn Outbox) {
    ask::file(on, vec![ask::new("dlv_1", "mail"), ask::new("dlv_2", "mail")]).await;
    let first = ask::pending(on, "mail").await.remove(0);
    let again = tried(&first, DeliveryState::Pending);
    let third = tried(&again, DeliveryState::Pending);
    for expected in [&again, &third, &third] {
        ask::record(on, expected).await;
        let pending = ask::pending(on, "mail").await;
        assert_eq!(&pending[0], expected, "what became of a try is kept, and its place in the order");
        assert_eq!(pending[1], Delivery::from(ask::new("dlv_2", "mail")), "the others stay as they are");
    }
    // What was filed stays: a record says what became of it, nothing else.
    let mut other = tried(&third, DeliveryState::Pending);
    other.message.title = "another message".to_owned();
    other.created_at = ask::time(99);
    other.destination = "page".to_owned();
    ask::record(on, &other).await;
    let expected = tried(&third, DeliveryState::Pending);
    assert_eq!(ask::pending(on, "mail").await[0], expected, "what was filed is not changed by a record");
}

pub(super) async fn what_is_done_is_not_pending(on: &dyn Outbox) {
    let ids = ["dlv_1", "dlv_2", "dlv_3"];
    ask::file(on, ids.iter().map(|id| ask::new(id, "mail")).collect()).await;
    let pending = ask::pending(on, "mail").await;
    let delivered = tried(&pending[0], DeliveryState::Delivered);
    let dead = tried(&pending[1], DeliveryState::Dead);
    ask::record(on, &delivered).await;
    ask::record(on, &dead).await;
    assert_eq!(ask::ids(&ask::pending(on, "mail").await), ["dlv_3"], "what is done is not pending");
    assert_eq!(
        ask::latest(on, Some("mail")).await,
        [pending[2].clone(), dead, delivered.clone()],
        "what is done is shown, with what became of it"
    );
    ask::file(on, vec![ask::new("dlv_1", "mail")]).await;
    assert_eq!(ask::ids(&ask::pending(on, "mail").await), ["dlv_3"], "what is done is not filed again");
    assert_eq!(ask::latest(on, None).await[2], delivered, "and stays as it is");
}

pub(super) async fn a_delivery_that_is_not_there_is_passed_over(on: &dyn Outbox) {
    let stranger = Delivery::from(ask::new("dlv_1", "mail"));
    ask::record(on, &tried(&stranger, DeliveryState::Dead)).await;
    assert_eq!(ask::latest(on, None).await, [], "a record files nothing");
}
