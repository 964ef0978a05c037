//! What is known of a run: facts, never hopes.

use hook_core::{
    BackupFigures, OutcomeKind, Phase, PostWhen, RunStatus,
    event::{BackupOutcome, HookPlan, PostPlan},
};

use super::status::Verdict;

/// Everything that the next step may depend on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RunState {
    /// Absent before `run.queued`.
    pub plan: Option<HookPlan>,
    /// Whether retention follows a good backup.
    pub retention_wanted: bool,
    /// Absent until `checks.finished`; the problem, where a check failed.
    pub checks: Option<Result<(), String>>,
    /// The pre hook.
    pub pre: HookLog,
    /// The work between the hooks.
    pub backup: Work<BackupOutcome>,
    /// How often the work was begun: a second time only where a lock was in the way of the first.
    pub backups: u32,
    /// The post hook.
    pub post: HookLog,
    /// What the post hook says: fixed when it first starts, so that a repeat has the same body.
    pub said: Option<Verdict>,
    /// What follows the post hook; the problem, where it failed.
    pub retention: Work<()>,
    /// Who asked for the end.
    pub cancelled: Option<String>,
    /// Whether the process that owned the run died.
    pub interrupted: bool,
    /// Whether no process of the run is left.
    pub orphans_ended: bool,
    /// Whether a person ended the debt.
    pub cleared: bool,
    /// The act that has started and not finished.
    pub in_flight: Option<Act>,
    /// What the work saved and how long it took: nothing while it runs, or where its end was never recorded.
    pub figures: BackupFigures,
    /// Of the program that does the work, as the checks found it.
    pub worker_version: Option<String>,
    /// How the run ended.
    pub end: Option<RunStatus>,
}

/// An act: something that begins with a `….started` and ends with a `….finished`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// A request to a receiver.
    Hook(Phase),
    /// The work itself.
    Backup,
    /// Forgetting old snapshots.
    Retention,
}

/// What is known of one hook.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HookLog {
    /// Attempts begun.
    pub started: u32,
    /// The last attempt that ended.
    pub last: Option<Attempt>,
    /// Whether any attempt may have taken effect, or was in flight when the owner died.
    pub may_have_taken_effect: bool,
    /// Whether an attempt ended after the owner died: recovery has had its patience.
    pub ended_in_recovery: bool,
}

/// How an attempt ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Attempt {
    /// The kind of answer.
    pub kind: OutcomeKind,
    /// Whether another try can mend it.
    pub may_be_mended: bool,
    /// What a person reads.
    pub problem: Option<String>,
}

/// An act that happens at most once in a run.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Work<O> {
    /// Not begun.
    #[default]
    NotStarted,
    /// Begun; see [`RunState::in_flight`].
    Started,
    /// Begun, and its end was never recorded: the owner died.
    Lost,
    /// Ended.
    Finished {
        /// How.
        outcome: O,
        /// What a person reads.
        problem: Option<String>,
    },
}

impl<O> Work<O> {
    /// Whether it was begun, or could not be begun.
    #[must_use]
    pub fn was_started(&self) -> bool {
        !matches!(self, Self::NotStarted)
    }
}

impl HookLog {
    /// Whether the last attempt got a whole 2xx.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.kind == OutcomeKind::Ok)
    }

    /// Whether a living run should try again.
    #[must_use]
    pub fn wants_another(&self, attempts: u32) -> bool {
        self.started < attempts && self.last.as_ref().is_some_and(|last| last.may_be_mended)
    }
}

impl RunState {
    /// The post hook of the plan, where there is one.
    #[must_use]
    pub fn post_plan(&self) -> Option<PostPlan> {
        self.plan.and_then(|plan| plan.post)
    }

    /// Whether the work is to be begun once more, because what was in its way is gone.
    #[must_use]
    pub fn wants_second_backup(&self) -> bool {
        self.backups == 1 && matches!(self.backup, Work::Finished { outcome: BackupOutcome::Unlocked, .. })
    }

    /// Whether the post hook has to be called, as the facts stand: the pairing rule of `spec.md` §3.
    #[must_use]
    pub fn is_post_owed(&self) -> bool {
        let Some(post) = self.post_plan() else { return false };
        let has_pre = self.plan.is_some_and(|plan| plan.pre.is_some());
        let owed = match post.when {
            PostWhen::Paired if has_pre => self.pre.may_have_taken_effect,
            PostWhen::Always if has_pre => self.pre.started > 0,
            PostWhen::Paired | PostWhen::AfterRestic | PostWhen::Always => self.backup.was_started(),
        };
        owed && !self.is_post_settled(post)
    }

    /// Whether nothing more will be tried: answered, refused for good, out of attempts, or cleared.
    fn is_post_settled(&self, post: PostPlan) -> bool {
        if self.cleared || self.post.ended_in_recovery {
            return true;
        }
        // An attempt that was in flight when its owner died has told nothing.
        let nothing_unheard = self.in_flight != Some(Act::Hook(Phase::Post));
        nothing_unheard && self.post.last.is_some() && !self.post.wants_another(post.attempts)
    }
}
