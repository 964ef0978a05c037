//! The answer: how much of it is read, how much is kept, and in which form (`spec.md` §2).

use std::fmt::Write as _;

use hook_core::limits::{RESPONSE_KEPT_BYTES, RESPONSE_READ_BYTES};
use reqwest::Response;

/// A whole answer, as far as it is read.
#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    body: Vec<u8>,
}

impl Reply {
    /// Reads at most [`RESPONSE_READ_BYTES`] of the body; what is longer is dropped with its connection. Only a body
    /// without a length in its head has to show by one more byte that it is longer.
    pub(crate) async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let longer = response.content_length().is_some_and(|bytes| bytes > RESPONSE_READ_BYTES as u64);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            let room = RESPONSE_READ_BYTES - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room || longer && chunk.len() == room {
                break;
            }
        }
        Ok(Self { status, body })
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// 200 to 299.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the body begins with `text`; never true of an empty one.
    pub(crate) fn begins_with(&self, text: &str) -> bool {
        !text.is_empty() && self.body.starts_with(text.as_bytes())
    }

    /// What a person may see of the body: its first [`RESPONSE_KEPT_BYTES`], made visible. `None` for an empty one.
    pub(crate) fn visible(&self) -> Option<String> {
        let kept = &self.body[..self.body.len().min(RESPONSE_KEPT_BYTES)];
        (!kept.is_empty()).then(|| visible(kept, kept.len() < self.body.len()))
    }
}

/// Decodes lossily (U+FFFD) and writes control characters as Rust does, `\r` and `\u{1b}`: a receiver cannot
/// move a terminal's cursor, hide text or turn it round. LF and TAB stay. A character that the cut split is left out.
fn visible(bytes: &[u8], cut: bool) -> String {
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
