//! `kill -9` in each phase: restic is ended, the post hook is delivered, the run is finished (`spec.md` §3, the rows
//! of zb's death). Where zb alone dies, its guardian does it, with nobody's help; where both die, `zb recover` does.

use serde_json::Value;
use zb_tests::{FakeRestic, Gate, JobFile, Reply, ResticRepo, Running, Scene};

/// Who settles the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Settler {
    Guardian,
    Recover,
}

use Settler::{Guardian, Recover};

/// Kills zb, and waits until the run is settled.
fn die_and_settle(scene: &Scene, run: Running, settler: Settler) {
    match settler {
        Guardian => run.kill9(),
        Recover => scene.scratch.kill_every_zb(),
    }
    run.wait().was_killed();
    if settler == Recover {
        scene.zb().run(&["recover"]).exits(0);
    }
    scene.scratch.nothing_left_running();
}

/// zb and its guardian killed while the pre hook is in flight: the usual debt.
fn killed_in_the_pre_hook(scene: &Scene) -> FakeRestic {
    let restic = FakeRestic::saves(&scene.scratch);
    scene.receiver.answers("/pre", [Reply::Silence]);
    let mut run = scene.start(&scene.job(), &restic);
    run.wait_for_event("hook.started"); // says what is wrong where it does not come so far
    let _ = scene.receiver.wait_for(1);
    scene.scratch.kill_every_zb();
    run.wait().was_killed();
    restic
}

/// The only run after recovery.
#[track_caller]
fn interrupted(scene: &Scene, status: &str, post_hook: &str) -> Value {
    scene.scratch.nothing_left_running();
    let run = scene.only_run();
    assert_eq!(run["state"], "finished");
    assert_eq!(run["status"], status);
    assert_eq!(run["interrupted"], true);
    assert_eq!(run["postHook"], post_hook);
    run
}

#[track_caller]
fn told_interrupted(post: &Value) {
    assert_eq!(post["status"], "error");
    assert!(post["error"].as_str().unwrap_or_default().contains("interrupted"), "{post}");
}

