//! What went wrong in a run, gravest first, in zb's own words.
//!
//! Only words that zb made up of facts are here, and those of the hook client, which hold no answer's body: the errors
//! of checks, of restic and of retention can repeat what restic said, which goes to no telemetry (`spec.md` §2).

use std::collections::BTreeMap;

/// Where it went wrong, by gravity (`spec.md` §6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Place {
    Interrupted,
    Checks,
    Backup,
    PreHook,
    PostHook,
    Retention,
}

impl Place {
    /// The root span's `error.type`.
    fn kind(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Checks => "checks",
            Self::Backup => "restic.backup",
            Self::PreHook => "hook.pre",
            Self::PostHook => "hook.post",
            Self::Retention => "retention",
        }
    }
}

/// The last word of each place.
#[derive(Debug, Default)]
pub(super) struct Problems(BTreeMap<Place, String>);

impl Problems {
    /// The last word of a place: a problem, or none (any more).
    pub(super) fn note(&mut self, place: Place, problem: Option<String>) {
        match problem {
            Some(problem) => _ = self.0.insert(place, problem),
            None => _ = self.0.remove(&place),
        }
    }

    /// All of them, joined with `; `.
    pub(super) fn words(&self) -> Option<String> {
        let words: Vec<_> = self.0.values().map(String::as_str).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// The kind of the gravest.
    pub(super) fn kind(&self) -> &'static str {
        self.0.keys().next().map_or("other", |place| place.kind())
    }
}
