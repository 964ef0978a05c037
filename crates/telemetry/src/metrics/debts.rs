//! Runs that are over and whose post hook was owed and did not get a 2xx: the service may still be paused.

use event_bus::Position;
use hook_core::JobId;
use serde::{Deserialize, Serialize};

/// How many runs are kept of a job: what matters to a person is that there is one.
const MOST: usize = 100;

/// The debts of one job, and the runs after the oldest of them: the post hook of any of those may still be sent by a
/// person, and a 2xx ends the debts before it. In the order in which the runs were queued.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Debts(Vec<Ended>);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Ended {
    run: JobId,
    queued: Position,
    owes: bool,
}

impl Debts {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.iter().filter(|ended| ended.owes).count()
    }

    /// A run is over.
    pub(super) fn add(&mut self, run: &JobId, queued: Position, owes: bool) {
        let place = self.0.partition_point(|ended| ended.queued < queued);
        self.0.insert(place, Ended { run: run.clone(), queued, owes });
        if self.0.len() > MOST {
            let least = self.0.iter().position(|ended| !ended.owes).unwrap_or_default();
            self.0.remove(least);
        }
        self.forget_what_is_paid();
    }

    /// The post hook of a run that was queued there got a 2xx: the service runs, so nothing older is owed either.
    pub(super) fn deliver(&mut self, queued: Position) {
        self.0.retain(|ended| ended.queued > queued);
        self.forget_what_is_paid();
    }

    /// A person ended the debt of this run, and of no other.
    pub(super) fn clear(&mut self, run: &JobId) {
        if let Some(ended) = self.0.iter_mut().find(|ended| ended.run == *run) {
            ended.owes = false;
        }
        self.forget_what_is_paid();
    }

    /// Where a run that is over was queued, as far as that matters.
    pub(super) fn queued(&self, run: &JobId) -> Option<Position> {
        self.0.iter().find(|ended| ended.run == *run).map(|ended| ended.queued)
    }

    fn forget_what_is_paid(&mut self) {
        let paid = self.0.iter().take_while(|ended| !ended.owes).count();
        self.0.drain(..paid);
    }
}
