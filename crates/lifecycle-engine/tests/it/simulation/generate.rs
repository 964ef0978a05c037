//! A story from a seed.

use std::time::Duration;

use hook_core::{PostWhen, event::BackupOutcome};

use super::{
    dice::Dice,
    story::{
        Blow, Chapter, Check, Deed, DiskFault, DiskFaultKind, Errand, Labour, Manner, Moment, Process, Shape,
        Story, Strike,
    },
};

/// Longer than any patience.
const LONG: Duration = Duration::from_secs(600);

impl Story {
    /// The story of a seed. Most things go well in most stories: faults that meet must not drown each other.
    pub(super) fn of_seed(seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        let chapters = 1 + dice.below(4);
        let trouble = dice.pick(&[10, 30, 60]);
        let requests = dice.below(10);
        Self {
            runs: dice.many(chapters * 2, shape),
            chapters: dice.many(chapters, chapter),
            manners: dice.many(requests, |dice| manner(dice, trouble)),
            labours: dice.many(chapters, labour),
        }
    }
}

fn shape(dice: &mut Dice) -> Shape {
    Shape {
        pre: dice.maybe(85, |dice| dice.pick(&[1, 1, 2, 3])),
        post: dice.maybe(90, |dice| dice.pick(&[1, 1, 2, 3])),
        when: dice.pick(&[PostWhen::Paired, PostWhen::Paired, PostWhen::AfterRestic, PostWhen::Always]),
        retention: dice.percent(30),
        extended: dice.percent(30),
    }
}

fn chapter(dice: &mut Dice) -> Chapter {
    let processes = if dice.percent(35) { 2 + dice.below(2) } else { 1 };
    Chapter {
        after: dice.span(LONG),
        down: dice.maybe(20, |dice| dice.span(LONG)).unwrap_or_default(),
        clock_set: dice.maybe(10, |dice| i64::from(dice.below(200_000)) - 100_000).unwrap_or_default(),
        processes: dice.many(processes, process),
    }
}

fn process(dice: &mut Dice) -> Process {
    let strikes = dice.pick(&[0, 1, 1, 2]);
    Process {
        errand: dice.pick(&[
            Errand::Run,
            Errand::Run,
            Errand::Run,
            Errand::Recover,
            Errand::Recover,
            Errand::Clear,
        ]),
        delay: dice.maybe(50, |dice| dice.span(Duration::from_secs(60))).unwrap_or_default(),
        strikes: dice.many(strikes, strike),
        disk: dice.maybe(20, disk_fault),
        forbidden: dice.percent(8),
        keyless: dice.percent(3),
        powerless: dice.percent(12),
        check: dice.maybe(10, |dice| dice.pick(&[Check::Problem, Check::Slow])).unwrap_or_default(),
    }
}

fn strike(dice: &mut Dice) -> Strike {
    let when = match dice.percent(75) {
        true => Moment::Await(1 + dice.below(40)),
        false => Moment::After(dice.span(LONG)),
    };
    Strike {
        what: dice.pick(&[Blow::Death, Blow::Death, Blow::Death, Blow::Cancel, Blow::Cancel, Blow::Hurry]),
        when,
    }
}

fn disk_fault(dice: &mut Dice) -> DiskFault {
    let kind = dice.pick(&[DiskFaultKind::Once, DiskFaultKind::ForEver, DiskFaultKind::KeptAllTheSame]);
    DiskFault { at: dice.pick(&[0, 0, 1, 2, 3, 4, 5, 6, 7, 8]), kind }
}

fn manner(dice: &mut Dice, trouble: u32) -> Manner {
    let takes = dice.maybe(60, |dice| dice.span(Duration::from_secs(120))).unwrap_or_default();
    Manner { takes, deed: dice.maybe(trouble, deed).unwrap_or_default() }
}

fn deed(dice: &mut Dice) -> Deed {
    let answer = dice.pick(&[404, 429, 500, 503]);
    dice.pick(&[
        Deed::ObeysTwice,
        Deed::Lies,
        Deed::ActsAndBreaks,
        Deed::ActsInSilence,
        Deed::Breaks,
        Deed::Answers(answer),
        Deed::Answers(answer),
        Deed::ActsAndAnswers(answer),
        Deed::Down,
        Deed::Down,
        Deed::Refused,
    ])
}

fn labour(dice: &mut Dice) -> Labour {
    Labour {
        takes: dice.span(LONG),
        outcome: dice.pick(&[
            BackupOutcome::Complete,
            BackupOutcome::Complete,
            BackupOutcome::Incomplete,
            BackupOutcome::Failed,
            BackupOutcome::Unlocked,
        ]),
        obeys: dice.percent(80),
        outlives: dice.maybe(50, |dice| dice.span(LONG)),
    }
}
