//! A restic that misbehaves (`spec.md` §3, §4): floods, garbage, silence, deafness, death. Always the right status, a
//! post hook that fits, and a zb that does not grow.

use std::{fs, thread};

use serde_json::Value;
use zb_tests::{FakeRestic, Finished, Gate, Reply, Running, Scene, Signal, eventually};

/// What a good backup prints last.
const SUMMARY: &str = r#"{"message_type":"summary","files_new":1,"files_changed":0,"files_unmodified":0,"dirs_new":0,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":1,"tree_blobs":1,"data_added":1,"total_files_processed":1,"total_bytes_processed":1,"total_duration":0.1,"snapshot_id":"0123abcd"}"#;

const STATUS: &str = r#"{"message_type":"status","percent_done":0.5,"total_files":2,"files_done":1,"total_bytes":2048,"bytes_done":1024}"#;

const ERROR: &str =
    r#"{"message_type":"error","error":{"Op":"open","Path":"x","Err":13},"during":"scan","item":"/data/x"}"#;

/// More than any difference between a small and a huge flood, in KiB.
const GROWTH: u64 = 4096;

/// The post hook's body, checked against its limits: 64 KiB in all, 16 KiB of `error` as JSON without its quotes.
#[track_caller]
fn post(scene: &Scene) -> Value {
    let posts = scene.receiver.requests_to("/post");
    assert_eq!(posts.len(), 1);
    assert!(posts[0].body.len() <= 64 * 1024, "{} bytes", posts[0].body.len());
    let post = posts[0].json();
    let error = post.get("error").map_or(0, |error| error.to_string().len() - 2);
    assert!(error <= 16 * 1024, "{error} bytes of error");
    post
}

