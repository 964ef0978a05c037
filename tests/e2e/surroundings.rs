//! Bad surroundings (`spec.md` §3, §7, §10): a disk that is full or read-only, two zb at once, a clock that jumps, signals
//! meant for others, and nobody who reads what zb writes.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::Stdio,
    thread,
    time::Duration,
};

use rustix::{
    process::{Resource, getrlimit, getuid},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};
use zb_tests::{FakeRestic, Finished, JobFile, NOBODY, Scene, Signal, Zb, command, eventually};

/// Whether a mount namespace of one's own can be had: not in every container.
fn can_mount() -> bool {
    let mut probe = command("unshare");
    probe.args(["--mount", "--map-root-user", "true"]).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

/// zb in a mount namespace of its own, which ends with it: `before` is done first, `after` at the end, both in sh.
fn among_mounts<'a>(zb: Zb<'a>, before: &str, after: &str) -> Zb<'a> {
    let script = format!("set -e; {before}; set +e; \"$@\"; code=$?; {after}; exit $code");
    zb.under(["unshare", "--mount", "--map-root-user", "sh", "-c", &script, "sh"])
}

/// A scene with a database.
fn prepared() -> (Scene, FakeRestic) {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    scene.run(&JobFile::new(&scene.scratch), &restic).exits(0);
    (scene, restic)
}

#[track_caller]
fn refused(scene: &Scene, run: &Finished, backups: usize, restic: &FakeRestic) {
    run.exits(1);
    assert!(run.stderr.contains("error: ") && run.stderr.contains("zb.db"), "{}", run.stderr);
    assert!(scene.receiver.requests().is_empty(), "something was sent:\n{}", run.output());
    assert_eq!(restic.backups(), backups, "restic was started");
}

/// A file system of 1 MiB with the data directory's files in it, and no room left.
fn filled(scene: &Scene) -> String {
    let data = scene.scratch.text("data");
    format!(
        "cp -a '{data}' '{data}.before'; mount -t tmpfs -o size=1m none '{data}'; cp -a '{data}.before/.' '{data}'; \
         dd if=/dev/zero of='{data}/filler' bs=4k 2>/dev/null || true"
    )
}

#[test]
fn a_disk_that_is_full_before_the_hook() {
    if !can_mount() {
        return println!("skipped: no mount namespace to be had");
    }
    let (scene, restic) = prepared();
    let job = scene.job().write(&scene.scratch);
    let zb = among_mounts(scene.zb().restic(restic.command()), &filled(&scene), "true");
    refused(&scene, &zb.run(&["run", &job]), 1, &restic);

    // And one without room for a database.
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    fs::create_dir(scene.scratch.path("data")).unwrap();
    let job = scene.job().write(&scene.scratch);
    let zb = among_mounts(scene.zb().restic(restic.command()), &filled(&scene), "true");
    let run = zb.run(&["run", &job]);
    run.exits(1);
    assert!(run.stderr.contains(&scene.scratch.text("data")), "{}", run.stderr);
    assert!(scene.receiver.requests().is_empty());
    assert_eq!(restic.backups(), 0);
}

#[test]
fn a_disk_that_fills_up_between_the_hooks() {
    if !can_mount() {
        return println!("skipped: no mount namespace to be had");
    }
    let (scene, _) = prepared();
    let data = scene.scratch.text("data");
    let fills = format!("dd if=/dev/zero of='{data}/filler' bs=4k 2>/dev/null; echo 'Fatal: no' >&2; exit 1");
    let restic = FakeRestic::with(&scene.scratch, &fills);
    let job = scene.job().write(&scene.scratch);
    let roomy = format!(
        "cp -a '{data}' '{data}.before'; mount -t tmpfs -o size=1m none '{data}'; cp -a '{data}.before/.' '{data}'"
    );
    // What was on the small disk when zb had ended, without the filler, is what the next zb finds.
    let rescued = format!("rm '{data}/filler'; cp -a '{data}' '{data}.after'");
    let run = among_mounts(scene.zb().restic(restic.command()), &roomy, &rescued).run(&["run", &job]);
    run.exits(1);
    assert!(run.stderr.contains("the post hook was sent from memory"), "{}", run.stderr);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    assert_eq!(scene.posts()[0]["status"], "error");
    fs::rename(&data, format!("{data}.old")).unwrap();
    fs::rename(format!("{data}.after"), &data).unwrap();
    scene.zb().run(&["recover"]).exits(0);
    assert!(scene.runs().iter().all(|run| run["state"] == "finished"));
    // At least once: what was not recorded is sent again, under the same id.
    let posts = scene.receiver.requests_to("/post");
    assert!(posts.iter().all(|post| post.header("webhook-id") == posts[0].header("webhook-id")));
    scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch)).exits(0);
}

