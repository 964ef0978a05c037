//! What zb and its guardian need when restic misbehaves: the loads of which a tool for everybody's nights has to
//! expect the worst.

use super::{
    figure::{Figure, Goal, Samples, Unit},
    opponents::Case,
    process::{self, Watched},
    stage::Stage,
};
use crate::shell::Result;

/// What memory may be, in MB: with a restic that behaves, with any, and the guardian's.
const NORMAL: Goal = Goal::AtMost(15.0);
const LOADED: Goal = Goal::AtMost(20.0);
const GUARDIAN: Goal = Goal::AtMost(8.0);

/// Status lines whose cost is told.
const LINES: usize = 1_000_000;

/// What restic does, in the stand-in's words and in a person's, and zb's exit status.
const LOADS: [(&str, &str, i32); 5] = [
    ("status-1000000", "a million status lines", 0),
    ("line-600000000", "one line of 600 MB", 0),
    ("errors-200000", "200,000 error lines", 3),
    ("garbage-64000000", "64 MB that are no UTF-8", 0),
    ("stderr-64000000", "64 MB on standard error", 0),
];

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let mut guardian = Samples::default();
    let mut figures = vec![];
    let small = stage.times(20, 5);
    let normal = load(stage, "saves", 0, small)?;
    guardian.push(normal.guardian.greatest());
    figures.push(Figure::of("peak memory, normal", Unit::Mb, &normal.zb).goal(NORMAL));
    for (name, words, exit) in LOADS {
        let loaded = load(stage, name, exit, stage.times(3, 1))?;
        guardian.push(loaded.guardian.greatest());
        figures.push(Figure::of(format!("peak memory, {words}"), Unit::Mb, &loaded.zb).goal(LOADED));
        if name == format!("status-{LINES}") {
            let what = "a million status lines, processor time of zb";
            figures.push(Figure::of(what, Unit::Seconds, &loaded.seconds).goal(Goal::AtMost(0.6)));
        }
    }
    let what = "peak memory of the guardian, the greatest of all these";
    figures.push(Figure::once(what, Unit::Mb, guardian.greatest()).goal(GUARDIAN));
    Ok(figures)
}

#[derive(Default)]
struct Loaded {
    zb: Samples,
    guardian: Samples,
    seconds: Samples,
}

fn load(stage: &Stage, name: &str, exit: i32, times: usize) -> Result<Loaded> {
    let source = stage.write("source/rows", "one row\n")?;
    let case = Case::new(stage, &format!("load-{name}"), stage.stand_in(name)?, source, "")?;
    let mut loaded = Loaded::default();
    for _ in 0..times {
        let Watched { peak, guardian_peak, seconds } = process::watch(&mut case.zb(), exit)?;
        loaded.zb.push(peak as f64 / 1e6);
        loaded.guardian.push(guardian_peak as f64 / 1e6);
        loaded.seconds.push(seconds);
    }
    Ok(loaded)
}
