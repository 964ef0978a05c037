//! The scheduler of the real service: what is due runs once, whatever dies, and what must not meet does not.

use std::{collections::BTreeSet, process::Command, thread, time::Duration};

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use serde_json::Value;
use zb_tests::{FakeRestic, Hook, JobFile, Scene, Service, Zb, command, eventually, eventually_within};

/// A minute to come is at most 90 seconds away; the rest is for a busy machine.
const LONG: Duration = Duration::from_secs(180);

/// A job that is due once a year, in January: no test meets that by chance.
fn yearly(scene: &Scene) -> JobFile {
    scene.job().line("id = \"sched_pg\"").line("schedule = \"0 0 1 1 *\"").line("timezone = \"UTC\"")
}

fn sqlite(scene: &Scene, sql: &str) -> String {
    let mut sqlite: Command = command("sqlite3");
    let output = sqlite.arg(scene.scratch.path("data/zb.db")).arg(sql).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// As if the service had been away since then: its mark of the job says so.
fn away_since(scene: &Scene, handled: &str) {
    let sql = format!(
        "UPDATE marks SET mark = json_set(mark, '$.handled', '{handled}') WHERE schedule = 'sched_pg'"
    );
    sqlite(scene, &sql);
}

/// Starts the service once, so that it knows the job, and ends it.
fn known(zb: &Zb<'_>, scene: &Scene) {
    let service = Service::start(zb, &[]);
    eventually("its mark is kept", || (sqlite(scene, "SELECT count(*) FROM marks") == "1").then_some(()));
    service.stop();
}

fn runs(service: &Service) -> Vec<Value> {
    service.ask("GET", "/api/v1/runs", "").json()["items"].as_array().unwrap().clone()
}

/// What is due on time starts by itself, once: by the clocks of different zones, no more at a time than may run, and never
/// where the job is switched off.
#[test]
fn what_comes_due_starts_by_itself_and_once() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    let due = a_minute_to_come();
    for (name, zone, enabled) in [
        ("utc", "UTC", true),
        ("kolkata", "Asia/Kolkata", true),
        ("madrid", "Europe/Madrid", true),
        ("off", "UTC", false),
    ] {
        let at = due.in_tz(zone).unwrap().strftime("%-M %-H %-d %-m *");
        let job = JobFile::new(&scene.scratch)
            .hooks(&scene.receiver)
            .line(&format!("id = \"sched_{name}\"\nenabled = {enabled}"))
            .line(&format!("schedule = \"{at}\"\ntimezone = \"{zone}\""));
        let file = scene.scratch.write("job.toml", job.text().replace("postgres data", name));
        zb.run(&["job", "import", file.to_str().unwrap()]).exits(0);
    }
    let service = Service::start(&zb, &["--max-runs", "2"]);
    let of = |name: &str| -> Vec<Value> {
        let own = |run: &Value| run["scheduleId"] == *format!("sched_{name}");
        runs(&service).into_iter().filter(own).collect()
    };
    let enabled = ["utc", "kolkata", "madrid"];
    eventually_within(LONG, "two at work, and one that waits for them", || {
        (restic.backups() == 2 && runs(&service).iter().filter(|run| run["state"] == "queued").count() == 1)
            .then_some(())
    });
    assert_eq!(restic.backups(), 2);
    scene.scratch.write("go", "");
    eventually("all are over", || {
        let all = runs(&service);
        (all.len() == 3 && all.iter().all(|run| run["status"] == "success")).then_some(())
    });
    for name in enabled {
        let own = of(name);
        assert_eq!(own.len(), 1, "{own:#?}");
        assert_eq!((&own[0]["trigger"], &own[0]["attempt"]), (&"schedule".into(), &1.into()));
        let queued: Timestamp = own[0]["queuedAt"].as_str().unwrap().parse().unwrap();
        assert!(queued >= due, "{queued} is before {due}");
        let next = service.ask("GET", &format!("/api/v1/jobs/sched_{name}"), "").json();
        let next: Timestamp = next["state"]["nextRunAt"].as_str().unwrap().parse().unwrap();
        assert!(next > due, "{next} is not after {due}");
    }
    service.stop();
    // Another start knows that it was done; the one that was off runs by hand.
    let service = Service::start(&zb, &[]);
    eventually("it is ready", || (service.ask("GET", "/readyz", "").status == 200).then_some(()));
    let by_hand = service.run_now("sched_off");
    let all = eventually("the run by hand", || {
        Some(runs(&service)).filter(|all| all.iter().all(|run| run["status"] == "success"))
    });
    assert_eq!((all.len(), &all[0]["jobId"]), (4, &by_hand.into()), "{all:#?}");
    assert_eq!((scene.receiver.requests_to("/pre").len(), scene.posts().len()), (4, 4));
    service.stop();
}