/// zb's peak memory so far, in KiB.
fn peak(zb: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", zb.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A run of `backup`, and zb's peak memory, read when restic has ended and the post hook is in flight.
fn measured(backup: &str) -> (Finished, Value, u64) {
    let scene = Scene::new();
    let gate = Gate::new();
    scene.receiver.answers("/post", [Reply::status(200).behind(&gate)]);
    let job = scene.job().write(&scene.scratch);
    let restic = FakeRestic::with(&scene.scratch, backup);
    // Without --json: nothing of what restic says stays in the test's own memory.
    let zb = scene.zb().restic(restic.command()).spawn(&["run", &job]);
    let _ = scene.receiver.wait_for(2);
    let peak = peak(&zb);
    gate.open();
    (zb.wait(), post(&scene), peak)
}

/// Runs `flood` small and huge, and compares.
#[track_caller]
fn does_not_grow(flood: impl Fn(&str) -> String, small: &str, huge: &str, exit: i32, status: &str) {
    let (_, _, low) = measured(&flood(small));
    let (run, post, high) = measured(&flood(huge));
    run.exits(exit);
    assert_eq!(post["status"], status, "{post}");
    assert!(high < low + GROWTH, "from {low} to {high} KiB");
}

#[test]
fn a_million_status_lines() {
    let flood = |lines: &str| format!("yes '{STATUS}' | head -n {lines}; echo '{SUMMARY}'");
    does_not_grow(flood, "1000", "1000000", 0, "success");
}

#[test]
fn a_line_of_600_megabytes() {
    let flood = |bytes: &str| format!("yes | tr -d '\\n' | head -c {bytes}; echo; echo '{SUMMARY}'");
    does_not_grow(flood, "2M", "600M", 0, "success");
}

#[test]
fn a_line_of_600_megabytes_of_errors() {
    let flood = |bytes: &str| format!("yes | tr -d '\\n' | head -c {bytes} >&2; echo >&2; exit 1");
    does_not_grow(flood, "2M", "600M", 1, "error");
}

#[test]
fn two_hundred_thousand_error_lines() {
    let both = |lines: &str| format!("yes '{ERROR}' | head -n {lines} >&2; yes '{ERROR}' | head -n {lines}");
    does_not_grow(|lines| format!("{}; exit 1", both(lines)), "2000", "200000", 1, "error");
    does_not_grow(
        |lines| format!("{}; echo '{SUMMARY}'; exit 3", both(lines)),
        "2000",
        "200000",
        3,
        "warning",
    );
}

#[test]
fn bytes_that_are_no_text() {
    let garbage = r#"printf '\377\376\000\033[2J\n{"message_type":"status\200\n\200' | tee /dev/stderr"#;
    let (run, told, _) = measured(&format!("{garbage}; exit 1"));
    run.exits(1);
    assert_eq!(told["status"], "error");
    assert!(!run.output().contains('\u{1b}'), "{:?}", run.output());
    let (run, told, _) = measured(&format!("{garbage}; echo; echo '{SUMMARY}'"));
    run.exits(0);
    assert_eq!(told["status"], "success");
}

#[test]
fn success_without_a_summary_is_a_warning() {
    for silent in ["exit 0", "echo '{\"message_type\":\"summary\"'", "echo nothing; echo nothing >&2"] {
        let (run, told, _) = measured(silent);
        run.exits(3);
        assert_eq!(told["status"], "warning", "{silent}: {told}");
    }
}

#[test]
fn death_by_a_signal_is_named() {
    for (signal, name) in [("SEGV", "SIGSEGV"), ("KILL", "SIGKILL"), ("INT", "SIGINT")] {
        let scene = Scene::new();
        let restic =
            FakeRestic::with(&scene.scratch, &format!("echo '{SUMMARY}'; kill -{signal} $$; sleep 1000"));
        let run = scene.run(&scene.job(), &restic);
        run.exits(1);
        assert_eq!(post(&scene)["status"], "error");
        let events = run.events();
        let finished = events.one("restic.finished");
        assert_eq!(finished["signal"], name, "{finished}");
        assert!(post(&scene)["error"].as_str().unwrap().contains(name), "{}", post(&scene));
        scene.scratch.nothing_left_running();
    }
}

/// The pipes stay open when restic is gone: by a helper with the run's mark, which is ended, and by one that hides,
/// which nobody can find.
#[test]
fn a_grandchild_that_holds_the_pipes() {
    let scene = Scene::new();
    let saves = format!("echo '{SUMMARY}'");
    let run = scene.run(&scene.job(), &FakeRestic::with(&scene.scratch, &format!("sleep 1000 & {saves}")));
    run.exits(0);
    assert_eq!(scene.scratch.processes(), []);
    assert_eq!(post(&scene)["status"], "success");
    let scene = Scene::new();
    let run = scene.run(&scene.job(), &FakeRestic::with_hidden_helper(&scene.scratch, &saves));
    run.exits(0);
    assert_ne!(scene.scratch.processes(), [], "otherwise nothing was tested");
    assert_eq!(post(&scene)["status"], "success");
}

/// Cancelled, but restic does not end: SIGKILL after the grace, and the post hook waits for that. All at once, because
/// each takes the whole grace.
#[test]
fn a_restic_that_does_not_obey_is_killed() {
    let deaf = "trap '' INT TERM HUP; while :; do sleep 0.2; done";
    let with_children = "trap '' INT TERM HUP; (trap '' INT; sleep 1000) & sleep 1000";
    thread::scope(|scope| {
        for backup in [deaf, with_children] {
            scope.spawn(move || {
                let scene = Scene::new();
                let restic = FakeRestic::with(&scene.scratch, backup);
                let run = scene.start(&scene.job(), &restic);
                restic.wait_until_started();
                run.interrupt();
                let run = run.wait();
                run.exits(130);
                assert_eq!(post(&scene)["status"], "cancelled");
                assert_eq!(run.events().one("restic.finished")["signal"], "SIGKILL");
                scene.scratch.nothing_left_running();
            });
        }
    });
}

#[test]
fn a_stopped_restic_can_be_cancelled() {
    let scene = Scene::new();
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    let processes = scene.scratch.processes();
    let backup = processes.iter().find(|process| process.command.contains(" backup ")).unwrap();
    backup.signal(Signal::STOP);
    eventually("its stop", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", backup.pid)).unwrap();
        stat.contains(") T ").then_some(())
    });
    run.terminate();
    let run = run.wait();
    run.exits(130);
    assert_eq!(run.events().one("restic.finished")["exitCode"], 130, "it was continued to hear the signal");
    assert_eq!(post(&scene)["status"], "cancelled");
}

#[test]
fn a_silent_restic_can_be_cancelled() {
    let scene = Scene::new();
    let restic = FakeRestic::with(&scene.scratch, "exec sleep 1000");
    let mut run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    let _ = run.wait_for_event("restic.started");
    run.interrupt();
    let run = run.wait();
    run.exits(130);
    assert_eq!(run.events().one("restic.finished")["signal"], "SIGINT");
    assert_eq!(post(&scene)["status"], "cancelled");
}

#[test]
fn pipes_that_are_closed_early() {
    let scene = Scene::new();
    let go = scene.scratch.text("go");
    let restic = FakeRestic::with(
        &scene.scratch,
        &format!("exec >&- 2>&-; until [ -e '{go}' ]; do sleep 0.02; done; exit 1"),
    );
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    assert_eq!(scene.receiver.paths(), ["/pre"], "the end of a pipe is not the end of restic");
    scene.scratch.write("go", "");
    run.wait().exits(1);
    assert_eq!(post(&scene)["status"], "error");
}
