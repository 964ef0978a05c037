//! What zb costs by itself: around a stand-in for restic that takes no time, with both hooks and a journal on disk.
//! And what the paused service waits for: from zb's start to the pre hook, from its answer to restic, from restic's
//! end to the post hook.

use std::{collections::BTreeMap, fs, path::Path};

use super::{
    clock::{Moment, between},
    figure::{Figure, Goal, Samples, Unit},
    opponents::{Case, Opponent, others},
    process,
    receiver::Phase,
    stage::Stage,
};
use crate::shell::Result;

/// What one opponent took, in milliseconds.
#[derive(Default)]
struct Taken {
    whole: Samples,
    /// From the start to the pre hook's arrival.
    to_pre: Samples,
    /// From the pre hook's answer to restic's first instruction.
    to_restic: Samples,
    /// From restic's last instruction to the post hook's arrival.
    to_post: Samples,
}

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let source = stage.write("source/rows", "one row\n")?;
    let case = Case::new(stage, "own-cost", stage.stand_in("saves")?, source, "")?;
    // The first run makes the database, and restic is asked for its version.
    process::run(&mut case.zb(), 0)?;
    let taken = side_by_side(stage, &case)?;
    let alone = taken[&Opponent::Bare].whole.median();
    let zb = &taken[&Opponent::Zb];
    let whole = |taken: &Taken| taken.whole.median() - alone;
    let mut figures = vec![
        Figure::of("own cost, both hooks, journal on disk", Unit::Ms, &zb.whole.less(alone))
            .beside(others(&taken, |taken| Unit::Ms.show(whole(taken))))
            .goal(Goal::AtMost(25.0)),
    ];
    if let Some(curl) = taken.get(&Opponent::Curl) {
        let times = whole(zb) / whole(curl);
        let what = "own cost / sh + curl, which keeps no journal";
        figures.push(Figure::once(what, Unit::Times, times).goal(Goal::AtMost(1.5)));
    }
    figures.extend([
        own_cpu(stage, &case)?,
        Figure::of("start → pre hook", Unit::Ms, &zb.to_pre)
            .beside(others(&taken, |taken| Unit::Ms.show(taken.to_pre.median())))
            .goal(Goal::AtMost(10.0)),
        Figure::of("pre hook's answer → restic runs", Unit::Ms, &zb.to_restic)
            .beside(others(&taken, |taken| Unit::Ms.show(taken.to_restic.median())))
            .goal(Goal::AtMost(3.0)),
        Figure::of("restic's exit → post hook", Unit::Ms, &zb.to_post)
            .beside(others(&taken, |taken| Unit::Ms.show(taken.to_post.median())))
            .goal(Goal::AtMost(3.0)),
        Figure::once("restic's exit → post hook, the shortest of all", Unit::Ms, zb.to_post.least())
            .goal(Goal::AtLeast(0.0)),
    ]);
    Ok(figures)
}

fn side_by_side(stage: &Stage, case: &Case<'_>) -> Result<BTreeMap<Opponent, Taken>> {
    let mut taken: BTreeMap<Opponent, Taken> = BTreeMap::new();
    for round in 0..stage.times(60, 15) {
        for opponent in case.opponents(round) {
            once(stage, case, opponent, taken.entry(opponent).or_default())?;
        }
    }
    Ok(taken)
}

fn once(stage: &Stage, case: &Case<'_>, opponent: Opponent, taken: &mut Taken) -> Result {
    stage.receiver.forget();
    let ran = process::run(&mut case.command(opponent)?, 0)?;
    taken.whole.push(ran.ms);
    let (began, ended) = stamps(&case.restic)?;
    if opponent != Opponent::Bare {
        let (pre, post) = (stage.receiver.wait_for(Phase::Pre)?, stage.receiver.wait_for(Phase::Post)?);
        taken.to_pre.push(between(ran.began, pre.came));
        taken.to_restic.push(between(pre.answered, began));
        taken.to_post.push(between(ended, post.came));
    }
    Ok(())
}

/// When the stand-in ran last.
fn stamps(stand_in: &Path) -> Result<(Moment, Moment)> {
    let mut file = stand_in.as_os_str().to_owned();
    file.push(".stamps");
    let stamps = fs::read_to_string(file)?;
    let last = stamps.lines().last().and_then(|line| line.split_once(' ')).ok_or("restic has not run")?;
    Ok((last.0.parse()?, last.1.parse()?))
}

/// The processor time of zb and its guardian: that of many runs, less that of restic alone. The kernel shows it in
/// steps of 10 ms, so no single run would tell.
fn own_cpu(stage: &Stage, case: &Case<'_>) -> Result<Figure> {
    let runs = stage.times(25, 10);
    let of_batch = |opponent| -> Result<f64> {
        let before = process::seconds_of_children()?;
        for _ in 0..runs {
            process::run(&mut case.command(opponent)?, 0)?;
        }
        Ok((process::seconds_of_children()? - before) * 1000.0 / f64::from(runs))
    };
    let mut own: BTreeMap<Opponent, Samples> = BTreeMap::new();
    for round in 0..stage.times(5, 3) {
        for opponent in case.opponents(round) {
            own.entry(opponent).or_default().push(of_batch(opponent)?);
        }
    }
    let alone = own[&Opponent::Bare].median();
    let what = "own processor time, zb and its guardian";
    Ok(Figure::of(what, Unit::Ms, &own[&Opponent::Zb].less(alone))
        .beside(others(&own, |cpu| Unit::Ms.show(cpu.median() - alone)))
        .goal(Goal::AtMost(20.0)))
}
