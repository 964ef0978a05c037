//! The simulation notices: for every law there is a zb with a flaw that breaks it.

mod bent_gate;
mod bent_journal;
mod bent_store;
mod bent_worker;

use bent_gate::GateFlaw;
use bent_journal::JournalFlaw;
use bent_worker::WorkerFlaw;

use super::{
    laws::LAWS,
    process::{Flaw, Ports},
    story::Story,
    telling::Teller,
};

/// In how many histories a flaw has to show.
const SOON: u64 = 3_000;

const fn bent(ports: fn(Ports) -> Ports) -> Flaw {
    Flaw { ports, settles: true }
}

/// What is wrong with zb, and the law that must notice. Graver laws may be broken by it too.
const FLAWS: [(&str, Flaw, &str); 23] = [
    (
        "the post hook is swallowed",
        bent(|ports| bent_gate::bend(ports, GateFlaw::SwallowsPost)),
        "nothing stays paused",
    ),
    (
        "silence is taken for a pre hook that was never sent",
        bent(|ports| bent_gate::bend(ports, GateFlaw::TakesSilenceForNothing)),
        "nothing stays paused",
    ),
    (
        "the post hook is swallowed, and there is no pre hook",
        bent(|ports| bent_gate::bend(ports, GateFlaw::SwallowsPost)),
        "a backup without a pre hook is followed by its post hook",
    ),
    (
        "orphans are spared",
        bent(|ports| bent_worker::bend(ports, WorkerFlaw::SparesOrphans)),
        "no post hook beside living work",
    ),
    (
        "the work's end is told while a process of it is alive",
        bent(|ports| bent_worker::bend(ports, WorkerFlaw::LeavesOneBehind)),
        "no post hook beside living work",
    ),
    (
        "every request has a webhook-id of its own",
        bent(|ports| bent_gate::bend(ports, GateFlaw::FreshIds)),
        "a repeated post hook is the same",
    ),
    (
        "every request has a body of its own",
        bent(|ports| bent_gate::bend(ports, GateFlaw::FreshBodies)),
        "a repeated post hook is the same",
    ),
    (
        "a pre hook that was denied is followed by a post hook",
        bent(|ports| bent_gate::bend(ports, GateFlaw::Helps)),
        "no post hook without need",
    ),
    (
        "the transport sends again, and says nothing of it",
        bent(|ports| bent_gate::bend(ports, GateFlaw::SendsTwice)),
        "an answered post hook is not sent again by the same process",
    ),
    (
        "the transport sends again, and says nothing of it",
        bent(|ports| bent_gate::bend(ports, GateFlaw::SendsTwice)),
        "a pre hook is sent as often as its attempts allow",
    ),
    (
        "the transport sends what failed again, and says nothing of it",
        bent(|ports| bent_gate::bend(ports, GateFlaw::SendsFailuresTwice)),
        "a living process sends a post hook as often as its attempts allow",
    ),
    (
        "a denial is taken for consent",
        bent(|ports| bent_gate::bend(ports, GateFlaw::TakesDenialForConsent)),
        "no work without the pre hook's consent",
    ),
    (
        "the work is done twice",
        bent(|ports| bent_worker::bend(ports, WorkerFlaw::WorksTwice)),
        "no backup twice, but around a lock",
    ),
    (
        "a backup that was cancelled is tried again",
        bent(|ports| bent_worker::bend(ports, WorkerFlaw::WorksOnAfterACancel)),
        "no work, pre hook or retention after a cancel",
    ),
    (
        "recovery takes the backup up again",
        bent(|ports| bent_worker::bend(ports, WorkerFlaw::ResumesInRecovery)),
        "after a death nothing begins but the payment of debts",
    ),
    (
        "claims do not exclude",
        bent(bent_store::without_claims),
        "a run that is alive is never settled, and no run has two hands",
    ),
    (
        "what dead runs owe is not looked for",
        Flaw { ports: |ports| ports, settles: false },
        "no run begins before the last one is settled",
    ),
    (
        "a receiver that is down is taken for one that refuses",
        bent(|ports| bent_gate::bend(ports, GateFlaw::GivesUp)),
        "recovery gives up only when its patience is over",
    ),
    (
        "an append that was acknowledged is lost",
        bent(|ports| bent_journal::bend(ports, JournalFlaw::LosesPreStarted)),
        "nothing begins that is not on disk",
    ),
    (
        "a failing disk is passed over in silence",
        bent(|ports| bent_journal::bend(ports, JournalFlaw::HidesFailures)),
        "a disk that fails before anything was sent keeps everything from being sent",
    ),
    (
        "the end of a run is acknowledged and lost",
        Flaw { ports: |ports| bent_journal::bend(ports, JournalFlaw::LosesEnds), settles: false },
        "every run that was queued ends once, as it said",
    ),
    (
        "the transport dawdles before it sends",
        bent(|ports| bent_gate::bend(ports, GateFlaw::Dawdles)),
        "a run tells how long its service was paused",
    ),
    (
        "the post hook's end is lost, and the run's is not",
        bent(|ports| bent_journal::bend(ports, JournalFlaw::LosesPostFinished)),
        "the machine and the oracle agree on everything that is on disk",
    ),
];

fn is_noticed(flaw: Flaw, by: &str) -> Result<(), Vec<&'static str>> {
    let teller = Teller::new();
    let mut others = Vec::new();
    for seed in 0..SOON {
        match teller.tell(&Story::of_seed(seed), flaw) {
            Err(broken) if broken.law == by => return Ok(()),
            Err(broken) if !others.contains(&broken.law) => others.push(broken.law),
            _ => {}
        }
    }
    Err(others)
}

#[test]
fn every_flaw_is_noticed_by_the_law_against_it() {
    for (flaw, zb, law) in FLAWS {
        if let Err(others) = is_noticed(zb, law) {
            panic!("{flaw}: not noticed by {law:?}, only by {others:?}");
        }
    }
}

#[test]
fn every_law_has_a_flaw_that_it_notices() {
    for (law, _) in LAWS {
        assert!(FLAWS.iter().any(|(_, _, by)| *by == law), "{law}: nothing shows that it can be broken");
    }
}
