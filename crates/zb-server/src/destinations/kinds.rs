//! The kinds of destinations, and the settings of each (`api.md` §7).

/// What a setting is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// A text that everybody may see.
    Text,
    /// Texts that everybody may see.
    Texts,
    /// A URL of which only user and password are secret.
    Address,
    /// A URL of which everything behind the origin is secret.
    SecretAddress,
    /// A text that nobody may see.
    Secret,
    /// `Name: value`, one a line; every value is secret.
    Headers,
}

/// A kind, with its settings in the order of the contract.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) settings: &'static [(&'static str, Form)],
}

impl Kind {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// What such a destination is told of where nobody says: for people what goes wrong; a service that expects signs of
    /// life is told everything.
    pub(crate) fn occasions(&self) -> Vec<&'static str> {
        let quiet = |occasion: &&str| ["success", "cancelled"].contains(occasion);
        OCCASIONS.into_iter().filter(|occasion| self.name == "healthchecks" || !quiet(occasion)).collect()
    }
}

use Form::{Address, Headers, Secret, SecretAddress, Text, Texts};

/// All that can be made over HTTP.
pub(crate) const KINDS: [Kind; 9] = [
    Kind { name: "email", settings: &[("to", Texts)] },
    Kind { name: "webhook", settings: &[("url", Address), ("headers", Headers), ("signingSecret", Secret)] },
    Kind { name: "ntfy", settings: &[("url", Address), ("token", Secret)] },
    Kind { name: "gotify", settings: &[("url", Address), ("token", Secret)] },
    Kind { name: "slack", settings: &[("url", SecretAddress)] },
    Kind { name: "discord", settings: &[("url", SecretAddress)] },
    Kind { name: "telegram", settings: &[("token", Secret), ("chatId", Text)] },
    Kind { name: "pushover", settings: &[("token", Secret), ("user", Secret)] },
    Kind { name: "healthchecks", settings: &[("url", SecretAddress)] },
];

/// What a destination may be told of.
pub(crate) const OCCASIONS: [&str; 8] =
    ["success", "warning", "error", "cancelled", "interrupted", "missed", "never-started", "post-hook-owed"];