/// The start of a minute that is far enough away for a service to come up before it.
#[expect(clippy::disallowed_methods, reason = "the clock that the service goes by")]
fn a_minute_to_come() -> Timestamp {
    let earliest = Timestamp::now() + SignedDuration::from_secs(30);
    earliest.round(TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil)).unwrap()
}

#[test]
fn what_was_missed_runs_once_and_not_again() {
    let scene = Scene::new();
    scene.store(&yearly(&scene));
    let zb = scene.zb().restic(FakeRestic::saves(&scene.scratch).command());
    known(&zb, &scene);
    // Three due times were missed.
    away_since(&scene, "2023-06-01T00:00:00Z");
    let service = Service::start(&zb, &[]);
    let run = eventually("the run", || runs(&service).into_iter().find(|run| run["status"] == "success"));
    assert_eq!((&run["trigger"], &run["by"], &run["attempt"]), (&"missed".into(), &Value::Null, &1.into()));
    service.stop();
    let service = Service::start(&zb, &[]);
    eventually("it is ready", || (service.ask("GET", "/readyz", "").status == 200).then_some(()));
    let by_hand = service.run_now("sched_pg");
    eventually("a run by hand", || runs(&service).iter().all(|run| run["status"] == "success").then_some(()));
    let ids: Vec<_> = runs(&service).iter().map(|run| run["jobId"].clone()).collect();
    assert_eq!(ids, [Value::from(by_hand), run["jobId"].clone()], "each once");
    assert_eq!(scene.receiver.requests_to("/pre").len(), 2);
    service.stop();
}

#[test]
fn what_did_not_start_is_overdue_until_it_runs() {
    let scene = Scene::new();
    scene.store(&yearly(&scene).line("missed = \"skip\""));
    let zb = scene.zb().restic(FakeRestic::saves(&scene.scratch).command());
    zb.run(&["run", "sched_pg"]).exits(0);
    // As if that had been long ago.
    sqlite(&scene, "UPDATE runs SET queued_at = unixepoch('2023-06-01') * 1000000");
    let service = Service::start(&zb, &[]);
    let since = |path: &str, pointer: &str| {
        service.ask("GET", path, "").json().pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned)
    };
    let told = || {
        let job = since("/api/v1/jobs/sched_pg", "/state/overdueSince");
        (job, since("/api/v1/jobs", "/items/0/state/overdueSince"), since("/api/v1/needs", "/items/0/since"))
    };
    let due = Some("2024-01-01T00:00:00Z".to_owned());
    eventually("all of them tell it", || (told() == (due.clone(), due.clone(), due.clone())).then_some(()));
    let _ = service.run_now("sched_pg");
    assert_eq!(told(), (None, None, None), "it has begun");
    service.stop();
}

