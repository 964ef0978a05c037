//! Bytes to lines, in constant memory, whatever restic prints.

use memchr::memchr;

use crate::Message;

/// A line of this many bytes or more is passed over while it streams by (`spec.md` §4).
pub(crate) const LONGEST_LINE: usize = 1024 * 1024;

/// Cuts a stream of bytes at line ends. Any split of the same bytes gives the same lines.
#[derive(Debug, Default)]
pub(crate) struct LineCutter {
    begun: Vec<u8>,
    overlong: bool,
    passed_over: u64,
}

impl LineCutter {
    /// Hands each line that ends in `bytes` to `on`, without its line end.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut on: impl FnMut(&[u8])) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (rest_of_line, more) = (&bytes[..end], &bytes[end + 1..]);
            if self.begun.is_empty() && !self.overlong && rest_of_line.len() < LONGEST_LINE {
                on(rest_of_line);
            } else {
                self.keep(rest_of_line);
                self.end_line(&mut on);
            }
            bytes = more;
        }
        self.keep(bytes);
    }

    /// The stream has ended: hands over a last line without an end.
    pub(crate) fn finish(&mut self, mut on: impl FnMut(&[u8])) {
        if self.overlong || !self.begun.is_empty() {
            self.end_line(&mut on);
        }
    }

    /// How many lines were too long to be kept.
    pub(crate) fn passed_over(&self) -> u64 {
        self.passed_over
    }

    fn keep(&mut self, part: &[u8]) {
        if self.overlong || self.begun.len() + part.len() >= LONGEST_LINE {
            self.overlong = true;
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(part);
        }
    }

    fn end_line(&mut self, on: &mut impl FnMut(&[u8])) {
        if std::mem::take(&mut self.overlong) {
            self.passed_over += 1;
        } else {
            on(&self.begun);
            self.begun.clear();
        }
    }
}

/// restic's JSON lines as [`Message`]s. Pure: feed it bytes in any pieces, get the same messages, in constant memory.
///
/// ```
/// use restic_driver::Lines;
/// let (mut lines, mut seen) = (Lines::default(), Vec::new());
/// lines.feed(b"{\"message_type\":\"status\",\"files_", &mut |message| seen.push(message));
/// lines.feed(b"done\":7}\nno JSON\n", &mut |message| seen.push(message));
/// assert_eq!((seen.len(), lines.skipped()), (1, 1));
/// ```
#[derive(Debug, Default)]
pub struct Lines {
    cutter: LineCutter,
    no_message: u64,
}

impl Lines {
    /// Hands each message that is complete to `on`.
    pub fn feed(&mut self, bytes: &[u8], on: &mut dyn FnMut(Message)) {
        let no_message = &mut self.no_message;
        self.cutter.feed(bytes, |line| *no_message += parse(line, on));
    }

    /// The stream has ended: its last line may lack an end.
    pub fn finish(&mut self, on: &mut dyn FnMut(Message)) {
        let no_message = &mut self.no_message;
        self.cutter.finish(|line| *no_message += parse(line, on));
    }

    /// How many lines were passed over: no message, of an unknown kind, or a megabyte long. Blank ones are not counted.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.no_message + self.cutter.passed_over()
    }
}

/// How many lines this was that are no message.
fn parse(line: &[u8], on: &mut dyn FnMut(Message)) -> u64 {
    match Message::parse(line) {
        Some(message) => {
            on(message);
            0
        }
        None => u64::from(!line.trim_ascii().is_empty()),
    }
}
