//! The law of the line reader, for the property test, the corpus and the fuzzer.

use restic_driver::{Lines, Message};

/// Any split of the same bytes gives the same messages and the same count of passed over lines.
pub(crate) fn hold_for(bytes: &[u8]) {
    let whole = read([bytes]);
    for size in [1, 2, 3, 7, 64, 4096] {
        assert_eq!(read(bytes.chunks(size)), whole, "in pieces of {size}");
    }
    let is_counted = |line: &&[u8]| line.len() >= 1024 * 1024 || !line.trim_ascii().is_empty();
    let lines = bytes.split(|byte| *byte == b'\n').filter(is_counted).count();
    assert_eq!(whole.0.len() as u64 + whole.1, lines as u64, "each line is a message or counted");
}

pub(crate) fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Message>, u64) {
    let (mut lines, mut messages) = (Lines::default(), Vec::new());
    for piece in pieces {
        lines.feed(piece, &mut |message| messages.push(message));
    }
    lines.finish(&mut |message| messages.push(message));
    (messages, lines.skipped())
}
