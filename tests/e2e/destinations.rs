//! Destinations that are made over HTTP (`api.md` §7): told by the service, by `zb run` and by a guardian alike.

use serde_json::{Value, json};
use zb_tests::{FakeRestic, Reply, Request, Scene, Service, ZbConfig, eventually};

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

/// So many deliveries, all of them tried and in this state.
fn settled(service: &Service, count: usize, state: &str) -> Vec<Value> {
    eventually("the deliveries", || {
        let all = deliveries(service);
        // One that waits for its first try is not settled.
        let is_settled = |one: &Value| one["state"] == state && one["attempts"] != 0;
        (all.len() == count && all.iter().all(is_settled)).then_some(all)
    })
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
    let log = scene.zb().run(&["notify", "log", "phone", "--json"]).exits(0).json();
    assert_eq!((&log["destination"], &log["deliveryId"]), (&json!("phone"), &listed[0]["deliveryId"]));
    service.stop();
    scene.scratch.nothing_left_running();
}

/// What is not delivered yet is delivered by the next zb: the service that is started again, or a run.
#[test]
fn what_waits_is_sent_after_a_restart() {
    let scene = with_stored_job();
    let restic = fails(&scene);
    let zb = scene.zb().restic(restic.command());
    let service = Service::start(&zb, &[]);
    let path = made(&service, &phone(&scene));
    scene.receiver.answers("/told", [Reply::status(503)]);
    let _ = service.run_now("sched_pg");
    let waiting = settled(&service, 1, "pending");
    assert_eq!(waiting[0]["httpStatus"], 503);
    assert!(!waiting[0]["nextAttemptAt"].is_null());
    service.stop();
    let again = Service::start(&zb, &[]);
    assert_eq!(again.ask("GET", &path, "").json()["settings"]["headers"], "X-Key: ••••••••");
    let delivered = settled(&again, 1, "delivered");
    assert_eq!(delivered[0]["deliveryId"], waiting[0]["deliveryId"]);
    assert_eq!(scene.receiver.requests_to("/told")[1].header("x-key"), Some("planted-key"));
    again.stop();
}

#[test]
fn a_run_of_the_command_line_tells_too() {
    let scene = with_stored_job();
    let restic = fails(&scene);
    let zb = scene.zb().restic(restic.command());
    let service = Service::start(&zb, &[]);
    let _ = made(&service, &phone(&scene));
    service.stop();
    zb.run(&["run", "sched_pg"]).exits(1);
    eventually("the run is told", || {
        // It waits 5 seconds at most; the next zb does what is left.
        let _ = zb.run(&["recover"]);
        (told(&scene).len() == 1).then_some(())
    });
}

#[test]
fn the_guardian_of_a_service_that_was_killed_tells_too() {
    let scene = with_stored_job();
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let _ = made(&service, &phone(&scene));
    let _ = service.run_now("sched_pg");
    restic.wait_until_started();
    service.running.kill9();
    service.running.wait().was_killed();
    let messages = eventually("the guardian tells", || Some(told(&scene)).filter(|told| !told.is_empty()));
    assert_eq!((messages.len(), &messages[0]["occasion"]), (1, &json!("interrupted")));
    scene.scratch.nothing_left_running();
}

#[test]
fn a_disabled_destination_is_told_nothing_and_a_deleted_one_gets_not_even_what_waits() {
    let scene = with_stored_job();
    let restic = fails(&scene);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let mut destination = phone(&scene);
    destination["on"] = json!(["cancelled", "success", "error"]);
    let path = made(&service, &destination);
    let told_ends = |count: usize| {
        eventually("the run has ended", || {
            let ended = scene.runs().iter().filter(|run| !run["status"].is_null()).count();
            (ended == count).then_some(())
        });
    };
    let put = |destination: &Value| {
        let answered = service.ask_with(
            &format!("{}If-Match: *\r\n", service.credential()),
            "PUT",
            &path,
            &destination.to_string(),
        );
        assert_eq!(answered.status, 200, "{answered:?}");
    };
    let mut shown = service.ask("GET", &path, "").json();
    shown["enabled"] = json!(false);
    put(&shown);
    let _ = service.run_now("sched_pg");
    told_ends(1);
    shown["enabled"] = json!(true);
    put(&shown);
    scene.receiver.answers("/told", [Reply::status(503)]);
    let _ = service.run_now("sched_pg");
    // The run before would be the first failure: it was not told, and is no part of what is known.
    let waiting = settled(&service, 1, "pending");
    let runs: Vec<_> = scene.runs().iter().map(|run| run["jobId"].clone()).collect();
    assert_eq!(waiting[0]["jobId"], runs[0], "the newer one");
    assert_eq!(service.ask("DELETE", &path, "").status, 204);
    assert_eq!(deliveries(&service), [] as [Value; 0]);
    let other = made(&service, &phone(&scene));
    assert_eq!(service.ask("POST", &format!("{other}/test"), "").json()["state"], "delivered");
    let tests: Vec<_> = told(&scene).iter().map(|message| message["topic"].clone()).collect();
    assert_eq!(tests, ["occasion", "test"], "what waited was not sent");
    service.stop();
}

