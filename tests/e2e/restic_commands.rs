//! `zb snapshots`, `zb restore`, `zb forget`, `zb restic`: restic's own, with the job's repository and secrets
//! (`spec.md` §7). `zb unlock` is in `locks`.

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};
use zb_tests::{Finished, JobFile, ResticRepo, Scene};

/// A repository with a snapshot of the job, then one of somebody else; and the job's file.
fn shared(scene: &Scene) -> (ResticRepo<'_>, String) {
    let repo = ResticRepo::create(&scene.scratch);
    let job = JobFile::new(&scene.scratch)
        .line("id = \"sched_own\"")
        .line("retention = { keep_last = 1 }")
        .write(&scene.scratch);
    scene.zb().run(&["run", &job]).exits(0);
    let foreign = scene.scratch.write("foreign/file", "somebody else's\n");
    repo.restic(&["backup", "--tag=sched_other", foreign.parent().unwrap().to_str().unwrap()]);
    (repo, job)
}

fn ids(listed: &Finished) -> Vec<String> {
    let listed = listed.exits(0).json();
    listed.as_array().unwrap().iter().map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn snapshots_are_the_jobs_own() {
    let scene = Scene::new();
    let (repo, job) = shared(&scene);
    let all: Vec<_> = repo.snapshots().iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids(&scene.zb().run(&["snapshots", &job, "--json"])), all[..1]);
    assert_eq!(ids(&scene.zb().run(&["snapshots", &job, "--json", "--all"])), all);
    let shown = scene.zb().run(&["snapshots", &job]);
    assert!(
        shown.exits(0).stdout.contains(&all[0][..8]) && !shown.stdout.contains(&all[1][..8]),
        "{}",
        shown.stdout
    );
}

#[test]
fn the_latest_to_restore_is_the_jobs_own() {
    let scene = Scene::new();
    let (repo, job) = shared(&scene);
    let (rows, notes) = (scene.scratch.text("source/rows.txt"), scene.scratch.text("source/notes.txt"));
    let there = |target: &str, path: &str| scene.scratch.path(&format!("{target}{path}")).exists();
    let restore = |target: &str, rest: &[&str]| {
        let target = scene.scratch.text(target);
        let line = [&["restore", job.as_str()], rest, &["--target", &target]].concat();
        scene.zb().run(&line).exits(0).clone()
    };
    let _ = restore("whole", &[]);
    assert!(there("whole", &rows) && there("whole", &notes));
    let _ = restore("one", &["latest", "--include", &rows]);
    assert!(there("one", &rows) && !there("one", &notes));
    let _ = restore("everybodys", &["--all"]);
    assert!(there("everybodys", &scene.scratch.text("foreign/file")) && !there("everybodys", &rows));
    let first = repo.snapshots()[0]["id"].as_str().unwrap()[..8].to_owned();
    let _ = restore("named", &[&first]);
    assert!(there("named", &notes));
    let missing = scene.zb().run(&["restore", &job, "0000dead", "--target", &scene.scratch.text("none")]);
    assert!(
        missing.exits(1).stderr.contains("error: restic could not restore everything"),
        "{}",
        missing.stderr
    );
}

#[test]
fn forget_goes_by_the_jobs_rules() {
    let scene = Scene::new();
    let (repo, job) = shared(&scene);
    repo.restic(&["backup", "--tag=sched_own", &scene.scratch.text("source")]);
    repo.restic(&["backup", "--tag=sched_other", &scene.scratch.text("foreign")]);
    let forgot = scene.zb().run(&["forget", &job]);
    assert_eq!(forgot.exits(0).stdout, "Kept 1 snapshot, removed 1\n");
    assert_eq!(repo.snapshots().len(), 3);
    let forgot = scene.zb().run(&["forget", &job, "--all"]);
    assert_eq!(forgot.exits(0).stdout, "Kept 2 snapshots, removed 1\n");
    let without = JobFile::new(&scene.scratch).write_as(&scene.scratch, "without.toml");
    let refused = scene.zb().run(&["forget", &without]);
    assert!(refused.exits(2).stderr.contains("does not say which snapshots are kept"), "{}", refused.stderr);
    assert_eq!(repo.snapshots().len(), 2);
}

