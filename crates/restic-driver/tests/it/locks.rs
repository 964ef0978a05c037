//! Locks: read from a real repository, judged by who has their number, removed without hurting anybody.

use std::{
    cell::RefCell,
    ffi::OsStr,
    fs,
    os::unix::{fs::symlink, process::ExitStatusExt},
    path::Path,
    process::{Child, Command, Stdio},
};

use restic_driver::{Exit, Lock, Occupant, Removal, SafeFlags, Verdict};
use tokio_util::sync::CancellationToken;

use crate::stage::Real;

/// A `check` that may read a kilobyte a second, so that it holds its lock for as long as is needed.
const HOLD: [&str; 4] = ["check", "--read-data", "--limit-download=1", "--no-cache"];

#[tokio::test]
async fn a_living_lock_is_read_and_is_not_stale() {
    let real = held().await;
    let mut holder = real.another(&HOLD);
    real.wait_for_a_lock(&mut holder);
    let locks = listed(&real).await;
    assert_eq!(locks.len(), 1);
    let Lock { id, pid, hostname, time, exclusive, .. } = &locks[0];
    assert!(id.len() == 64 && *exclusive && time.contains('T'), "{locks:?}");
    assert_eq!((*pid, hostname.as_str()), (holder.id(), host().as_str()));
    assert_eq!(look(*pid), Occupant::Restic);
    assert_eq!(Removal::of(&locks, &host(), &look), None);
    // Ended, but not waited for: a zombie has no lock any more.
    holder.kill().unwrap();
    wait_for_the_end(&holder);
    assert_eq!(look(*pid), Occupant::Nobody);
    assert_eq!(Removal::of(&locks, &host(), &look), Some(Removal::All));
    holder.wait().unwrap();
}

#[tokio::test]
async fn a_lock_whose_number_an_innocent_has_is_removed_without_a_signal() {
    let real = held().await;
    let mut innocent = sleeper("sleep");
    real.leave_a_lock_of(innocent.id());
    let locks = listed(&real).await;
    assert_eq!((locks.len(), locks[0].pid), (1, innocent.id()));
    assert_eq!(look(innocent.id()), Occupant::SomebodyElse);
    let removal = Removal::of(&locks, &host(), &look).expect("it is stale");
    let unlock = real.restic.unlock(&real.repository, &SafeFlags::default(), removal);
    assert_eq!(unlock.run(|_| {}, &CancellationToken::new()).await.unwrap().exit, Exit::Ok);
    assert_eq!(listed(&real).await, []);
    // restic's signal is sent before its unlock ends, and SIGHUP ends a sleep at once.
    assert_eq!(innocent.try_wait().unwrap(), None, "an innocent process was hit");
    end(&mut innocent);
    assert_eq!(real.back_up(&real.data()).await.verdict(), Verdict::Complete);
}

/// What the test above is against: restic's own way ends whoever has the number.
#[tokio::test]
async fn restics_own_unlock_hits_an_innocent() {
    let real = held().await;
    let mut innocent = sleeper("sleep");
    real.leave_a_lock_of(innocent.id());
    let unlock = real.restic.unlock(&real.repository, &SafeFlags::default(), Removal::Stale);
    unlock.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(innocent.wait().unwrap().signal(), Some(1));
}

#[tokio::test]
async fn a_stale_lock_beside_a_living_one_goes_alone() {
    let real = held().await;
    let mut dead = real.another(&["backup", "--stdin"]);
    real.wait_for_a_lock(&mut dead);
    end(&mut dead);
    let mut alive = real.another(&["backup", "--stdin"]);
    real.wait_for_locks(2, &mut alive);
    let locks = listed(&real).await;
    assert_eq!(Removal::of(&locks, &host(), &look), Some(Removal::Stale));
    let unlock = real.restic.unlock(&real.repository, &SafeFlags::default(), Removal::Stale);
    unlock.run(|_| {}, &CancellationToken::new()).await.unwrap();
    let left = listed(&real).await;
    assert_eq!(left.iter().map(|lock| lock.pid).collect::<Vec<_>>(), [alive.id()]);
    assert_eq!(alive.try_wait().unwrap(), None, "a living restic takes no harm");
    end(&mut alive);
}

#[tokio::test]
async fn a_repository_that_does_not_open_has_no_list() {
    let real = Real::new().await;
    let (flags, cancel) = (SafeFlags::default(), CancellationToken::new());
    let listed = real.restic.locks(&real.repository, &flags, None, &cancel).await;
    let error = listed.unwrap_err().to_string();
    assert!(error.starts_with("restic did not list the locks: unable to open config file"), "{error}");
}

