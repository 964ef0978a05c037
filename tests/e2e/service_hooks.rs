//! Hooks that a person sends through `zb serve` (`api.md` §3 and §5).

use serde_json::{Value, json};
use zb_tests::{FakeRestic, Reply, Scene, Service, eventually};

/// A service whose only job is `sched_pg`, with a restic that does well.
fn serving(scene: &Scene) -> Service {
    let job = scene.job().line("id = \"sched_pg\"").write(&scene.scratch);
    scene.zb().run(&["job", "import", &job]).exits(0);
    let restic = FakeRestic::saves(&scene.scratch);
    Service::start(&scene.zb().restic(restic.command()), &[])
}

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn what_a_hook_answered_is_told_as_a_run_tells_it() {
    let scene = Scene::new();
    let service = serving(&scene);
    scene.receiver.answers("/pre", [Reply::text(503, "busy")]);
    let tested = service.ask("POST", "/api/v1/jobs/sched_pg/hooks/pre/send", "{}");
    assert_eq!(tested.status, 200, "{tested:?}");
    let tested = tested.json();
    assert_eq!(members(&tested), ["attempts", "jobId", "origin", "webhookId"]);
    let attempts = tested["attempts"].as_array().unwrap();
    let told = (&attempts[0]["outcome"], &attempts[0]["httpStatus"], &attempts[0]["response"]);
    assert_eq!((attempts.len(), told), (1, (&json!("rejected"), &json!(503), &json!("busy"))));
    let sent = scene.receiver.requests();
    assert_eq!(tested["webhookId"], sent[0].header("webhook-id").unwrap());

    scene.receiver.answers("/post", [Reply::text(500, "no"), Reply::text(200, "started")]);
    let id = service.run_now("sched_pg");
    let run = || service.ask("GET", &format!("/api/v1/runs/{id}"), "").json();
    eventually("the run has ended", || (run()["postHook"] == "failed").then_some(()));
    let again = service.ask("POST", &format!("/api/v1/runs/{id}/hooks/post/send"), "");
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.json(), run()["hooks"]["post"]);
    let attempts = again.json()["attempts"].as_array().unwrap().clone();
    assert_eq!((attempts.len(), &attempts[1]["response"]), (2, &json!("started")));
    service.running.terminate();
    service.running.wait().exits(0);
}

/// A service that a test paused stays one that waits for a person, whatever becomes of zb meanwhile.
#[test]
fn a_test_of_the_pre_hook_is_open_until_somebody_says_otherwise() {
    let scene = Scene::new();
    let service = serving(&scene);
    let clear =
        |service: &Service| service.ask("POST", "/api/v1/jobs/sched_pg/hooks/post/clear", "{}").status;
    assert_eq!(clear(&service), 409);
    assert_eq!(service.ask("POST", "/api/v1/jobs/sched_pg/hooks/pre/send", "{}").status, 200);
    service.running.terminate();
    service.running.wait().exits(0);

    let restic = FakeRestic::saves(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let needs = || service.ask("GET", "/api/v1/needs?kind=paused-by-test", "").json()["items"].clone();
    assert_eq!(needs()[0]["scheduleId"], "sched_pg");
    assert_eq!((clear(&service), clear(&service)), (204, 204), "it may be said again");
    assert_eq!(needs(), json!([]));
    assert_eq!(service.ask("POST", "/api/v1/jobs/sched_pg/hooks/pre/send", "{}").status, 200);
    assert_eq!(needs().as_array().unwrap().len(), 1);
    assert_eq!(service.ask("POST", "/api/v1/jobs/sched_pg/hooks/post/send", "{}").status, 200);
    assert_eq!((needs(), clear(&service)), (json!([]), 409), "the post hook was answered");
    service.running.terminate();
    service.running.wait().exits(0);
}

/// What a run would send is known until the job's next run has finished (`spec.md` §10).
#[test]
fn a_post_hook_whose_plan_is_gone_is_not_sent_again() {
    let scene = Scene::new();
    let service = serving(&scene);
    scene.receiver.answers("/post", [Reply::text(500, "no"), Reply::text(500, "no")]);
    let failed = || {
        let id = service.run_now("sched_pg");
        let run = || service.ask("GET", &format!("/api/v1/runs/{id}"), "").json();
        eventually("the run has ended", || (run()["postHook"] == "failed").then_some(()));
        id
    };
    let (earlier, later) = (failed(), failed());
    let send = |id: &str| service.ask("POST", &format!("/api/v1/runs/{id}/hooks/post/send"), "");
    let refused = send(&earlier);
    assert_eq!((refused.status, &refused.json()["type"]), (409, &json!("urn:zb:problem:not-owed")));
    assert_eq!(send(&later).json()["attempts"][1]["outcome"], "ok");
    service.running.terminate();
    service.running.wait().exits(0);
}
