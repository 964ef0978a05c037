//! `zb serve` from outside: jobs run when they are asked for, are settled when it dies, and end with it.

use std::fs;

use serde_json::Value;
use zb_tests::{FakeRestic, Hook, JobFile, ResticRepo, Scene, Service, eventually};

/// A scene whose job is stored as `sched_pg`.
fn with_stored_job(scene: &Scene) {
    scene.store(&scene.job().line("id = \"sched_pg\""));
}

/// The only run, when it has ended.
fn ended(scene: &Scene) -> Value {
    eventually("the run has ended", || scene.runs().into_iter().find(|run| !run["status"].is_null()))
}

#[test]
fn a_stored_job_runs_when_it_is_asked_for() {
    let scene = Scene::new();
    let _repo = ResticRepo::create(&scene.scratch);
    with_stored_job(&scene);
    let service = Service::start(&scene.zb(), &[]);
    let run = service.run_now("sched_pg");
    let told = ended(&scene);
    assert_eq!((&told["jobId"], &told["status"]), (&Value::from(run.as_str()), &Value::from("success")));
    assert_eq!((&told["trigger"], &told["by"]), (&Value::from("api"), &Value::from("token tests")));
    assert_eq!(scene.posts()[0]["status"], "success");
    let shown = service.ask("GET", &format!("/api/v1/runs/{run}"), "");
    assert_eq!(shown.json()["status"], "success");
    let metrics = service.ask("GET", "/metrics", "");
    assert_eq!(metrics.status, 200);
    service.running.terminate();
    service.running.wait().exits(0);
    scene.scratch.nothing_left_running();
}

/// Who has seen the end of a run can start the next one: nothing is in progress any more.
#[test]
fn the_next_run_starts_as_soon_as_the_last_one_is_over() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let restic = FakeRestic::saves(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    for _ in 0..20 {
        let run = service.run_now("sched_pg");
        let path = format!("/api/v1/runs/{run}");
        let state = || service.ask("GET", &path, "").json()["state"].clone();
        eventually("the run is over", || (state() == "finished").then_some(()));
    }
    service.running.terminate();
    service.running.wait().exits(0);
}

#[test]
fn whoever_is_no_account_is_told_the_link_once_a_start() {
    let scene = Scene::new();
    let zb = scene.zb().spawn(&["serve", "--listen", "127.0.0.1:0"]);
    let link = eventually("the link", || {
        let said = zb.stdout();
        said.lines().find_map(|line| line.strip_prefix("Set up zb: ")).map(ToOwned::to_owned)
    });
    assert!(link.starts_with("http://127.0.0.1:") && link.contains("/set-up?token="), "{link}");
    zb.terminate();
    zb.wait().exits(0);
}

#[test]
fn behind_a_proxy_the_link_names_where_people_reach_it() {
    let scene = Scene::new();
    let words =
        ["serve", "--listen", "127.0.0.1:0", "--base-path", "/zb", "--public-url", "https://zb.example.org"];
    let zb = scene.zb().spawn(&words);
    let link = eventually("the link", || {
        let said = zb.stdout();
        said.lines().find_map(|line| line.strip_prefix("Set up zb: ")).map(ToOwned::to_owned)
    });
    assert!(link.starts_with("https://zb.example.org/zb/set-up?token="), "{link}");
    zb.terminate();
    zb.wait().exits(0);
}

#[test]
fn the_end_of_the_service_cancels_a_run_and_sends_its_post_hook() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let _ = service.run_now("sched_pg");
    restic.wait_until_started();
    service.running.terminate();
    service.running.wait().exits(0);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
    assert_eq!(scene.only_run()["cancelRequestedBy"], "shutdown");
    scene.scratch.nothing_left_running();
}

#[test]
fn a_service_that_is_killed_leaves_nothing_paused() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    let service = Service::start(&zb, &[]);
    let _ = service.run_now("sched_pg");
    restic.wait_until_started();
    service.running.kill9();
    service.running.wait().was_killed();
    let posts = eventually("the guardian sends the post hook", || {
        Some(scene.posts()).filter(|posts| !posts.is_empty())
    });
    assert_eq!(posts[0]["status"], "error");
    let told = ended(&scene);
    assert_eq!((&told["status"], &told["interrupted"]), (&Value::from("error"), &Value::from(true)));
    let again = Service::start(&zb, &[]);
    let shown = again.ask("GET", "/api/v1/runs", "");
    assert_eq!(shown.json()["items"][0]["interrupted"], true);
    again.running.terminate();
    again.running.wait().exits(0);
    assert_eq!(scene.posts().len(), 1, "it was answered, and is not sent again");
}

