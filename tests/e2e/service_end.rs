//! The end of the service, a full disk under it, and clients that take their time.

use std::{
    fs::{self, OpenOptions},
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
};

use zb_tests::{FakeRestic, Scene, Service, eventually};

fn with_stored_job(scene: &Scene) {
    scene.store(&scene.job().line("id = \"sched_pg\""));
}

#[test]
fn a_service_that_is_to_finish_lets_runs_end_and_begins_no_other() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let mut service = Service::start(&scene.zb().restic(restic.command()), &["--shutdown", "finish"]);
    let run = service.run_now("sched_pg");
    restic.wait_until_started();
    let mut own = service.watch(&format!("/api/v1/runs/{run}/events"));
    let mut all = service.watch("/api/v1/events");
    service.running.terminate();
    service.running.wait_for_error("ending");
    let refused = eventually("it begins nothing any more", || {
        let refused = service.ask("POST", "/api/v1/jobs/sched_pg/runs", "{}");
        // Until it has heard of its end, the job is running already.
        (refused.status != 409).then_some(refused)
    });
    assert_eq!((refused.status, &refused.json()["type"]), (503, &"urn:zb:problem:shutting-down".into()));
    let ready = service.ask("GET", "/readyz", "");
    assert_eq!((ready.status, ready.body.contains("shutting-down")), (503, true), "{ready:?}");
    scene.scratch.write("go", "");
    assert_eq!(own.next_of("run.finished").data["status"], "success");
    assert_eq!(own.told(), None);
    while all.told().is_some() {}
    service.running.wait().exits(0);
    assert_eq!(scene.posts()[0]["status"], "success");
    scene.scratch.nothing_left_running();
}

#[test]
fn a_second_signal_cancels_what_is_to_finish() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let mut service = Service::start(&scene.zb().restic(restic.command()), &["--shutdown", "finish"]);
    let _ = service.run_now("sched_pg");
    restic.wait_until_started();
    service.running.terminate();
    service.running.wait_for_error("ending");
    service.running.terminate();
    service.running.wait().exits(0);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
    assert_eq!(scene.only_run()["cancelRequestedBy"], "shutdown");
}

/// Connections that say nothing, say half, or take nothing, and streams: none of them holds the end.
#[test]
fn slow_clients_do_not_hold_the_end() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let _ = service.run_now("sched_pg");
    restic.wait_until_started();
    let connect = || TcpStream::connect(service.address()).unwrap();
    let said = |text: &str| {
        let mut stream = connect();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let credential = service.credential();
    let mut clients = vec![
        connect(),
        said("GET /api/v1/ru"),
        said(&format!(
            "POST /api/v1/jobs HTTP/1.1\r\nHost: zb\r\n{credential}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        )),
        said(&format!("GET /api/v1/events HTTP/1.1\r\nHost: zb\r\n{credential}\r\n")),
        said(&format!("GET /api/v1/user HTTP/1.1\r\nHost: zb\r\n{credential}\r\n")),
    ];
    // All of them are heard when this one is, which came later.
    assert_eq!(service.ask("GET", "/healthz", "").status, 200);
    service.running.terminate();
    service.running.wait().exits(0);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
    for client in &mut clients {
        // The end of each: nothing is left open.
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest);
    }
    scene.scratch.nothing_left_running();
}

/// Puts the data directory onto a small disk of its own, with what is in it.
const ON_A_SMALL_DISK: &str = "cp -a \"$ZB_DATA_DIR\" \"$TMPDIR/data\" && mount -t tmpfs -o size=6m,mode=700 small \"$ZB_DATA_DIR\" \
    && cp -a \"$TMPDIR/data/.\" \"$ZB_DATA_DIR\" && exec \"$@\"";

/// `spec.md` §10 and `api.md` §1: 503 `storage` while there is no space, nothing lost, and all goes on when there is some.
#[test]
fn a_full_disk_is_said_and_gone_when_there_is_space_again() {
    let scene = Scene::new();
    with_stored_job(&scene);
    let zb = scene.zb().restic(FakeRestic::saves(&scene.scratch).command());
    let alone = ["unshare", "--user", "--map-root-user", "--mount"];
    let mut can_mount = zb_tests::command(alone[0]);
    can_mount.args(&alone[1..]).args([
        "mount",
        "-t",
        "tmpfs",
        "small",
        scene.scratch.root().to_str().unwrap(),
    ]);
    if !can_mount.status().is_ok_and(|status| status.success()) {
        // A machine on which nobody may mount has no small disk.
        return;
    }
    let wrapper = alone.into_iter().chain(["sh", "-c", ON_A_SMALL_DISK, "sh"]);
    let service = Service::start_under(&zb, wrapper, &[]);
    let data = PathBuf::from(format!("/proc/{}/root{}", service.running.pid(), scene.scratch.text("data")));
    let run = service.run_now("sched_pg");
    let shown = |run: &str| service.ask("GET", &format!("/api/v1/runs/{run}"), "").json();
    eventually("a run", || (shown(&run)["status"] == "success").then_some(()));
    let hooks = scene.receiver.requests().len();

    let filler = data.join("filler");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(&filler).unwrap();
    let block = [0; 4096];
    while file.write_all(&block).is_ok() {}
    let new = scene.job().line("id = \"sched_new\"").text().replace("postgres data", "new");
    let fields = format!("{}Content-Type: application/toml\r\n", service.credential());
    let add = || service.ask_with(&fields, "POST", "/api/v1/jobs", &new);
    let full = |answered: &zb_tests::Answered| {
        assert_eq!(
            (answered.status, &answered.json()["type"]),
            (503, &"urn:zb:problem:storage".into()),
            "{answered:?}"
        );
        assert!(answered.json()["reference"].as_str().unwrap().starts_with("err_"), "{answered:?}");
    };
    // What the log of the database has left is used up first.
    let refused = eventually("the disk is full", || {
        Some(service.ask("POST", "/api/v1/jobs/sched_pg/runs", "{}"))
            .filter(|answered| answered.status == 503)
    });
    full(&refused);
    full(&add());
    assert_eq!(service.ask("GET", "/healthz", "").status, 200);
    assert_eq!(service.ask("GET", "/api/v1/jobs", "").json()["items"].as_array().unwrap().len(), 1);

    drop(file);
    fs::remove_file(filler).unwrap();
    let added = add();
    assert_eq!(added.status, 201, "{added:?}");
    let again = eventually("runs begin again", || {
        let answered = service.ask("POST", "/api/v1/jobs/sched_pg/runs", "{}");
        (answered.status == 202).then(|| answered.json()["jobId"].as_str().unwrap().to_owned())
    });
    eventually("a run", || (shown(&again)["status"] == "success").then_some(()));
    eventually("it is ready", || (service.ask("GET", "/readyz", "").status == 200).then_some(()));
    let all = service.ask("GET", "/api/v1/runs", "").json()["items"].as_array().unwrap().clone();
    assert!(all.iter().all(|run| run["status"] == "success"), "{all:#?}");
    assert_eq!(scene.receiver.requests().len() - hooks, 2 * (all.len() - 1), "no hook without its run");
    assert!(all.iter().all(|run| run["postHook"] == "delivered"));
    service.stop();
}
