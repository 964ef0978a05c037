//! The three small words that events, payloads and plans share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which of the two hooks: before restic starts, or after it ended (the seed, "How backup webhooks work").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The pre-backup webhook.
    Pre,
    /// The post-backup webhook.
    Post,
}

impl Phase {
    /// The wire word: `pre` or `post`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Post => "post",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a run, or its backup, ended (the seed, "Request body"; `spec.md` §3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// A whole snapshot, and every hook answered.
    Success,
    /// A snapshot, with something to look at.
    Warning,
    /// No snapshot that can be relied on.
    Error,
    /// A person, or a shutdown, asked for the end.
    Cancelled,
}

impl RunStatus {
    /// The wire word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When the post hook is owed (`post.when`, `spec.md` §3). Without a pre hook all three read as
/// [`PostWhen::AfterRestic`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostWhen {
    /// Once a pre hook may have taken effect: the pairing rule.
    #[default]
    Paired,
    /// Only where restic was started, or could not be started.
    AfterRestic,
    /// Wherever a pre `hook.started` exists, refused or not sent included.
    Always,
}
