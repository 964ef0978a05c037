//! zb as process 1, as in a container: a pid namespace of its own, with its own `/proc`.

use std::{
    fs,
    net::TcpListener,
    os::fd::OwnedFd,
    path::PathBuf,
    process::{Command, Stdio},
};

use rustix::process::Signal;

use crate::{Running, Zb, command, eventually, processes::send};

/// A pid namespace whose first process is zb.
#[derive(Debug)]
pub struct Container {
    /// As the tests' own namespace knows it.
    first: i32,
    namespace: PathBuf,
}

/// A process of a container, zombies included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contained {
    /// Its pid outside.
    pub pid: i32,
    /// Its arguments, joined with spaces; of a zombie nothing.
    pub command: String,
    /// It has ended, and nobody has asked how.
    pub zombie: bool,
}

impl Container {
    /// Starts zb in there; nothing, and a line that says so, where this machine gives no namespace. The command that made
    /// it ends as the first process does, and everything in there ends with it.
    ///
    /// # Panics
    /// Where the namespace comes, and zb does not.
    #[must_use]
    pub fn start(zb: Zb<'_>, arguments: &[&str]) -> Option<(Running, Self)> {
        Self::with(zb, Proc::Own, &[], Stdio::null(), arguments)
    }

    /// The same below the `/proc` of outside, as by `unshare --pid --fork` alone: pids there are others than in here.
    ///
    /// # Panics
    /// Where the namespace comes, and zb does not.
    #[must_use]
    pub fn below_another_proc(zb: Zb<'_>, arguments: &[&str]) -> Option<(Running, Self)> {
        Self::with(zb, Proc::OfOutside, &[], Stdio::null(), arguments)
    }

    /// The same with a socket as descriptor 3, the first that a service manager hands over.
    ///
    /// # Panics
    /// Where the namespace comes, and zb does not.
    #[must_use]
    pub fn handed(zb: Zb<'_>, socket: TcpListener, arguments: &[&str]) -> Option<(Running, Self)> {
        let third = ["sh", "-c", "exec 3<&0 </dev/null; exec \"$0\" \"$@\""];
        Self::with(zb, Proc::Own, &third, OwnedFd::from(socket).into(), arguments)
    }

    #[expect(clippy::print_stderr, reason = "whoever reads the tests' output must know what was not tested")]
    fn with(
        zb: Zb<'_>,
        proc: Proc,
        by: &[&str],
        stdin: Stdio,
        arguments: &[&str],
    ) -> Option<(Running, Self)> {
        let Some(wrapper) = wrapper(proc) else {
            eprintln!("SKIPPED: no pid namespace can be had here, neither as root nor by a user namespace");
            return None;
        };
        let running = Running::reading(zb.under([by, &wrapper].concat()).command(arguments), stdin);
        let first = eventually("the first process", || child_of(running.pid()));
        let namespace = eventually("its namespace", || namespace(first));
        Some((running, Self { first, namespace }))
    }

    /// A signal to process 1, from outside: what `docker stop` does.
    pub fn signal(&self, signal: Signal) {
        send(self.first, signal);
    }

    /// Everything in there.
    #[must_use]
    pub fn processes(&self) -> Vec<Contained> {
        let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| namespace(*pid).as_ref() == Some(&self.namespace)).filter_map(contained).collect()
    }

    /// Those that begin with these words.
    #[must_use]
    pub fn named(&self, words: &str) -> Vec<Contained> {
        self.processes().into_iter().filter(|process| process.command.starts_with(words)).collect()
    }
}

/// Whose `/proc` is seen.
#[derive(Clone, Copy)]
enum Proc {
    Own,
    OfOutside,
}

/// A command before which nothing has to be root's. That of root is tried first: it changes nothing but the pids.
fn wrapper(proc: Proc) -> Option<Vec<&'static str>> {
    let mut plain = vec!["unshare", "--pid", "--fork", "--kill-child"];
    plain.extend(matches!(proc, Proc::Own).then_some("--mount-proc"));
    let mapped = [plain.clone(), vec!["--user", "--map-root-user"]].concat();
    let works = |words: &Vec<&str>| {
        let mut unshare: Command = command(words[0]);
        unshare.args(&words[1..]).arg("true");
        unshare.output().is_ok_and(|output| output.status.success())
    };
    [plain, mapped].into_iter().find(works)
}

/// Its first child.
fn child_of(pid: i32) -> Option<i32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

fn namespace(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

fn contained(pid: i32) -> Option<Contained> {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(Contained {
        pid,
        command: String::from_utf8_lossy(&arguments).trim_end_matches('\0').replace('\0', " "),
        zombie: stat.rsplit_once(") ")?.1.starts_with('Z'),
    })
}
