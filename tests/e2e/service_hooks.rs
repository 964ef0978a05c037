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
