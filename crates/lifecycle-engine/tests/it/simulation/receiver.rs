//! The receiver of hooks: takes requests in their order, acts when it comes to them, and need not tell the truth.

use std::{collections::VecDeque, time::Duration};

use hook_core::{OutcomeKind, Phase};
use tokio::time::Instant;

use super::story::{Deed, Manner};

/// Works off one request after the other, whatever became of who sent it.
pub(super) struct Receiver {
    /// Nobody listens before.
    up_at: Instant,
    /// Until when it is busy with what it has.
    busy: Instant,
    due: VecDeque<Act>,
}

/// Something that the receiver is going to do to the service.
pub(super) struct Act {
    pub(super) at: Instant,
    pub(super) run: usize,
    pub(super) phase: Phase,
}

/// What will become of a request.
pub(super) struct Reception {
    /// Whether the request reached the receiver.
    pub(super) arrives: bool,
    /// Whether the receiver does what it is asked, in the end.
    pub(super) acts: bool,
    /// When the answer is back, or the failure shows; silence where absent.
    pub(super) answered: Option<Instant>,
    pub(super) kind: OutcomeKind,
    pub(super) http_status: Option<u16>,
}

impl Receiver {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { up_at: now, busy: now, due: VecDeque::new() }
    }

    pub(super) fn is_down_for(&mut self, span: Duration) {
        self.up_at = Instant::now() + span;
    }

    /// When it has nothing to do any more.
    pub(super) fn idle_at(&self) -> Instant {
        self.busy
    }

    /// The next act that is due by now.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Act> {
        if self.due.front()?.at <= now { self.due.pop_front() } else { None }
    }

    pub(super) fn receive(&mut self, run: usize, phase: Phase, manner: Manner) -> Reception {
        let now = Instant::now();
        let deed = if now < self.up_at { Deed::Down } else { manner.deed };
        let acts = match deed {
            Deed::Obeys | Deed::ActsAndBreaks | Deed::ActsInSilence | Deed::ActsAndAnswers(_) => 1,
            Deed::ObeysTwice => 2,
            Deed::Lies | Deed::Breaks | Deed::Answers(_) | Deed::Down | Deed::Refused => 0,
        };
        let (kind, http_status) = match deed {
            Deed::Obeys | Deed::ObeysTwice | Deed::Lies => (OutcomeKind::Ok, Some(200)),
            Deed::Answers(status) | Deed::ActsAndAnswers(status) => (OutcomeKind::Rejected, Some(status)),
            Deed::ActsAndBreaks | Deed::ActsInSilence | Deed::Breaks => (OutcomeKind::NoAnswer, None),
            Deed::Down => (OutcomeKind::NotSent, None),
            Deed::Refused => (OutcomeKind::Refused, None),
        };
        let arrives = !matches!(deed, Deed::Down | Deed::Refused);
        if !arrives {
            return Reception { arrives, acts: false, answered: Some(now), kind, http_status };
        }
        let done = self.busy.max(now) + manner.takes;
        self.busy = done;
        self.due.extend((0..acts).map(|_| Act { at: done, run, phase }));
        let answered = (deed != Deed::ActsInSilence).then_some(done);
        Reception { arrives, acts: acts > 0, answered, kind, http_status }
    }
}
