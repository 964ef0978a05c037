//! What the fuzzers have found worth keeping, again at every test run.

use std::{fs, path::Path};

use crate::{allowlist_laws, header_laws};

/// The packaged crate has no corpus: then there is nothing to replay.
fn replay(target: &str, law: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    if !folder.exists() {
        return;
    }
    let mut replayed = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(text) = String::from_utf8(fs::read(&path).unwrap()) {
            law(&text);
            replayed += 1;
        }
    }
    assert!(replayed > 0, "nothing in {}", folder.display());
}

#[test]
fn headers() {
    replay("headers", header_laws::hold_for);
}

#[test]
fn allowlist() {
    replay("allowlist", allowlist_laws::hold_for);
}
