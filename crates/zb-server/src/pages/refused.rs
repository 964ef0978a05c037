//! What the runner refuses, as a problem.

use crate::{Kind, Problem, RunRefused, Service};

impl Service {
    /// Why a run was not begun, or not touched.
    pub(super) fn refusal(&self, refused: RunRefused) -> Problem {
        let (kind, detail) = match refused {
            RunRefused::AlreadyRunning(run) => {
                let problem = Problem::new(Kind::AlreadyRunning, "a run of this backup is in progress");
                return match run {
                    Some(run) => problem.with("jobId", run.as_str()),
                    None => problem,
                };
            }
            RunRefused::Finished => (Kind::Finished, "the run is over"),
            RunRefused::NotOwed => {
                (Kind::NotOwed, "nothing is owed: the service was resumed, or nothing was paused")
            }
            RunRefused::NotFound => (Kind::NotFound, "there is no such thing here"),
            RunRefused::ShuttingDown => (Kind::ShuttingDown, "the service ends: try again when it runs"),
            RunRefused::Storage(reason) => return self.internal(&reason),
        };
        Problem::new(kind, detail)
    }
}
