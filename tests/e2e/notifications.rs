//! Who is told how runs end (`spec.md` §9): what arrives, how often, and what becomes of it where nobody answers.

use std::{iter::repeat_n, net::TcpListener};

use serde_json::Value;
use zb_tests::{FakeRestic, Gate, HookReceiver, JobFile, Reply, Request, Scene, Zb, ZbConfig, eventually};

/// A scene with one destination of the kind `webhook`, at `/told` of the receiver.
fn told_of(occasions: &str) -> Scene {
    let scene = Scene::new();
    let on = format!("on = {occasions}");
    ZbConfig::new().notify("phone", "webhook", &scene.receiver.url("/told"), &on).write(&scene.scratch);
    scene
}

fn zb(scene: &Scene) -> Zb<'_> {
    scene.zb().env("ZB_CONFIG", scene.scratch.path("zb.toml"))
}

/// What a restic does, and the exit status of a run with it.
type Ends = (fn(&Scene) -> FakeRestic, i32);

const WELL: Ends = (|scene| FakeRestic::saves(&scene.scratch), 0);
const BADLY: Ends =
    (|scene| FakeRestic::exits(&scene.scratch, 1, "planted-line-of-restic\nFatal: the disk is full\n"), 1);
const INCOMPLETE: Ends = (|scene| FakeRestic::incomplete(&scene.scratch), 3);

fn run(scene: &Scene, job: &JobFile, (restic, exit): Ends) {
    let job = job.write(&scene.scratch);
    zb(scene).restic(restic(scene).command()).run(&["run", &job]).exits(exit);
}

/// The deliveries as `zb notify log --json` has them, oldest first.
fn log(scene: &Scene) -> Vec<Value> {
    let listed = zb(scene).run(&["notify", "log", "--json"]);
    let mut deliveries: Vec<_> = listed.exits(0).events().iter().cloned().collect();
    deliveries.reverse();
    deliveries
}

/// So many deliveries, each of them tried: the next zb sends what the one before had no time for.
fn settled(scene: &Scene, count: usize) -> Vec<Value> {
    eventually("every delivery to be tried", || {
        let deliveries = log(scene);
        if deliveries.len() == count && deliveries.iter().all(|delivery| delivery["attempts"] != 0) {
            return Some(deliveries);
        }
        let _ = zb(scene).run(&["recover"]); // which fails where a post hook is owed
        None
    })
}

fn told(scene: &Scene) -> Vec<Value> {
    scene.receiver.requests_to("/told").iter().map(Request::json).collect()
}

/// What the messages are about.
fn topics(messages: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    messages
        .iter()
        .map(|told| format!("{} {}", word(&told["topic"]), word(&told["occasion"])).trim().to_owned())
        .collect()
}

#[test]
fn a_run_is_told_to_those_who_want_to_know() {
    let scene = Scene::new();
    ZbConfig::new()
        .notify("all", "webhook", &scene.receiver.url("/all"), "on = [\"success\", \"error\"]")
        .notify("bad", "webhook", &scene.receiver.url("/bad"), "on = [\"error\"]")
        .notify(
            "other",
            "webhook",
            &scene.receiver.url("/other"),
            "on = [\"success\"]\njobs = [\"another job\"]",
        )
        .write(&scene.scratch);
    scene.receiver.answers("/pre", [Reply::text(200, "planted-answer")]);
    run(&scene, &scene.job(), WELL);
    let deliveries = settled(&scene, 1);
    assert_eq!((&deliveries[0]["state"], &deliveries[0]["event"]), (&"delivered".into(), &"success".into()));
    assert_eq!((&deliveries[0]["destination"], &deliveries[0]["httpStatus"]), (&"all".into(), &200.into()));

    let requests = scene.receiver.requests_to("/all");
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let message = request.json();
    assert_eq!(request.header("webhook-id"), message["id"].as_str());
    assert_eq!(message["id"], deliveries[0]["deliveryId"]);
    assert!(message["title"].as_str().unwrap().contains("postgres data"), "{message}");
    let only = scene.only_run();
    assert_eq!((&message["run"]["jobId"], &message["run"]["status"]), (&only["jobId"], &"success".into()));
    assert_eq!(message["run"]["snapshotId"], only["snapshotId"]);
    assert!(!message.to_string().contains("planted-answer"), "a hook's answer is for zb show alone");
    assert!(scene.receiver.requests_to("/bad").is_empty() && scene.receiver.requests_to("/other").is_empty());
}

