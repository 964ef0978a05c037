//! One process from its start to its real end: two pipes drained, a cancel obeyed, a grace kept.

use std::{future::pending, time::Duration};

use rustix::process::Signal;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Exit,
    report::Ended,
    spawn::{Child, Group},
    streams::Streams,
};

/// How long a pipe is waited for that outlives its process: a grandchild (ssh, rclone) may hold it (`spec.md` §4).
const HELD_PIPE: Duration = Duration::from_secs(2);

/// As much as a pipe holds.
const READ: usize = 64 * 1024;

/// What the loop waits for.
enum Event {
    Stdout(usize),
    Stderr(usize),
    Ended,
    Cancelled,
    Deadline,
}

/// How far the process is on its way out.
#[derive(Clone, Copy)]
enum Stage {
    Running,
    Interrupted { kill_at: Instant },
    Killed,
    Ended { until: Instant },
}

/// Waits for the end of `child`, and of its pipes.
pub(crate) async fn to_the_end(
    child: Child,
    streams: &mut Streams<'_>,
    grace: Duration,
    cancel: &CancellationToken,
) -> Ended {
    let Child { group, handle, stdout, stderr } = child;
    let (mut stdout, mut stderr) = (Pipe::new(stdout), Pipe::new(stderr));
    let mut course = Course { group, grace, stage: Stage::Running, interrupted: false, killed: false };
    loop {
        let event = tokio::select! {
            count = stdout.read() => Event::Stdout(count),
            count = stderr.read() => Event::Stderr(count),
            () = handle.ended(), if !course.has_ended() => Event::Ended,
            () = cancel.cancelled(), if course.can_be_cancelled() => Event::Cancelled,
            () = at(course.deadline()) => Event::Deadline,
        };
        match event {
            Event::Stdout(count) => streams.stdout(stdout.take(count)),
            Event::Stderr(count) => streams.stderr(stderr.take(count)),
            Event::Ended => course.ended(),
            Event::Cancelled => course.interrupt(),
            Event::Deadline if course.has_ended() => break,
            Event::Deadline => course.kill(),
        }
        if course.has_ended() && stdout.is_at_end() && stderr.is_at_end() {
            break;
        }
    }
    course.finish()
}

/// The process, and what was done to it.
struct Course {
    group: Group,
    grace: Duration,
    stage: Stage,
    interrupted: bool,
    killed: bool,
}

impl Course {
    fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }

    fn can_be_cancelled(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }

    fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Interrupted { kill_at } => Some(kill_at),
            Stage::Ended { until } => Some(until),
            Stage::Running | Stage::Killed => None,
        }
    }

    /// A stopped process (Ctrl-Z) could not act on the signal, so it is continued as well.
    fn interrupt(&mut self) {
        self.group.signal(Signal::INT);
        self.group.signal(Signal::CONT);
        self.interrupted = true;
        self.stage = Stage::Interrupted { kill_at: Instant::now() + self.grace };
    }

    fn kill(&mut self) {
        self.group.signal(Signal::KILL);
        self.killed = true;
        self.stage = Stage::Killed;
    }

    fn ended(&mut self) {
        self.stage = Stage::Ended { until: Instant::now() + HELD_PIPE };
    }

    fn finish(self) -> Ended {
        let status = self.group.reap().ok();
        Ended {
            exit: status.map_or(Exit::Unknown, Exit::from_status),
            code: status.and_then(|status| status.code()),
            interrupted: self.interrupted,
            killed: self.killed,
        }
    }
}

/// One end of a pipe and the buffer that it fills.
struct Pipe<R> {
    reader: Option<R>,
    buffer: Box<[u8]>,
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    fn new(reader: Option<R>) -> Self {
        let size = if reader.is_some() { READ } else { 0 };
        Self { reader, buffer: vec![0; size].into_boxed_slice() }
    }

    /// Never ready once the pipe has ended.
    async fn read(&mut self) -> usize {
        match &mut self.reader {
            // A pipe that cannot be read has no more to say than one that has ended.
            Some(reader) => reader.read(&mut self.buffer).await.unwrap_or(0),
            None => pending().await,
        }
    }

    /// What was read; nothing means that the pipe has ended.
    fn take(&mut self, count: usize) -> &[u8] {
        if count == 0 {
            self.reader = None;
        }
        &self.buffer[..count]
    }

    fn is_at_end(&self) -> bool {
        self.reader.is_none()
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
