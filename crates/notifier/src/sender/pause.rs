//! When to try again, and when not any more.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{Delivery, Limits, Ping, Retry, Topic};

/// The first pause, and the longest that zb chooses itself.
const FIRST: Duration = Duration::from_secs(5);
const MAX: Duration = Duration::from_secs(60 * 60);

/// The longest that a destination may ask for.
const MOST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// No pause is longer than this.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// A start that is told later than this would set a service's clock wrong: the end of the run says all.
const START_IS_GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);

/// When to try again after the try that is counted already; nothing where it is given up.
pub(super) fn next_try(
    tried: &Delivery,
    retry: Retry,
    now: Timestamp,
    limits: &Limits,
    jitter: f64,
) -> Option<Timestamp> {
    let own = usual(tried.attempts, jitter);
    let pause = match retry {
        Retry::Later => own,
        Retry::After(asked) => asked.min(MOST_ASKED).max(own),
        Retry::Never => return None,
    };
    let age = now.duration_since(tried.created_at);
    if age >= SignedDuration::try_from(limits.give_up_after).unwrap_or(SignedDuration::MAX) {
        return None;
    }
    Some(now.checked_add(pause).unwrap_or(Timestamp::MAX))
}

/// 5 s, twice as long each time up to an hour, each up to a fifth shorter or longer.
fn usual(attempts: u32, jitter: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    let pause = FIRST.saturating_mul(1 << doublings).min(MAX);
    pause.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))
}

/// Why it is not worth a try any more.
pub(super) fn out_of_date(delivery: &Delivery, now: Timestamp) -> Option<String> {
    let is_start = delivery.message.topic == Topic::Started || delivery.message.ping == Some(Ping::Start);
    let is_old = now.duration_since(delivery.message.time) >= START_IS_GOOD_FOR;
    (is_start && is_old).then(|| "the run began more than an hour ago: a start is not told late".to_owned())
}

/// The limit, for a person.
pub(super) fn days(limits: &Limits) -> String {
    format!("{} days", limits.give_up_after.as_secs() / (24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let seconds: Vec<u64> = (1..=12).map(|attempts| usual(attempts, 0.5).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(usual(u32::MAX, 0.5), MAX);
    }

    #[test]
    fn jitter_is_a_fifth_at_most() {
        for (jitter, milliseconds) in [(0.0, 4000), (0.25, 4500), (1.0, 6000), (-7.0, 4000), (9.0, 6000)] {
            assert_eq!(usual(1, jitter).as_millis(), milliseconds);
        }
    }
}
