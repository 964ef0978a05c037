//! The physical twin of the simulation: the real zb, struck at its first, second, third … system call of a kind, until
//! a whole run goes by without a blow. After each blow `zb recover` pays what is left, and the receiver is asked what it
//! saw. `every_append.rs` does the same for the plainest kind: a death and a full disk at the writes of the database.

use std::{collections::HashSet, path::PathBuf};

use zb_tests::{FakeRestic, Finished, JobFile, Request, Scene, Strike, database};

/// More than a run has of any kind.
const MANY: usize = 1000;

/// What SQLite does to a file when it appends.
const WRITES: &str = "pwrite64,write,fdatasync,fsync,ftruncate";
/// What else is done to the data directory's files.
const READS: &str = "openat,pread64,read,flock,fstat,newfstatat,statx";
/// Talk with the receiver and with the guardian.
const TALKS: &str = "socket,connect,sendto,sendmsg,writev,recvfrom,recvmsg,shutdown";
/// The same without `recvfrom`, which std uses between fork and exec and takes no failure of.
const SAYS: &str = "socket,connect,sendto,sendmsg,writev,recvmsg,shutdown";
/// The start and the end of processes and threads.
const STARTS: &str = "clone,clone3,vfork,execve,pidfd_open,waitid,wait4,socketpair,pipe2,epoll_create1";

/// The scene, and a restic that is quick.
struct World {
    scene: Scene,
    restic: FakeRestic,
    job: String,
}

/// What one blow left: zb's own end, and all that arrived, before `zb recover` and after.
struct Aftermath {
    run: Finished,
    requests: Vec<Request>,
    what: String,
}

impl World {
    /// The database exists, and so do all files that a run opens.
    fn new() -> Self {
        let scene = Scene::new();
        let restic = FakeRestic::saves(&scene.scratch);
        scene.run(&JobFile::new(&scene.scratch), &restic).exits(0);
        let job = scene.job().write(&scene.scratch);
        Self { scene, restic, job }
    }

    /// Every file below the data directory, there or to come.
    fn journal(&self) -> Vec<PathBuf> {
        let found = self.scene.scratch.files("data").into_iter().map(|(path, _)| path);
        found.chain(database(&self.scene.scratch)).collect()
    }

    /// Strikes at each `n`, has the rest recovered, and asks `judge`; gives how many blows fell.
    fn every_blow(&self, strike: impl Fn(usize) -> Strike, judge: impl Fn(&Aftermath)) -> usize {
        for n in 1..MANY {
            let strike = strike(n);
            let before = self.scene.receiver.requests().len();
            let zb = strike.falls_on(&self.scene.scratch, self.scene.zb().restic(self.restic.command()));
            let run = zb.run(&["run", &self.job, "--json"]);
            let recovered = self.scene.zb().run(&["recover"]);
            self.scene.scratch.nothing_left_running();
            let requests = self.scene.receiver.requests().split_off(before);
            let what = format!("{strike:?}\n{}\nrecover:\n{}", run.output(), recovered.output());
            assert_eq!(recovered.status.code(), Some(0), "{what}");
            let aftermath = Aftermath { run, requests, what };
            aftermath.is_sane();
            judge(&aftermath);
            if !strike.fell(&self.scene.scratch) {
                aftermath.run.exits(0);
                self.all_is_over();
                return n - 1;
            }
        }
        unreachable!("a run without an end");
    }

    fn all_is_over(&self) {
        assert!(self.scene.runs().iter().all(|run| run["state"] == "finished"), "every run is finished");
        let environment = self.restic.environment();
        let runs: Vec<_> = environment.iter().filter(|line| line.starts_with("ZB_RUN=")).collect();
        let different: HashSet<_> = runs.iter().collect();
        assert_eq!(runs.len(), different.len(), "a backup ran twice in one run");
    }
}

impl Aftermath {
    fn count(&self, path: &str) -> usize {
        self.requests.iter().filter(|request| request.path == path).count()
    }

    /// What holds whatever was struck: one run's hooks, in their order, none of them by two hands.
    #[track_caller]
    fn is_sane(&self) {
        let (pre, post) = (self.count("/pre"), self.count("/post"));
        assert!(pre <= 1 && post <= 2, "{pre} pre hooks, {post} post hooks: {}", self.what);
        let order: Vec<_> = self.requests.iter().map(|request| request.path.as_str()).collect();
        assert!(order.iter().skip(1).all(|path| *path == "/post"), "{order:?}: {}", self.what);
        let posts = self.requests.iter().filter(|request| request.path == "/post");
        let ids: HashSet<_> = posts.map(|post| post.header("webhook-id").map(str::to_owned)).collect();
        assert!(ids.len() <= 1, "one debt, one id, not {ids:?}: {}", self.what);
        assert!(!self.run.stderr.contains("panicked"), "{}", self.what);
    }