#[test]
fn any_command_of_restic_has_its_own_output_and_status() {
    let scene = Scene::new();
    let (repo, job) = shared(&scene);
    let listed = scene.zb().run(&["restic", &job, "--", "snapshots", "--json"]);
    assert_eq!(ids(&listed).len(), repo.snapshots().len(), "a plain command is about the whole repository");
    let failed = scene.zb().run(&["restic", &job, "--", "cat", "nonsense"]);
    failed.exits(1);
    assert!(failed.stderr.contains("Fatal: ") && !failed.stderr.contains("error: "), "{}", failed.stderr);
    let script = scene.scratch.write_script("bin/ends", &ends_with("exit 77"));
    scene.zb().restic(&script).run(&["restic", &job, "--", "check"]).exits(77);
    let script = scene.scratch.write_script("bin/dies", &ends_with("kill -TERM $$"));
    scene.zb().restic(&script).run(&["restic", &job, "--", "check"]).exits(143);
}

/// A restic that answers `version` and else does this.
fn ends_with(what: &str) -> String {
    format!("#!/bin/sh\ncase \"$1\" in version) echo 'restic 0.14.0 compiled with go' ;; *) {what} ;; esac\n")
}

#[test]
fn restic_gets_the_jobs_flags_secrets_and_nothing_else() {
    let scene = Scene::new();
    let job = JobFile::new(&scene.scratch)
        .line("restic_flags = [\"--limit-upload=7\", \"--force\"]")
        .repository("url = '/r'\npassword_env = 'PW'")
        .write(&scene.scratch);
    let script = scene.scratch.write_script("bin/shows", &ends_with("echo \"$*\"; env"));
    let zb = scene.zb().restic(script).env("PW", "hunter2").env("STRANGE", "1");
    let shown = zb.run(&["restic", &job, "--", "ls", "--long", "latest"]);
    let lines: Vec<_> = shown.exits(0).stdout.lines().collect();
    assert_eq!(lines[0], "--limit-upload=7 ls --long latest");
    assert!(
        lines.contains(&"RESTIC_REPOSITORY=/r") && lines.contains(&"RESTIC_PASSWORD=hunter2"),
        "{lines:?}"
    );
    assert!(!shown.stdout.contains("STRANGE") && !shown.stdout.contains("WEBHOOK"), "{lines:?}");
}

#[test]
fn what_redirects_restic_is_refused() {
    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let script = scene.scratch.write_script("bin/runs", &ends_with("touch \"$HOME/ran\""));
    for argument in
        ["--repo=/elsewhere", "-r", "-qr/elsewhere", "--password-file", "-ofoo=bar", "--password-command=sh"]
    {
        let refused = scene.zb().restic(&script).run(&["restic", &job, "--", "snapshots", argument]);
        assert!(refused.exits(2).stderr.contains("it would redirect the repository"), "{}", refused.stderr);
    }
    assert!(!scene.scratch.path("home/ran").exists());
    scene.zb().run(&["restic", &job]).exits(2);
}

#[test]
fn standard_input_goes_through() {
    let scene = Scene::new();
    let (_repo, job) = shared(&scene);
    let mut zb =
        scene.zb().command(&["restic", &job, "--", "backup", "--stdin", "--stdin-filename", "piped"]);
    let mut zb = zb.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    zb.stdin.take().unwrap().write_all(b"through and through\n").unwrap();
    assert!(zb.wait().unwrap().success());
    let dumped = scene.zb().run(&["restic", &job, "--", "dump", "latest", "/piped"]);
    assert_eq!(dumped.exits(0).stdout, "through and through\n");
}

#[test]
fn a_cancel_ends_restic_cleanly() {
    let scene = Scene::new();
    let (repo, job) = shared(&scene);
    let mut zb = scene.zb().command(&["restic", &job, "--", "backup", "--stdin", "--verbose=2"]);
    let mut zb = zb.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // Its input stays open, so that it works until it is told to end.
    let input = zb.stdin.take();
    let mut lines = BufReader::new(zb.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("start backup")), "restic never began");
    kill_process(Pid::from_child(&zb), Signal::INT).unwrap();
    assert_eq!(zb.wait().unwrap().code(), Some(130));
    drop(input);
    assert_eq!(repo.locks(), 0);
    scene.scratch.nothing_left_running();
}
