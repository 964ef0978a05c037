//! A run that eight broken destinations, a dead collector and a disk that is full for observers should be told of, beside
//! the same run that nobody watches.

use std::{path::Path, process::Command};

use super::{
    broken::Broken,
    clock::between,
    figure::{Figure, Goal, Samples, Unit},
    opponents::Case,
    process,
    receiver::Phase,
    stage::Stage,
    trees::{Kept, plant},
};
use crate::shell::{Result, cargo, step};

/// What deliveries may take after a run (`spec.md` §9).
const MOST_MS: f64 = 5_000.0;

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let source = plant(&stage.path("watched"), 200)?;
    let case = Case::new(stage, "watchers", "restic".into(), source, "")?;
    case.init_repository()?;
    case.fill_repository()?;
    let kept = Kept::of(&case.repository())?;
    let broken = Broken::start(stage)?;
    let settings = stage.write("watchers/zb.toml", &broken.settings)?;
    let state = stage.path("watchers/full");
    let full = ["run", "--release", "--package", "job-store", "--example", "observers_disk_full", "--"];
    step("a disk that is full for observers", cargo(full).arg(&state))?;
    let (mut ratios, mut pauses, mut afters) = (Samples::default(), Samples::default(), Samples::default());
    // The first round warms the caches, and does not count.
    for round in 0..=stage.times(12, 3) {
        let plain = || one(stage, &mut case.zb(), &kept);
        let watched = || one(stage, &mut watched(stage, &case.zb(), &broken, &settings, &state), &kept);
        // Each is the first one in turn.
        let (plain, watched) = if round % 2 == 0 {
            let plain = plain()?;
            (plain, watched()?)
        } else {
            let watched = watched()?;
            (plain()?, watched)
        };
        if round > 0 {
            ratios.push(watched.to_post / plain.to_post);
            pauses.push(watched.pause / plain.pause);
            afters.push(watched.after);
        }
    }
    Ok(vec![
        Figure::of("start → post hook: eight broken observers / none", Unit::Times, &ratios)
            .goal(Goal::AtMost(1.05)),
        Figure::of("pause: eight broken observers / none", Unit::Times, &pauses).goal(Goal::AtMost(1.05)),
        Figure::of("post hook → the end of zb, eight broken observers", Unit::Ms, &afters)
            .goal(Goal::AtMost(MOST_MS)),
    ])
}

/// Milliseconds.
struct One {
    to_post: f64,
    pause: f64,
    after: f64,
}

fn one(stage: &Stage, zb: &mut Command, kept: &Kept) -> Result<One> {
    stage.receiver.forget();
    let ran = process::run(zb, 0)?;
    let (pre, post) = (stage.receiver.wait_for(Phase::Pre)?, stage.receiver.wait_for(Phase::Post)?);
    kept.restore()?;
    let to_post = between(ran.began, post.came);
    Ok(One { to_post, pause: between(pre.answered, post.came), after: ran.ms - to_post })
}

fn watched(stage: &Stage, zb: &Command, broken: &Broken, settings: &Path, state: &Path) -> Command {
    let mut watched = stage.zb(state);
    watched.args(zb.get_args());
    for (name, value) in zb.get_envs() {
        if let (Some(value), true) = (value, name != "ZB_DATA_DIR") {
            watched.env(name, value);
        }
    }
    let origins = [vec![stage.receiver.origin()], broken.origins.clone()].concat().join(",");
    watched.env("WEBHOOK_ALLOWED_ORIGINS", origins).env("ZB_CONFIG", settings);
    watched.env("OTEL_EXPORTER_OTLP_ENDPOINT", &broken.collector);
    watched
}
