//! From `kill -9` of zb to the post hook, with a real restic in the middle of its work.

use std::{fs, io::Read, thread, time::Duration};

use super::{
    clock::{self, Moment, between},
    figure::{Figure, Goal, Samples, Unit},
    opponents::Case,
    process::{self, Mortal},
    receiver::Phase,
    stage::Stage,
    trees::Kept,
    wait::until,
};
use crate::shell::Result;

/// What restic has to save, and how slowly: it would take half a minute.
const BYTES: u64 = 32 * 1024 * 1024;
const SLOWLY: &str = "restic_flags = [\"--limit-upload=1024\"]";

/// From restic's lock to the kill.
const INTO_THE_WORK: Duration = Duration::from_millis(300);

const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// When things were over.
struct Over {
    killed: Moment,
    came: Moment,
    answered: Moment,
    unlocked: Moment,
}

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let source = stage.path("source/noise");
    stage.write("source/rows", "one row\n")?;
    // Nothing that restic could compress.
    let mut noise = vec![];
    fs::File::open("/dev/urandom")?.take(BYTES).read_to_end(&mut noise)?;
    fs::write(&source, noise)?;
    let case = Case::new(stage, "death", "restic".into(), source, SLOWLY)?;
    case.init_repository()?;
    let kept = Kept::of(&case.repository())?;
    let (mut came, mut answered, mut unlocked) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..stage.times(15, 4) {
        let over = once(stage, &case)?;
        came.push(between(over.killed, over.came));
        answered.push(between(over.killed, over.answered));
        unlocked.push(between(over.killed, over.unlocked));
        kept.restore()?;
    }
    Ok(vec![
        Figure::of("kill -9 → post hook answered, real restic", Unit::Ms, &answered)
            .beside(format!("its request came after {}", Unit::Ms.show(came.median())))
            .goal(Goal::AtMost(1000.0)),
        Figure::of("kill -9 → no lock in the repository", Unit::Ms, &unlocked),
    ])
}

fn once(stage: &Stage, case: &Case<'_>) -> Result<Over> {
    stage.receiver.forget();
    let locks = case.repository().join("locks");
    let is_locked = || fs::read_dir(&locks).is_ok_and(|mut locks| locks.next().is_some());
    let mut zb = Mortal(case.zb().spawn()?);
    until("restic's lock", LOOK_AGAIN, is_locked)?;
    thread::sleep(INTO_THE_WORK);
    let guardian = process::guardian_of(zb.0.id()).ok_or("zb has no guardian")?;
    let killed = clock::now()?;
    zb.0.kill()?;
    let post = stage.receiver.wait_for(Phase::Post)?;
    until("restic to unlock", LOOK_AGAIN, || !is_locked())?;
    let unlocked = clock::now()?;
    zb.0.wait()?;
    until("the guardian's end", LOOK_AGAIN, || !process::is_alive(guardian))?;
    Ok(Over { killed, came: post.came, answered: post.answered, unlocked })
}
