//! Closing and opening again, and being open twice.

use std::{path::Path, sync::Arc};

use super::ask;
use crate::{Delivery, DeliveryState, Outbox};

pub(super) async fn everything_is_still_there(dir: &Path, open: &impl AsyncFn(&Path) -> Arc<dyn Outbox>) {
    let outbox = open(dir).await;
    ask::file(&*outbox, vec![ask::new("dlv_1", "mail"), ask::new("dlv_2", "mail")]).await;
    ask::stand(&*outbox, "mail", "sched_a", Some(ask::standing("kind"))).await;
    let first = ask::pending(&*outbox, "mail").await.remove(0);
    let tried = Delivery { attempts: 3, next_attempt_at: Some(ask::time(30)), ..first };
    ask::record(&*outbox, &tried).await;
    let before = ask::latest(&*outbox, None).await;
    drop(outbox);

    let outbox = open(dir).await;
    assert_eq!(
        ask::latest(&*outbox, None).await,
        before,
        "deliveries are still there when it is opened again"
    );
    assert_eq!(ask::pending(&*outbox, "mail").await[0], tried, "and what became of their tries");
    let known = ask::standing_of(&*outbox, "mail", "sched_a").await;
    assert_eq!(known, Some(ask::standing("kind")), "standings are still there when it is opened again");
    ask::file(&*outbox, vec![ask::new("dlv_1", "mail"), ask::new("dlv_3", "mail")]).await;
    let pending = ask::pending(&*outbox, "mail").await;
    assert_eq!(ask::ids(&pending), ["dlv_1", "dlv_2", "dlv_3"], "ids and order go on");
}

pub(super) async fn each_sees_what_the_other_does([one, other]: &[Arc<dyn Outbox>; 2]) {
    for (number, (writer, reader)) in [(one, other), (other, one), (one, other)].into_iter().enumerate() {
        let id = format!("dlv_{number}");
        ask::file(&**writer, vec![ask::new(&id, "mail")]).await;
        ask::stand(&**writer, "mail", "sched_a", Some(ask::standing(&id))).await;
        let seen = ask::pending(&**reader, "mail").await;
        assert_eq!(seen, ask::pending(&**writer, "mail").await, "both see the same deliveries");
        let known = ask::standing_of(&**reader, "mail", "sched_a").await;
        assert_eq!(known, Some(ask::standing(&id)), "both know the same");
        let delivered = Delivery { state: DeliveryState::Delivered, ..seen[0].clone() };
        ask::record(&**reader, &delivered).await;
        assert_eq!(ask::pending(&**writer, "mail").await, [], "both see what became of a try");
    }
}