/// Each lock as (host, who has its number, whether it is exclusive), and how they may be removed.
#[test]
fn only_what_hurts_nobody_is_done() {
    use Occupant::{Nobody, PerhapsRestic, Restic, SomebodyElse};
    type Locks<'a> = &'a [(&'a str, Occupant, bool)];
    let cases: [(Locks<'_>, Option<Removal>); 14] = [
        (&[], None),
        (&[("here", Restic, true)], None),
        (&[("here", PerhapsRestic, false)], None),
        (&[("there", Nobody, true)], None),
        (&[("here", Nobody, true)], Some(Removal::All)),
        (&[("here", SomebodyElse, true)], Some(Removal::All)),
        (&[("here", SomebodyElse, false), ("here", Nobody, true)], Some(Removal::All)),
        // Another restic may begin meanwhile: its lock is to be spared.
        (&[("here", Nobody, false)], Some(Removal::Stale)),
        (&[("here", SomebodyElse, false), ("here", Nobody, false)], Some(Removal::All)),
        (&[("here", Nobody, false), ("here", Restic, false)], Some(Removal::Stale)),
        (&[("here", Nobody, false), ("there", SomebodyElse, false)], Some(Removal::Stale)),
        (&[("here", SomebodyElse, false), ("here", Restic, false)], None),
        (&[("here", SomebodyElse, true), ("there", Nobody, false)], None),
        (&[("here", Nobody, false), ("here", PerhapsRestic, false)], None),
    ];
    for (given, expect) in cases {
        let asked = RefCell::new(Vec::new());
        let look = |pid: u32| {
            asked.borrow_mut().push(pid);
            given[pid as usize].1
        };
        let locks: Vec<_> =
            given.iter().zip(0..).map(|((host, _, exclusive), pid)| lock(host, pid, *exclusive)).collect();
        assert_eq!(Removal::of(&locks, "here", &look), expect, "{given:?}");
        let mut strangers = locks.iter().filter(|lock| lock.hostname == "there");
        assert!(
            strangers.all(|lock| !asked.borrow().contains(&lock.pid)),
            "a number of another host means nothing here"
        );
    }
}

#[test]
fn numbers_that_are_no_process_are_nobodys() {
    for pid in [0, u32::MAX, i32::MAX as u32] {
        assert_eq!(look(pid), Occupant::Nobody, "{pid}");
    }
    assert_eq!(look(std::process::id()), Occupant::SomebodyElse);
}

#[test]
fn a_restic_is_known_by_its_file_whatever_it_is_called() {
    let room = tempfile::tempdir().unwrap();
    for (name, expect) in [
        ("restic_0.18.0_linux_amd64", Occupant::Restic),
        ("restic", Occupant::Restic),
        ("resticprofile", Occupant::PerhapsRestic),
        ("backup-tool", Occupant::SomebodyElse),
    ] {
        let program = room.path().join(name);
        fs::copy("/usr/bin/sleep", &program).unwrap();
        let mut child = sleeper(&program);
        let pid = child.id();
        wait_for_exec(pid, &program);
        assert_eq!(look(pid), expect, "{name}");
        let link = room.path().join(format!("{name}-link"));
        symlink(&program, &link).unwrap();
        assert_eq!(Occupant::of(pid, &link), Occupant::Restic, "{name} is the caller's own restic");
        // Replaced by an update while it runs.
        fs::remove_file(&program).unwrap();
        assert_eq!(look(pid), expect, "{name}");
        end(&mut child);
    }
}

fn look(pid: u32) -> Occupant {
    Occupant::of(pid, Path::new("/nowhere/restic"))
}

fn host() -> String {
    rustix::system::uname().nodename().to_str().unwrap().to_owned()
}

fn lock(host: &str, pid: u32, exclusive: bool) -> Lock {
    let text = format!(
        r#"{{"hostname":"{host}","pid":{pid},"exclusive":{exclusive},"time":"2026-01-01T00:00:00Z"}}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// A repository with enough in it that [`HOLD`] takes minutes.
async fn held() -> Real {
    let real = Real::with_repository().await;
    let noise: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    fs::write(real.room.path().join("data/noise"), noise).unwrap();
    assert_eq!(real.back_up(&real.data()).await.verdict(), Verdict::Complete);
    real
}

async fn listed(real: &Real) -> Vec<Lock> {
    let cancel = CancellationToken::new();
    real.restic.locks(&real.repository, &SafeFlags::default(), None, &cancel).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "an innocent process is none of the driver's")]
fn sleeper(program: impl AsRef<OsStr>) -> Child {
    spawn(Command::new(program).arg("600"))
}

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn end(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Until its parent waits for it, a process that has ended is a zombie.
fn wait_for_the_end(child: &Child) {
    let stat = format!("/proc/{}/stat", child.id());
    while !fs::read_to_string(&stat).unwrap().contains(") Z ") {
        std::thread::yield_now();
    }
}

fn wait_for_exec(pid: u32, program: &Path) {
    while fs::read_link(format!("/proc/{pid}/exe")).ok().as_deref() != Some(program) {
        std::thread::yield_now();
    }
}

impl Real {
    fn wait_for_a_lock(&self, holder: &mut Child) {
        self.wait_for_locks(1, holder);
    }

    fn wait_for_locks(&self, count: usize, holder: &mut Child) {
        let locks = self.room.path().join("repository/locks");
        // A lock that is still being written has a longer name.
        let is_whole =
            |entry: &std::io::Result<fs::DirEntry>| entry.as_ref().unwrap().file_name().len() == 64;
        while fs::read_dir(&locks).unwrap().filter(is_whole).count() < count {
            assert!(holder.try_wait().unwrap().is_none(), "the other restic ended before it had its lock");
            std::thread::yield_now();
        }
    }

    /// Leaves the lock of a restic that was killed and had process number `pid`: in a namespace of its own a process
    /// can have any number.
    #[expect(clippy::disallowed_methods, reason = "it is not to be the driver's child")]
    fn leave_a_lock_of(&self, pid: u32) {
        let script =
            format!("echo {} >/proc/sys/kernel/ns_last_pid; restic {} & wait", pid - 1, HOLD.join(" "));
        let mut namespace = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            namespace.arg("--map-root-user");
        }
        namespace.args(["--pid", "--fork", "--kill-child=KILL", "--mount-proc", "sh", "-c", &script]);
        namespace.env("RESTIC_PASSWORD", "open sesame");
        let mut holder = spawn(namespace.env("RESTIC_REPOSITORY", self.room.path().join("repository")));
        self.wait_for_a_lock(&mut holder);
        end(&mut holder);
    }
}
