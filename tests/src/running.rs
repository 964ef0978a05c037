//! A process with its output as it comes, and what is left of it at the end.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{Events, eventually, processes::send};

/// A started process. Both pipes are always drained. Dropped before its end, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: Arc<Mutex<String>>,
    errors: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts a command with an empty stdin.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn start(command: Command) -> Self {
        Self::reading(command, Stdio::null())
    }

    /// The same with another stdin.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn reading(mut command: Command, stdin: Stdio) -> Self {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (output, errors) = (Arc::default(), Arc::default());
        let readers = vec![
            drain(child.stdout.take().expect("piped"), &output),
            drain(child.stderr.take().expect("piped"), &errors),
        ];
        Self { child, output, errors, readers }
    }

    /// Its pid.
    #[must_use]
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid is an i32")
    }

    /// Ctrl-C.
    pub fn interrupt(&self) {
        send(self.pid(), Signal::INT);
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        send(self.pid(), Signal::TERM);
    }

    /// `kill -9`.
    pub fn kill9(&self) {
        send(self.pid(), Signal::KILL);
    }

    /// Any other signal.
    pub fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// What it wrote to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// What it wrote to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// Waits for an event of that type on stdout (`--json`).
    ///
    /// # Panics
    /// If the process ends without it, or after a minute.
    pub fn wait_for_event(&mut self, kind: &str) -> Value {
        self.wait_for(kind, |running| {
            let output = running.stdout();
            let whole = output.rfind('\n').map_or("", |end| &output[..end]);
            Events::parse(whole).all(kind).last().map(|event| (*event).clone())
        })
    }

    /// Waits for a text on stderr.
    ///
    /// # Panics
    /// If the process ends without it, or after a minute.
    pub fn wait_for_error(&mut self, text: &str) {
        self.wait_for(text, |running| running.stderr().contains(text).then_some(()));
    }

    fn wait_for<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        eventually(what, || {
            let ended =
                self.child.try_wait().unwrap().is_some() && self.readers.iter().all(JoinHandle::is_finished);
            let found = look(self);
            assert!(
                found.is_some() || !ended,
                "the process ended without {what}\nstdout:\n{}\nstderr:\n{}",
                self.stdout(),
                self.stderr()
            );
            found
        })
    }

    /// Waits for its end, and for the end of both pipes.
    ///
    /// # Panics
    /// After a minute, with what it wrote so far.
    #[must_use]
    pub fn wait(mut self) -> Finished {
        let status = eventually(&format!("the end of pid {}", self.pid()), || self.child.try_wait().unwrap());
        let ended = || self.readers.iter().all(JoinHandle::is_finished).then_some(());
        eventually(
            &format!("the end of both pipes of pid {}, which something else holds open", self.pid()),
            ended,
        );
        Finished { status, stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn drain(pipe: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// A process that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How.
    pub status: ExitStatus,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

impl Finished {
    /// Asserts the exit status.
    ///
    /// # Panics
    /// With both outputs, where it is another.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "{}\nstdout:\n{}\nstderr:\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        assert!(!self.stderr.contains("panicked at"), "a panic:\n{}", self.stderr);
        self
    }

    /// Asserts that SIGKILL ended it.
    ///
    /// # Panics
    /// Where it ended otherwise.
    #[track_caller]
    pub fn was_killed(&self) -> &Self {
        assert_eq!(self.status.signal(), Some(9), "{}\n{}\n{}", self.status, self.stdout, self.stderr);
        self
    }

    /// stdout as events (`--json`).
    ///
    /// # Panics
    /// At a line that is no JSON.
    #[must_use]
    pub fn events(&self) -> Events {
        Events::parse(&self.stdout)
    }

    /// stdout as one JSON value.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Both outputs, for a search.
    #[must_use]
    pub fn output(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}
