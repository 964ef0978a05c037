//! What a person and a program read (`spec.md` §6 and §7, `api.md` §5).

use std::{io::Read, process::Stdio};

use serde_json::Value;
use zb_tests::{FakeRestic, Reply, ResticRepo, Scene};

#[test]
fn json_lines_are_in_order_without_a_gap() {
    let scene = Scene::new();
    let _repo = ResticRepo::create(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let run = scene.zb().run(&["run", &job, "--json"]);
    run.exits(0);
    let events = run.events();
    let mut last = String::new();
    for (event, seq) in events.kept().zip(1..) {
        assert_eq!(event["seq"], seq);
        let keys: Vec<_> = event.as_object().unwrap().keys().take(5).collect();
        assert_eq!(keys, ["type", "time", "seq", "jobId", "scheduleId"]);
        let time = event["time"].as_str().unwrap();
        assert!(
            time.ends_with('Z') && time.trim_end_matches('Z') >= last.trim_end_matches('Z'),
            "{time} after {last}"
        );
        time.clone_into(&mut last);
    }
    for progress in events.all("progress") {
        assert_eq!(progress.get("seq"), None);
        assert!((0.0..=1.0).contains(&progress["percentDone"].as_f64().unwrap()));
    }
    let queued = events.one("run.queued");
    assert_eq!(queued["trigger"], "cli");
    assert_eq!(queued["attempt"], 1);
    assert_eq!(queued["machine"], 1);
    assert_eq!(
        queued["hooks"],
        serde_json::json!({"pre": {"attempts": 1}, "post": {"attempts": 1, "when": "paired"}})
    );
    assert_eq!(events.one("restic.started")["resticVersion"], "0.14.0");
    assert_eq!(events.hook("hook.started", "post")["status"], "success");
    assert_eq!(events.hook("hook.started", "pre")["origin"], scene.receiver.origin());
    let finished = events.one("run.finished");
    assert!(finished["pauseMs"].as_u64().unwrap() <= finished["durationMs"].as_u64().unwrap());
    let summary = &events.one("restic.finished")["summary"];
    for key in ["filesNew", "filesChanged", "filesUnmodified", "bytesAdded", "totalFiles", "totalBytes"] {
        assert!(summary[key].is_u64(), "{key} in {summary}");
    }
}

#[test]
fn a_run_is_shown_as_the_api_has_it() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::text(200, "postgres\n")]);
    scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch)).exits(0);
    let run = scene.only_run();
    let keys: Vec<_> = run.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "jobId",
            "scheduleId",
            "organizationId",
            "jobName",
            "sourcePath",
            "trigger",
            "by",
            "attempt",
            "retryOf",
            "state",
            "status",
            "error",
            "interrupted",
            "cancelRequestedBy",
            "postHook",
            "postHookClearedBy",
            "queuedAt",
            "startedAt",
            "finishedAt",
            "durationMs",
            "pauseMs",
            "resticVersion",
            "exitCode",
            "signal",
            "snapshotId",
            "stderr",
            "summary",
            "retention",
            "progress",
            "hooks"
        ]
    );
    assert_eq!(run["state"], "finished");
    assert_eq!(run["jobName"], "postgres data");
    assert_eq!(run["postHook"], "delivered");
    assert_eq!(run["error"], Value::Null);
    let attempt = &run["hooks"]["pre"]["attempts"][0];
    let keys: Vec<_> = attempt.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["attempt", "startedAt", "durationMs", "outcome", "httpStatus", "error", "response"]);
    assert_eq!(attempt["response"], "postgres\n");
}

#[test]
fn runs_are_listed_and_found_by_an_end_of_their_id() {
    let scene = Scene::new();
    for _ in 0..2 {
        scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch)).exits(0);
    }
    let runs = scene.runs();
    assert_eq!(runs.len(), 2);
    let id = runs[1]["jobId"].as_str().unwrap();
    let shown = scene.zb().run(&["show", &id[id.len() - 12..]]);
    assert!(shown.exits(0).stdout.contains(id), "{}", shown.stdout);
    scene.zb().run(&["show", ""]).exits(2);
    let listed = scene.zb().run(&["runs"]);
    assert!(listed.exits(0).stdout.lines().count() >= 2, "{}", listed.stdout);
    assert!(listed.stdout.contains("postgres data"));
}

#[test]
fn the_last_lines_tell_what_happened_and_what_to_do() {
    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let restic = FakeRestic::saves(&scene.scratch);
    let good = scene.zb().restic(restic.command()).run(&["run", &job]);
    good.exits(0);
    for word in ["Paused", "0123abcd", "pre", "post"] {
        assert!(good.stdout.contains(word), "{word} is not in\n{}", good.stdout);
    }
    scene.receiver.answers("/post", [Reply::text(500, "cannot start postgres")]);
    let bad = scene.zb().restic(restic.command()).run(&["run", &job]);
    bad.exits(3);
    for word in ["HTTP 500", "zb hook send"] {
        assert!(bad.stdout.contains(word), "{word} is not in\n{}", bad.stdout);
    }
    assert!(!bad.output().contains("cannot start postgres"), "an answer is shown by zb show alone");
    let warned = scene.runs().into_iter().find(|run| run["status"] == "warning").unwrap();
    let id = warned["jobId"].as_str().unwrap();
    let shown = scene.zb().run(&["show", id]);
    assert!(shown.exits(0).stdout.contains("cannot start postgres"), "{}", shown.stdout);
}

#[test]
fn without_a_terminal_there_are_no_colours() {
    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let restic = FakeRestic::exits(&scene.scratch, 1, "\u{1b}[31mFatal: no\u{1b}[0m\n");
    for zb in [scene.zb(), scene.zb().env("NO_COLOR", "1").env("TERM", "xterm-256color")] {
        let run = zb.restic(restic.command()).run(&["run", &job]);
        run.exits(1);
        assert!(!run.output().contains('\u{1b}'), "{:?}", run.output());
    }
}

#[test]
fn a_closed_stdout_changes_nothing() {
    for arguments in [&["--json"][..], &[]] {
        let scene = Scene::new();
        let job = scene.job().write(&scene.scratch);
        let restic = FakeRestic::saves(&scene.scratch);
        let words: Vec<_> = ["run", &job].iter().chain(arguments).copied().collect();
        let mut zb = scene.zb().restic(restic.command()).command(&words);
        let mut zb = zb.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(zb.stdout.take());
        let mut errors = String::new();
        zb.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(zb.wait().unwrap().code(), Some(0), "{errors}");
        assert!(!errors.contains("panicked"), "{errors}");
        assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    }
}

#[test]
fn a_restic_that_floods_does_not_stall_the_run() {
    let scene = Scene::new();
    let flood = r#"yes '{"message_type":"status","percent_done":0.5}' | head -c 3000000; echo
head -c 2000000 /dev/zero | tr '\0' x; echo
yes 'not json' | head -c 1000000; echo
yes 'noise' | head -c 1000000 >&2
echo '{"message_type":"summary","files_new":1,"snapshot_id":"0123abcd"}'"#;
    let run = scene.run(&scene.job(), &FakeRestic::with(&scene.scratch, flood));
    run.exits(0);
    assert_eq!(scene.posts()[0]["status"], "success");
    assert_eq!(run.events().one("restic.finished")["snapshotId"], "0123abcd");
}