#[test]
fn a_destination_hears_of_its_own_organization_alone() {
    let scene = with_stored_job();
    let restic = fails(&scene);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let _ = made(&service, &phone(&scene));
    let path = scene.scratch.write(
        "theirs.toml",
        "name = \"theirs\"\nsource = \"/\"\norganization = \"org_other\"\n[repository]\nurl = \"/r\"\npassword_file = \"/nowhere\"\n",
    );
    scene.zb().restic(restic.command()).run(&["run", path.to_str().unwrap()]).exits(1);
    let ours = service.run_now("sched_pg");
    let listed = settled(&service, 1, "delivered");
    assert_eq!(listed[0]["jobId"], json!(ours));
    assert_eq!(told(&scene).len(), 1);
    service.stop();
}

#[test]
fn what_cannot_be_reached_is_refused_when_it_is_saved() {
    let scene = with_stored_job();
    let service = Service::start(&scene.zb(), &[]);
    let table = [
        (
            json!({"name": "x", "kind": "webhook", "settings": {"url": "http://127.0.0.1:9/x", "headers": "A 1\nB: 2\nC"}}),
            vec![
                (
                    "/settings/url",
                    "notification URL origin is not allowed. Add http://127.0.0.1:9 to WEBHOOK_ALLOWED_ORIGINS.",
                ),
                ("/settings/headers", "line 1: there is no colon between name and value"),
                ("/settings/headers", "line 3: there is no colon between name and value"),
            ],
        ),
        (
            json!({"name": "x", "kind": "email", "settings": {"to": ["ana@example.org"]}}),
            vec![(
                "/settings/to",
                "zb has no mail server: add a [[notify]] of the kind email to its configuration file",
            )],
        ),
        (
            json!({"name": "x", "kind": "telegram", "settings": {"token": "x", "chatId": "ops"}}),
            vec![
                ("/settings/token", "it is no token of a bot, such as 123456:ABC-def"),
                ("/settings/chatId", "it is neither a number nor @ and the name of a channel"),
            ],
        ),
        (
            json!({"name": "x", "kind": "pushover", "settings": {"user": 7}}),
            vec![
                ("/settings/user", "it is a text"),
                ("/settings/token", "it is missing: it is the token of an application"),
            ],
        ),
    ];
    for (body, expected) in table {
        let answered = service.ask("POST", ALL, &body.to_string());
        assert_eq!(answered.status, 422, "{answered:?}");
        let errors = answered.json()["errors"].as_array().unwrap().clone();
        let errors: Vec<_> = errors
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["reason"].as_str().unwrap()))
            .collect();
        assert_eq!(errors, expected, "{body}");
    }
    service.stop();
}

/// Mail goes by the server of the configuration, whose own destination is not shown by the API.
#[test]
fn mail_goes_by_the_server_of_the_configuration() {
    let scene = with_stored_job();
    let lines = "to = [\"ops@example.org\"]\nfrom = \"zb@example.org\"\non = [\"success\"]";
    ZbConfig::new().notify("ops", "email", "smtp://127.0.0.1:9?tls=none", lines).write(&scene.scratch);
    let zb = scene.zb().env("ZB_CONFIG", scene.scratch.path("zb.toml"));
    let service = Service::start(&zb, &[]);
    assert_eq!(service.ask("GET", ALL, "").json()["items"], json!([]));
    let path =
        made(&service, &json!({"name": "x", "kind": "email", "settings": {"to": ["ana@example.org"]}}));
    let sent = service.ask("POST", &format!("{path}/test"), "");
    assert_eq!(sent.status, 200, "whatever came of it: {sent:?}");
    let sent = sent.json();
    assert_eq!((&sent["state"], &sent["event"]), (&json!("dead"), &json!("test")));
    assert!(sent["error"].as_str().unwrap().contains("127.0.0.1:9"), "{sent}");
    service.stop();
}
