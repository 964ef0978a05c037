//! `zb recover` over a long history with one owed hook: from its start to the hook.

use std::{fs, path::Path, time::Duration};

use super::{
    clock::between,
    figure::{Figure, Goal, Samples, Unit},
    opponents::Case,
    process::{self, Mortal},
    receiver::Phase,
    stage::Stage,
    wait::until,
};
use crate::shell::{Result, cargo, command, output, step};

const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A restic that works until it is ended.
const WORKS_ON: &str = r#"#!/bin/sh
case " $* " in *" version "*) echo 'restic 0.14.0 compiled with go1.19.8 on linux/amd64'; exit 0 ;; esac
exec sleep 1000
"#;

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let restic = stage.script("bin/works-on", WORKS_ON)?;
    let source = stage.write("source/rows", "one row\n")?;
    let case = Case::new(stage, "debts", restic, source, "")?;
    let runs = stage.times(100_000, 5_000);
    write_history(&case.data_dir(), runs)?;
    let mut to_post = Samples::default();
    for _ in 0..stage.times(15, 5) {
        leave_a_debt(stage, &case)?;
        stage.receiver.forget();
        let mut zb = stage.zb(&case.data_dir());
        let recovered = process::run(zb.arg("recover").env("RESTIC_COMMAND", &case.restic), 0)?;
        to_post.push(between(recovered.began, stage.receiver.wait_for(Phase::Post)?.came));
    }
    let what = format!("zb recover, {runs} finished runs and one owed hook: start → hook");
    Ok(vec![Figure::of(what, Unit::Ms, &to_post).goal(Goal::AtMost(100.0))])
}

/// The history goes to disk when it is whole: a hundred thousand runs wait for a disk a hundred thousand times.
fn write_history(data_dir: &Path, runs: usize) -> Result {
    let memory = Path::new("/dev/shm").join(format!("zb-bench-{}", std::process::id()));
    let history = ["run", "--release", "--package", "job-store", "--example", "long_history", "--"];
    let written =
        step(&format!("a history of {runs} runs"), cargo(history).arg(&memory).arg(runs.to_string()));
    let moved = written.and_then(|_| output(command("cp").arg("-r").arg(&memory).arg(data_dir)));
    let removed = fs::remove_dir_all(memory);
    moved?;
    Ok(removed?)
}

/// A run that dies with its guardian, when its service is paused and its restic at work.
fn leave_a_debt(stage: &Stage, case: &Case<'_>) -> Result {
    stage.receiver.forget();
    let mut zb = Mortal(case.zb().spawn()?);
    let pid = zb.0.id();
    let mut restic = None;
    stage.receiver.wait_for(Phase::Pre)?;
    let guardian = process::guardian_of(pid).ok_or("zb has no guardian")?;
    until("restic's start", LOOK_AGAIN, || {
        restic = process::children_of(pid).into_iter().find(|child| *child != guardian);
        restic.is_some()
    })?;
    process::kill(guardian)?;
    zb.0.kill()?;
    zb.0.wait()?;
    let gone = [Some(guardian), restic];
    until("the end of guardian and restic", LOOK_AGAIN, || {
        !gone.iter().flatten().any(|pid| process::is_alive(*pid))
    })
}
