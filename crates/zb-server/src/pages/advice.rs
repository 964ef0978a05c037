//! What a person should know of a run that did not go as it should: what is so, what the receiver said, what to do.

use hook_core::{OutcomeKind, RunStatus};
use job_store::{Detail, HookAttempt, HookReport, PostHook, Run};

use super::{
    course::Course,
    icon,
    said::{answer, took_over},
    steps::Said,
    words::capital,
};

/// Advice on a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Advice {
    pub(super) icon: &'static str,
    /// Of the drawing: how grave it is.
    pub(super) tone: &'static str,
    pub(super) title: String,
    /// What is so.
    pub(super) so: Vec<String>,
    /// The receiver's, or restic's.
    pub(super) said: Option<Said>,
    pub(super) to_do: Vec<&'static str>,
    /// Whether the post hook can be sent again, or the debt be cleared.
    pub(super) is_owed: bool,
}

/// The advice on a run that is over, if there is something to say.
pub(super) fn advice(run: &Run, course: &Course) -> Option<Advice> {
    let status = run.status?;
    if run.post_hook == PostHook::Failed {
        return Some(owed(run));
    }
    if let Some(error) = &course.checks_error {
        return Some(
            grave("Nothing was paused and nothing was backed up", vec![capital(&sentence(error))])
                .doing(&["Mend what the check names, then start the backup again."]),
        );
    }
    if let Some(interruption) = &course.interruption {
        let who = capital(&took_over(&interruption.by));
        let title = if run.post_hook == PostHook::Delivered {
            "zb died; the post hook was delivered"
        } else {
            "zb died during this run"
        };
        let so = vec![
            format!(
                "The process that ran this backup ended without a word. {who} took over and settled the run."
            ),
            snapshot(run),
        ];
        return Some(Advice {
            icon: icon::SHIELD,
            tone: "okk",
            ..grave(title, so).doing(&["The kernel's log may say why it died: often it is memory."])
        });
    }
    let pre = run.hooks.pre.as_ref().filter(|pre| !pre.succeeded());
    if let Some(pre) = pre.filter(|_| course.restic.is_none() && status == RunStatus::Error) {
        return Some(refused(run, pre));
    }
    restic(run, status)
}

fn owed(run: &Run) -> Advice {
    let post = run.hooks.post.as_ref();
    let last = post.and_then(|post| post.attempts.last());
    let what = match last {
        Some(attempt) => match attempt.outcome {
            Some(OutcomeKind::Rejected) => format!("the post hook answered HTTP {}", answer(attempt)),
            Some(OutcomeKind::NoAnswer) => "the post hook got no answer".to_owned(),
            Some(OutcomeKind::NotSent) => "the post hook did not reach the receiver".to_owned(),
            Some(OutcomeKind::Refused) => "zb's own rules refused to send the post hook".to_owned(),
            _ => "the post hook was cut off".to_owned(),
        },
        None => "the post hook was not sent".to_owned(),
    };
    let mut so =
        vec![format!("{} But {what}, so nothing confirms that the service runs again.", snapshot(run))];
    so.extend(last.and_then(why));
    let said = last.and_then(|attempt| Said::of(&attempt.response));
    let to_do = &[
        "Mend what the answer names, then send the post hook again. It keeps its webhook-id, so a receiver can drop repeats.",
        "Or start the service by hand, look that it runs, and clear this.",
    ];
    let advice = grave("The service may still be stopped", so).doing(to_do);
    Advice { icon: icon::PAUSE, said, is_owed: true, ..advice }
}

fn refused(run: &Run, pre: &HookReport) -> Advice {
    let last = pre.attempts.last();
    let mut so =
        vec!["restic was not started, because it would have read a service that is not paused.".to_owned()];
    so.extend(last.and_then(|attempt| attempt.error.as_deref()).map(|error| capital(&sentence(error))));
    if run.post_hook == PostHook::Delivered {
        so.push(
            "The pre hook may have arrived, so the post hook was sent, and answered with a 2xx.".to_owned(),
        );
    }
    let said = last.and_then(|attempt| Said::of(&attempt.response));
    let to_do = &["Mend the receiver, test the hook on the backup's page, then start the backup again."];
    let advice = grave("The pre hook failed; nothing was backed up", so).doing(to_do);
    Advice { said, ..advice }
}

fn restic(run: &Run, status: RunStatus) -> Option<Advice> {
    let to_do: &'static str = match (status, exit_code(run)) {
        (RunStatus::Success | RunStatus::Cancelled, _) => return None,
        (RunStatus::Warning, Some(3)) => {
            "The snapshot is there without these files. Make them readable, or exclude them."
        }
        (RunStatus::Warning, _) => "Read what is said above, and look whether the snapshot is whole.",
        (_, Some(10)) => {
            "There is no repository to open at this address. If it is new, initialise it on the backup's page; else correct the address."
        }
        (_, Some(11)) => {
            "Something else holds the repository's lock. Wait for it, or allow a wait for the lock."
        }
        (_, Some(12)) => "The repository refuses the password. Enter the right one in the backup's form.",
        _ => "Read what restic says, mend it, then start the backup again.",
    };
    let (title, icon, tone) = match status {
        RunStatus::Warning => ("The backup ended with a warning", icon::CLOCK, "soft-warn"),
        _ => ("The backup failed", icon::CROSS, "err"),
    };
    let so: Vec<String> = run.error.iter().map(|error| capital(&sentence(error))).collect();
    let said = Said::of(&run.stderr).filter(|_| matches!(run.stderr, Detail::Text(_)));
    Some(Advice { icon, tone, said, ..grave(title, so).doing(&[to_do]) })
}

/// restic's exit code as today's have it: older ones exit with 1, and say it in words (`spec.md` §4).
fn exit_code(run: &Run) -> Option<i32> {
    const WORDS: [(&str, i32); 3] = [
        ("unable to open config file", 10),
        ("repository is already locked", 11),
        ("wrong password or no key found", 12),
    ];
    let error = run.error.as_deref().filter(|_| run.exit_code == Some(1)).unwrap_or_default();
    let said = WORDS.iter().find(|(words, _)| error.contains(words));
    said.map(|(_, code)| *code).or(run.exit_code)
}

/// Why an attempt failed, where its status does not say it.
fn why(attempt: &HookAttempt) -> Option<String> {
    let is_said =
        attempt.outcome == Some(OutcomeKind::Rejected) && !matches!(attempt.http_status, Some(200..=299));
    attempt.error.as_deref().filter(|_| !is_said).map(|error| capital(&sentence(error)))
}

fn snapshot(run: &Run) -> String {
    match &run.snapshot_id {
        Some(id) => format!("The backup itself is there: snapshot {}.", id.get(..8).unwrap_or(id)),
        None => "There is no snapshot from this run.".to_owned(),
    }
}

fn sentence(error: &str) -> String {
    if error.ends_with(['.', '…']) { error.to_owned() } else { format!("{error}.") }
}

fn grave(title: &str, so: Vec<String>) -> Advice {
    Advice {
        icon: icon::CROSS,
        tone: "err",
        title: title.to_owned(),
        so,
        said: None,
        to_do: Vec::new(),
        is_owed: false,
    }
}

impl Advice {
    fn doing(mut self, to_do: &[&'static str]) -> Self {
        self.to_do = to_do.to_vec();
        self
    }
}
