//! Stories that are told in every test run: those that once broke a law, and those that seeds reach too seldom.

use std::time::Duration;

use hook_core::event::BackupOutcome;

use super::{
    process::Flaw,
    story::{
        Blow, Chapter, Deed, DiskFault, DiskFaultKind, Errand, Labour, Manner, Moment, Process, Shape, Story,
        Strike,
    },
    telling::Teller,
};

/// A story, and words of its chronicle that show that it is still told.
struct Remembered {
    name: &'static str,
    shows: &'static [&'static str],
    story: Story,
}

fn run() -> Process {
    Process::default()
}

fn recover() -> Process {
    Process { errand: Errand::Recover, ..Process::default() }
}

/// The process, killed so long after its chapter's beginning.
fn killed(process: Process, after: u64) -> Process {
    struck(process, Blow::Death, after)
}

fn struck(process: Process, what: Blow, after: u64) -> Process {
    let when = Moment::After(Duration::from_secs(after));
    Process { strikes: vec![Strike { what, when }], ..process }
}

fn disk(process: Process, at: u32, kind: DiskFaultKind) -> Process {
    Process { disk: Some(DiskFault { at, kind }), ..process }
}

fn chapter(processes: impl Into<Vec<Process>>) -> Chapter {
    Chapter { processes: processes.into(), ..Chapter::default() }
}

fn answers(deeds: &[Deed]) -> Vec<Manner> {
    deeds.iter().map(|deed| Manner { takes: Duration::ZERO, deed: *deed }).collect()
}

/// Work that takes a minute, and outlives its owner for ever.
fn stubborn() -> Labour {
    Labour { takes: Duration::from_secs(60), outlives: None, ..Labour::default() }
}

fn remembered() -> Vec<Remembered> {
    vec![
        Remembered {
            name: "seed 1001575: an attempt that had been heard was made again from memory, past the last one",
            shows: &["post hook of run 0, attempt 3", "FromMemory"],
            story: Story {
                runs: vec![Shape { post: Some(3), ..Shape::default() }],
                chapters: vec![chapter([disk(run(), 6, DiskFaultKind::ForEver)])],
                manners: answers(&[Deed::Obeys, Deed::ActsAndBreaks, Deed::ActsAndBreaks, Deed::Breaks]),
                ..Story::default()
            },
        },
        Remembered {
            name: "seed 2039549: a recovery without disk sent the post hook beside orphans that it could not end",
            shows: &["process 1 cannot write", "operation not permitted"],
            story: Story {
                chapters: vec![
                    chapter([killed(run(), 30)]),
                    chapter([disk(Process { powerless: true, ..recover() }, 0, DiskFaultKind::Once)]),
                ],
                labours: vec![stubborn()],
                ..Story::default()
            },
        },
        Remembered {
            name: "the disk reports a failure and has kept the cancel: whoever comes next pays",
            shows: &["TakenOver"],
            story: Story {
                chapters: vec![chapter([disk(
                    struck(run(), Blow::Cancel, 30),
                    3,
                    DiskFaultKind::KeptAllTheSame,
                )])],
                labours: vec![stubborn()],
                ..Story::default()
            },
        },
        Remembered {
            name: "the receiver acts and denies it, then is silent; the owner dies in the third attempt",
            shows: &["\"attempt\":3", "is killed", "RESUMED"],
            story: Story {
                runs: vec![Shape { pre: Some(3), ..Shape::default() }],
                chapters: vec![chapter([killed(run(), 30)])],
                manners: answers(&[Deed::ActsAndAnswers(503), Deed::Breaks, Deed::ActsInSilence]),
                ..Story::default()
            },
        },
        Remembered {
            name: "two recoveries and a new run race for the claim while the receiver boots; the pause was told short",
            shows: &["the claim is held", "\"pauseMs\":241000", "run 1 ended as success"],
            story: Story {
                chapters: vec![
                    chapter([killed(run(), 30)]),
                    Chapter { down: Duration::from_secs(200), ..chapter([recover(), recover(), run()]) },
                ],
                labours: vec![stubborn()],
                ..Story::default()
            },
        },
        Remembered {
            name: "a process that may not send, one without the key, one that is stopped, then one that may",
            shows: &["StillOwed", "another key sealed it", "Stopped", "run 1 ended as success"],
            story: Story {
                chapters: vec![
                    chapter([killed(run(), 30)]),
                    chapter([Process { forbidden: true, ..run() }]),
                    chapter([Process { keyless: true, ..recover() }]),
                    Chapter {
                        down: Duration::from_secs(100),
                        ..chapter([struck(recover(), Blow::Cancel, 50)])
                    },
                    chapter([run()]),
                ],
                labours: vec![stubborn()],
                ..Story::default()
            },
        },
        Remembered {
            name: "the owner dies between the two backups around a lock, and the clock is set back a day",
            shows: &["\"unlocked\"", "RESUMED"],
            story: Story {
                chapters: vec![
                    chapter([killed(run(), 70)]),
                    Chapter { clock_set: -86_400, ..chapter([recover()]) },
                ],
                labours: vec![Labour { outcome: BackupOutcome::Unlocked, ..stubborn() }, stubborn()],
                ..Story::default()
            },
        },
        Remembered {
            name: "the owner dies in retention, and the service has long been back; its pause was not told",
            shows: &["retention was interrupted", "\"pauseMs\":60000"],
            story: Story {
                runs: vec![Shape { retention: true, ..Shape::default() }],
                chapters: vec![chapter([killed(run(), 70)])],
                labours: vec![stubborn(), stubborn()],
                ..Story::default()
            },
        },
    ]
}

#[test]
fn remembered_stories_keep_every_law() {
    let teller = Teller::new();
    for Remembered { name, shows, story } in remembered() {
        let chronicle = teller.tell(&story, Flaw::NONE).unwrap_or_else(|broken| panic!("{name}\n{broken}"));
        let chronicle = chronicle.to_string();
        for words in shows {
            assert!(chronicle.contains(words), "{name}: nothing shows {words:?}\n{chronicle}");
        }
    }
}
