//! The last runs of a backup, a column each: how long it took, and how much of that the service was paused.

use askama::Template;
use hook_core::RunStatus;
use job_store::{PostHook, Run};

use super::{
    status,
    words::{Times, duration},
};

/// Columns beside an axis.
#[derive(Template)]
#[template(path = "chart.html")]
pub(super) struct Chart {
    /// From the top: the axis, its half.
    axis: [String; 2],
    columns: Vec<Column>,
    /// The middle one of the good runs: its height, and in words.
    median: Option<(u8, String)>,
    has_hooks: bool,
    /// Whether the columns reach from end to end.
    has_dates: bool,
    first: String,
    last: String,
    base: String,
}

struct Column {
    id: String,
    label: String,
    /// 0 to 100, of the axis.
    height: u8,
    /// Of the height: the pause, and the rest.
    pause: Option<(u8, u8)>,
    is_bad: bool,
    mark: Option<(&'static str, &'static str)>,
}

impl Chart {
    /// Of runs that are over, the newest first; nothing where there are none.
    pub(super) fn of(runs: &[Run], times: &Times, base: &str) -> Option<Self> {
        let over: Vec<&Run> = runs.iter().filter(|run| run.duration_ms.is_some()).rev().collect();
        let longest = over.iter().filter_map(|run| run.duration_ms).max()?;
        let axis = round(longest);
        let of_axis = |ms: u64| share(ms, axis);
        let columns = over.iter().map(|run| column(run, times, &of_axis)).collect();
        let good = over.iter().filter(|run| run.status == Some(RunStatus::Success));
        let mut good: Vec<u64> = good.filter_map(|run| run.duration_ms).collect();
        good.sort_unstable();
        let median = (good.len() >= 3).then(|| good[good.len() / 2]);
        Some(Self {
            axis: [words(axis), words(axis / 2)],
            columns,
            median: median.map(|ms| (of_axis(ms), duration(ms))),
            has_hooks: over.iter().any(|run| run.pause_ms.is_some()),
            has_dates: over.len() >= 20,
            first: over.first().map(|run| times.day(run.queued_at)).unwrap_or_default(),
            last: over.last().map(|run| times.day(run.queued_at)).unwrap_or_default(),
            base: base.to_owned(),
        })
    }
}

fn column(run: &Run, times: &Times, of_axis: &impl Fn(u64) -> u8) -> Column {
    let took = run.duration_ms.unwrap_or_default();
    let shown = status::of(run);
    Column {
        id: run.job_id.to_string(),
        label: format!("{}, {}, {}", times.day(run.queued_at), shown.word.to_lowercase(), duration(took)),
        height: of_axis(took),
        pause: run.pause_ms.map(|pause| {
            let pause = share(pause, took.max(1));
            (pause, 100 - pause)
        }),
        is_bad: run.post_hook == PostHook::Failed,
        mark: (run.status != Some(RunStatus::Success)).then_some((shown.class, shown.icon)),
    }
}

/// A round number, shortly.
fn words(ms: u64) -> String {
    duration(ms).trim_end_matches(" 00 s").trim_end_matches(" 0 min").replace(".0 s", " s")
}

/// The next greater of the steps in which people count time.
fn round(ms: u64) -> u64 {
    const STEPS: [u64; 17] =
        [1, 2, 4, 10, 20, 30, 60, 120, 240, 360, 600, 1200, 1800, 3600, 7200, 14_400, 28_800];
    let found = STEPS.into_iter().map(|seconds| seconds * 1000).find(|step| *step >= ms);
    found.unwrap_or_else(|| ms.div_ceil(14_400_000) * 14_400_000)
}

fn share(part: u64, whole: u64) -> u8 {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    u8::try_from(percent.min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_a_round_number_over_the_longest() {
        for (longest, axis) in
            [(1, 1000), (1000, 1000), (1001, 2000), (268_000, 360_000), (30_000_000, 43_200_000)]
        {
            assert_eq!(round(longest), axis, "{longest}");
        }
        assert_eq!([share(1, 2), share(3, 2), share(0, 0), share(u64::MAX, u64::MAX)], [50, 100, 0, 100]);
    }
}
