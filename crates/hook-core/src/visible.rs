//! What somebody else wrote, as a person may see it.

use std::fmt::Write as _;

/// Decodes lossily (U+FFFD) and writes control characters as Rust does, `\r` and `\u{1b}`: a receiver cannot
/// move a terminal's cursor, hide text or turn it round. LF and TAB stay. `cut` says that more bytes followed: a
/// character that the cut split is left out.
#[must_use]
pub fn visible(bytes: &[u8], cut: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        for c in chunk.valid().chars() {
            if is_hidden(c) {
                // Writing to a String cannot fail.
                let _ = write!(text, "{}", c.escape_default());
            } else {
                text.push(c);
            }
        }
        let split = cut && chunks.peek().is_none();
        if !chunk.invalid().is_empty() && !split {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// Controls but for LF and TAB, and the characters that reorder or hide text: marks, embeddings and isolates of
/// the bidirectional algorithm, the separators U+2028 and U+2029, and the byte order mark.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        for (bytes, cut, text) in [
            (&b"postgres\n\tstopped"[..], false, "postgres\n\tstopped"),
            (b"\x1b[2Jgone\r\0\x7f", false, "\\u{1b}[2Jgone\\r\\u{0}\\u{7f}"),
            ("\u{85}\u{202e}txt".as_bytes(), false, "\\u{85}\\u{202e}txt"),
            (b"a\xffb", false, "a\u{fffd}b"),
            ("é".as_bytes(), false, "é"),
            (&"é".as_bytes()[..1], false, "\u{fffd}"),
            (&"né".as_bytes()[..2], true, "n"),
            (b"a\xffb", true, "a\u{fffd}b"),
        ] {
            assert_eq!(visible(bytes, cut), text, "{bytes:?}");
        }
    }
}