#[test]
fn job_files_come_change_and_go() {
    let scene = Scene::new();
    let folder = scene.scratch.path("jobs");
    fs::create_dir(&folder).unwrap();
    let service = Service::start(&scene.zb(), &["--jobs-dir", folder.to_str().unwrap()]);
    let names = || -> Vec<String> {
        let listed = service.ask("GET", "/api/v1/jobs", "").json();
        let items = listed["items"].as_array().unwrap();
        items.iter().map(|job| job["name"].as_str().unwrap().to_owned()).collect()
    };
    let problems = || service.ask("GET", "/api/v1/jobs", "").json()["problems"].clone();
    assert!(names().is_empty());
    let text = fs::read_to_string(scene.job().line("id = \"sched_file\"").write(&scene.scratch)).unwrap();
    // Where it stands now, what it names relatively is elsewhere.
    let text = text.replace("\"source\"", &format!("{:?}", scene.scratch.path("source")));
    fs::write(folder.join("a.toml"), &text).unwrap();
    eventually("the job is there", || (names().len() == 1).then_some(()));
    let job = service.ask("GET", "/api/v1/jobs/sched_file", "").json();
    assert_eq!((&job["state"]["managedBy"], &job["state"]["file"]), (&"file".into(), &"a.toml".into()));

    fs::rename(folder.join("a.toml"), folder.join("b.toml")).unwrap();
    let file = || service.ask("GET", "/api/v1/jobs/sched_file", "").json()["state"]["file"].clone();
    eventually("the job is that of the renamed file", || (file() == "b.toml").then_some(()));
    fs::rename(folder.join("b.toml"), folder.join("a.toml")).unwrap();
    eventually("and back", || (file() == "a.toml").then_some(()));

    fs::write(folder.join(".a.toml"), "an editor's").unwrap();
    fs::write(folder.join("a.toml"), "name = 5").unwrap();
    eventually("the fault is shown", || problems().get(0).cloned());
    assert_eq!(problems().as_array().unwrap().len(), 1, "what is hidden is not looked at");
    assert_eq!(names().len(), 1, "what it said before stays");
    fs::write(folder.join("nobodys.toml"), format!("organization = \"org_nobody\"\n{text}")).unwrap();
    let nobody = eventually("the organization is missed", || problems().get(1).cloned());
    assert_eq!(nobody["error"], "there is no organization org_nobody");
    fs::remove_file(folder.join("nobodys.toml")).unwrap();
    fs::remove_file(folder.join("a.toml")).unwrap();
    eventually("the job is gone", || names().is_empty().then_some(()));
    service.running.terminate();
    service.running.wait().exits(0);
}

/// The job of a file that goes while it runs goes when the run is over.
#[test]
fn a_job_file_that_goes_during_a_run_takes_its_job_afterwards() {
    let scene = Scene::new();
    let folder = scene.scratch.path("jobs");
    fs::create_dir(&folder).unwrap();
    let text = fs::read_to_string(scene.job().line("id = \"sched_file\"").write(&scene.scratch)).unwrap();
    fs::write(
        folder.join("a.toml"),
        text.replace("\"source\"", &format!("{:?}", scene.scratch.path("source"))),
    )
    .unwrap();
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    let service = Service::start(&zb, &["--jobs-dir", folder.to_str().unwrap()]);
    let jobs = || service.ask("GET", "/api/v1/jobs", "").json()["items"].as_array().unwrap().len();
    eventually("the job is there", || (jobs() == 1).then_some(()));
    let run = service.run_now("sched_file");
    restic.wait_until_started();
    fs::remove_file(folder.join("a.toml")).unwrap();
    // When the fault of another file is shown, the folder was looked at while the job ran.
    fs::write(folder.join("b.toml"), "name = 5").unwrap();
    let problems = || service.ask("GET", "/api/v1/jobs", "").json()["problems"].clone();
    eventually("the folder was looked at", || problems().get(0).cloned());
    assert_eq!(jobs(), 1, "a job that runs stays");
    let cancelled = service.ask("POST", &format!("/api/v1/runs/{run}/cancel"), "");
    assert_eq!(cancelled.status, 202, "{cancelled:?}");
    eventually("the job is gone", || (jobs() == 0).then_some(()));
    assert_eq!(scene.posts()[0]["status"], "cancelled");
    service.running.terminate();
    service.running.wait().exits(0);
}

