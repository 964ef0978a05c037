//! A message's words as a service can take them: visible, in one line where it must be, and not too long.

use hook_core::{json_char_bytes, visible};

use crate::Message;

/// What stands at the end of a text that was cut.
const MARK: &str = "… [cut]";

/// The words of a message. Neither is empty.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// One line.
    pub(crate) title: String,
    /// The details, or the title where there are none.
    pub(crate) details: String,
}

impl Words {
    pub(crate) fn of(message: &Message) -> Self {
        let title = one_line(&message.title);
        let details = shown(&message.lines.join("\n"));
        let details = if details.trim().is_empty() { title.clone() } else { details };
        Self { title, details }
    }

    /// Title and details as one text.
    pub(crate) fn whole(&self) -> String {
        if self.details == self.title {
            self.title.clone()
        } else {
            format!("{}\n\n{}", self.title, self.details)
        }
    }
}

/// A text in one line; `zb` where nothing is in it.
pub(crate) fn one_line(text: &str) -> String {
    let line = shown(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { "zb".to_owned() } else { line }
}

fn shown(text: &str) -> String {
    visible(text.as_bytes(), false)
}

/// How a service counts.
pub(crate) type Measure = fn(char) -> usize;

/// Bytes of UTF-8.
pub(crate) const BYTES: Measure = char::len_utf8;
/// Bytes of UTF-8 in a JSON document: never fewer.
pub(crate) const JSON: Measure = json_char_bytes;
/// Code units of UTF-16: what most services that say "characters" count, and never fewer than characters.
pub(crate) const UTF16: Measure = char::len_utf16;

/// The text, or its beginning with a mark, so that all of it measures at most `most`.
pub(crate) fn cut(text: &str, most: usize, measure: Measure) -> String {
    let size = |text: &str| text.chars().map(measure).sum::<usize>();
    if size(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(size(MARK));
    let mut used = 0;
    let fits = |c: &char| {
        used += measure(*c);
        used <= room
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push_str(MARK);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_with_a_mark_as_the_service_counts() {
        assert_eq!(cut("as it is", 8, BYTES), "as it is");
        assert_eq!(cut("äöüäöüäöüäöü", 16, BYTES), "äöü… [cut]");
        assert_eq!(cut("🦀🦀🦀🦀🦀🦀", 11, UTF16), "🦀🦀… [cut]");
        let escaped: Measure = |c| if c == '&' { 5 } else { 1 };
        assert_eq!(cut("&&&&&&&&", 18, escaped), "&&… [cut]");
    }

    #[test]
    fn a_title_is_one_visible_line() {
        assert_eq!(one_line("a\r\nBcc: b\u{1b}[2J\tc"), "a\\r Bcc: b\\u{1b}[2J c");
        assert_eq!(one_line(" \n "), "zb");
    }
}
