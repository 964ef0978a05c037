//! What the fuzzer of histories has found worth keeping, again at every test run.

use std::{fs, path::Path};

use job_store::Run;

use crate::{
    fold_law,
    world::{job, schedule, told},
};

/// The packaged crate has no corpus: then there is nothing to replay.
#[test]
fn journal_fold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/journal_fold");
    if !folder.exists() {
        return;
    }
    let mut replayed = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let lines = fs::read(entry.unwrap().path()).unwrap();
        let Ok(lines) = str::from_utf8(&lines) else { continue };
        fold_law::holds_for(lines);
        // Whatever the machine thinks of a history, a person can look at it.
        let events = fold_law::events(lines).into_iter().map(|event| event.event).collect();
        if let Some(run) = Run::from_history(&told(&job(1), &schedule("a"), events)) {
            serde_json::to_string(&run).unwrap();
        }
        replayed += 1;
    }
    assert!(replayed > 0, "nothing in {}", folder.display());
}
