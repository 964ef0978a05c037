//! The question that the engine asks of whoever calls hooks, and the answer. The answer reports; the engine
//! judges (architecture, law 4).

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{HookSpec, JobId, Phase};

/// A hook that is to be called now.
#[derive(Clone, Debug)]
pub struct HookDue {
    /// The run.
    pub job: JobId,
    /// Which of its hooks.
    pub phase: Phase,
    /// Counts from 1.
    pub attempt: u32,
    /// Where to, with what.
    pub hook: Arc<HookSpec>,
    /// The default body, for a hook without one of its own.
    pub context: Arc<str>,
    /// The same for every attempt (`spec.md` §2).
    pub webhook_id: String,
    /// W3C Trace Context, where there is a trace.
    pub traceparent: Option<String>,
}

/// What became of the call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HookOutcome {
    /// The kind of answer.
    pub kind: OutcomeKind,
    /// Where a whole head came.
    pub http_status: Option<u16>,
    /// What a person reads, beginning with the phase; absent on [`OutcomeKind::Ok`].
    pub error: Option<String>,
    /// The first 4 KiB of the body, made visible.
    pub response: Option<String>,
    /// From the start of the call to its end.
    pub duration: Duration,
}

/// The kinds of answer, told apart exactly (`spec.md` §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// A whole answer, 200 to 299.
    Ok,
    /// Refused by zb's own rules; nothing left the machine.
    Refused,
    /// The request cannot have arrived.
    NotSent,
    /// A whole answer that is not success.
    Rejected,
    /// It may have arrived; no whole answer came.
    NoAnswer,
    /// Likewise, cut by the user.
    Cancelled,
}

impl OutcomeKind {
    /// Whether the receiver may have acted: success, or silence after the request left (the pairing rule).
    #[must_use]
    pub fn may_have_taken_effect(self) -> bool {
        match self {
            Self::Ok | Self::NoAnswer | Self::Cancelled => true,
            Self::Refused | Self::NotSent | Self::Rejected => false,
        }
    }

    /// Whether another try can mend it: not sent, no answer, 429 and 5xx (`spec.md` §2).
    #[must_use]
    pub fn may_be_mended(self, http_status: Option<u16>) -> bool {
        match self {
            Self::NotSent | Self::NoAnswer => true,
            Self::Rejected => matches!(http_status, Some(429 | 500..=599)),
            Self::Ok | Self::Refused | Self::Cancelled => false,
        }
    }
}
