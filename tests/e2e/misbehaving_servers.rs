//! Servers that hang, trickle, cut, reset, redirect and flood: each is answered within the deadline, in plain words.

use zb_tests::{FakeRestic, Hook, HookReceiver, JobFile, Reply, Scene};

/// A post hook with a deadline of a second.
fn job(scene: &Scene) -> JobFile {
    let post = Hook::to(scene.receiver.url("/post")).line("timeout = 1");
    JobFile::new(&scene.scratch).pre(&Hook::to(scene.receiver.url("/pre"))).post(&post)
}

#[test]
fn each_way_to_fail_is_told_apart() {
    for (reply, outcome) in [
        (Reply::Silence, "no-answer"),
        (Reply::Trickle, "no-answer"),
        (Reply::CutHead, "no-answer"),
        (Reply::CutBody, "no-answer"),
        (Reply::Reset, "no-answer"),
        (Reply::Bytes(b"220 smtp ready\r\n".to_vec()), "no-answer"),
        (Reply::status(503), "rejected"),
        (Reply::text(200, "Hook rules were not satisfied."), "rejected"),
    ] {
        let scene = Scene::new();
        scene.receiver.answers("/post", [reply.clone()]);
        let run = scene.run(&job(&scene), &FakeRestic::saves(&scene.scratch));
        run.exits(3);
        let events = run.events();
        let post = events.hook("hook.finished", "post");
        assert_eq!(post["outcome"], outcome, "{reply:?}");
        assert!(post["error"].as_str().unwrap().starts_with("post webhook "), "{post}");
    }
}

#[test]
fn webhook_timeout_is_the_deadline_of_a_hook_without_its_own() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::Trickle]);
    let restic = FakeRestic::saves(&scene.scratch);
    let path = scene.job().write(&scene.scratch);
    let zb = scene.zb().restic(restic.command()).env("WEBHOOK_TIMEOUT", "1");
    let run = zb.run(&["run", &path, "--json"]);
    run.exits(1);
    let events = run.events();
    let pre = events.hook("hook.finished", "pre");
    assert_eq!(pre["outcome"], "no-answer");
    assert!(pre["durationMs"].as_u64().unwrap() >= 1000, "the body is part of the deadline: {pre}");
}

#[test]
fn a_flood_is_dropped_without_failing_the_hook() {
    let scene = Scene::new();
    scene.receiver.answers("/post", [Reply::Flood]);
    let run = scene.run(&job(&scene), &FakeRestic::saves(&scene.scratch));
    run.exits(0);
    let events = run.events();
    let kept = events.hook("hook.finished", "post")["response"].as_str().unwrap();
    assert!(kept.len() <= 4096 && kept.starts_with("xxxx"), "{} bytes", kept.len());
}

#[test]
fn control_characters_in_an_answer_are_made_visible() {
    let scene = Scene::new();
    scene.receiver.answers("/post", [Reply::text(500, "\u{1b}[31mred\u{7}")]);
    let restic = FakeRestic::saves(&scene.scratch);
    let path = job(&scene).write(&scene.scratch);
    let run = scene.zb().restic(restic.command()).run(&["run", &path]);
    run.exits(3);
    assert!(!run.output().contains("\u{1b}[31mred") && !run.output().contains('\u{7}'), "{:?}", run.output());
}

#[test]
fn a_redirect_is_a_failure_and_its_target_is_never_contacted() {
    let scene = Scene::new();
    let elsewhere = HookReceiver::start();
    scene.receiver.answers("/post", [Reply::redirect(&elsewhere.url("/"))]);
    let restic = FakeRestic::saves(&scene.scratch);
    let path = job(&scene).write(&scene.scratch);
    let both = format!("{},{}", scene.receiver.origin(), elsewhere.origin());
    scene.zb().allow(&both).restic(restic.command()).run(&["run", &path]).exits(3);
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn reject_body_can_be_changed_and_turned_off() {
    for (line, answer, exit) in [
        ("reject_body = \"\"", "Hook rules were not satisfied.", 0),
        ("reject_body = \"denied\"", "denied: no", 3),
        ("reject_body = \"denied\"", "Hook rules were not satisfied.", 0),
    ] {
        let scene = Scene::new();
        scene.receiver.answers("/post", [Reply::text(200, answer)]);
        let post = Hook::to(scene.receiver.url("/post")).line(line);
        let job = JobFile::new(&scene.scratch).post(&post);
        scene.run(&job, &FakeRestic::saves(&scene.scratch)).exits(exit);
    }
}

#[test]
fn the_answer_stays_out_of_error_and_of_the_other_hook() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::text(200, "planted-in-an-answer")]);
    let run = scene.run(&scene.job(), &FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n"));
    run.exits(1);
    assert!(!scene.posts()[0].to_string().contains("planted-in-an-answer"));
    assert!(!run.events().one("run.finished").to_string().contains("planted-in-an-answer"));
    assert_eq!(scene.only_run()["hooks"]["pre"]["attempts"][0]["response"], "planted-in-an-answer");
}