#[test]
fn what_was_missed_is_skipped_where_the_job_says_so() {
    let scene = Scene::new();
    scene.store(&yearly(&scene).line("missed = \"skip\""));
    let zb = scene.zb().restic(FakeRestic::saves(&scene.scratch).command());
    known(&zb, &scene);
    away_since(&scene, "2023-06-01T00:00:00Z");
    let service = Service::start(&zb, &[]);
    let handled = || sqlite(&scene, "SELECT json_extract(mark, '$.handled') FROM marks");
    eventually("it was looked at", || (!handled().starts_with("2023")).then_some(()));
    let by_hand = service.run_now("sched_pg");
    eventually("a run by hand", || runs(&service).iter().all(|run| run["status"] == "success").then_some(()));
    assert_eq!(runs(&service).len(), 1, "{by_hand}");
    service.stop();
}

/// `kill -9` at any moment from the start on: in the end the due time had one run that began, no more and no less.
#[test]
fn one_due_time_has_one_run_wherever_the_service_dies() {
    let scene = Scene::new();
    scene.store(&yearly(&scene));
    let restic = FakeRestic::saves(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    known(&zb, &scene);
    // By the run in their `webhook-id`: a post hook that was cut by a death is sent again under the same.
    let runs_of = |path: &str| -> BTreeSet<String> {
        let requests = scene.receiver.requests_to(path);
        let ids = requests.iter().map(|request| request.header("webhook-id").unwrap().to_owned());
        ids.map(|id| id.rsplit_once('_').unwrap().0.to_owned()).collect()
    };
    for round in 0..10_u64 {
        let before = scene.receiver.requests_to("/pre").len();
        away_since(&scene, "2025-06-01T00:00:00Z");
        let killed = zb.spawn(&["serve", "--listen", "127.0.0.1:0"]);
        // Where it dies is chance; what holds, holds everywhere.
        thread::sleep(Duration::from_millis(20 * round));
        killed.kill9();
        let _ = killed.wait();
        let service = Service::start(&zb, &[]);
        eventually("it is ready", || (service.ask("GET", "/readyz", "").status == 200).then_some(()));
        let due = || {
            let sql = "SELECT count(*) FROM marks WHERE json_extract(mark, '$.owed') IS NOT NULL
                       OR json_extract(mark, '$.handled') < '2026'";
            sqlite(&scene, sql) == "0" && runs(&service).iter().all(|run| !run["status"].is_null())
        };
        eventually("all is done", || due().then_some(()));
        let pres = scene.receiver.requests_to("/pre").len() - before;
        assert!(pres <= 1, "round {round}: the due time was run {pres} times");
        let began = runs(&service).iter().filter(|run| !run["startedAt"].is_null()).count();
        assert_eq!(began, usize::try_from(round).unwrap() + 1, "round {round}: {:#?}", runs(&service));
        // A pre hook that was begun on disk and never sent may have been sent, as far as anybody knows: it has one too.
        let (pre, post) = (runs_of("/pre"), runs_of("/post"));
        assert!(post.is_superset(&pre), "round {round}: each pre hook has its post hook: {pre:?}, {post:?}");
        service.stop();
    }
}

#[test]
fn a_run_that_failed_is_tried_again_after_its_delay_as_a_run_of_its_own() {
    let scene = Scene::new();
    scene.store(&scene.job().line("id = \"sched_pg\"").line("retries = 2").line("retry_delay = \"1s\""));
    let restic = FakeRestic::exits(&scene.scratch, 1, "Fatal: no luck\n");
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let first = service.run_now("sched_pg");
    let all = eventually("three runs", || {
        Some(runs(&service)).filter(|all| all.len() == 3 && all.iter().all(|run| run["status"] == "error"))
    });
    let told: Vec<_> =
        all.iter().rev().map(|run| (&run["trigger"], &run["attempt"], &run["retryOf"])).collect();
    let (api, retry) = (Value::from("api"), Value::from("retry"));
    let [one, two, three] = [1, 2, 3].map(Value::from);
    assert_eq!(
        told,
        [(&api, &one, &Value::Null), (&retry, &two, &first.into()), (&retry, &three, &all[1]["jobId"])]
    );
    let delay = |earlier: &Value, later: &Value| {
        let time = |run: &Value, when: &str| run[when].as_str().unwrap().parse::<Timestamp>().unwrap();
        time(later, "queuedAt").duration_since(time(earlier, "finishedAt"))
    };
    assert!(
        delay(&all[2], &all[1]).as_millis() >= 1000 && delay(&all[1], &all[0]).as_millis() >= 1000,
        "{all:#?}"
    );
    assert_eq!((scene.receiver.requests_to("/pre").len(), scene.posts().len()), (3, 3));
    service.stop();
}

/// `spec.md` §8: a limit on concurrent runs, in the order in which they came.
#[test]
fn so_many_run_beside_each_other_and_no_more() {
    let scene = Scene::new();
    for name in ["a", "b", "c"] {
        let job = JobFile::new(&scene.scratch).post(&Hook::to(scene.receiver.url(&format!("/{name}"))));
        let text = job.line(&format!("id = \"sched_{name}\"")).text().replace("postgres data", name);
        let file = scene.scratch.write("job.toml", text);
        scene.zb().run(&["job", "import", file.to_str().unwrap()]).exits(0);
    }
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &["--max-runs", "2"]);
    let ids = ["a", "b", "c"].map(|name| service.run_now(&format!("sched_{name}")));
    let state = |id: &str| service.ask("GET", &format!("/api/v1/runs/{id}"), "").json()["state"].clone();
    // A restic is told of before it is there.
    eventually("two are at work", || {
        (state(&ids[0]) == "backing-up" && state(&ids[1]) == "backing-up" && restic.backups() >= 2)
            .then_some(())
    });
    assert_eq!((state(&ids[2]), restic.backups()), ("queued".into(), 2));
    let again = service.ask("POST", "/api/v1/jobs/sched_c/runs", "{}");
    assert_eq!((again.status, &again.json()["jobId"]), (409, &ids[2].as_str().into()));
    scene.scratch.write("go", "");
    eventually("all are over", || ids.iter().all(|id| state(id) == "finished").then_some(()));
    service.stop();
}