#[test]
fn a_problem_is_told_once_and_its_end_once() {
    let scene = told_of("[\"error\", \"warning\"]");
    for ends in [WELL, BADLY, BADLY, BADLY, INCOMPLETE, INCOMPLETE, WELL, WELL, BADLY] {
        run(&scene, &scene.job(), ends);
    }
    let deliveries = settled(&scene, 4);
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "delivered"), "{deliveries:#?}");
    let messages = told(&scene);
    assert_eq!(
        topics(&messages),
        ["occasion error", "occasion warning", "recovered", "occasion error"],
        "{messages:#?}"
    );
    for message in &messages {
        assert!(
            !message.to_string().contains("planted-line"),
            "what restic printed is for zb show alone: {message}"
        );
    }
}

#[test]
fn what_went_well_and_signs_of_life_are_told_every_time() {
    let scene = Scene::new();
    ZbConfig::new()
        .notify("well", "webhook", &scene.receiver.url("/told"), "on = [\"success\"]")
        .notify("life", "healthchecks", &scene.receiver.url("/ping"), "")
        .write(&scene.scratch);
    for ends in [WELL, WELL, BADLY, BADLY] {
        run(&scene, &scene.job(), ends);
    }
    settled(&scene, 10);
    assert_eq!(topics(&told(&scene)), ["occasion success", "occasion success"]);
    let paths = scene.receiver.paths();
    let pings: Vec<_> =
        paths.iter().filter_map(|path| path.strip_prefix("/ping")?.split_once("?rid=")).collect();
    let kinds: Vec<_> = pings.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["/start", "", "/start", "", "/start", "/fail", "/start", "/fail"]);
    for pair in pings.chunks(2) {
        assert_eq!(pair[0].1, pair[1].1, "a run's start and end have the run's id");
    }
}

#[test]
fn a_service_that_may_still_be_paused_is_told_of() {
    let scene = told_of("[\"post-hook-owed\"]");
    scene.receiver.answers("/post", [Reply::status(500)]);
    run(&scene, &scene.job(), (WELL.0, 3));
    settled(&scene, 1);
    let messages = told(&scene);
    assert_eq!(topics(&messages), ["occasion post-hook-owed"]);
    assert!(
        messages[0]["title"].as_str().unwrap().contains("zb recover --clear"),
        "what to do: {}",
        messages[0]
    );
}

#[test]
fn a_run_that_died_is_told_of_by_the_next_zb() {
    let scene = told_of("[\"interrupted\"]");
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let running = zb(&scene).restic(restic.command()).spawn(&["run", &job]);
    restic.wait_until_started();
    running.kill9();
    running.wait().was_killed();
    scene.scratch.nothing_left_running();
    settled(&scene, 1);
    let messages = told(&scene);
    assert_eq!(topics(&messages), ["occasion interrupted"]);
    assert_eq!(messages[0]["run"]["interrupted"], true);
}

/// They share a data directory, and one of them serves the destination at a time.
#[test]
fn jobs_that_run_at_once_are_each_told_of_once() {
    let scene = told_of("[\"success\"]");
    let restic = FakeRestic::saves(&scene.scratch);
    let jobs = ["a", "b", "c", "d"].map(|id| {
        scene.job().line(&format!("id = \"sched_{id}\"")).write_as(&scene.scratch, &format!("{id}.toml"))
    });
    let zb = zb(&scene).restic(restic.command());
    let runs = jobs.map(|job| zb.spawn(&["run", &job]));
    for run in runs {
        run.wait().exits(0);
    }
    let deliveries = settled(&scene, 4);
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "delivered"), "{deliveries:#?}");
    let messages = told(&scene);
    let mut ids: Vec<_> = messages.iter().map(|told| &told["id"]).collect();
    ids.dedup(); // where a try was cut off at the end of zb's patience, it comes again at once
    assert_eq!(ids, deliveries.iter().map(|delivery| &delivery["deliveryId"]).collect::<Vec<_>>());
}

