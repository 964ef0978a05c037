//! The laws that every history keeps, said over what happened. None of them asks the engine what it thinks.

mod deaths;
mod pairing;
mod records;
mod restraint;

use super::chronicle::Chronicle;

/// A law has a name, and says of what happened how it was broken.
pub(super) type Law = (&'static str, fn(&Chronicle) -> Result<(), String>);

/// All of them, gravest first.
pub(super) const LAWS: [Law; 20] = [
    ("nothing stays paused", pairing::nothing_stays_paused),
    (
        "a backup without a pre hook is followed by its post hook",
        pairing::a_backup_is_followed_by_its_post_hook,
    ),
    ("no post hook beside living work", pairing::no_post_beside_living_work),
    ("a repeated post hook is the same", pairing::a_repeated_post_hook_is_the_same),
    ("no post hook without need", pairing::no_post_without_need),
    ("an answered post hook is not sent again by the same process", pairing::an_answer_is_enough),
    ("a pre hook is sent as often as its attempts allow", restraint::pre_within_its_attempts),
    (
        "a living process sends a post hook as often as its attempts allow",
        restraint::post_within_its_attempts,
    ),
    ("no work without the pre hook's consent", restraint::no_work_without_consent),
    ("no backup twice, but around a lock", restraint::no_backup_twice),
    ("no work, pre hook or retention after a cancel", restraint::nothing_begins_after_a_cancel),
    ("after a death nothing begins but the payment of debts", deaths::only_debts_after_a_death),
    ("a run that is alive is never settled, and no run has two hands", deaths::one_hand_at_a_time),
    ("no run begins before the last one is settled", deaths::no_run_before_the_last_is_settled),
    ("recovery gives up only when its patience is over", deaths::recovery_is_patient),
    ("nothing begins that is not on disk", records::nothing_begins_unrecorded),
    (
        "a disk that fails before anything was sent keeps everything from being sent",
        records::no_disk_no_deeds,
    ),
    ("every run that was queued ends once, as it said", records::every_run_ends),
    ("a run tells how long its service was paused", records::the_pause_is_told),
    ("the machine and the oracle agree on everything that is on disk", records::the_oracle_agrees),
];
