//! Real repositories are real, and the fakes lie as they are told.

use zb_tests::{FakeRestic, GatedRepo, ResticRepo, Running, Scratch, command, eventually};

#[test]
fn a_repository_takes_a_snapshot() {
    let scratch = Scratch::new();
    let repo = ResticRepo::create(&scratch);
    assert!(repo.snapshots().is_empty());
    repo.restic(&["backup", &scratch.text("source")]);
    let snapshots = repo.snapshots();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0]["paths"][0], scratch.text("source"));
    assert!(repo.newest_files().contains(&scratch.text("source/rows.txt")));
    assert_eq!(repo.locks(), 0);
}

#[test]
fn a_gated_repository_takes_what_is_let_in() {
    let scratch = Scratch::new();
    let repo = ResticRepo::create(&scratch);
    let gated = GatedRepo::serve(&repo);
    let mut restic = command("restic");
    restic.args(["-r", &gated.url(), "backup", &scratch.text("source")]);
    restic.env("RESTIC_PASSWORD_FILE", scratch.path("password")).env("HOME", scratch.path("home"));
    let backup = Running::start(restic);
    eventually("a pack at the gate", || (gated.waiting() > 0).then_some(()));
    assert_eq!((repo.snapshots().len(), repo.locks()), (0, 1));
    // The files in one, their directories in another.
    gated.lets_in(2);
    let _ = backup.wait().exits(0);
    assert_eq!((repo.snapshots().len(), repo.locks(), gated.waiting()), (1, 0, 0));
    assert!(repo.newest_files().contains(&scratch.text("source/rows.txt")));
}

#[test]
fn a_fake_tells_its_version_and_writes_down_its_calls() {
    let scratch = Scratch::new();
    let fake = FakeRestic::of_version(&scratch, "0.13.1", "exit 7");
    let mut version = command(fake.command());
    version.arg("version");
    assert!(Running::start(version).wait().exits(0).stdout.starts_with("restic 0.13.1 "));
    assert_eq!(fake.backups(), 0);
    let mut backup = command(fake.command());
    backup.args(["--json", "backup", "/data"]).env("ZB_RUN", "job_x");
    let _ = Running::start(backup).wait().exits(7);
    assert_eq!(fake.calls(), ["version", "--json backup /data"]);
    assert_eq!(fake.backups(), 1);
    assert!(fake.environment().contains(&"ZB_RUN=job_x".to_owned()));
}

#[test]
fn a_fake_obeys_an_interrupt_or_does_not() {
    let scratch = Scratch::new();
    let fake = FakeRestic::works_until_interrupted(&scratch);
    let mut backup = command(fake.command());
    backup.arg("backup").arg("/data");
    let running = Running::start(backup);
    fake.wait_until_started();
    running.interrupt();
    let _ = running.wait().exits(130);

    let stubborn = Scratch::new();
    let fake = FakeRestic::saves_when_told(&stubborn);
    let mut backup = command(fake.command());
    backup.arg("backup").arg("/data");
    let running = Running::start(backup);
    fake.wait_until_started();
    running.interrupt();
    stubborn.write("go", "");
    assert!(running.wait().exits(0).stdout.contains("summary"));
}
