//! Starting a process: own group, no terminal, built-up environment, and SIGINT should this process die.
//!
//! The kernel's parent-death signal follows the *thread* that started the child, not the process. So all children
//! are started by one thread that lives as long as the process.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    io::{self, PipeReader},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    process::{ChildStderr, ChildStdout},
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

use crate::{
    SpawnError,
    linux::{self, ProcessHandle},
};

/// A process that runs, with its pipes and a handle that tells its end.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) group: Group,
    pub(crate) handle: ProcessHandle,
    /// Absent where it has this process' own.
    pub(crate) stdout: Option<ChildStdout>,
    /// Likewise.
    pub(crate) stderr: Option<ChildStderr>,
}

/// A process that leads a group. Until it is waited for, its number and its group's are nobody else's.
#[derive(Debug)]
pub(crate) struct Group(Option<std::process::Child>);

/// How much restic may be in the way of other programs. Its helpers (ssh, rclone) inherit that.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Priority {
    /// As this process.
    #[default]
    Normal,
    /// Nice 10, and the disk at "best effort", level 7 (`nice -n 10 ionice -c 2 -n 7`); no higher than this process.
    Background,
}

/// Holds the reading ends of a restic's pipes beside the one who reads them, so that they are not broken when that
/// one dies: a restic that writes into a broken pipe is killed by it, and leaves its lock.
pub trait PipeKeeper: Send + Sync + fmt::Debug + 'static {
    /// Called with standard output and error before restic is started. Must not block; who wants to keep them beyond
    /// the call duplicates them.
    fn keep(&self, pipes: [BorrowedFd<'_>; 2]);
}

/// Starts `command` with pipes for its output, unless `cancel` came before it.
pub(crate) async fn start(
    mut command: Command,
    keeper: Option<&dyn PipeKeeper>,
    cancel: &CancellationToken,
) -> Result<Child, SpawnError> {
    let program = PathBuf::from(command.get_program());
    let refused = |source| SpawnError::Start { program: program.clone(), source };
    let (stdout, stdout_of_restic) = io::pipe().map_err(refused)?;
    let (stderr, stderr_of_restic) = io::pipe().map_err(refused)?;
    if let Some(keeper) = keeper {
        keeper.keep([stdout.as_fd(), stderr.as_fd()]);
    }
    command.stdin(Stdio::null()).stdout(stdout_of_restic).stderr(stderr_of_restic);
    let child = launch(command, cancel).await?;
    child.reading(stdout, stderr).map_err(refused)
}

/// Starts `command` with this process' own output, unless `cancel` came before it.
pub(crate) async fn attached(
    mut command: Command,
    stdin: Stdio,
    cancel: &CancellationToken,
) -> Result<Child, SpawnError> {
    command.stdin(stdin).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    launch(command, cancel).await
}

async fn launch(command: Command, cancel: &CancellationToken) -> Result<Child, SpawnError> {
    if cancel.is_cancelled() {
        return Err(SpawnError::Cancelled);
    }
    let program = PathBuf::from(command.get_program());
    let refused = |source| SpawnError::Start { program: program.clone(), source };
    let (answer, answered) = oneshot::channel();
    hand_over(Order { command, answer }).map_err(refused)?;
    let process = answered.await.unwrap_or_else(|_| Err(io::Error::other("the starting thread ended")));
    Child::watch(process.map_err(refused)?).map_err(refused)
}

/// A command in a group of its own, with this environment and no other.
#[expect(clippy::disallowed_methods, reason = "this is the place that starts children for everybody else")]
pub(crate) fn command(
    program: &Path,
    arguments: &[OsString],
    environment: &BTreeMap<OsString, OsString>,
    priority: Priority,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(environment).process_group(0);
    linux::interrupt_when_parent_dies(&mut command);
    if priority == Priority::Background {
        linux::give_way(&mut command);
    }
    command
}

/// A child for the starting thread to start.
struct Order {
    command: Command,
    answer: oneshot::Sender<io::Result<Group>>,
}

/// Gives an order to the starting thread, which the first order brings to life.
fn hand_over(order: Order) -> io::Result<()> {
    static STARTER: Mutex<Option<mpsc::Sender<Order>>> = Mutex::new(None);
    let mut starter = STARTER.lock().unwrap_or_else(PoisonError::into_inner);
    let orders = match starter.take() {
        Some(orders) => orders,
        None => begin_starting()?,
    };
    starter.insert(orders).send(order).map_err(|_| io::Error::other("the starting thread ended"))
}

fn begin_starting() -> io::Result<mpsc::Sender<Order>> {
    let (sender, orders) = mpsc::channel::<Order>();
    thread::Builder::new().name("restic-starter".to_owned()).spawn(move || {
        for mut order in orders {
            let started = order.command.spawn().map(|child| Group(Some(child)));
            // The writing ends are restic's alone now: an end of its output is an end for the reader.
            drop(order.command);
            // Where nobody waits for the answer any more, the group is dropped with it, and so interrupted.
            drop(order.answer.send(started));
        }
    })?;
    Ok(sender)
}

impl Child {
    fn watch(group: Group) -> io::Result<Self> {
        let process = group.0.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let handle = ProcessHandle::open(Pid::from_child(process))?.ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { group, handle, stdout: None, stderr: None })
    }

    fn reading(self, stdout: PipeReader, stderr: PipeReader) -> io::Result<Self> {
        let stdout = Some(ChildStdout::from_std(OwnedFd::from(stdout).into())?);
        let stderr = Some(ChildStderr::from_std(OwnedFd::from(stderr).into())?);
        Ok(Self { stdout, stderr, ..self })
    }
}

impl Group {
    /// Sends a signal to every process of the group.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(leader) = &self.0 {
            // It can only fail where nobody is left.
            let _ = kill_process_group(Pid::from_child(leader), signal);
        }
    }

    /// The leader has ended: ends what it left behind in its group, and takes its exit status.
    pub(crate) fn reap(mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::KILL);
        match self.0.take() {
            Some(mut leader) => leader.wait(),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// Nobody waits any more: the group is told to end, and its leader does not stay a zombie.
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::INT);
        if let Some(mut leader) = self.0.take() {
            // Without a thread to wait there is a zombie until this process ends: no harm.
            let _ = thread::Builder::new().name("restic-reaper".to_owned()).spawn(move || leader.wait());
        }
    }
}
