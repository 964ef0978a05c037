//! Destinations that are made over HTTP (`api.md` §7): told by the service, by `zb run` and by a guardian alike.

use serde_json::{Value, json};
use zb_tests::{FakeRestic, Request, Scene, Service, eventually};

const ALL: &str = "/api/v1/notifications/destinations";
const DELIVERIES: &str = "/api/v1/notifications/deliveries";

/// A scene whose job is stored as `sched_pg`.
fn with_stored_job() -> Scene {
    let scene = Scene::new();
    let job = scene.job().line("id = \"sched_pg\"").write(&scene.scratch);
    scene.zb().run(&["job", "import", &job]).exits(0);
    scene
}

fn fails(scene: &Scene) -> FakeRestic {
    FakeRestic::exits(&scene.scratch, 1, "Fatal: the disk is full\n")
}

/// A destination at `/told` of the receiver, told of errors.
fn phone(scene: &Scene) -> Value {
    json!({"name": "phone", "kind": "webhook", "on": ["error", "interrupted"],
           "settings": {"url": scene.receiver.url("/told"), "headers": "X-Key: planted-key"}})
}

/// Makes it: its path.
#[track_caller]
fn made(service: &Service, destination: &Value) -> String {
    let answered = service.ask("POST", ALL, &destination.to_string());
    assert_eq!(answered.status, 201, "{answered:?}");
    assert!(!answered.body.contains("planted-key"), "{answered:?}");
    format!("{ALL}/{}", answered.json()["destinationId"].as_str().unwrap())
}

fn told(scene: &Scene) -> Vec<Value> {
    scene.receiver.requests_to("/told").iter().map(Request::json).collect()
}

fn deliveries(service: &Service) -> Vec<Value> {
    let answered = service.ask("GET", DELIVERIES, "");
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.json()["items"].as_array().unwrap().clone()
}

/// So many deliveries, all of them in this state.
fn settled(service: &Service, count: usize, state: &str) -> Vec<Value> {
    eventually("the deliveries", || {
        let all = deliveries(service);
        (all.len() == count && all.iter().all(|one| one["state"] == state)).then_some(all)
    })
}

fn end(service: Service) {
    service.running.terminate();
    service.running.wait().exits(0);
}

#[test]
fn a_run_that_fails_right_after_the_destination_was_made_is_told_and_listed() {
    let scene = with_stored_job();
    let restic = fails(&scene);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let path = made(&service, &phone(&scene));
    let run = service.run_now("sched_pg");
    let listed = settled(&service, 1, "delivered");
    assert_eq!((&listed[0]["event"], &listed[0]["jobId"]), (&json!("error"), &json!(run)));
    assert_eq!((&listed[0]["scheduleId"], &listed[0]["httpStatus"]), (&json!("sched_pg"), &json!(200)));
    let [message] = &told(&scene)[..] else { panic!("{:?}", told(&scene)) };
    assert_eq!(message["id"], listed[0]["deliveryId"]);
    assert_eq!(scene.receiver.requests_to("/told")[0].header("x-key"), Some("planted-key"));
    let shown = service.ask("GET", &path, "").json();
    assert_eq!(shown["state"]["lastDelivery"], listed[0]);
    end(service);
    scene.scratch.nothing_left_running();
}
