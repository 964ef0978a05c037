//! How often something may be done: wrong guesses of secrets, and what is dear (`api.md` §8).

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hook_core::{OrganizationId, ScheduleId};
use http::{HeaderValue, header};
use jiff::{SignedDuration, Timestamp};

use crate::{Kind, Problem, Service, api::is_username};

/// So many keys are known at once, so that strangers cannot fill the memory.
const MOST_KEYS: usize = 10_000;

/// So often within a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limit {
    pub(crate) most: usize,
    pub(crate) within: SignedDuration,
}

impl Limit {
    /// Of wrong guesses by one address.
    const ADDRESS: Self = Self { most: 20, within: SignedDuration::from_mins(15) };
    /// Of wrong passwords of one username by one address.
    const USERNAME: Self = Self { most: 5, within: SignedDuration::from_mins(15) };
    /// Of what is dear, for each job, repository or destination.
    pub(crate) const DEAR: Self = Self { most: 10, within: SignedDuration::from_mins(1) };
}

/// What was done when, by key. Time is an argument. It begins anew with the process.
#[derive(Default)]
pub struct Limits(Mutex<HashMap<String, VecDeque<Timestamp>>>);

impl Limits {
    /// How long to wait until it may be done again; nothing where it may be done now.
    fn wait(&self, key: &str, limit: Limit, now: Timestamp) -> Option<SignedDuration> {
        let mut known = self.known();
        let times = known.get_mut(key)?;
        forget(times, limit, now);
        let first = times.front().filter(|_| times.len() >= limit.most)?;
        Some(limit.within - now.duration_since(*first))
    }

    /// Counts it, if it may be done.
    fn take(&self, key: &str, limit: Limit, now: Timestamp) -> Result<(), SignedDuration> {
        if let Some(wait) = self.wait(key, limit, now) {
            return Err(wait);
        }
        let mut known = self.known();
        if known.len() >= MOST_KEYS && !known.contains_key(key) {
            make_room(&mut known);
        }
        known.entry(key.to_owned()).or_default().push_back(now);
        Ok(())
    }

    /// It does not count after all.
    fn give_back(&self, key: &str) {
        let mut known = self.known();
        if let Some(times) = known.get_mut(key) {
            times.pop_back();
            if times.is_empty() {
                known.remove(key);
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Timestamp>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("keys", &self.known().len()).finish()
    }
}

fn forget(times: &mut VecDeque<Timestamp>, limit: Limit, now: Timestamp) {
    // A clock that was set back ends no wait early, and makes none longer than the limit's own.
    while times.front().is_some_and(|&time| now.duration_since(time).abs() >= limit.within) {
        times.pop_front();
    }
}

/// The half that was not used for longest goes.
fn make_room(known: &mut HashMap<String, VecDeque<Timestamp>>) {
    let mut last: Vec<Timestamp> = known.values().filter_map(|times| times.back().copied()).collect();
    last.sort_unstable();
    let middle = last.get(last.len() / 2).copied();
    known.retain(|_, times| times.back().copied() > middle);
}

/// A try at a secret, counted as wrong from its beginning, so that many at once are not one.
#[must_use = "it counts as wrong until it is known to be right"]
pub(crate) struct Guess<'s> {
    limits: &'s Limits,
    keys: Vec<String>,
}

impl<'s> Guess<'s> {
    /// Goes on if an address may guess at all.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn may(service: &Service, network: &str) -> Result<(), Problem> {
        let wait = service.limits.wait(&of_address(network), Limit::ADDRESS, (service.around.clock)());
        wait.map_or(Ok(()), |wait| Err(too_often(wait)))
    }

    /// Begins one, by an address and for a username.
    ///
    /// # Errors
    /// 429, also for the right secret.
    pub(crate) fn begin(
        service: &'s Service,
        network: &str,
        username: Option<&str>,
    ) -> Result<Self, Problem> {
        let now = (service.around.clock)();
        let mut wanted = vec![(of_address(network), Limit::ADDRESS)];
        // What can be nobody's name is one name, so that nobody fills the memory with long ones.
        let name = username.map(|username| if is_username(username) { username } else { "" });
        wanted.extend(name.map(|name| (format!("name {network} {name}"), Limit::USERNAME)));
        let mut guess = Self { limits: &service.limits, keys: Vec::new() };
        for (key, limit) in wanted {
            match service.limits.take(&key, limit, now) {
                Ok(()) => guess.keys.push(key),
                Err(wait) => {
                    guess.was_right();
                    return Err(too_often(wait));
                }
            }
        }
        Ok(guess)
    }

