//! One try, whatever the carrier does, and what became of it.

use std::{
    any::Any,
    future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use event_bus::BoxError;
use jiff::Timestamp;
use tokio::time;

use super::pause;
use crate::{Answer, Carrier, Delivery, DeliveryState, Failed, Limits, Message, Retry, words::one_line};

/// Characters of a reason that are kept.
const MOST_REASON: usize = 500;

/// Tries once: within the deadline, and a panic is a failure.
pub(crate) async fn carry(
    carrier: &dyn Carrier,
    message: &Message,
    delivery_id: &str,
    deadline: Duration,
) -> Result<Answer, Failed> {
    let carried = guarded(async { Ok(carrier.carry(message, delivery_id).await) });
    match time::timeout(deadline, carried).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(Failed::because(format!("the channel broke: {panic}"), Retry::Later)),
        Err(_) => {
            let reason = format!("no answer within {} s: is the destination up?", deadline.as_secs());
            Err(Failed::because(reason, Retry::Later))
        }
    }
}

/// The future's result, or its panic as an error.
pub(super) async fn guarded<T>(asked: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
    let mut asked = pin!(asked);
    // Unwind safe: after a panic the future is not polled again.
    future::poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| asked.as_mut().poll(cx)))
            .unwrap_or_else(|panic| Poll::Ready(Err(panic_text(&*panic).into())))
    })
    .await
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without words"))
}

/// The delivery after a try that ended now. `jitter` is from 0 to 1.
pub(crate) fn became(
    delivery: Delivery,
    result: Result<Answer, Failed>,
    begun: Timestamp,
    now: Timestamp,
    limits: &Limits,
    jitter: f64,
) -> Delivery {
    let tried = Delivery {
        attempts: delivery.attempts.saturating_add(1),
        last_attempt_at: Some(begun),
        next_attempt_at: None,
        error: None,
        ..delivery
    };
    match result {
        Ok(answer) => Delivery { state: DeliveryState::Delivered, http_status: answer.http_status, ..tried },
        Err(failed) => {
            let next = pause::next_try(&tried, failed.retry, now, limits, jitter);
            let reason = one_line(&failed.reason, MOST_REASON);
            let reason = match (next, failed.retry) {
                (None, Retry::Later | Retry::After(_)) => {
                    format!("given up after {}: {reason}", pause::days(limits))
                }
                _ => reason,
            };
            Delivery {
                state: if next.is_some() { DeliveryState::Pending } else { DeliveryState::Dead },
                next_attempt_at: next,
                http_status: failed.http_status,
                error: Some(reason),
                ..tried
            }
        }
    }
}

/// Not tried, and not to be tried.
pub(super) fn buried(delivery: Delivery, reason: String) -> Delivery {
    Delivery { state: DeliveryState::Dead, next_attempt_at: None, error: Some(reason), ..delivery }
}
