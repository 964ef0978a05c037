//! `zb run` and `zb serve` on one data directory: the page shows the run, live, and can cancel it.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::Value;
use zb_tests::{
    FakeRestic, Gate, Process, Reply, ResticRepo, Running, Scene, Service, Signal, Told, eventually,
};

/// Bytes of the source: with the limit below some seconds of work, and nothing that restic could press together.
const SIZE: usize = 12 << 20;

/// KiB a second.
const LIMIT: &str = "2048";

fn with_stored_job(scene: &Scene) {
    scene.store(&scene.job().line("id = \"sched_pg\""));
}

/// A run of the command line; its id.
fn begun(scene: &Scene, restic: &FakeRestic) -> (Running, String) {
    let run = scene.zb().restic(restic.command()).spawn(&["run", "sched_pg"]);
    restic.wait_until_started();
    let id = eventually("the run is there", || scene.runs().first().cloned())["jobId"].clone();
    (run, id.as_str().unwrap().to_owned())
}

fn noise() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..SIZE / 8).flat_map(|_| next().to_le_bytes()).collect()
}

fn progress_files(scene: &Scene) -> Vec<PathBuf> {
    let entries = fs::read_dir(scene.scratch.path("data/progress")).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

#[test]
fn a_run_of_the_command_line_is_shown_live() {
    let scene = Scene::new();
    let _repo = ResticRepo::create(&scene.scratch);
    scene.scratch.write("source/noise", noise());
    // Of the smallest packs, so that more than one is sent.
    let flags = format!("restic_flags = [\"--limit-upload\", \"{LIMIT}\", \"--pack-size\", \"4\"]");
    scene.store(&scene.job().line("id = \"sched_pg\"").line(&flags));
    let service = Service::start(&scene.zb(), &[]);
    let mut all = service.watch("/api/v1/events");
    let run = scene.zb().spawn(&["run", "sched_pg"]);
    let started = all.next_of("restic.started");
    let id = started.data["jobId"].as_str().unwrap().to_owned();

    let first = all.next_of("progress");
    assert_eq!((&first.id, &first.data["jobId"]), (&None, &started.data["jobId"]));
    let done = |told: &Told| told.data["bytesDone"].as_u64();
    // It begins at nothing, and moves.
    while done(&all.next_of("progress")) <= done(&first) {}
    let files = progress_files(&scene);
    let modes: Vec<_> =
        files.iter().map(|file| fs::metadata(file).unwrap().permissions().mode() & 0o777).collect();
    assert_eq!(modes, [0o600], "{files:?}");

    // Whoever comes now is told at once where it stands, and so is who asks once.
    let mut own = service.watch(&format!("/api/v1/runs/{id}/events"));
    let current = own.next_of("progress");
    assert!(current.data["totalBytes"].as_u64() > Some(SIZE as u64 / 2), "{current:?}");
    let shown = service.ask("GET", &format!("/api/v1/runs/{id}"), "").json();
    assert!(shown["progress"]["percentDone"].as_f64() > Some(0.0), "{shown}");

    let ended = own.next_of("run.finished");
    assert_eq!(ended.data["status"], "success");
    assert_eq!(own.told(), None, "the stream of a run closes with it");
    run.wait().exits(0);
    let shown = service.ask("GET", &format!("/api/v1/runs/{id}"), "").json();
    assert_eq!(shown["progress"], Value::Null);
    assert!(progress_files(&scene).is_empty());
    service.stop();
}

/// Nobody watches: nothing is written, and a run beside a service costs nothing.
#[test]
fn without_anybody_who_watches_nothing_is_written() {
    let scene = Scene::new();
    let line = r#"{"message_type":"status","percent_done":0.5,"total_files":2,"files_done":1}"#;
    with_stored_job(&scene);
    let beats = scene.scratch.text("beats");
    let restic = FakeRestic::with(
        &scene.scratch,
        &format!("trap 'exit 130' INT; while :; do echo '{line}'; echo >>'{beats}'; sleep 0.1; done"),
    );
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let (run, id) = begun(&scene, &restic);
    // Two turns of its look.
    let beats = || fs::read_to_string(&beats).unwrap_or_default().lines().count();
    eventually("some work", || (beats() > 20).then_some(()));
    assert!(!scene.scratch.path("data/progress").exists());
    // The folder cannot be written to: the run does not care, and the watcher sees the run without its progress.
    scene.scratch.write("data/progress", "no folder");
    let shown = || service.ask("GET", &format!("/api/v1/runs/{id}"), "").json();
    assert_eq!((&shown()["state"], &shown()["progress"]), (&"backing-up".into(), &Value::Null));
    fs::remove_file(scene.scratch.path("data/progress")).unwrap();
    eventually("the progress is shown", || (shown()["progress"]["percentDone"] == 0.5).then_some(()));
    // Nor does it where they are taken away under its hands.
    fs::remove_dir_all(scene.scratch.path("data/progress")).unwrap();
    run.interrupt();
    run.wait().exits(130);
    service.stop();
}

/// `api.md` §5: 202, again 202, and 409 when it is over.
#[test]
fn a_run_of_the_command_line_is_cancelled_by_the_service() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let gate = Gate::new();
    scene.receiver.answers("/post", [Reply::status(200).behind(&gate)]);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let (run, id) = begun(&scene, &restic);
    let refused = service.ask("POST", "/api/v1/jobs/sched_pg/runs", "{}");
    assert_eq!((refused.status, &refused.json()["jobId"]), (409, &Value::from(id.as_str())));

    let cancel = || service.ask("POST", &format!("/api/v1/runs/{id}/cancel"), "");
    let first = cancel();
    assert_eq!((first.status, &first.json()["state"]), (202, &"backing-up".into()), "{first:?}");
    let _ = scene.receiver.wait_for(2);
    let again = cancel();
    assert_eq!((again.status, &again.json()["state"]), (202, &"settling".into()), "{again:?}");
    gate.open();
    run.wait().exits(130);
    let over = cancel();
    assert_eq!((over.status, &over.json()["type"]), (409, &"urn:zb:problem:finished".into()), "{over:?}");
    assert_eq!(scene.posts().len(), 1);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
    assert_eq!(scene.only_run()["cancelRequestedBy"], "SIGTERM");
    service.stop();
}

/// A run whose process and guardian died has nobody who would hear of its cancel: the service settles it.
#[test]
fn a_cancel_of_a_dead_run_settles_it() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let (run, id) = begun(&scene, &restic);
    let is_guardian = |process: &Process| process.command.starts_with("zb guardian ");
    let guardian = scene.scratch.processes().into_iter().find(is_guardian).unwrap();
    // First both are stopped, so that neither acts on the other's death.
    for signal in [Signal::STOP, Signal::KILL] {
        guardian.signal(signal);
        run.signal(signal);
    }
    run.wait().was_killed();
    let shown = || service.ask("GET", &format!("/api/v1/runs/{id}"), "").json();
    assert_eq!(shown()["status"], Value::Null);
    let cancelled = service.ask("POST", &format!("/api/v1/runs/{id}/cancel"), "");
    assert_eq!(cancelled.status, 202, "{cancelled:?}");
    eventually("it is settled", || (shown()["status"] == "error").then_some(()));
    assert_eq!(scene.posts().len(), 1);
    service.stop();
}
