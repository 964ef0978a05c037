//! One message to one destination, beside the queue: `zb notify test`.

use event_bus::{BoxError, Clock};

use crate::{
    Answer, Carrier, Delivery, DeliveryState, Failed, Filing, Limits, Message, NewDelivery, Outbox,
    id::delivery_id,
    sender::{became, carry},
};

/// What became of a message that was sent beside the queue.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// What the destination said.
    pub result: Result<Answer, Failed>,
    /// The delivery as the outbox keeps it now: delivered or dead. An error where it could not be kept; the message
    /// was tried all the same.
    pub kept: Result<Delivery, BoxError>,
}

/// Tries once to send a message, whatever waits before it, and keeps it as a delivery. It is not tried again: somebody
/// is there to see the answer.
///
/// Only what became of it is kept; in the moment in which it is, a notifier at work for the same outbox may find it
/// and send it too.
pub async fn send_now(
    outbox: &dyn Outbox,
    destination: &str,
    carrier: &dyn Carrier,
    message: Message,
    clock: &Clock,
    limits: Limits,
) -> Sent {
    let created_at = clock();
    let id = delivery_id(destination, &format!("now {created_at}"));
    let result = carry(carrier, &message, &id, limits.deadline).await;
    let new = NewDelivery { id, destination: destination.to_owned(), message, created_at };
    let tried = became(Delivery::from(new.clone()), result.clone(), created_at, clock(), &limits, 0.5);
    let state = if result.is_ok() { DeliveryState::Delivered } else { DeliveryState::Dead };
    let done = Delivery { state, next_attempt_at: None, ..tried };
    let kept = keep(outbox, new, &done).await.map(|()| done);
    Sent { result, kept }
}

async fn keep(outbox: &dyn Outbox, new: NewDelivery, done: &Delivery) -> Result<(), BoxError> {
    outbox.file(Filing { deliveries: vec![new], ..Filing::default() }).await?;
    outbox.record(done).await
}