    /// A pre hook that arrived is followed by a post hook.
    #[track_caller]
    fn is_paired(&self) {
        assert!(self.count("/post") >= self.count("/pre"), "no post hook: {}", self.what);
    }

    /// The same, but for a post hook that failed in a living run: it is not tried again, and never passed over in
    /// silence.
    #[track_caller]
    fn is_paired_or_said(&self) {
        if !self.run.stdout.contains("\"error\":\"post webhook ") {
            self.is_paired();
        }
    }

    /// zb's own end is one that the spec knows.
    #[track_caller]
    fn ended_with_one_of(&self, codes: &[i32]) {
        let code = self.run.status.code();
        assert!(code.is_some_and(|code| codes.contains(&code)), "exit {code:?}: {}", self.what);
    }

    /// zb was killed, or lived on to an end that the spec knows.
    #[track_caller]
    fn was_killed_or_ended_well(&self) {
        if self.run.status.code().is_some() {
            self.ended_with_one_of(&[0, 1, 3]);
        } else {
            self.run.was_killed();
        }
    }
}

fn killed(n: usize) -> String {
    format!("signal=SIGKILL:when={n}")
}

#[test]
fn killed_at_any_write_without_a_guardian() {
    let world = World::new();
    let files = world.journal();
    let strike = |n| Strike::at(WRITES, killed(n)).on(files.clone()).without_guardian();
    let blows = world.every_blow(strike, |after| {
        after.is_paired();
        after.was_killed_or_ended_well();
    });
    assert!(blows >= 20, "{blows}");
}

#[test]
fn killed_at_any_look_into_the_data_directory() {
    let world = World::new();
    let files = world.journal();
    let blows = world.every_blow(
        |n| Strike::at(READS, killed(n)).on(files.clone()),
        |after| {
            after.is_paired();
            after.was_killed_or_ended_well();
        },
    );
    assert!(blows >= 20, "{blows}");
}

#[test]
fn killed_at_any_word_to_the_receiver_or_the_guardian() {
    let world = World::new();
    let blows = world.every_blow(
        |n| Strike::at(TALKS, killed(n)),
        |after| {
            after.is_paired();
            after.was_killed_or_ended_well();
        },
    );
    assert!(blows >= 3, "{blows}");
}

#[test]
fn killed_at_any_start_of_a_process() {
    let world = World::new();
    let blows = world.every_blow(
        |n| Strike::at(STARTS, killed(n)),
        |after| {
            after.is_paired();
            after.was_killed_or_ended_well();
        },
    );
    assert!(blows >= 5, "{blows}");
}

/// Strikes at each write with this error, at those that follow too where `more` says so.
fn a_write_fails(error: &str, more: &str) {
    let world = World::new();
    let files = world.journal();
    let effect = |n| format!("error={error}:when={n}{more}");
    let blows = world.every_blow(
        |n| Strike::at(WRITES, effect(n)).on(files.clone()),
        |after| {
            after.is_paired();
            after.ended_with_one_of(&[0, 1]);
        },
    );
    assert!(blows >= 20, "{error}{more}: {blows}");
}

#[test]
fn a_write_that_fails_once() {
    a_write_fails("EIO", "");
}

#[test]
fn every_write_fails_from_there_on() {
    a_write_fails("EIO", "+");
}

#[test]
fn a_write_that_finds_the_disk_full_once() {
    a_write_fails("ENOSPC", "");
}

#[test]
fn an_fsync_that_fails() {
    let world = World::new();
    let files = world.journal();
    let blows = world.every_blow(
        |n| Strike::at("fsync,fdatasync", format!("error=EIO:when={n}")).on(files.clone()),
        |after| {
            after.is_paired();
            after.ended_with_one_of(&[0, 1]);
        },
    );
    assert!(blows >= 5, "{blows}");
}

#[test]
fn a_read_that_fails() {
    let world = World::new();
    let files = world.journal();
    let blows = world.every_blow(
        |n| Strike::at(READS, format!("error=EIO:when={n}")).on(files.clone()),
        |after| {
            after.is_paired();
            after.ended_with_one_of(&[0, 1]);
        },
    );
    assert!(blows >= 20, "{blows}");
}

#[test]
fn a_word_to_the_receiver_or_the_guardian_that_fails() {
    let world = World::new();
    let blows = world.every_blow(
        |n| Strike::at(SAYS, format!("error=ECONNRESET:when={n}")),
        |after| {
            after.is_paired_or_said();
            after.ended_with_one_of(&[0, 1, 3]);
        },
    );
    assert!(blows >= 3, "{blows}");
}

#[test]
fn a_process_that_cannot_be_started() {
    for error in ["EAGAIN", "ENOMEM", "EMFILE"] {
        let world = World::new();
        let blows = world.every_blow(
            |n| Strike::at(STARTS, format!("error={error}:when={n}")),
            |after| {
                after.is_paired_or_said();
                after.ended_with_one_of(&[0, 1, 3]);
            },
        );
        assert!(blows >= 5, "{error}: {blows}");
    }
}