/// Killed when the message has arrived, and before zb can write that down.
#[test]
fn a_death_between_delivery_and_record_tells_it_again_and_loses_nothing() {
    let scene = told_of("[\"success\"]");
    let gate = Gate::new();
    scene.receiver.answers("/told", [Reply::status(200).behind(&gate)]);
    let job = scene.job().write(&scene.scratch);
    let restic = FakeRestic::saves(&scene.scratch);
    let running = zb(&scene).restic(restic.command()).spawn(&["run", &job]);
    let _ = eventually("the message", || scene.receiver.requests_to("/told").pop());
    scene.scratch.kill_every_zb();
    running.wait().was_killed();
    gate.open();
    let deliveries = log(&scene);
    assert_eq!((deliveries.len(), &deliveries[0]["state"]), (1, &"pending".into()));

    let deliveries = settled(&scene, 1);
    assert_eq!(deliveries[0]["state"], "delivered");
    let requests = scene.receiver.requests_to("/told");
    assert!(requests.len() >= 2, "it was told again");
    let ids: Vec<_> = requests.iter().map(|request| request.header("webhook-id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "a receiver can drop the repeat: {ids:?}");
    assert_eq!(told(&scene)[0], told(&scene)[1]);
}

#[test]
fn what_waits_and_what_was_given_up_is_shown() {
    let scene = Scene::new();
    ZbConfig::new()
        .notify("gone", "webhook", &scene.receiver.url("/gone"), "on = [\"success\"]")
        .notify("busy", "webhook", &scene.receiver.url("/busy"), "on = [\"success\"]")
        .notify("fine", "webhook", &scene.receiver.url("/fine"), "on = [\"success\"]")
        .write(&scene.scratch);
    scene.receiver.answers("/gone", repeat_n(Reply::text(404, "no such topic"), 100));
    scene.receiver.answers("/busy", repeat_n(Reply::status(503), 100));
    run(&scene, &scene.job(), WELL);
    let deliveries = settled(&scene, 3);
    let of = |name: &str| deliveries.iter().find(|delivery| delivery["destination"] == name).unwrap();
    assert_eq!((&of("gone")["state"], &of("gone")["httpStatus"]), (&"dead".into(), &404.into()));
    assert_eq!((&of("busy")["state"], &of("busy")["httpStatus"]), (&"pending".into(), &503.into()));
    assert!(of("busy")["nextAttemptAt"].is_string() && of("gone")["nextAttemptAt"].is_null());
    assert_eq!(of("fine")["state"], "delivered");
    let shown = zb(&scene).run(&["notify", "log"]);
    for word in
        ["gone", "dead", "HTTP 404", "no such topic", "busy", "pending", "HTTP 503", "fine", "delivered"]
    {
        assert!(shown.exits(0).stdout.contains(word), "{word} is not in\n{}", shown.stdout);
    }
    let one = zb(&scene).run(&["notify", "log", "gone"]);
    assert!(!one.exits(0).stdout.contains("busy"), "{}", one.stdout);
}

#[test]
fn a_destination_that_asks_for_an_hour_gets_it_and_nothing_overtakes() {
    let scene = told_of("[\"success\"]");
    let wait =
        Reply::Whole { status: 429, headers: vec![("Retry-After".into(), "3600".into())], body: vec![] };
    scene.receiver.answers("/told", [wait]);
    run(&scene, &scene.job(), WELL);
    let first = eventually("the first try", || {
        let first = log(&scene).into_iter().find(|delivery| delivery["attempts"] == 1);
        if first.is_none() {
            zb(&scene).run(&["recover"]).exits(0);
        }
        first
    });
    let time = |key: &str| first[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time("nextAttemptAt").duration_since(time("lastAttemptAt")).as_secs() >= 3600 - 1, "{first}");
    run(&scene, &scene.job(), WELL);
    zb(&scene).run(&["recover"]).exits(0);
    assert_eq!(told(&scene).len(), 1, "nothing is sent before the time, and nothing overtakes");
    let deliveries = log(&scene);
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "pending"), "{deliveries:#?}");
}

