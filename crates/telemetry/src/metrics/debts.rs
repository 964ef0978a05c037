//! Runs that are over and whose post hook was owed and did not get a 2xx: the service may still be paused.

use event_bus::Position;
use hook_core::JobId;
use serde::{Deserialize, Serialize};

/// How many are kept of a job: what matters to a person is that there is one.
const MOST: usize = 100;

/// The debts of one job, in the order in which its runs were queued.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Debts(Vec<Debt>);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Debt {
    run: JobId,
    queued: Position,
    /// A person said that the service runs again. It is kept while an older debt is there, because its post hook may
    /// still be sent again, and that would end the older one.
    cleared: bool,
}

impl Debts {
    /// How many are not cleared.
    pub(super) fn count(&self) -> usize {
        self.0.iter().filter(|debt| !debt.cleared).count()
    }

    /// A run ended without the 2xx that it owed.
    pub(super) fn add(&mut self, run: &JobId, queued: Position, cleared: bool) {
        let place = self.0.partition_point(|debt| debt.queued < queued);
        self.0.insert(place, Debt { run: run.clone(), queued, cleared });
        if self.0.len() > MOST {
            self.0.remove(0);
        }
        self.forget_what_is_cleared();
    }

    /// The post hook of a run that was queued there got a 2xx: the service runs, so nothing older is owed either.
    pub(super) fn deliver(&mut self, queued: Position) {
        self.0.retain(|debt| debt.queued > queued);
        self.forget_what_is_cleared();
    }

    /// A person ended the debt of this run, and of no other.
    pub(super) fn clear(&mut self, run: &JobId) {
        if let Some(debt) = self.0.iter_mut().find(|debt| debt.run == *run) {
            debt.cleared = true;
        }
        self.forget_what_is_cleared();
    }

    /// Where a run of the debts was queued.
    pub(super) fn queued(&self, run: &JobId) -> Option<Position> {
        self.0.iter().find(|debt| debt.run == *run).map(|debt| debt.queued)
    }

    fn forget_what_is_cleared(&mut self) {
        let cleared = self.0.iter().take_while(|debt| debt.cleared).count();
        self.0.drain(..cleared);
    }
}
