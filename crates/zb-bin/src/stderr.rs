//! Standard error, for logs and for lines to the person at the terminal.
//!
//! A thread of its own writes there: a terminal that stops reading (Ctrl-S, a connection that hangs) blocks whoever
//! writes to it, and that must not be a run whose post hook is owed.

use std::{
    fmt,
    io::{self, Write},
    mem,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use serde_json::json;

use crate::config::LogFormat;

/// What waits for a reader, in bytes; more is dropped.
const LONGEST_WAIT: usize = 1024 * 1024;

/// How long a terminal that does not read is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(5);

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

static QUEUE: Queue = Queue {
    state: Mutex::new(State { waiting: Vec::new(), writing: false, thread: Writer::NotYet }),
    changed: Condvar::new(),
};

/// How lines are written from now on. The first word counts.
pub(crate) fn speak(format: LogFormat) {
    let _ = FORMAT.set(format);
}

/// Writes a line to standard error; that nobody reads it is no reason to stop.
pub(crate) fn line(text: &str) {
    let _ = match FORMAT.get() {
        Some(LogFormat::Json) => writeln!(Stderr, "{}", json!({ "level": "INFO", "message": text })),
        _ => writeln!(Stderr, "{text}"),
    };
}

/// Waits until everything is written, or nobody has read for a while.
pub(crate) fn finish() {
    let busy = |state: &mut State| state.writing || !state.waiting.is_empty();
    drop(QUEUE.changed.wait_timeout_while(QUEUE.lock(), PATIENCE, busy));
}

/// Standard error that never blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        QUEUE.push(text)?;
        Ok(text.len())
    }

    /// In one piece: lines of two threads do not mix.
    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        QUEUE.push(text.to_string().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: Vec<u8>,
    writing: bool,
    thread: Writer,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    NotYet,
    Started,
    /// The system starts no more threads: then a write may block.
    Refused,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&'static self, text: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        if state.thread == Writer::NotYet {
            let started = thread::Builder::new().name("zb-stderr".to_owned()).spawn(|| self.write_all());
            state.thread = if started.is_ok() { Writer::Started } else { Writer::Refused };
        }
        if state.thread == Writer::Refused {
            drop(state);
            return io::stderr().write_all(text);
        }
        if state.waiting.len() + text.len() <= LONGEST_WAIT {
            state.waiting.extend_from_slice(text);
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Writes what waits, until the process ends.
    fn write_all(&self) {
        let mut state = self.lock();
        loop {
            if state.waiting.is_empty() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let text = mem::take(&mut state.waiting);
            state.writing = true;
            drop(state);
            // Nobody is left to be told that standard error is closed.
            let _ = io::stderr().write_all(&text);
            state = self.lock();
            state.writing = false;
            self.changed.notify_all();
        }
    }
}
