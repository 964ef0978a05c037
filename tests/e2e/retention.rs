//! Retention (`spec.md` §3, §4): after the post hook, the job's own snapshots and nobody else's.

use zb_tests::{FakeRestic, JobFile, ResticRepo, Scene};

/// A job with an id of its own; its snapshots carry it as a tag.
fn job(scene: &Scene, id: &str) -> JobFile {
    scene.job().line(&format!("id = \"{id}\""))
}

fn tagged(repo: &ResticRepo<'_>, tag: &str) -> usize {
    let has = |tags: &serde_json::Value| tags.as_array().is_some_and(|tags| tags.iter().any(|t| t == tag));
    repo.snapshots().iter().filter(|snapshot| has(&snapshot["tags"])).count()
}

#[test]
fn in_a_repository_shared_by_two_jobs_each_loses_only_its_own() {
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    let source = scene.scratch.text("source");
    repo.restic(&["backup", "--tag=by-hand", &source]);
    repo.restic(&["backup", &source]);
    let other = job(&scene, "sched_other").write_as(&scene.scratch, "other.toml");
    let own =
        job(&scene, "sched_own").line("retention = { keep_last = 1 }").write_as(&scene.scratch, "own.toml");
    for job in [&other, &own, &other, &own] {
        scene.zb().run(&["run", job]).exits(0);
    }
    let run = scene.zb().run(&["run", &own, "--json"]);
    run.exits(0);
    let events = run.events();
    let types = events.types();
    assert_eq!(
        types[types.len() - 4..],
        ["hook.finished", "retention.started", "retention.finished", "run.finished"]
    );
    let finished = events.one("retention.finished");
    assert_eq!((&finished["kept"], &finished["removed"]), (&1.into(), &1.into()));
    assert_eq!((tagged(&repo, "sched_own"), tagged(&repo, "sched_other"), repo.snapshots().len()), (1, 2, 5));
    // What is left is whole: pruning took nothing that another needs.
    repo.restic(&["check", "--read-data"]);
}

#[test]
fn restic_is_told_of_the_tag_and_every_rule() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let rules = "retention = { keep_last = 1, keep_hourly = 2, keep_daily = 3, keep_weekly = 4, keep_monthly = 5, \
                 keep_yearly = 6, prune = false }";
    let job = job(&scene, "sched_own").line(rules).line("restic_flags = [\"--limit-upload=7\", \"--force\"]");
    scene.run(&job, &restic).exits(0);
    assert_eq!(
        restic.calls().last().unwrap(),
        "forget --tag=sched_own --group-by= --keep-last=1 --keep-hourly=2 --keep-daily=3 --keep-weekly=4 \
         --keep-monthly=5 --keep-yearly=6 --json --limit-upload=7"
    );
}

#[test]
fn without_a_rule_nothing_is_forgotten() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let run = scene.run(&scene.job(), &restic);
    run.exits(0);
    assert_eq!(run.events().one("run.queued")["retention"], false);
    assert!(restic.calls().iter().all(|call| !call.starts_with("forget")), "{:?}", restic.calls());
}

#[test]
fn after_a_backup_that_failed_nothing_is_forgotten() {
    let scene = Scene::new();
    let restic = FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n");
    scene.run(&scene.job().line("retention = { keep_last = 1 }"), &restic).exits(1);
    assert!(restic.calls().iter().all(|call| !call.starts_with("forget")), "{:?}", restic.calls());
}

/// A restic whose backups are good, and whose `forget` is these lines of a shell.
fn forgets(scene: &Scene, lines: &str) -> std::path::PathBuf {
    let good = FakeRestic::saves(&scene.scratch);
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in forget) {lines} ;; *) exec '{}' \"$@\" ;; esac\n",
        good.command().display()
    );
    scene.scratch.write_script("bin/forgetful", &script)
}

#[test]
fn its_failure_makes_a_clean_run_a_warning() {
    let scene = Scene::new();
    let restic = forgets(&scene, "echo 'Fatal: the disk is full' >&2; exit 1");
    let job = scene.job().line("retention = { keep_last = 1 }").write(&scene.scratch);
    let run = scene.zb().restic(restic).run(&["run", &job, "--json"]);
    run.exits(3);
    let error = "retention failed: restic: the disk is full";
    assert_eq!(run.events().one("retention.finished")["error"], error);
    assert_eq!((&scene.only_run()["status"], &scene.only_run()["error"]), (&"warning".into(), &error.into()));
    assert_eq!(scene.posts()[0]["status"], "success", "the service is back before anything is forgotten");
}

#[test]
fn a_cancel_ends_it_as_restic_is_ended() {
    let scene = Scene::new();
    let restic = forgets(&scene, "trap 'kill $!; exit 130' INT; sleep 1000 & wait");
    let job = scene.job().line("retention = { keep_last = 1 }").write(&scene.scratch);
    let mut run = scene.zb().restic(restic).spawn(&["run", &job, "--json"]);
    run.wait_for_event("retention.started");
    run.interrupt();
    let run = run.wait();
    assert_eq!(run.events().one("retention.finished")["error"], "retention was cancelled");
    run.exits(3);
    scene.scratch.nothing_left_running();
}