    /// It counts no more.
    pub(crate) fn was_right(self) {
        self.keys.iter().for_each(|key| self.limits.give_back(key));
    }
}

impl Service {
    /// Counts the sending of a job's hook, by whichever way: a test, or the post hook again.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn count_hook(
        &self,
        organization: &OrganizationId,
        schedule: &ScheduleId,
    ) -> Result<(), Problem> {
        self.count(&format!("hook {organization} {schedule}"), Limit::DEAR)
    }

    /// Counts something dear, named by `key`: a sending, a look at a repository.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn count(&self, key: &str, limit: Limit) -> Result<(), Problem> {
        let taken = self.limits.take(&format!("dear {key}"), limit, (self.around.clock)());
        taken.map_err(too_often)
    }
}

fn of_address(network: &str) -> String {
    format!("address {network}")
}

fn too_often(wait: SignedDuration) -> Problem {
    // A second that has begun counts whole.
    let seconds = u64::try_from(wait.as_millis()).unwrap_or_default().div_ceil(1000).max(1);
    Problem::new(Kind::RateLimited, format!("try again in {seconds} seconds"))
        .header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    const TWO: Limit = Limit { most: 2, within: SignedDuration::from_secs(60) };

    #[test]
    fn so_many_within_the_time_and_no_more() {
        let limits = Limits::default();
        assert_eq!(limits.take("a", TWO, at(0)), Ok(()));
        assert_eq!(limits.take("a", TWO, at(10)), Ok(()));
        assert_eq!(limits.take("a", TWO, at(20)), Err(SignedDuration::from_secs(40)));
        assert_eq!(limits.take("b", TWO, at(20)), Ok(()), "another key");
        assert_eq!(limits.take("a", TWO, at(59)), Err(SignedDuration::from_secs(1)));
        assert_eq!(limits.take("a", TWO, at(60)), Ok(()), "the first is a minute old");
        assert_eq!(limits.take("a", TWO, at(61)), Err(SignedDuration::from_secs(9)));
        limits.give_back("a");
        assert_eq!(limits.take("a", TWO, at(61)), Ok(()));
    }

    proptest! {
        /// Whenever it is tried: never more often than may be within any such time, and as soon as the wait is over.
        #[test]
        fn never_too_often_and_never_too_late(gaps in prop::collection::vec(0..40_i64, 1..60)) {
            const THREE: Limit = Limit { most: 3, within: SignedDuration::from_secs(60) };
            let (limits, mut second, mut done) = (Limits::default(), 0, Vec::<i64>::new());
            for gap in gaps {
                second += gap;
                match limits.take("a", THREE, at(second)) {
                    Ok(()) => done.push(second),
                    Err(wait) => {
                        let wait = wait.as_secs();
                        prop_assert!(wait > 0 && limits.wait("a", THREE, at(second + wait - 1)).is_some());
                        second += wait;
                        prop_assert_eq!(limits.take("a", THREE, at(second)), Ok(()));
                        done.push(second);
                    }
                }
            }
            prop_assert!(done.windows(4).all(|four| four[3] - four[0] >= 60), "{done:?}");
        }
    }

    #[test]
    fn the_memory_has_an_end() {
        let limits = Limits::default();
        for key in 0..3 * MOST_KEYS {
            let _ = limits.take(&key.to_string(), TWO, at(i64::try_from(key / 100).unwrap()));
        }
        assert!(limits.known().len() <= MOST_KEYS);
        assert!(limits.known().contains_key(&(3 * MOST_KEYS - 1).to_string()), "the latest is there");
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out_for_long() {
        let limits = Limits::default();
        for _ in 0..2 {
            limits.take("a", TWO, at(1000)).unwrap();
        }
        assert_eq!(limits.take("a", TWO, at(0)), Ok(()));
    }
}
