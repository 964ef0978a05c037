//! The post hook of a cancelled run: never before restic has ended, which takes its time.

use std::{fs, time::Duration};

use super::{
    clock::{self, between},
    figure::{Figure, Goal, Samples, Unit},
    opponents::Case,
    process::{self, Mortal},
    receiver::Phase,
    stage::Stage,
    wait::until,
};
use crate::shell::Result;

/// A restic that has something to finish when it is interrupted, and notes when it is done.
const SLOW_TO_END: &str = r#"#!/bin/sh
case " $* " in *" version "*) echo 'restic 0.14.0 compiled with go1.19.8 on linux/amd64'; exit 0 ;; esac
trap 'kill $!; sleep 0.1; date +%s%N >"$0.ended"; exit 130' INT
: >"$0.started"
sleep 1000 &
wait
"#;

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let restic = stage.script("bin/slow-to-end", SLOW_TO_END)?;
    let source = stage.write("source/rows", "one row\n")?;
    let case = Case::new(stage, "cancel", restic, source, "")?;
    let (mut to_post, mut whole) = (Samples::default(), Samples::default());
    for _ in 0..stage.times(15, 5) {
        let (ended, cancelled, post) = once(stage, &case)?;
        to_post.push(between(ended, post));
        whole.push(between(cancelled, post));
    }
    Ok(vec![
        Figure::of("cancelled: restic's exit → post hook", Unit::Ms, &to_post).beside(format!(
            "{} from the Ctrl-C on, of which restic takes 100 ms",
            Unit::Ms.show(whole.median())
        )),
        Figure::once("cancelled: the shortest of all", Unit::Ms, to_post.least()).goal(Goal::AtLeast(0.0)),
    ])
}

/// When restic ended, when it was to, and when the post hook came.
fn once(stage: &Stage, case: &Case<'_>) -> Result<(clock::Moment, clock::Moment, clock::Moment)> {
    let (started, ended) = (stage.path("bin/slow-to-end.started"), stage.path("bin/slow-to-end.ended"));
    for file in [&started, &ended] {
        let _ = fs::remove_file(file);
    }
    stage.receiver.forget();
    let mut zb = Mortal(case.zb().spawn()?);
    until("restic's start", Duration::from_millis(5), || started.exists())?;
    let cancelled = clock::now()?;
    process::signal("INT", zb.0.id())?;
    let post = stage.receiver.wait_for(Phase::Post)?;
    let status = zb.0.wait()?;
    if status.code() != Some(130) {
        return Err(format!("a cancelled zb ended with {status}").into());
    }
    Ok((fs::read_to_string(ended)?.trim().parse()?, cancelled, post.came))
}
