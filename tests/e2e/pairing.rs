//! The table of `spec.md` §3, row by row, as far as it can be reached from outside. What zb's death does is in
//! `recovery`; a cancel between the pre hook's answer and restic's start has no door from outside.

use std::fs;

use serde_json::Value;
use zb_tests::{FakeRestic, Finished, Gate, Hook, JobFile, Reply, ResticRepo, Scene};

/// A run's end, seen from all three sides: exit status, events, receiver.
#[track_caller]
fn ends(scene: &Scene, run: &Finished, exit: i32, status: &str, posts: &[&str]) {
    run.exits(exit);
    assert_eq!(run.events().one("run.finished")["status"], status);
    assert_eq!(scene.only_run()["status"], status);
    let told: Vec<_> = scene.posts().iter().map(|post| post["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, posts, "what the post hooks said");
    scene.scratch.nothing_left_running();
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[test]
fn a_check_fails() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let run = scene.zb().allow("").restic(restic.command()).run(&["run", &job, "--json"]);
    ends(&scene, &run, 1, "error", &[]);
    assert_eq!(run.events().types(), ["run.queued", "checks.finished", "run.finished"]);
    let expected = format!(
        "pre webhook URL origin is not allowed. Add {} to WEBHOOK_ALLOWED_ORIGINS.",
        scene.receiver.origin()
    );
    assert!(text(run.events().one("run.finished"), "error").contains(&expected), "{}", run.stdout);
    assert_eq!((restic.backups(), scene.receiver.requests().len()), (0, 0));
}

#[test]
fn a_check_fails_for_the_post_hook_alone() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = JobFile::new(&scene.scratch)
        .pre(&Hook::to(scene.receiver.url("/pre")))
        .post(&Hook::to("http://elsewhere.example:9000/post"));
    let run = scene.run(&job, &restic);
    ends(&scene, &run, 1, "error", &[]);
    let expected = "post webhook URL origin is not allowed. Add http://elsewhere.example:9000 to WEBHOOK_ALLOWED_ORIGINS.";
    assert!(text(run.events().one("run.finished"), "error").contains(expected), "{}", run.stdout);
    assert_eq!((restic.backups(), scene.receiver.requests().len()), (0, 0));
}

#[test]
fn a_check_fails_because_restic_is_missing_or_too_old() {
    for restic in ["missing", "0.13.1"] {
        let scene = Scene::new();
        let old = FakeRestic::of_version(&scene.scratch, "0.13.1", "exit 0");
        let command =
            if restic == "missing" { scene.scratch.path("no-restic") } else { old.command().clone() };
        let job = scene.job().write(&scene.scratch);
        let run = scene.zb().restic(command).run(&["run", &job, "--json"]);
        ends(&scene, &run, 1, "error", &[]);
        assert!(scene.receiver.requests().is_empty());
    }
}

#[test]
fn pre_2xx_restic_exit_0_post_2xx() {
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let run = scene.zb().run(&["run", &job, "--json"]);
    ends(&scene, &run, 0, "success", &["success"]);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    assert_eq!(scene.posts()[0].get("error"), None);
    let snapshots = repo.snapshots();
    assert_eq!(snapshots.len(), 1);
    let told = run.events().one("run.finished")["snapshotId"].as_str().unwrap().to_owned();
    assert!(snapshots[0]["id"].as_str().unwrap().starts_with(&told));
    let schedule = run.events().one("run.queued")["scheduleId"].clone();
    assert!(snapshots[0]["tags"].as_array().unwrap().contains(&schedule));
    assert!(repo.newest_files().contains(&scene.scratch.text("source/rows.txt")));
    assert_eq!(
        run.events().types(),
        [
            "run.queued",
            "checks.finished",
            "hook.started",
            "hook.finished",
            "restic.started",
            "restic.finished",
            "hook.started",
            "hook.finished",
            "run.finished"
        ]
    );
}

#[test]
fn pre_2xx_restic_exit_3_some_files_unreadable() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let private = scene.scratch.write("source/private.txt", "for nobody");
    fs::set_permissions(private, fs::Permissions::from_mode(0o000)).unwrap();
    let run = scene.zb().unprivileged().run(&["run", &job, "--json"]);
    run.exits(3);
    assert_eq!(run.events().one("restic.finished")["exitCode"], 3);
    assert_eq!(run.events().one("run.finished")["status"], "warning");
    assert_eq!(scene.posts()[0]["status"], "warning");
    assert!(text(&scene.posts()[0], "error").contains("private.txt"), "{:?}", scene.posts());
    assert!(repo.newest_files().contains(&scene.scratch.text("source/rows.txt")));
}

#[test]
fn pre_2xx_restic_exit_0_without_a_summary() {
    let scene = Scene::new();
    let restic = FakeRestic::with(&scene.scratch, "exit 0");
    let run = scene.run(&scene.job(), &restic);
    ends(&scene, &run, 3, "warning", &["warning"]);
}

