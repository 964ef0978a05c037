//! Why the runner did not do it, as a problem.

use http::{HeaderValue, header};

use crate::{HookRefused, Kind, Problem, RunRefused, Service, named::not_found};

/// When to try again what a service that ends does not begin: it may be back then.
const SECONDS: u64 = 10;

impl Service {
    pub(crate) fn run_refused(&self, refused: RunRefused) -> Problem {
        match refused {
            RunRefused::AlreadyRunning(job) => {
                let problem = Problem::new(Kind::AlreadyRunning, "a run of this job is in progress");
                match job {
                    Some(job) => problem.with("jobId", job.as_str()),
                    None => problem,
                }
            }
            RunRefused::Finished => Problem::new(Kind::Finished, "the run is over"),
            RunRefused::NotOwed => Problem::new(Kind::NotOwed, "no hook is owed"),
            RunRefused::NotFound => not_found(),
            RunRefused::ShuttingDown => Problem::new(Kind::ShuttingDown, "zb ends, and begins nothing")
                .header(header::RETRY_AFTER, HeaderValue::from(SECONDS)),
            RunRefused::Storage(reason) => self.storage(&reason),
        }
    }

    pub(crate) fn hook_refused(&self, refused: HookRefused) -> Problem {
        match refused {
            HookRefused::NoSuchHook => not_found(),
            HookRefused::Refused(refused) => self.run_refused(refused),
        }
    }
}
