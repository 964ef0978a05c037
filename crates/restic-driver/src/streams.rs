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
            Stdout::Messages(lines) => lines.feed(bytes, &mut |message| self.heard.message(message, self.on)),
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