#[test]
fn a_read_only_file_system() {
    if !can_mount() {
        return println!("skipped: no mount namespace to be had");
    }
    let (scene, restic) = prepared();
    let job = scene.job().write(&scene.scratch);
    let data = scene.scratch.text("data");
    let sealed = format!("mount --bind '{data}' '{data}'; mount -o remount,bind,ro '{data}'");
    let zb = among_mounts(scene.zb().restic(restic.command()), &sealed, "true");
    let run = zb.run(&["run", &job]);
    run.exits(1);
    assert!(run.stderr.contains(&data), "{}", run.stderr);
    assert!(scene.receiver.requests().is_empty());
    assert_eq!(restic.backups(), 1);
}

#[test]
fn many_zb_with_jobs_of_their_own_in_one_data_directory() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let jobs: Vec<_> = (0..6)
        .map(|n| {
            let job = scene.job().line(&format!("id = \"sched_{n}\""));
            job.write_as(&scene.scratch, &format!("{n}.toml"))
        })
        .collect();
    // The first of them makes the directory, the database and the key, while the others do too.
    let runs: Vec<_> =
        jobs.iter().map(|job| scene.zb().restic(restic.command()).spawn(&["run", job, "--json"])).collect();
    for run in runs {
        run.wait().exits(0);
    }
    assert_eq!(scene.receiver.requests_to("/pre").len(), 6);
    assert!(scene.posts().iter().all(|post| post["status"] == "success"));
    assert_eq!(scene.runs().len(), 6);
    assert_eq!(scene.scratch.processes(), []);
}

/// A wall clock of zb's own: it goes wrong by as many seconds as stand in a file. Nothing else is touched.
const CLOCK: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    long wrong = 0;
    FILE *file = clock == CLOCK_REALTIME ? fopen(getenv("WRONG_BY"), "r") : NULL;
    if (file) {
        if (fscanf(file, "%ld", &wrong) == 1) now->tv_sec += wrong;
        fclose(file);
    }
    return result;
}
"#;

#[test]
fn a_clock_that_is_set_while_restic_works() {
    for jump in ["-259200", "259200"] {
        let scene = Scene::new();
        let (source, library) = (scene.scratch.write("clock.c", CLOCK), scene.scratch.path("clock.so"));
        let compiled = command("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
        assert!(compiled.unwrap().success(), "Rust's own linker driver compiles C");
        let wrong_by = scene.scratch.write("wrong_by", "0");
        let restic = FakeRestic::saves_when_told(&scene.scratch);
        let job = scene.job().write(&scene.scratch);
        let zb = scene.zb().restic(restic.command()).env("LD_PRELOAD", library).env("WRONG_BY", wrong_by);
        let zb = zb.spawn(&["run", &job, "--json"]);
        restic.wait_until_started();
        scene.scratch.write("wrong_by", jump);
        scene.scratch.write("go", "");
        let run = zb.wait();
        run.exits(0);
        let (events, hour) = (run.events(), 3_600_000);
        let finished = events.one("run.finished");
        let time = |event: &serde_json::Value| event["time"].as_str().unwrap().to_owned();
        let (before, after) = (time(events.one("run.queued")), time(finished));
        assert_eq!(after > before, !jump.starts_with('-'), "it was set: {before} to {after}");
        for duration in [&finished["durationMs"], &finished["pauseMs"]] {
            assert!(duration.as_u64().unwrap() < hour, "{finished}");
        }
        assert_eq!(scene.posts()[0]["status"], "success");
        assert_eq!(scene.only_run()["state"], "finished");
        scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch)).exits(0);
    }
}

#[test]
fn signals_that_are_meant_for_others_change_nothing() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    for signal in [Signal::HUP, Signal::PIPE, Signal::WINCH, Signal::CHILD] {
        run.signal(signal);
    }
    scene.scratch.write("go", "");
    run.wait().exits(0);
    assert_eq!(scene.posts()[0]["status"], "success");
}

