//! Locks in the repository (`spec.md` §4): a stale one is removed and the backup tried once more without repeating
//! hooks, nobody is hit by it, and a living one is waited for and then named.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
};

use zb_tests::{FakeRestic, ResticRepo, Scene, command, eventually};

/// A `check` that may read a kilobyte a second holds its lock for minutes, and keeps backups out.
const HOLD: &str = "restic check --read-data --limit-download=1 --no-cache";

/// A scene with a repository in which [`HOLD`] has enough to read.
fn scene() -> Scene {
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    let noise: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let noise = scene.scratch.write("noise", noise);
    repo.restic(&["backup", noise.to_str().unwrap()]);
    scene
}

/// A process of somebody else, ended with the test.
struct Other(Child);

impl Other {
    fn start(scene: &Scene, mut command: Command) -> Self {
        command
            .env("HOME", scene.scratch.path("home"))
            .env("TMPDIR", scene.scratch.path("tmp"))
            .env("RESTIC_REPOSITORY", scene.scratch.path("repo"))
            .env("RESTIC_PASSWORD_FILE", scene.scratch.path("password"));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn shell(scene: &Scene, script: &str) -> Self {
        let mut shell = command("sh");
        shell.args(["-c", script]);
        Self::start(scene, shell)
    }

    /// It has taken its lock.
    fn holding(mut self, scene: &Scene, locks: usize) -> Self {
        eventually("the lock of another restic", || {
            assert_eq!(self.0.try_wait().unwrap(), None, "it ended before it had its lock");
            (whole_locks(scene) == locks).then_some(())
        });
        self
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A lock that is still being written has a longer name.
fn whole_locks(scene: &Scene) -> usize {
    let locks = fs::read_dir(scene.scratch.path("repo/locks")).unwrap();
    locks.filter(|lock| lock.as_ref().unwrap().file_name().len() == 64).count()
}

/// The lock of a restic that was killed, with process number `pid`: in a namespace of its own a process can have any.
fn leave_a_lock_of(scene: &Scene, pid: u32) {
    let mut namespace = command("unshare");
    if !rustix::process::geteuid().is_root() {
        namespace.arg("--map-root-user");
    }
    let script = format!("echo {} >/proc/sys/kernel/ns_last_pid; {HOLD} & wait", pid - 1);
    namespace.args(["--pid", "--fork", "--kill-child=KILL", "--mount-proc", "sh", "-c", &script]);
    drop(Other::start(scene, namespace).holding(scene, 1));
}

fn leave_a_lock(scene: &Scene) -> u32 {
    let holder = Other::shell(scene, &format!("exec {HOLD}")).holding(scene, 1);
    holder.pid()
}

#[test]
fn a_stale_lock_is_removed_and_the_backup_tried_again_without_its_hooks() {
    let scene = scene();
    let pid = leave_a_lock(&scene);
    let run = scene.zb().run(&["run", &scene.job().write(&scene.scratch), "--json"]);
    run.exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    assert_eq!(scene.posts()[0]["status"], "success");
    let events = run.events();
    let (started, finished) = (events.all("restic.started"), events.all("restic.finished"));
    assert_eq!((started.len(), finished.len()), (2, 2));
    let error = finished[0]["error"].as_str().unwrap();
    assert!(
        error.starts_with(&format!("the repository was locked by restic (pid {pid} on "))
            && error.ends_with("), which is gone; the lock is removed"),
        "{error}"
    );
    assert_eq!(whole_locks(&scene), 0);
    assert_eq!(scene.only_run()["status"], "success");
    scene.scratch.nothing_left_running();
}

#[test]
fn an_innocent_process_with_the_number_of_a_stale_lock_is_not_hit() {
    let scene = scene();
    // restic kills with SIGHUP, which whoever is started by nohup(1) does not hear.
    let mut innocent = Other::shell(&scene, "exec env --default-signal=HUP sleep 600");
    leave_a_lock_of(&scene, innocent.pid());
    scene.zb().run(&["run", &scene.job().write(&scene.scratch), "--json"]).exits(0);
    assert_eq!(innocent.0.try_wait().unwrap(), None, "an innocent process was hit");
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    // The same lock in restic's own hands, to show that it is one that kills.
    leave_a_lock_of(&scene, innocent.pid());
    ResticRepo::create(&scene.scratch).restic(&["unlock"]);
    assert_eq!(innocent.0.wait().unwrap().signal(), Some(1));
}

#[test]
fn a_living_lock_is_left_and_its_owner_named() {
    let scene = scene();
    let holder = Other::shell(&scene, &format!("exec {HOLD}")).holding(&scene, 1);
    let run = scene.zb().run(&["run", &scene.job().write(&scene.scratch), "--json"]);
    run.exits(1);
    let error = scene.only_run()["error"].as_str().unwrap().to_owned();
    assert!(
        error.starts_with(&format!("the repository is locked by restic (pid {} on ", holder.pid())),
        "{error}"
    );
    assert!(error.contains(", user ") && error.contains(", since 20"), "{error}");
    let told = &scene.posts()[0];
    assert_eq!((told["status"].as_str(), told["error"].as_str()), (Some("error"), Some(error.as_str())));
    assert_eq!(run.events().all("restic.started").len(), 1);
    assert_eq!(whole_locks(&scene), 1);
}

#[test]
fn a_living_lock_is_waited_for() {
    let scene = scene();
    let holder = Other::shell(&scene, &format!("exec {HOLD}")).holding(&scene, 1);
    let job = scene.job().line("lock_wait = \"10m\"").write(&scene.scratch);
    let mut run = scene.zb().spawn(&["run", &job, "--json"]);
    run.wait_for_event("restic.started");
    eventually("zb's look at the lock", || {
        let processes = scene.scratch.processes();
        processes.iter().any(|process| process.command.contains("list locks")).then_some(())
    });
    drop(holder);
    let run = run.wait();
    run.exits(0);
    assert_eq!(run.events().all("restic.finished").len(), 2);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}

#[test]
fn a_cancel_cuts_the_wait() {
    let scene = scene();
    let _holder = Other::shell(&scene, &format!("exec {HOLD}")).holding(&scene, 1);
    let job = scene.job().line("lock_wait = \"1d\"").write(&scene.scratch);
    let mut run = scene.zb().spawn(&["run", &job, "--json"]);
    run.wait_for_event("restic.started");
    eventually("zb's look at the lock", || {
        let processes = scene.scratch.processes();
        processes.iter().any(|process| process.command.contains("list locks")).then_some(())
    });
    run.interrupt();
    run.wait().exits(130);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
}

#[test]
fn with_a_full_preflight_a_stale_lock_is_gone_before_the_pause() {
    let scene = scene();
    leave_a_lock(&scene);
    let job = scene.job().line("preflight = \"full\"").write(&scene.scratch);
    let run = scene.zb().run(&["run", &job, "--json"]);
    run.exits(0);
    assert_eq!(run.events().all("restic.started").len(), 1);
}

#[test]
fn with_a_full_preflight_a_living_lock_keeps_the_pause_from_beginning() {
    let scene = scene();
    let holder = Other::shell(&scene, &format!("exec {HOLD}")).holding(&scene, 1);
    let job = scene.job().line("preflight = \"full\"").write(&scene.scratch);
    scene.zb().run(&["run", &job, "--json"]).exits(1);
    let error = scene.only_run()["error"].as_str().unwrap().to_owned();
    assert!(error.contains(&format!("is locked by restic (pid {} on ", holder.pid())), "{error}");
    assert!(scene.receiver.requests().is_empty());
}

/// A lock of a backup keeps no other backup out, but `forget`.
#[test]
fn a_stale_lock_does_not_keep_retention_from_its_work() {
    let scene = scene();
    drop(Other::shell(&scene, "exec restic backup --stdin").holding(&scene, 1));
    let job = scene.job().line("retention = { keep_last = 1 }").write(&scene.scratch);
    let run = scene.zb().run(&["run", &job, "--json"]);
    run.exits(0);
    assert_eq!(run.events().one("retention.finished")["kept"], 1);
    assert_eq!(whole_locks(&scene), 0);
}

#[test]
fn a_living_lock_that_retention_meets_makes_the_run_a_warning() {
    let scene = scene();
    let other = Other::shell(&scene, "exec restic backup --stdin").holding(&scene, 1);
    let job = scene.job().line("retention = { keep_last = 1 }").write(&scene.scratch);
    scene.zb().run(&["run", &job]).exits(3);
    let error = scene.only_run()["error"].as_str().unwrap().to_owned();
    let owner = format!("retention failed: the repository is locked by restic (pid {} on ", other.pid());
    assert!(error.starts_with(&owner), "{error}");
    assert_eq!(whole_locks(&scene), 1);
}

#[test]
fn unlock_removes_what_is_stale_and_hits_nobody() {
    let scene = scene();
    let job = scene.job().write(&scene.scratch);
    // restic kills with SIGHUP, which whoever is started by nohup(1) does not hear.
    let mut innocent = Other::shell(&scene, "exec env --default-signal=HUP sleep 600");
    leave_a_lock_of(&scene, innocent.pid());
    let unlocked = scene.zb().run(&["unlock", &job]);
    let owner = format!("Removed the lock of restic (pid {} on ", innocent.pid());
    assert!(unlocked.exits(0).stdout.starts_with(&owner), "{}", unlocked.stdout);
    assert_eq!(innocent.0.try_wait().unwrap(), None, "an innocent process was hit");
    let again = scene.zb().run(&["unlock", &job]);
    assert!(again.exits(0).stdout.starts_with("There is no lock in the repository "), "{}", again.stdout);
}

#[test]
fn unlock_leaves_a_living_lock_and_names_its_owner() {
    let scene = scene();
    let job = scene.job().write(&scene.scratch);
    let holder = Other::shell(&scene, &format!("exec {HOLD}")).holding(&scene, 1);
    let refused = scene.zb().run(&["unlock", &job]);
    let owner = format!("is locked by restic (pid {} on ", holder.pid());
    assert!(refused.exits(1).stderr.contains(&owner), "{}", refused.stderr);
    assert_eq!(whole_locks(&scene), 1);
}

/// Beside a living lock only restic's own way is left, and that would hit the innocent: so nothing is done.
#[test]
fn what_cannot_be_removed_without_harm_is_left() {
    let scene = scene();
    let job = scene.job().write(&scene.scratch);
    // restic kills with SIGHUP, which whoever is started by nohup(1) does not hear.
    let mut innocent = Other::shell(&scene, "exec env --default-signal=HUP sleep 600");
    leave_a_lock_of(&scene, innocent.pid());
    // An exclusive lock lets nobody in: the living one is taken while the other is put aside.
    let (locks, aside) = (scene.scratch.path("repo/locks"), scene.scratch.path("aside"));
    fs::rename(&locks, &aside).unwrap();
    fs::create_dir(&locks).unwrap();
    let working = scene.scratch.path("working");
    let holder = format!("{HOLD} | tee '{}'", working.display());
    let _holder = Other::shell(&scene, &holder).holding(&scene, 1);
    // restic looks twice whether it is alone.
    eventually("a restic at work", || {
        fs::read_to_string(&working).unwrap_or_default().contains("read all data").then_some(())
    });
    for lock in fs::read_dir(&aside).unwrap() {
        let lock = lock.unwrap();
        fs::rename(lock.path(), locks.join(lock.file_name())).unwrap();
    }
    let refused = scene.zb().run(&["unlock", &job]);
    assert!(refused.exits(1).stderr.contains("which is gone, but cannot be unlocked"), "{}", refused.stderr);
    assert_eq!(innocent.0.try_wait().unwrap(), None);
    assert_eq!(whole_locks(&scene), 2);
}

#[test]
fn without_a_lock_nobody_asks_for_one() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    scene.run(&scene.job(), &restic).exits(0);
    assert!(!restic.calls().iter().any(|call| call.contains("lock")), "{:?}", restic.calls());
}
