//! restic's two streams, from bytes to what is kept of them.

use crate::{
    Message,
    heard::Heard,
    lines::{LineCutter, Lines},
    secrets::Secrets,
};

/// A document (`snapshots`) of more bytes than this is cut, and so unreadable: some 100,000 snapshots.
const LONGEST_DOCUMENT: usize = 64 * 1024 * 1024;

/// Takes the bytes of both streams as they come.
pub(crate) struct Streams<'a> {
    stdout: Stdout,
    stderr: LineCutter,
    heard: Heard,
    on: &'a mut (dyn FnMut(Message) + Send),
}

enum Stdout {
    Messages(Lines),
    Document(Vec<u8>),
}

/// All that was said, once both streams have ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) heard: Heard,
    pub(crate) document: Vec<u8>,
    pub(crate) skipped_lines: u64,
}

impl<'a> Streams<'a> {
    pub(crate) fn new(is_document: bool, secrets: Secrets, on: &'a mut (dyn FnMut(Message) + Send)) -> Self {
        let stdout =
            if is_document { Stdout::Document(Vec::new()) } else { Stdout::Messages(Lines::default()) };
        Self { stdout, stderr: LineCutter::default(), heard: Heard::new(secrets), on }
    }

    pub(crate) fn stdout(&mut self, bytes: &[u8]) {
        match &mut self.stdout {
            Stdout::Messages(lines) => {
                // Of several states that were read at once only the last is told: nobody could see the others.
                let mut latest = None;
                lines.feed(bytes, &mut |message| match message {
                    Message::Status(_) => latest = Some(message),
                    other => {
                        let before = latest.take();
                        before.into_iter().chain([other]).for_each(|told| self.heard.message(told, self.on));
                    }
                });
                latest.into_iter().for_each(|state| self.heard.message(state, self.on));
            }
            Stdout::Document(document) => {
                let room = LONGEST_DOCUMENT - document.len();
                document.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
        }
    }

    pub(crate) fn stderr(&mut self, bytes: &[u8]) {
        self.stderr.feed(bytes, |line| self.heard.stderr_line(line, self.on));
    }

    pub(crate) fn finish(mut self) -> Said {
        self.stderr.finish(|line| self.heard.stderr_line(line, self.on));
        let (document, skipped) = match self.stdout {
            Stdout::Messages(mut lines) => {
                lines.finish(&mut |message| self.heard.message(message, self.on));
                (Vec::new(), lines.skipped())
            }
            Stdout::Document(document) => (document, 0),
        };
        Said { heard: self.heard, document, skipped_lines: skipped + self.stderr.passed_over() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_states_read_at_once_the_last_is_told_and_nothing_changes_its_place() {
        let mut told = Vec::new();
        let mut on = |message| {
            told.push(match message {
                Message::Status(state) => format!("status {}", state.files_done),
                Message::Error(error) => error.item,
                other => format!("{other:?}"),
            });
        };
        let status = |done: u64| format!("{{\"message_type\":\"status\",\"files_done\":{done}}}\n");
        let error = "{\"message_type\":\"error\",\"error\":{},\"during\":\"archival\",\"item\":\"/a\"}\n";
        let mut streams = Streams::new(false, Secrets::default(), &mut on);
        for read in [status(1) + &status(2) + error + error + &status(3) + &status(4), status(5)] {
            streams.stdout(read.as_bytes());
        }
        assert_eq!(streams.finish().heard.file_error_count, 2);
        assert_eq!(told, ["status 2", "/a", "/a", "status 4", "status 5"]);
    }
}
