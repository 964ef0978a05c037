//! A command line that a person wrote for restic: anything but what leads it to another repository.

use std::{
    ffi::{OsStr, OsString},
    process::Stdio,
};

use tokio_util::sync::CancellationToken;

use crate::{
    Exit, FlagFault, Invocation, RefusedFlag, Repository, Restic, SafeFlags, SpawnError, run, spawn,
    streams::Streams,
};

/// Arguments for restic, none of which redirects the repository, its password or a command.
///
/// ```
/// use restic_driver::PlainArgs;
/// assert!(PlainArgs::parse(["ls", "latest", "--long"]).is_ok());
/// for redirecting in ["--repo=/elsewhere", "-r", "-qr/elsewhere", "--password-command", "-osftp.command=sh"] {
///     assert!(PlainArgs::parse(["ls", redirecting]).is_err());
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlainArgs(Vec<OsString>);

/// How a restic ended that had this process' own output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Attached {
    /// How it ended. Older restics say with 1 what newer ones have a code for.
    pub exit: Exit,
    /// The plain exit code; absent where a signal ended it.
    pub code: Option<i32>,
    /// SIGINT was sent, because the caller cancelled.
    pub interrupted: bool,
}

/// Long names that redirect.
const REDIRECTING: [&str; 6] = [
    "--repo",
    "--repository-file",
    "--password-file",
    "--password-command",
    "--insecure-no-password",
    "--option",
];

/// Their short names: `-r`, `-p` and `-o`, alone or behind others (`-qr`).
const REDIRECTING_LETTERS: [u8; 3] = *b"rpo";

impl PlainArgs {
    /// Looks at every argument, also at what restic would take for a value or a path: which of them it takes for a
    /// flag depends on the command. Where one is refused by mistake (`-Hproxy`), its long form helps (`--host=proxy`).
    ///
    /// # Errors
    /// The first that would redirect.
    pub fn parse<S: Into<OsString>>(arguments: impl IntoIterator<Item = S>) -> Result<Self, RefusedFlag> {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        match arguments.iter().find(|argument| redirects(argument)) {
            Some(argument) => {
                Err(RefusedFlag { flag: name(argument).into_owned(), reason: FlagFault::Redirects })
            }
            None => Ok(Self(arguments)),
        }
    }
}

fn name(argument: &OsStr) -> std::borrow::Cow<'_, str> {
    let bytes = argument.as_encoded_bytes();
    let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end])
}

fn redirects(argument: &OsStr) -> bool {
    let name = name(argument);
    if name.starts_with("--") {
        return REDIRECTING.contains(&&*name);
    }
    // `-e` takes all that follows it for a pattern.
    let letters = name.strip_prefix('-').unwrap_or_default().bytes().take_while(|letter| *letter != b'e');
    letters.into_iter().any(|letter| REDIRECTING_LETTERS.contains(&letter))
}

impl Restic {
    /// Any command, as a person wrote it, behind the flags for every command.
    pub fn plain(&self, repository: &Repository, flags: &SafeFlags, args: &PlainArgs) -> Invocation<()> {
        self.invocation(repository, flags.for_every_command().chain(args.0.iter().cloned()).collect())
    }
}

impl Invocation<()> {
    /// Runs restic with `stdin`, and with this process' own standard output and error: nothing is read of what it
    /// says, and nothing masked. It is out of the terminal's reach, as in [`Invocation::run`]; what reads from a
    /// terminal would wait for ever, so give it none.
    ///
    /// # Errors
    /// restic could not be started, or `cancel` was cancelled before it was.
    ///
    /// # Panics
    /// Outside a Tokio runtime with its I/O and time drivers enabled.
    pub async fn attach(self, stdin: Stdio, cancel: &CancellationToken) -> Result<Attached, SpawnError> {
        let (command, secrets, grace) = self.into_command();
        let child = spawn::attached(command, stdin, cancel).await?;
        let mut ignore = |_| {};
        let ended =
            run::to_the_end(child, &mut Streams::new(true, secrets, &mut ignore), grace, cancel).await;
        Ok(Attached { exit: ended.exit, code: ended.code, interrupted: ended.interrupted })
    }
}