#[test]
fn killed_while_checking_owes_nothing() {
    let scene = Scene::new();
    let restic = FakeRestic::slow_version(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_asked();
    scene.scratch.kill_every_zb();
    run.wait().was_killed();
    scene.scratch.write("go", "");
    scene.zb().run(&["recover"]).exits(0);
    assert!(scene.receiver.requests().is_empty());
    let run = interrupted(&scene, "error", "none");
    assert!(run["error"].as_str().unwrap().contains("interrupted"), "{run}");
}

#[test]
fn killed_while_the_pre_hook_is_in_flight() {
    for settler in [Guardian, Recover] {
        let scene = Scene::new();
        let restic = FakeRestic::saves(&scene.scratch);
        scene.receiver.answers("/pre", [Reply::Silence]);
        let run = scene.start(&scene.job(), &restic);
        let _ = scene.receiver.wait_for(1);
        die_and_settle(&scene, run, settler);
        assert_eq!(scene.receiver.paths(), ["/pre", "/post"], "{settler:?}");
        told_interrupted(&scene.posts()[0]);
        let _ = interrupted(&scene, "error", "delivered");
        assert_eq!(restic.backups(), 0, "nothing begins after a death");
    }
}

#[test]
fn killed_while_restic_runs() {
    for settler in [Guardian, Recover] {
        let scene = Scene::new();
        let restic = FakeRestic::works_until_interrupted(&scene.scratch);
        let run = scene.start(&scene.job(), &restic);
        restic.wait_until_started();
        die_and_settle(&scene, run, settler);
        assert_eq!(scene.receiver.paths(), ["/pre", "/post"], "{settler:?}");
        told_interrupted(&scene.posts()[0]);
        let _ = interrupted(&scene, "error", "delivered");
        assert_eq!(restic.backups(), 1, "never a second backup in a run");
    }
}

#[test]
fn a_restic_that_does_not_obey_is_gone_before_the_post_hook() {
    for settler in [Guardian, Recover] {
        let scene = Scene::new();
        let restic = FakeRestic::ignores_signals(&scene.scratch);
        let gate = Gate::new();
        scene.receiver.answers("/post", [Reply::status(200).behind(&gate)]);
        let run = scene.start(&scene.job(), &restic);
        restic.wait_until_started();
        std::thread::scope(|scope| {
            let settling = scope.spawn(|| die_and_settle(&scene, run, settler));
            let _ = scene.receiver.wait_for(2);
            let alive = scene.scratch.processes();
            assert!(
                alive.iter().all(|process| !process.command.contains("backup")),
                "{settler:?}: {alive:?}"
            );
            gate.open();
            settling.join().unwrap();
        });
        told_interrupted(&scene.posts()[0]);
        let _ = interrupted(&scene, "error", "delivered");
    }
}

#[test]
fn killed_while_a_real_restic_runs() {
    for settler in [Guardian, Recover] {
        let scene = Scene::new();
        let repo = ResticRepo::create(&scene.scratch);
        let noise: Vec<u8> = (0..8_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        scene.scratch.write("source/noise.bin", noise);
        let job = scene.job().line("restic_flags = [\"--limit-upload\", \"16\"]").write(&scene.scratch);
        let mut run = scene.zb().spawn(&["run", &job, "--json"]);
        let _ = run.wait_for_event("progress");
        die_and_settle(&scene, run, settler);
        told_interrupted(&scene.posts()[0]);
        let _ = interrupted(&scene, "error", "delivered");
        assert!(repo.snapshots().is_empty());
        if settler == Guardian {
            assert_eq!(repo.locks(), 0, "a restic that obeys takes its lock with it");
        }
    }
}

#[test]
fn killed_while_the_post_hook_is_in_flight_tells_restics_own_end() {
    for (saves, settler) in [(true, Guardian), (true, Recover), (false, Guardian), (false, Recover)] {
        let scene = Scene::new();
        let (fake, status) = match saves {
            true => (FakeRestic::saves(&scene.scratch), "success"),
            false => (FakeRestic::exits(&scene.scratch, 1, "Fatal: the disk said no\n"), "error"),
        };
        scene.receiver.answers("/post", [Reply::Silence]);
        let run = scene.start(&scene.job(), &fake);
        let first = scene.receiver.wait_for(2);
        die_and_settle(&scene, run, settler);
        let posts = scene.receiver.requests_to("/post");
        assert_eq!(posts.len(), 2, "{settler:?}");
        assert_eq!(posts[1].body, first.body, "a repeated post hook says the same");
        assert_eq!(posts[1].header("webhook-id"), first.header("webhook-id"));
        assert_eq!(posts[1].json()["status"], status);
        let run = interrupted(&scene, status, "delivered");
        assert_eq!(run["hooks"]["post"]["attempts"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn killed_without_a_pre_hook_while_restic_runs() {
    for settler in [Guardian, Recover] {
        let scene = Scene::new();
        let restic = FakeRestic::works_until_interrupted(&scene.scratch);
        let job = JobFile::new(&scene.scratch).post(&zb_tests::Hook::to(scene.receiver.url("/post")));
        let run = scene.start(&job, &restic);
        restic.wait_until_started();
        die_and_settle(&scene, run, settler);
        assert_eq!(scene.receiver.paths(), ["/post"], "{settler:?}");
        told_interrupted(&scene.posts()[0]);
    }
}

#[test]
fn recovering_twice_sends_once() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    scene.zb().run(&["recover"]).exits(0);
    scene.zb().run(&["recover"]).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}

#[test]
fn two_recoverers_at_once_send_once() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    let both = [scene.zb().spawn(&["recover"]), scene.zb().spawn(&["recover"])];
    for recover in both {
        recover.wait().exits(0);
    }
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}

#[test]
fn the_next_run_pays_first() {
    let scene = Scene::new();
    let restic = killed_in_the_pre_hook(&scene);
    let run = scene.run(&scene.job(), &restic);
    run.exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post", "/pre", "/post"]);
    let posts = scene.posts();
    told_interrupted(&posts[0]);
    assert_eq!(posts[1]["status"], "success");
    assert_ne!(posts[0]["jobId"], posts[1]["jobId"]);
    let _ = run.events().one("run.finished"); // one run's events, not the other's
}

#[test]
fn another_jobs_run_pays_beside_its_own() {
    let scene = Scene::new();
    let restic = killed_in_the_pre_hook(&scene);
    let other =
        JobFile::new(&scene.scratch).line("id = \"sched_other\"").write_as(&scene.scratch, "other.toml");
    scene.zb().restic(restic.command()).run(&["run", &other]).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    told_interrupted(&scene.posts()[0]);
}

#[test]
fn what_another_try_can_mend_is_tried_again() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    scene.receiver.answers("/post", [Reply::status(502), Reply::CutHead]);
    scene.zb().run(&["recover"]).exits(0);
    let posts = scene.receiver.requests_to("/post");
    assert_eq!(posts.len(), 3);
    for post in &posts {
        assert_eq!(post.header("webhook-id"), posts[0].header("webhook-id"));
        assert_eq!(post.body, posts[0].body);
    }
    let _ = interrupted(&scene, "error", "delivered");
}

#[test]
fn what_no_try_can_mend_is_recorded() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    scene.receiver.answers("/post", [Reply::text(404, "no such hook")]);
    scene.zb().run(&["recover"]).exits(1);
    let run = interrupted(&scene, "error", "failed");
    assert!(run["error"].as_str().unwrap().contains("post webhook returned HTTP 404"), "{run}");
    scene.zb().run(&["recover"]).exits(0);
    assert_eq!(scene.receiver.requests_to("/post").len(), 1, "a recorded failure is not tried again");
}

#[test]
fn a_debt_that_this_process_may_not_pay_stays() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    let refused = scene.zb().allow("").run(&["recover"]);
    refused.exits(1);
    let expected = format!("Add {} to WEBHOOK_ALLOWED_ORIGINS", scene.receiver.origin());
    assert!(refused.output().contains(&expected), "{}", refused.output());
    assert_eq!(scene.only_run()["postHook"], "owed");
    assert_eq!(scene.receiver.paths(), ["/pre"]);
    scene.zb().run(&["recover"]).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}

#[test]
fn a_run_that_is_alive_owes_nothing_yet() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    scene.zb().run(&["recover"]).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre"]);
    scene.scratch.write("go", "");
    run.wait().exits(0);
    assert_eq!(scene.posts()[0]["status"], "success");
}

#[test]
fn reading_commands_send_nothing_and_say_that_something_is_owed() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    let listed = scene.zb().run(&["runs"]);
    listed.exits(0);
    assert_eq!(listed.stderr.trim_end().lines().count(), 1, "{}", listed.stderr);
    assert!(listed.stderr.contains("zb recover"), "{}", listed.stderr);
    assert_eq!(scene.receiver.paths(), ["/pre"]);
}

#[test]
fn ctrl_c_ends_the_wait_and_the_debt_stays() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    scene.receiver.answers("/post", std::iter::repeat_n(Reply::status(503), 100));
    let recover = scene.zb().spawn(&["recover"]);
    let _ = scene.receiver.wait_for(2);
    recover.interrupt();
    recover.wait().exits(130);
    assert_eq!(scene.only_run()["postHook"], "owed");
}

#[test]
fn the_plan_is_frozen_although_the_job_file_is_gone() {
    let scene = Scene::new();
    let _ = killed_in_the_pre_hook(&scene);
    std::fs::remove_file(scene.scratch.path("job.toml")).unwrap();
    scene.zb().run(&["recover"]).exits(0);
    told_interrupted(&scene.posts()[0]);
}