/// `spec.md` §8: `forget` never beside a backup of the same repository.
#[test]
fn old_snapshots_are_forgotten_when_nobody_backs_up_into_the_repository() {
    let scene = Scene::new();
    for (name, more) in [("slow", ""), ("fast", "retention = { keep_last = 1 }")] {
        let job = JobFile::new(&scene.scratch).line(&format!("id = \"sched_{name}\"")).line(more);
        let file = scene.scratch.write("job.toml", job.text().replace("postgres data", name));
        scene.zb().run(&["job", "import", file.to_str().unwrap()]).exits(0);
    }
    let (go, calls) = (scene.scratch.text("go"), scene.scratch.text("restic.calls"));
    let summary = r#"{"message_type":"summary","snapshot_id":"0123abcd"}"#;
    let restic = FakeRestic::with(
        &scene.scratch,
        &format!(
            "case \"$*\" in *sched_slow*) until [ -e '{go}' ]; do sleep 0.02; done; echo slow >>'{calls}' ;; esac
             echo '{summary}'"
        ),
    );
    let service = Service::start(&scene.zb().restic(restic.command()), &["--max-runs", "2"]);
    let slow = service.run_now("sched_slow");
    restic.wait_until_started();
    let fast = service.run_now("sched_fast");
    let mut told = service.watch(&format!("/api/v1/runs/{fast}/events"));
    let _ = told.next_of("retention.started");
    // It waits now. Were it not to, it would have come long before the other one's end.
    scene.scratch.write("go", "");
    assert_eq!(told.next_of("run.finished").data["status"], "success");
    let shown = || service.ask("GET", &format!("/api/v1/runs/{slow}"), "").json()["status"].clone();
    eventually("the other one's end", || (shown() == "success").then_some(()));
    let calls = restic.calls();
    let at = |beginning: &str| calls.iter().position(|call| call.starts_with(beginning)).unwrap();
    assert!(at("slow") < at("forget"), "{calls:#?}");
    service.stop();
}
