//! Other processes: this test program again, in a part that a test gives it. It talks on stderr, which the test
//! harness leaves alone.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use crate::{claims, full_disk, killed, progress_files, stored_jobs_shared};

const PART: &str = "JOB_STORE_TEST_PART";
const DIR: &str = "JOB_STORE_TEST_DIR";

/// A process that is killed when the test is over.
pub(crate) struct Actor {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Actor {
    pub(crate) fn start(part: &str, dir: &Path) -> Self {
        Self::start_by(command(&env::current_exe().unwrap()), part, dir)
    }

    /// Where no file may grow beyond so many units of 512 bytes; a write beyond fails, as on a full disk.
    pub(crate) fn start_with_little_room(units: u32, part: &str, dir: &Path) -> Self {
        let mut shell = command(Path::new("/bin/sh"));
        shell.arg("-c").arg(format!(r#"trap "" XFSZ; ulimit -f {units}; exec "$0" "$@""#));
        shell.arg(env::current_exe().unwrap());
        Self::start_by(shell, part, dir)
    }

    fn start_by(mut program: Command, part: &str, dir: &Path) -> Self {
        program.args(["child::plays_its_part", "--exact", "--nocapture"]);
        program
            .env(PART, part)
            .env(DIR, dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        Self { child, said }
    }

    /// The next line that it says; empty when it has ended.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What it still says, to its end.
    pub(crate) fn rest(mut self) -> Vec<String> {
        let lines = self.said.by_ref().lines().map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success());
        lines
    }

    /// `kill -9`; what it had said by then is the result.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said.by_ref().lines().map(Result::unwrap).collect()
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the process is this test program, not a child of zb")]
fn command(program: &Path) -> Command {
    Command::new(program)
}

/// Does nothing unless a test has started this process for it.
#[test]
fn plays_its_part() {
    let (Ok(part), Some(dir)) = (env::var(PART), env::var_os(DIR)) else { return };
    let dir = Path::new(&dir);
    match part.as_str() {
        "append for ever" => killed::append_for_ever(dir),
        "append thirty" => killed::append_thirty(dir),
        "append until it fails" => full_disk::append_until_it_fails(dir),
        "open" => full_disk::open(dir),
        "hold a claim" => claims::hold(dir),
        "tell progress" => progress_files::tell(dir),
        "keep a job for ever" => stored_jobs_shared::keep_for_ever(dir),
        "keep a job thirty times" => stored_jobs_shared::keep_thirty_times(dir),
        other => panic!("nobody plays {other:?}"),
    }
}
