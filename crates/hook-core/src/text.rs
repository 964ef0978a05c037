//! Texts that are shown: cut so that they fit and say so, or masked.

use crate::limits::ERROR_BYTES;

/// What stands for a secret, whatever its length.
pub const MASK: &str = "••••••••";

/// Cuts `error` so that its JSON form, escapes counted and quotes not, is at most
/// [`ERROR_BYTES`], on a character boundary; a cut text ends in
/// `… [cut, N bytes in all]`, where N counts the bytes of the whole text (`spec.md` §1).
#[must_use]
pub fn cut_error(error: &str) -> String {
    if json_bytes(error) <= ERROR_BYTES {
        return error.to_owned();
    }
    let mark = format!("… [cut, {} bytes in all]", error.len());
    let room = ERROR_BYTES - json_bytes(&mark);
    let mut used = 0;
    let end = error
        .char_indices()
        .find(|(_, c)| {
            used += json_char_bytes(*c);
            used > room
        })
        .map_or(error.len(), |(at, _)| at);
    format!("{}{mark}", &error[..end])
}

fn json_bytes(text: &str) -> usize {
    text.chars().map(json_char_bytes).sum()
}

/// The bytes of what `serde_json` writes for a character: RFC 8259 §7.
#[must_use]
pub fn json_char_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    }
}
