//! A look at a repository: whether it answers and opens, and making it (`api.md` §4).

use std::time::Duration;

use restic_driver::{Exit, Report};
use tokio::time;
use tokio_util::sync::CancellationToken;
use zb_server::RepositoryCheck;

use crate::{
    config::{Job, Settings, Surroundings},
    report::Failure,
    restic::ResticWork,
    wiring,
};

/// How long restic may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the repository of a job; with `init` it is made.
pub(super) async fn look(
    job: &Job,
    init: bool,
    settings: &Settings,
    around: &Surroundings,
) -> RepositoryCheck {
    let cancel = CancellationToken::new();
    let asked = ask(job, init, settings, around, &cancel);
    let mut asked = std::pin::pin!(asked);
    match time::timeout(PATIENCE, &mut asked).await {
        Ok(check) => check,
        Err(_) => {
            cancel.cancel();
            // It ends by itself now: no restic is left behind.
            let _ = asked.await;
            let detail = format!("restic has not answered within {} seconds", PATIENCE.as_secs());
            RepositoryCheck { problem: Some("timed-out"), detail, exit_code: None }
        }
    }
}

async fn ask(
    job: &Job,
    init: bool,
    settings: &Settings,
    around: &Surroundings,
    cancel: &CancellationToken,
) -> RepositoryCheck {
    let worker = wiring::worker(settings, around, None);
    let restic = match worker.restic().await {
        Ok(restic) => restic,
        Err(error) => return other(Failure::from_chain(&error).message, None),
    };
    let work = ResticWork::freeze(job, &around.variables).to_bytes();
    let ready = match ResticWork::ready(&work, &job.source, job.schedule_id.as_str()) {
        Ok(ready) => ready,
        Err(reason) => return other(reason, None),
    };
    let (repository, flags) = (&ready.repository, &ready.backup.flags);
    let asked = match init {
        true => restic.init(repository, flags),
        false => restic.open(repository, flags),
    };
    match asked.run(|_| {}, cancel).await {
        Ok(report) => judged(&report),
        Err(error) => other(Failure::from_chain(&error).message, None),
    }
}

/// What the end of restic means.
fn judged(report: &Report<()>) -> RepositoryCheck {
    let word = report.last_word.clone().unwrap_or_else(|| report.exit.to_string());
    let problem = match report.exit {
        Exit::Ok => {
            return RepositoryCheck {
                problem: None,
                detail: "it is well".to_owned(),
                exit_code: report.code,
            };
        }
        _ if report.repository_exists => "exists",
        Exit::NoRepository => "no-repository",
        Exit::WrongPassword => "wrong-password",
        Exit::Locked => "locked",
        _ if is_unreachable(&word) => "unreachable",
        _ => "other",
    };
    RepositoryCheck { problem: Some(problem), detail: word, exit_code: report.code }
}

/// Words of Go's network.
fn is_unreachable(word: &str) -> bool {
    ["dial tcp", "no such host", "connection refused", "i/o timeout", "network is unreachable"]
        .iter()
        .any(|words| word.contains(words))
}

/// A problem that has no name.
pub(super) fn other(detail: String, exit_code: Option<i32>) -> RepositoryCheck {
    RepositoryCheck { problem: Some("other"), detail, exit_code }
}
