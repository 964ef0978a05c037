//! What the fuzzer has found worth keeping, and all that was recorded, again at every test run.

use std::{fs, path::Path};

use crate::lines_laws;

fn replay(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| lines_laws::hold_for(&fs::read(path).unwrap())).count()
}

#[test]
fn the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/restic_lines");
    // The packaged crate has no corpus: then there is nothing to replay.
    assert!(!folder.exists() || replay(&folder) > 0);
}

#[test]
fn the_fixtures_hold() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for version in ["restic-0.14.0", "restic-0.18.0"] {
        assert!(replay(&fixtures.join(version)) > 50);
    }
}
