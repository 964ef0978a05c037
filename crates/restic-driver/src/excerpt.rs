//! The first and the last 64 KiB of a text of any length (`spec.md` §4).

use std::collections::VecDeque;

/// What is kept of the beginning, and again of the end, in bytes.
const KEPT: usize = 64 * 1024;

/// Collects lines; of a long text the middle is dropped and counted.
#[derive(Debug, Default)]
pub(crate) struct Excerpt {
    first: String,
    last: VecDeque<u8>,
    dropped: u64,
}

impl Excerpt {
    /// Adds a line and its end.
    pub(crate) fn push(&mut self, line: &str) {
        let mut rest = line;
        if self.last.is_empty() && self.dropped == 0 {
            let (head, tail) = line.split_at(line.floor_char_boundary(KEPT.saturating_sub(self.first.len())));
            self.first.push_str(head);
            if tail.is_empty() && self.first.len() < KEPT {
                self.first.push('\n');
                return;
            }
            rest = tail;
        }
        self.last.extend(rest.as_bytes());
        self.last.push_back(b'\n');
        let over = self.last.len().saturating_sub(KEPT);
        self.last.drain(..over);
        self.dropped += over as u64;
    }

    /// The text, with a mark where something was dropped.
    pub(crate) fn into_text(self) -> String {
        let mut text = self.first;
        let last = Vec::from(self.last);
        if self.dropped > 0 {
            text.push_str(&format!("\n… [{} bytes cut] …\n", self.dropped));
        }
        // The cut may have left half a character at the front.
        let start = last.iter().position(|byte| !(0x80..0xc0).contains(byte)).unwrap_or(last.len());
        text.push_str(&String::from_utf8_lossy(&last[start..]));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, KEPT};

    fn excerpt<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
        let mut excerpt = Excerpt::default();
        lines.into_iter().for_each(|line| excerpt.push(line));
        excerpt.into_text()
    }

    #[test]
    fn a_short_text_is_kept_whole() {
        assert_eq!(excerpt(["one", "", "three"]), "one\n\nthree\n");
        assert_eq!(excerpt([]), "");
    }

    #[test]
    fn up_to_twice_the_limit_nothing_is_lost() {
        let line = "é".repeat(1000);
        let count = 2 * KEPT / 2001;
        assert_eq!(excerpt((0..count).map(|_| line.as_str())), format!("{line}\n").repeat(count));
    }

    #[test]
    fn of_a_long_text_both_ends_are_kept_and_the_cut_is_marked() {
        let lines: Vec<_> = (0..100_000).map(|n| format!("line é {n}")).collect();
        let text = excerpt(lines.iter().map(String::as_str));
        assert!(text.starts_with("line é 0\nline é 1\n") && text.ends_with("line é 99998\nline é 99999\n"));
        assert!(text.len() < 2 * KEPT + 100 && text.contains(" bytes cut] …\n"));
    }
}