/// Standard output and error as pipes that nobody reads any more, and not open at all.
#[test]
fn nobody_listens() {
    for json in [true, false] {
        let scene = Scene::new();
        let restic = FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n");
        let job = scene.job().write(&scene.scratch);
        let arguments: &[&str] = if json { &["run", &job, "--json"] } else { &["run", &job] };
        let mut zb = scene.zb().restic(restic.command()).env("RUST_LOG", "trace").command(arguments);
        let mut child =
            zb.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);

        let closed = ["sh", "-c", "exec \"$@\" >&- 2>&- <&-", "sh"];
        let zb = scene.zb().restic(restic.command()).under(closed).run(arguments);
        assert_eq!(zb.status.code(), Some(1));
        assert_eq!(scene.receiver.paths(), ["/pre", "/post", "/pre", "/post"]);
        scene.scratch.nothing_left_running();
    }
}

/// A terminal of which nobody reads the other end: after a few kilobytes, a write to it blocks.
fn deaf_terminal() -> (OwnedFd, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    (ours, OpenOptions::new().read(true).write(true).open(name).unwrap())
}

/// zb's peak memory in KiB when a restic has printed that many status lines to it, and its screen does not read.
fn peak_unseen(lines: usize, json: bool) -> u64 {
    let scene = Scene::new();
    let status = r#"{"message_type":"status","percent_done":0.5,"total_files":2,"files_done":1,"total_bytes":2048,"bytes_done":1024}"#;
    let restic = FakeRestic::with(&scene.scratch, &format!("yes '{status}' | head -n {lines}; exit 1"));
    let job = scene.job().write(&scene.scratch);
    let arguments: &[&str] = if json { &["run", &job, "--json"] } else { &["run", &job] };
    let (_ours, mut theirs) = deaf_terminal();
    let mut zb = scene.zb().restic(restic.command()).command(arguments);
    zb.env("TERM", "xterm-256color").stdin(Stdio::null());
    zb.stdout(theirs.try_clone().unwrap()).stderr(theirs.try_clone().unwrap());
    rustix::io::ioctl_fionbio(&theirs, true).unwrap();
    while theirs.write(&[b'.'; 256]).is_ok() {}
    rustix::io::ioctl_fionbio(&theirs, false).unwrap();
    let mut child = zb.spawn().unwrap();
    let _ = scene.receiver.wait_for(2);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse().unwrap();
    let ended = eventually("the end of a zb that nobody reads", || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(1));
    assert_eq!(scene.posts()[0]["status"], "error");
    peak
}

#[test]
fn a_terminal_that_stops_reading() {
    // Each waits long for its screen, so they wait together.
    thread::scope(|scope| {
        let peak = |lines, json| scope.spawn(move || peak_unseen(lines, json));
        for (json, low, high) in [true, false].map(|json| (json, peak(100, json), peak(300_000, json))) {
            let (low, high) = (low.join().unwrap(), high.join().unwrap());
            assert!(high < low + 4096, "from {low} to {high} KiB, json: {json}");
        }
    });
}

/// How many threads and processes `pid` and the others of its user may have: the soft limit.
fn limit_threads(pid: i32, soft: &str) {
    let mut prlimit = command("prlimit");
    // A limit is changed by its user, or with a right that root lacks in a container.
    if getuid().is_root() {
        prlimit.uid(NOBODY).gid(NOBODY);
    }
    let status = prlimit.args(["--pid", &pid.to_string(), &format!("--nproc={soft}:")]).status().unwrap();
    assert!(status.success());
}

/// The soft limit that this process, and so each that it starts, has.
fn thread_limit() -> String {
    let limit = getrlimit(Resource::Nproc).current;
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

/// At the post hook no thread can be started: nothing has left, so zb tries again until one can, and the service runs
/// again.
#[test]
fn no_thread_to_spare_at_the_post_hook() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let mut run = scene.zb().unprivileged().restic(restic.command()).spawn(&["run", &job, "--json"]);
    restic.wait_until_started();
    limit_threads(run.pid(), "1");
    scene.scratch.write("go", "");
    let _ = run.wait_for_event("restic.finished");
    // Long enough to fail some tries; shorter would show less, and fail nothing.
    thread::sleep(Duration::from_millis(500));
    assert!(scene.posts().is_empty());
    limit_threads(run.pid(), &thread_limit());
    run.wait().exits(0);
    assert_eq!(scene.posts().len(), 1);
}