#[test]
fn pre_2xx_restic_exits_otherwise() {
    // 11, a locked repository, has a story of its own.
    for code in [1, 2, 10, 12, 77] {
        let scene = Scene::new();
        let restic = FakeRestic::exits(&scene.scratch, code, "Fatal: the disk said no\n");
        let run = scene.run(&scene.job(), &restic);
        ends(&scene, &run, 1, "error", &["error"]);
        assert!(text(&scene.posts()[0], "error").contains("the disk said no"), "{:?}", scene.posts());
        assert_eq!(run.events().one("restic.finished")["exitCode"], code);
    }
}

#[test]
fn pre_2xx_restic_is_killed() {
    let scene = Scene::new();
    let restic = FakeRestic::with(&scene.scratch, "kill -SEGV $$");
    let run = scene.run(&scene.job(), &restic);
    ends(&scene, &run, 1, "error", &["error"]);
    assert_eq!(run.events().one("restic.finished")["signal"], "SIGSEGV");
}

#[test]
fn pre_2xx_restic_cannot_start() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let gate = Gate::new();
    scene.receiver.answers("/pre", [Reply::status(200).behind(&gate)]);
    let run = scene.start(&scene.job(), &restic);
    let _ = scene.receiver.wait_for(1);
    fs::remove_file(restic.command()).unwrap();
    gate.open();
    ends(&scene, &run.wait(), 1, "error", &["error"]);
}

#[test]
fn pre_never_reached_the_receiver() {
    // No DNS (RFC 2606: .invalid never resolves), no connection (nobody listens on port 1), no TLS where it is asked.
    let tls = |scene: &Scene| scene.receiver.url("/pre").replace("http:", "https:");
    for way in ["dns", "connection", "certificate"] {
        let scene = Scene::new();
        let url = match way {
            "dns" => "http://zb.invalid/pre".to_owned(),
            "connection" => "http://127.0.0.1:1/pre".to_owned(),
            _ => tls(&scene),
        };
        let restic = FakeRestic::saves(&scene.scratch);
        let job = JobFile::new(&scene.scratch)
            .pre(&Hook::to(&url).line("timeout = 30"))
            .post(&Hook::to(scene.receiver.url("/post")));
        let job = job.write(&scene.scratch);
        let allowed =
            format!("http://zb.invalid,http://127.0.0.1:1,{},{}", scene.receiver.origin(), tls(&scene));
        let allowed = allowed.replace("/pre", "");
        let run = scene.zb().allow(&allowed).restic(restic.command()).run(&["run", &job, "--json"]);
        ends(&scene, &run, 1, "error", &[]);
        assert_eq!(run.events().one("hook.finished")["outcome"], "not-sent", "{way}");
        assert_eq!(restic.backups(), 0);
    }
}

#[test]
fn pre_answered_not_2xx() {
    for reply in [Reply::text(500, "the service does not stop"), Reply::status(404), Reply::redirect("/post")]
    {
        let scene = Scene::new();
        let restic = FakeRestic::saves(&scene.scratch);
        scene.receiver.answers("/pre", [reply]);
        let run = scene.run(&scene.job(), &restic);
        ends(&scene, &run, 1, "error", &[]);
        assert_eq!(run.events().one("hook.finished")["outcome"], "rejected");
        assert_eq!(restic.backups(), 0);
    }
}

#[test]
fn pre_sent_no_whole_answer() {
    for reply in [Reply::Silence, Reply::Trickle, Reply::CutHead, Reply::CutBody, Reply::Reset] {
        let scene = Scene::new();
        let restic = FakeRestic::saves(&scene.scratch);
        scene.receiver.answers("/pre", [reply.clone()]);
        let pre = Hook::to(scene.receiver.url("/pre")).line("timeout = 1");
        let job = JobFile::new(&scene.scratch).pre(&pre).post(&Hook::to(scene.receiver.url("/post")));
        let run = scene.run(&job, &restic);
        ends(&scene, &run, 1, "error", &["error"]);
        assert_eq!(run.events().hook("hook.finished", "pre")["outcome"], "no-answer", "{reply:?}");
        assert!(text(&scene.posts()[0], "error").contains("pre webhook"), "{:?}", scene.posts());
        assert_eq!(restic.backups(), 0);
    }
}

#[test]
fn cancelled_while_the_pre_hook_is_in_flight() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    scene.receiver.answers("/pre", [Reply::Silence]);
    let run = scene.start(&scene.job(), &restic);
    let _ = scene.receiver.wait_for(1);
    run.interrupt();
    let run = run.wait();
    ends(&scene, &run, 130, "cancelled", &["cancelled"]);
    assert_eq!(run.events().hook("hook.finished", "pre")["outcome"], "cancelled");
    assert_eq!(restic.backups(), 0);
}

#[test]
fn no_pre_hook_cancelled_before_restic_starts() {
    let scene = Scene::new();
    let slow = FakeRestic::slow_version(&scene.scratch);
    let job = JobFile::new(&scene.scratch).post(&Hook::to(scene.receiver.url("/post")));
    let run = scene.start(&job, &slow);
    slow.wait_until_asked();
    run.interrupt();
    scene.scratch.write("go", "");
    ends(&scene, &run.wait(), 130, "cancelled", &[]);
    assert_eq!(slow.backups(), 0);
}

