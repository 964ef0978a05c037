//! What became of a call, as an outcome (`spec.md` §6). Every text begins with the phase and holds no secret, no
//! query and nothing of the answer's body.

use std::{fmt, time::Duration};

use hook_core::{HookOutcome, HookSpec, OutcomeKind, Phase};

use crate::{departure::Departure, exchange::Broken, failure, reply::Reply};

/// How much of `reject_body` an error repeats.
const QUOTED_CHARACTERS: usize = 100;

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) enum Silence {
    /// Something failed on the way.
    Broke(Broken),
    /// The deadline came.
    TimedOut,
    /// The user asked for the end.
    Cancelled,
}

/// Our own rules forbid the call, with the sentence that says so; nothing left the machine.
pub(crate) fn refused(error: String) -> HookOutcome {
    outcome(OutcomeKind::Refused, None, Some(error))
}

fn outcome(kind: OutcomeKind, http_status: Option<u16>, error: Option<String>) -> HookOutcome {
    HookOutcome { kind, http_status, error, response: None, duration: Duration::ZERO }
}

/// The words that reject, or as much of them as a line bears.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS) {
        None => format!("{text:?}"),
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
    }
}

/// Whose call it is: the subject of every sentence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict<'a> {
    /// Which hook.
    pub(crate) phase: Phase,
    /// Where to, with what.
    pub(crate) hook: &'a HookSpec,
}

impl Verdict<'_> {
    /// A whole answer came.
    pub(crate) fn answered(self, reply: &Reply) -> HookOutcome {
        let status = reply.status();
        let reject = self.hook.reject_body();
        let judged = if reply.is_success() && reply.begins_with(reject) {
            self.rejected(
                status,
                format_args!(
                    "answered HTTP {status} with {}, which reject_body names as a failure (if the receiver is \
                     adnanh/webhook, it ran nothing: check the secret header there, and set \
                     trigger-rule-mismatch-http-response-code)",
                    quoted(reject)
                ),
            )
        } else if reply.is_success() {
            outcome(OutcomeKind::Ok, Some(status), None)
        } else if (300..400).contains(&status) {
            self.rejected(status, format_args!("returned HTTP {status}; redirects are not followed"))
        } else {
            self.rejected(status, format_args!("returned HTTP {status}"))
        };
        HookOutcome { response: reply.visible(), ..judged }
    }

    /// No whole answer came: whether the request may have arrived decides.
    pub(crate) fn unanswered(self, silence: &Silence, departure: &Departure) -> HookOutcome {
        if departure.call_off() { self.not_sent(silence) } else { self.sent(silence, departure.status()) }
    }

    fn not_sent(self, silence: &Silence) -> HookOutcome {
        let origin = self.hook.url().origin();
        let what = match silence {
            Silence::Broke(broken) => failure::not_sent(self.hook, broken),
            Silence::TimedOut => {
                format!("could not connect to {origin} within {} s; nothing was sent", self.seconds())
            }
            Silence::Cancelled => "was cancelled before it was sent".to_owned(),
        };
        self.failed(OutcomeKind::NotSent, None, format_args!("{what}"))
    }

    fn sent(self, silence: &Silence, status: Option<u16>) -> HookOutcome {
        let (kind, what) = match silence {
            Silence::Broke(broken) => {
                let (origin, reason) = (self.hook.url().origin(), failure::reason(broken));
                let what =
                    format!("got no whole answer from {origin}: {reason}; the request may have arrived");
                (OutcomeKind::NoAnswer, what)
            }
            Silence::TimedOut => {
                let seconds = self.seconds();
                let what = format!("timed out after {seconds} s; the request was sent, no whole answer came");
                (OutcomeKind::NoAnswer, what)
            }
            Silence::Cancelled => {
                let what = "was cancelled after the request was sent; it may have taken effect".to_owned();
                (OutcomeKind::Cancelled, what)
            }
        };
        self.failed(kind, status, format_args!("{what}"))
    }

    fn rejected(self, status: u16, what: fmt::Arguments<'_>) -> HookOutcome {
        self.failed(OutcomeKind::Rejected, Some(status), what)
    }

    fn failed(self, kind: OutcomeKind, http_status: Option<u16>, what: fmt::Arguments<'_>) -> HookOutcome {
        outcome(kind, http_status, Some(format!("{} webhook {what}", self.phase)))
    }

    fn seconds(self) -> u64 {
        self.hook.timeout().as_secs()
    }
}