#[test]
fn destinations_that_are_no_help_harm_no_run() {
    let scene = Scene::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap(); // connected by the kernel, and never answered
    let origin = format!("http://{}", silent.local_addr().unwrap());
    scene.receiver.answers("/reset", repeat_n(Reply::Reset, 100));
    scene.receiver.answers("/flood", repeat_n(Reply::Flood, 100));
    let elsewhere = HookReceiver::start();
    ZbConfig::new()
        .notify("silent", "webhook", &format!("{origin}/told"), "on = [\"success\"]")
        .notify("closed", "webhook", "http://127.0.0.1:1/told", "on = [\"success\"]")
        .notify("reset", "webhook", &scene.receiver.url("/reset"), "on = [\"success\"]")
        .notify("flood", "webhook", &scene.receiver.url("/flood"), "on = [\"success\"]")
        .notify("forbidden", "webhook", &elsewhere.url("/told"), "on = [\"success\"]")
        .write(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let allowed = format!("{},{origin},http://127.0.0.1:1", scene.receiver.origin());
    let restic = FakeRestic::saves(&scene.scratch);
    let zb = zb(&scene).allow(&allowed).restic(restic.command());
    for _ in 0..2 {
        zb.run(&["run", &job]).exits(0);
    }
    let paths = scene.receiver.paths();
    let hooks: Vec<_> = paths.iter().filter(|path| ["/pre", "/post"].contains(&path.as_str())).collect();
    assert_eq!(hooks, ["/pre", "/post", "/pre", "/post"]);
    assert!(elsewhere.requests().is_empty(), "the allowlist holds for messages too");
    // Of each destination the first is tried, and those behind it wait.
    let forbidden = eventually("a try of the forbidden one", || {
        let deliveries = log(&scene);
        let forbidden = deliveries.iter().find(|delivery| delivery["destination"] == "forbidden");
        let found = forbidden.filter(|found| deliveries.len() == 10 && found["error"].is_string()).cloned();
        if found.is_none() {
            zb.run(&["recover"]).exits(0);
        }
        found
    });
    assert!(forbidden["error"].as_str().unwrap().contains("WEBHOOK_ALLOWED_ORIGINS"), "{forbidden}");
}

#[test]
fn a_test_message_is_marked_and_its_answer_is_shown() {
    let scene = told_of("[\"error\"]");
    let sent = zb(&scene).run(&["notify", "test"]);
    sent.exits(0);
    let messages = told(&scene);
    assert_eq!(topics(&messages), ["test"]);
    assert!(messages[0].get("run").is_none(), "{}", messages[0]);
    assert!(sent.stdout.contains("phone"), "{}", sent.stdout);

    scene.receiver.answers("/told", [Reply::text(500, "out of paper")]);
    let failed = zb(&scene).run(&["notify", "test", "phone"]);
    failed.exits(1);
    assert!(failed.output().contains("out of paper"), "{}", failed.output());
    zb(&scene).run(&["notify", "test", "fax"]).exits(2);
    zb(&scene).allow("").run(&["notify", "test"]).exits(1);
    assert_eq!(scene.receiver.requests().len(), 2);
    assert!(scene.runs().is_empty());
}

#[test]
fn a_bad_destination_stops_start_up_and_says_where() {
    for (lines, words) in
        [("on = [\"sucess\"]", "sucess"), ("of = [\"success\"]", "of"), ("jobs = 3", "jobs")]
    {
        let scene = Scene::new();
        ZbConfig::new().notify("phone", "webhook", &scene.receiver.url("/told"), lines).write(&scene.scratch);
        let job = scene.job().write(&scene.scratch);
        let run = zb(&scene).run(&["run", &job]);
        run.exits(2);
        assert!(run.stderr.contains(words) && run.stderr.contains("zb.toml"), "{}", run.stderr);
        assert!(scene.receiver.requests().is_empty());
    }
}