#[test]
fn cancelled_while_restic_runs() {
    let scene = Scene::new();
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    run.interrupt();
    ends(&scene, &run.wait(), 130, "cancelled", &["cancelled"]);
}

#[test]
fn cancelled_while_restic_runs_and_does_not_obey() {
    let scene = Scene::new();
    let restic = FakeRestic::ignores_signals(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    run.interrupt();
    let run = run.wait();
    ends(&scene, &run, 130, "cancelled", &["cancelled"]);
    assert_eq!(run.events().one("restic.finished")["signal"], "SIGKILL");
}

#[test]
fn cancelled_but_restic_had_already_finished() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    run.interrupt();
    scene.scratch.write("go", "");
    ends(&scene, &run.wait(), 0, "success", &["success"]);
}

#[test]
fn post_fails_after_success() {
    let scene = Scene::new();
    scene.receiver.answers("/post", [Reply::text(500, "cannot start postgres")]);
    let run = scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch));
    ends(&scene, &run, 3, "warning", &["success"]);
    assert!(text(&scene.only_run(), "error").contains("post webhook returned HTTP 500"), "{}", run.stdout);
    assert_eq!(scene.only_run()["hooks"]["post"]["attempts"][0]["response"], "cannot start postgres");
    assert_eq!(scene.only_run()["postHook"], "failed");
}

#[test]
fn post_fails_after_warning_or_error() {
    for (exit, status) in [(3, "warning"), (1, "error")] {
        let scene = Scene::new();
        scene.receiver.answers("/post", [Reply::status(500)]);
        let restic = match status {
            "warning" => FakeRestic::incomplete(&scene.scratch),
            _ => FakeRestic::exits(&scene.scratch, 1, "Fatal: the disk said no\n"),
        };
        let run = scene.run(&scene.job(), &restic);
        ends(&scene, &run, exit, status, &[status]);
        let error = run.events().one("run.finished")["error"].as_str().unwrap().to_owned();
        assert!(error.ends_with("post webhook returned HTTP 500"), "gravest first: {error}");
        assert!(error.contains("; "), "both problems: {error}");
    }
}

#[test]
fn post_fails_after_a_cancel() {
    let scene = Scene::new();
    scene.receiver.answers("/post", [Reply::CutHead]);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    run.interrupt();
    let run = run.wait();
    ends(&scene, &run, 130, "cancelled", &["cancelled"]);
    assert!(text(run.events().one("run.finished"), "error").contains("post webhook"), "{}", run.stdout);
}

#[test]
fn without_a_pre_hook_restics_rows_hold_likewise() {
    let scene = Scene::new();
    let job = JobFile::new(&scene.scratch).post(&Hook::to(scene.receiver.url("/post")));
    let run = scene.run(&job, &FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n"));
    ends(&scene, &run, 1, "error", &["error"]);
    assert_eq!(run.events().one("run.finished").get("pauseMs"), None, "nothing was paused");
}

#[test]
fn without_any_hook_it_is_a_plain_backup() {
    let scene = Scene::new();
    let run = scene.run(&JobFile::new(&scene.scratch), &FakeRestic::saves(&scene.scratch));
    ends(&scene, &run, 0, "success", &[]);
    assert_eq!(scene.only_run()["postHook"], "none");
}

#[test]
fn post_when_moves_the_line() {
    // What the pre hook gets, and who is told: nobody, or the post hook.
    for (when, reply, posts) in [
        ("paired", Reply::status(500), &[][..]),
        ("after-restic", Reply::status(500), &[]),
        ("always", Reply::status(500), &["error"]),
        ("paired", Reply::CutHead, &["error"]),
        ("after-restic", Reply::CutHead, &[]),
        ("always", Reply::CutHead, &["error"]),
        ("after-restic", Reply::status(200), &["success"]),
    ] {
        let scene = Scene::new();
        scene.receiver.answers("/pre", [reply.clone()]);
        let post = Hook::to(scene.receiver.url("/post")).line(&format!("when = \"{when}\""));
        let job = JobFile::new(&scene.scratch).pre(&Hook::to(scene.receiver.url("/pre"))).post(&post);
        let run = scene.run(&job, &FakeRestic::saves(&scene.scratch));
        let (exit, status) = if posts == ["success"] { (0, "success") } else { (1, "error") };
        ends(&scene, &run, exit, status, posts);
    }
}

#[test]
fn one_attempt_that_may_have_taken_effect_is_enough() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::CutHead, Reply::status(404)]);
    let pre = Hook::to(scene.receiver.url("/pre")).line("attempts = 2");
    let job = JobFile::new(&scene.scratch).pre(&pre).post(&Hook::to(scene.receiver.url("/post")));
    let run = scene.run(&job, &FakeRestic::saves(&scene.scratch));
    ends(&scene, &run, 1, "error", &["error"]);
    assert_eq!(scene.receiver.paths(), ["/pre", "/pre", "/post"]);
}
