//! Forgetting old snapshots: which are kept, and what became of the rest.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{Invocation, Repository, Restic, SafeFlags, output};

/// Which snapshots are kept (restic manual, "Removing snapshots according to a policy"). What no rule keeps goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Keep {
    /// The last so many.
    pub last: Option<NonZeroU32>,
    /// The last of each of the last so many hours that have one.
    pub hourly: Option<NonZeroU32>,
    /// Likewise of days.
    pub daily: Option<NonZeroU32>,
    /// Likewise of weeks.
    pub weekly: Option<NonZeroU32>,
    /// Likewise of months.
    pub monthly: Option<NonZeroU32>,
    /// Likewise of years.
    pub yearly: Option<NonZeroU32>,
}

/// What is forgotten of a repository.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ForgetArgs {
    /// Only snapshots with this tag are touched, all of them taken as one group. Without one the rules hold for each
    /// host and path for itself, as is restic's default.
    pub tag: Option<String>,
    /// What is kept of them. Without a rule restic does nothing.
    pub keep: Keep,
    /// Whether data that no snapshot needs any more is removed as well.
    pub prune: bool,
}

/// What restic did to the snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Forgotten {
    /// How many were kept.
    pub kept: u64,
    /// How many were removed.
    pub removed: u64,
}

impl Keep {
    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn flags(&self) -> impl Iterator<Item = String> {
        let Self { last, hourly, daily, weekly, monthly, yearly } = *self;
        let rules = [
            ("last", last),
            ("hourly", hourly),
            ("daily", daily),
            ("weekly", weekly),
            ("monthly", monthly),
            ("yearly", yearly),
        ];
        rules.into_iter().filter_map(|(name, count)| count.map(|count| format!("--keep-{name}={count}")))
    }
}

impl ForgetArgs {
    /// Keeps what `keep` says of all snapshots, and prunes.
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self { tag: None, keep, prune: true }
    }
}

impl Restic {
    /// Forgets snapshots.
    pub fn forget(
        &self,
        repository: &Repository,
        flags: &SafeFlags,
        args: &ForgetArgs,
    ) -> Invocation<Forgotten> {
        let own = args.tag.iter().flat_map(|tag| [format!("--tag={tag}"), "--group-by=".to_owned()]);
        let mut words: Vec<_> = own.collect();
        words.extend(args.keep.flags());
        words.extend(args.prune.then(|| "--prune".to_owned()));
        let words: Vec<_> = ["forget"].into_iter().chain(words.iter().map(String::as_str)).collect();
        self.command(&words, repository, flags)
    }
}

/// One group of snapshots, counted only.
#[derive(Deserialize)]
struct Group {
    keep: Option<Vec<IgnoredAny>>,
    remove: Option<Vec<IgnoredAny>>,
}

/// The groups are one line; what pruning says comes after it, in plain words. Without a snapshot there is no line.
impl output::sealed::Output for Forgotten {
    const IS_DOCUMENT: bool = true;
    fn take(_: Option<crate::BackupSummary>, document: &[u8]) -> Option<Self> {
        let Some(line) = document.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"[{")) else {
            return Some(Self::default());
        };
        let groups: Vec<Group> = serde_json::from_slice(line).ok()?;
        let count = |snapshots: &Option<Vec<IgnoredAny>>| snapshots.as_ref().map_or(0, Vec::len) as u64;
        Some(Self {
            kept: groups.iter().map(|group| count(&group.keep)).sum(),
            removed: groups.iter().map(|group| count(&group.remove)).sum(),
        })
    }
}
