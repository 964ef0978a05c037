//! zb's own failures: told with a reference, and told in full in the log alone (`api.md` §1, "Problems").

use std::{error::Error, iter};

use event_bus::StorageError;

use crate::{Kind, Problem, Service};

const REFERENCE: &str = "reference";

impl Service {
    /// The data directory failed.
    pub(crate) fn failed(&self, error: &StorageError) -> Problem {
        let chain = iter::successors(Some(error as &dyn Error), |error| (*error).source());
        let reason = chain.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        self.storage(&reason)
    }

    /// The same, as another part tells it.
    pub(crate) fn storage(&self, reason: &str) -> Problem {
        self.trouble(Kind::Storage, "zb's data directory cannot be read or written", reason)
    }

    /// Something failed that should not.
    pub(crate) fn internal(&self, reason: &str) -> Problem {
        self.trouble(Kind::Internal, "zb could not do it", reason)
    }

    /// Whatever zb fails at has a reference: what says none yet gets one, for which a line of the log stands.
    pub(crate) fn referenced(&self, problem: Problem) -> Problem {
        if problem.kind.status() < 500 || problem.more.members.contains_key(REFERENCE) {
            return problem;
        }
        let reference = self.accounts().id("err_");
        tracing::info!(reference, "{}", problem.detail);
        problem.with(REFERENCE, reference)
    }

    /// `reason` is for the log.
    fn trouble(&self, kind: Kind, detail: &str, reason: &str) -> Problem {
        let reference = self.accounts().id("err_");
        tracing::error!(reference, "{detail}: {reason}");
        Problem::new(kind, format!("{detail}: the log says more under {reference}"))
            .with(REFERENCE, reference)
    }
}
