//! `[retention]` of a job file: which of the job's snapshots are kept (`spec.md` §4).

use std::num::NonZeroU32;

use restic_driver::{ForgetArgs, Keep};
use serde::{Deserialize, Serialize};

use super::{BadInput, Section};

/// The keys of `[retention]`.
pub const RETENTION_KEYS: [&str; 7] =
    ["keep_last", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "prune"];

/// As many as nobody has; restic takes no more than 31 bits everywhere.
const MOST: u32 = 1_000_000;

/// What is kept of a job's snapshots; at least one rule keeps something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retention {
    /// How many of which.
    pub keep: Keep,
    /// Whether data that no snapshot needs any more is removed from the repository.
    pub prune: bool,
}

impl Retention {
    pub(super) fn read(top: &Section<'_>) -> Result<Option<Self>, BadInput> {
        let Some(section) = top.section("retention")? else { return Ok(None) };
        section.only(&RETENTION_KEYS)?;
        let mut keep = Keep::default();
        keep.last = count(&section, "keep_last")?;
        keep.hourly = count(&section, "keep_hourly")?;
        keep.daily = count(&section, "keep_daily")?;
        keep.weekly = count(&section, "keep_weekly")?;
        keep.monthly = count(&section, "keep_monthly")?;
        keep.yearly = count(&section, "keep_yearly")?;
        let prune = section.boolean("prune")?.unwrap_or(true);
        // No keep key, no forget (`spec.md` §4).
        Ok((!keep.is_empty()).then_some(Self { keep, prune }))
    }

    /// For restic: only the snapshots with this tag, or all.
    #[must_use]
    pub fn of(self, tag: Option<&str>) -> ForgetArgs {
        let mut args = ForgetArgs::new(self.keep);
        args.tag = tag.map(str::to_owned);
        args.prune = self.prune;
        args
    }
}

fn count(section: &Section<'_>, key: &str) -> Result<Option<NonZeroU32>, BadInput> {
    let Some(number) = section.integer(key)? else { return Ok(None) };
    let count = u32::try_from(number).ok().filter(|count| *count <= MOST).and_then(NonZeroU32::new);
    count.map(Some).ok_or_else(|| section.fault(key, format!("is {number}, and must be from 1 to {MOST}")))
}
