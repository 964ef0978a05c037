//! `zb hook send`: the seed's "test both hooks" (`spec.md` §7).

use zb_tests::{RealWebhook, Reply, Scene, Scratch};

#[test]
fn sends_one_hook_for_real_and_leaves_no_run() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::text(200, "stopped")]);
    let job = scene.job().write(&scene.scratch);
    let sent = scene.zb().run(&["hook", "send", &job, "pre"]);
    assert!(sent.exits(0).stdout.contains("stopped"), "{}", sent.stdout);
    scene.zb().run(&["hook", "send", &job, "post", "--status", "warning"]).exits(0);
    scene.zb().run(&["hook", "send", &job, "post"]).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post", "/post"]);
    let told: Vec<_> = scene.posts().iter().map(|post| post["status"].clone()).collect();
    assert_eq!(told, ["warning", "success"]);
    let ids: Vec<_> = scene.receiver.requests().iter().map(|r| r.json()["jobId"].to_string()).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "a fresh id each: {ids:?}");
    assert!(scene.runs().is_empty());
}

#[test]
fn a_failure_is_exit_1_and_bad_words_are_exit_2() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::text(500, "does not stop")]);
    let job = scene.job().write(&scene.scratch);
    let sent = scene.zb().run(&["hook", "send", &job, "pre"]);
    assert!(sent.exits(1).output().contains("does not stop"), "{}", sent.output());
    let refused = scene.zb().allow("").run(&["hook", "send", &job, "pre"]);
    assert!(refused.exits(1).output().contains("WEBHOOK_ALLOWED_ORIGINS"), "{}", refused.output());
    scene.zb().run(&["hook", "send", &job, "during"]).exits(2);
    scene.zb().run(&["hook", "send", &job, "post", "--status", "fine"]).exits(2);
    assert_eq!(scene.receiver.requests().len(), 1);
}

#[test]
fn works_with_the_real_webhook() {
    let scratch = Scratch::new();
    let webhook = RealWebhook::start(&scratch);
    let job = webhook.hooks(zb_tests::JobFile::new(&scratch)).write(&scratch);
    let zb = scratch.zb().allow(&webhook.origin());
    zb.run(&["hook", "send", &job, "pre"]).exits(0);
    assert!(!webhook.container_is_running());
    zb.run(&["hook", "send", &job, "post"]).exits(0);
    assert!(webhook.container_is_running());
}