/// Two stored jobs, `sched_one` and `sched_two`, each with its own paths of the receiver.
fn with_two_jobs(scene: &Scene) {
    for name in ["one", "two"] {
        let hook = |phase: &str| Hook::to(scene.receiver.url(&format!("/{name}/{phase}")));
        let job = JobFile::new(&scene.scratch).pre(&hook("pre")).post(&hook("post"));
        let text = job.line(&format!("id = \"sched_{name}\"")).text();
        let file = scene.scratch.write("job.toml", text.replace("postgres data", name));
        scene.zb().run(&["job", "import", file.to_str().unwrap()]).exits(0);
    }
}

/// `spec.md` §3: nothing of it began, so no hook is sent; and it ends when it is cancelled, not when its turn comes.
#[test]
fn a_cancel_of_a_run_that_waits_ends_it_at_once() {
    let scene = Scene::new();
    with_two_jobs(&scene);
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &["--max-runs", "1"]);
    let first = service.run_now("sched_one");
    restic.wait_until_started();
    let waiting = service.run_now("sched_two");
    let shown = |run: &str| service.ask("GET", &format!("/api/v1/runs/{run}"), "").json();
    assert_eq!(shown(&waiting)["state"], "queued");

    let cancel = || service.ask("POST", &format!("/api/v1/runs/{waiting}/cancel"), "").status;
    assert_eq!(cancel(), 202);
    let over =
        eventually("the end of the run", || Some(shown(&waiting)).filter(|run| !run["status"].is_null()));
    assert_eq!((&over["status"], &over["cancelRequestedBy"]), (&"cancelled".into(), &"api".into()), "{over}");
    assert_eq!((&over["startedAt"], &over["postHook"]), (&Value::Null, &"none".into()), "{over}");
    assert_eq!(shown(&first)["state"], "backing-up", "the other one is at work still");
    assert_eq!(cancel(), 409);

    // Its job is free again, and its place in the queue too.
    let again = service.run_now("sched_two");
    scene.scratch.write("go", "");
    let status = |run: &str| shown(run)["status"].clone();
    eventually("both are over", || [&first, &again].iter().all(|run| status(run) == "success").then_some(()));
    let hooks = |path: &str| scene.receiver.requests_to(path).len();
    assert_eq!([hooks("/two/pre"), hooks("/two/post")], [1, 1], "of the run that was not cancelled");
    service.running.terminate();
    service.running.wait().exits(0);
}

/// `api.md` §1: a `scheduleId` is unique within its organization only.
#[test]
fn two_organizations_with_one_schedule_id_do_not_meet() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    for organization in ["org_default", "org_studio"] {
        let hook = |phase: &str| Hook::to(scene.receiver.url(&format!("/{organization}/{phase}")));
        let job = JobFile::new(&scene.scratch).pre(&hook("pre")).post(&hook("post"));
        let job = job.line("id = \"sched_same\"").line(&format!("organization = {organization:?}"));
        zb.run(&["job", "import", &job.write(&scene.scratch)]).exits(0);
    }
    let service = Service::start(&zb, &[]);
    let job = scene.scratch.text("job.toml");
    let studio = zb.spawn(&["run", &job]);
    restic.wait_until_started();
    // The other one's run is no reason to refuse this one, and is not named to it.
    let run = service.run_now("sched_same");
    eventually("both are at work", || (restic.backups() == 2).then_some(()));
    let refused = zb.run(&["run", &job]);
    assert!(refused.exits(4).stderr.contains("is running already"), "{refused:?}");
    assert!(!refused.stderr.contains(&run), "{refused:?}");
    scene.scratch.write("go", "");
    studio.wait().exits(0);
    let shown = || service.ask("GET", &format!("/api/v1/runs/{run}"), "").json();
    eventually("the end of the run", || (shown()["status"] == "success").then_some(()));
    for organization in ["org_default", "org_studio"] {
        for phase in ["pre", "post"] {
            assert_eq!(scene.receiver.requests_to(&format!("/{organization}/{phase}")).len(), 1);
        }
    }
    service.running.terminate();
    service.running.wait().exits(0);
}
