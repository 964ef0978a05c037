//! `zb check`: every check that a run makes before its pre hook, and nothing is sent or written (`spec.md` §7).

use zb_tests::{FakeRestic, Hook, JobFile, Scene};

#[test]
fn shows_what_each_hook_would_send_with_its_secrets_masked() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let pre = Hook::to(scene.receiver.url("/pre")).headers("X-Zerobyte-Hook-Secret: planted-secret\n");
    let post = Hook::to(scene.receiver.url("/post")).body("a body of its own");
    let job = JobFile::new(&scene.scratch).pre(&pre).post(&post).write(&scene.scratch);
    let check = scene.zb().restic(restic.command()).run(&["check", &job]);
    check.exits(0);
    for shown in
        [&scene.receiver.url("/pre"), "X-Zerobyte-Hook-Secret", "••••••••", "a body of its own", "backup.pre"]
    {
        assert!(check.stdout.contains(shown), "{shown} is not in\n{}", check.stdout);
    }
    assert!(!check.output().contains("planted-secret"));
    assert!(scene.receiver.requests().is_empty());
    assert_eq!(restic.backups(), 0);
    assert!(scene.runs().is_empty(), "a check is no run");
}

#[test]
fn a_failed_check_is_exit_1() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let check = scene.zb().allow("").restic(restic.command()).run(&["check", &job]);
    let expected = format!("Add {} to WEBHOOK_ALLOWED_ORIGINS.", scene.receiver.origin());
    assert!(check.exits(1).output().contains(&expected), "{}", check.output());
    scene.zb().restic(scene.scratch.path("no-restic")).run(&["check", &job]).exits(1);
    let flag = scene.job().line("restic_flags = [\"--skip-if-unchanged\"]").write(&scene.scratch);
    let check = scene.zb().run(&["check", &flag]);
    assert!(check.exits(1).output().contains("--skip-if-unchanged"), "restic 0.14 has no such flag");
}

#[test]
fn a_schedule_is_said_in_words_with_its_next_times() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().line("schedule = \"30 2 * * MON,THU\"").line("timezone = \"Europe/Madrid\"");
    let check = scene.zb().restic(restic.command()).run(&["check", &job.write(&scene.scratch)]);
    check.exits(0);
    assert!(check.stdout.contains("At 02:30 on Monday and Thursday (Europe/Madrid;"), "{}", check.stdout);
    assert_eq!(check.stdout.matches(" 02:30 CE").count(), 5, "{}", check.stdout);
}
