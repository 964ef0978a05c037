//! The seed's how-to with the real `webhook` program, the seed's scripts and a real restic.

use zb_tests::{JobFile, RealWebhook, ResticRepo, Scratch};

#[test]
fn stops_the_container_backs_up_and_starts_it() {
    let scratch = Scratch::new();
    let repo = ResticRepo::create(&scratch);
    let webhook = RealWebhook::start(&scratch);
    let job = webhook.hooks(JobFile::new(&scratch)).write(&scratch);
    let run = scratch.zb().allow(&webhook.origin()).run(&["run", &job, "--json"]);
    run.exits(0);
    assert_eq!(webhook.container_log(), ["stop", "start"]);
    assert!(webhook.container_is_running());
    assert_eq!(repo.snapshots().len(), 1);
    let events = run.events();
    assert_eq!(events.hook("hook.finished", "pre")["response"], "postgres\n");
    assert_eq!(events.hook("hook.finished", "post")["response"], "postgres\n");
}

#[test]
fn a_stop_script_that_fails_stops_the_backup() {
    let scratch = Scratch::new();
    let repo = ResticRepo::create(&scratch);
    let webhook = RealWebhook::start(&scratch);
    webhook.refuse("stop");
    let job = webhook.hooks(JobFile::new(&scratch)).write(&scratch);
    let run = scratch.zb().allow(&webhook.origin()).run(&["run", &job, "--json"]);
    run.exits(1);
    assert!(webhook.container_log().is_empty());
    assert!(webhook.container_is_running());
    assert!(repo.snapshots().is_empty());
    assert_eq!(run.events().one("hook.finished")["httpStatus"], 500);
}

#[test]
fn a_start_script_that_fails_is_told_in_the_details() {
    let scratch = Scratch::new();
    let repo = ResticRepo::create(&scratch);
    let webhook = RealWebhook::start(&scratch);
    webhook.refuse("start");
    let job = webhook.hooks(JobFile::new(&scratch)).write(&scratch);
    let run = scratch.zb().allow(&webhook.origin()).run(&["run", &job]);
    run.exits(3);
    assert!(!webhook.container_is_running());
    assert_eq!(repo.snapshots().len(), 1);
    assert!(run.stdout.contains("post webhook returned HTTP 500"), "{}", run.stdout);
}

#[test]
fn a_wrong_secret_is_no_success() {
    let scratch = Scratch::new();
    let webhook = RealWebhook::start(&scratch);
    let job = JobFile::new(&scratch)
        .pre(&webhook.hook("stop-postgres", "wrong"))
        .post(&webhook.hook("start-postgres", "wrong"))
        .write(&scratch);
    let run = scratch.zb().allow(&webhook.origin()).run(&["run", &job, "--json"]);
    run.exits(1);
    assert!(webhook.container_log().is_empty());
    let error = run.events().one("hook.finished")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("Hook rules were not satisfied"), "{error}");
    assert!(error.contains("trigger-rule-mismatch-http-response-code"), "{error}");
}
