//! `payload = "extended"`: the seed's keys, and then what else is known of the run (`spec.md` §5).

use std::fs;

use serde_json::Value;
use zb_tests::{FakeRestic, Hook, JobFile, Reply, Scene};

const SEED: [&str; 6] = ["phase", "event", "jobId", "scheduleId", "organizationId", "sourcePath"];
const RUN: [&str; 4] = ["jobName", "trigger", "attempt", "host"];

fn job(scene: &Scene) -> JobFile {
    let hook = |path| Hook::to(scene.receiver.url(path)).line("payload = \"extended\"");
    JobFile::new(&scene.scratch).pre(&hook("/pre")).post(&hook("/post"))
}

#[track_caller]
fn has_keys<'a>(body: &Value, keys: impl IntoIterator<Item = &'a str>) {
    let there: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(there, keys.into_iter().collect::<Vec<_>>());
}

#[test]
fn both_hooks_say_what_is_known() {
    let scene = Scene::new();
    let run = scene.run(&job(&scene), &FakeRestic::saves(&scene.scratch));
    run.exits(0);
    let [pre, post] = &scene.receiver.requests()[..] else { panic!("{:?}", scene.receiver.paths()) };
    assert_eq!(pre.header("content-type"), Some("application/json"));
    let (pre, post) = (pre.json(), post.json());
    has_keys(&pre, SEED.into_iter().chain(RUN));
    let figures =
        ["exitCode", "snapshotId", "durationMs", "pauseMs", "filesNew", "filesChanged", "bytesAdded"];
    has_keys(&post, SEED.into_iter().chain(["status"]).chain(RUN).chain(figures));
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    for body in [&pre, &post] {
        assert_eq!(body["jobName"], "postgres data");
        assert_eq!((&body["trigger"], &body["attempt"]), (&"cli".into(), &1.into()));
        assert_eq!(body["host"], host.trim_end());
    }
    let events = run.events();
    let ended = events.one("restic.finished");
    for figure in ["exitCode", "snapshotId", "durationMs", "pauseMs"] {
        assert_eq!(post[figure], ended[figure], "{figure}");
    }
    for figure in ["filesNew", "filesChanged", "bytesAdded"] {
        assert_eq!(post[figure], ended["summary"][figure], "{figure}");
    }
    assert!(post["pauseMs"].as_u64() >= post["durationMs"].as_u64());
}

#[test]
fn what_is_not_known_is_absent() {
    let scene = Scene::new();
    scene.run(&job(&scene), &FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n")).exits(1);
    let keys = SEED.into_iter().chain(["status", "error"]).chain(RUN);
    has_keys(&scene.posts()[0], keys.chain(["exitCode", "durationMs", "pauseMs"]));
}

#[test]
fn a_post_hook_that_is_repeated_after_a_death_says_the_same() {
    let scene = Scene::new();
    scene.receiver.answers("/post", [Reply::Silence]);
    let run = scene.start(&job(&scene), &FakeRestic::saves(&scene.scratch));
    let first = scene.receiver.wait_for(2);
    run.kill9();
    run.wait().was_killed();
    scene.zb().run(&["recover"]).exits(0);
    let _ = scene.receiver.wait_for(3); // from whoever came first
    let posts = scene.receiver.requests_to("/post");
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[1].body, first.body);
    assert_eq!(first.json()["snapshotId"], "0123abcd");
}

#[test]
fn it_is_shown_by_check_and_sent_by_hook_send() {
    let scene = Scene::new();
    let job = job(&scene).write(&scene.scratch);
    let check = scene.zb().restic(FakeRestic::saves(&scene.scratch).command()).run(&["check", &job]);
    let shown = check.exits(0).stdout.matches(r#""jobName":"postgres data","trigger":"cli","attempt":1"#);
    assert_eq!(shown.count(), 2, "{}", check.stdout);
    scene.zb().run(&["hook", "send", &job, "post"]).exits(0);
    has_keys(&scene.posts()[0], SEED.into_iter().chain(["status"]).chain(RUN));
}
