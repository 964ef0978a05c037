//! zb as process 1 of a container: it reaps what nobody else reaps, hears signals, and does not take its guardians with it
//! when it is killed. In a pid namespace; where there can be none, each test says that it was skipped.

use std::net::TcpListener;

use serde_json::Value;
use zb_tests::{Contained, Container, FakeRestic, ResticRepo, Scene, Service, Signal, eventually, marked};

/// A scene whose job is stored as `sched_pg`.
fn with_stored_job(scene: &Scene) {
    let job = scene.job().line("id = \"sched_pg\"").write(&scene.scratch);
    scene.zb().run(&["job", "import", &job]).exits(0);
}

/// A contained service in the middle of a run of that job; nothing where there can be no container.
fn backing_up(scene: &Scene) -> Option<(Service, Container)> {
    with_stored_job(scene);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let (service, container) = Service::contained(&scene.zb().restic(restic.command()), &[])?;
    let _ = service.run_now("sched_pg");
    restic.wait_until_started();
    Some((service, container))
}

fn kill9(process: &Contained) {
    let all = marked("zb");
    let same = all.iter().find(|other| other.pid == process.pid);
    same.unwrap_or_else(|| unreachable!("{process:?} is gone")).signal(Signal::KILL);
}

/// The only one that begins so.
fn only(container: &Container, words: &str) -> Contained {
    eventually(words, || {
        let mut found = container.named(words);
        (found.len() == 1).then(|| found.remove(0))
    })
}

/// Waits until there is nothing but process 1 and the service: no orphan, and no zombie.
fn nothing_but_the_service(container: &Container) {
    eventually("the end of everything else", || {
        let all = container.processes();
        (all.len() == 2 && all.iter().all(|process| process.command.contains("serve"))).then_some(())
    });
}

/// The only run, when it has ended.
fn ended(scene: &Scene) -> Value {
    eventually("the run has ended", || scene.runs().into_iter().find(|run| !run["status"].is_null()))
}

#[test]
fn a_container_that_is_stopped_sends_its_post_hooks() {
    let scene = Scene::new();
    let Some((service, container)) = backing_up(&scene) else { return };
    container.signal(Signal::TERM);
    let ended = service.running.wait();
    ended.exits(0);
    assert_eq!(ended.stderr.matches("ending; post hooks").count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains("cancelling what runs"), "it was told twice: {}", ended.stderr);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
    assert!(container.processes().is_empty());
}

#[test]
fn a_service_that_is_killed_leaves_its_guardian_time() {
    let scene = Scene::new();
    let Some((service, container)) = backing_up(&scene) else { return };
    kill9(&only(&container, "zb serve"));
    service.running.wait().exits(137);
    assert_eq!(scene.posts()[0]["status"], "error", "the container lived until it was sent");
    assert_eq!(scene.only_run()["interrupted"], true);
    assert!(container.processes().is_empty());
}

#[test]
fn whatever_is_killed_or_left_behind_is_reaped() {
    let scene = Scene::new();
    let _repo = ResticRepo::create(&scene.scratch);
    let (password, go) = (scene.scratch.text("password"), scene.scratch.text("go"));
    // A helper that outlives restic and hides, as an agent does that a password manager starts; and one that zb ends.
    let helper = format!("sh -c \"until [ -e '{go}' ]; do sleep 0.02; done\" >/dev/null 2>&1 &");
    let script = format!("#!/bin/sh\nenv -i setsid {helper}\n{helper}\ncat '{password}'\n");
    let script = scene.scratch.write_script("ask", &script);
    let repository = format!(
        "url = {:?}\npassword_command = {:?}",
        scene.scratch.path("repo"),
        script.display().to_string()
    );
    let job = scene.job().line("id = \"sched_pg\"").repository(&repository).write(&scene.scratch);
    scene.zb().run(&["job", "import", &job]).exits(0);
    let Some((service, container)) = Service::contained(&scene.zb(), &[]) else { return };
    let _ = service.run_now("sched_pg");
    assert_eq!(ended(&scene)["status"], "success");
    assert!(!container.named("sh -c until").is_empty(), "the helper lives on: {:?}", container.processes());
    scene.scratch.write("go", "");
    nothing_but_the_service(&container);
    container.signal(Signal::TERM);
    service.running.wait().exits(0);
}

#[test]
fn a_restic_and_a_guardian_that_are_killed_are_reaped() {
    let scene = Scene::new();
    let Some((service, container)) = backing_up(&scene) else { return };
    kill9(&only(&container, "zb guardian"));
    kill9(&only(&container, "/bin/sh"));
    let told = ended(&scene);
    assert_eq!(told["status"], "error", "{told:#}");
    assert_eq!(scene.posts()[0]["status"], "error");
    nothing_but_the_service(&container);
    container.signal(Signal::TERM);
    service.running.wait().exits(0);
}

#[test]
fn the_status_of_any_command_is_that_of_the_container() {
    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    let Some((run, container)) = Container::start(zb, &["run", &job]) else { return };
    restic.wait_until_started();
    container.signal(Signal::INT);
    run.wait().exits(130);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
}

/// What a service manager tells process 1 (`LISTEN_PID=1`, as for a container with a socket unit) is for zb.
#[test]
fn a_socket_that_is_handed_to_the_container_is_listened_at() {
    let scene = Scene::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let zb = scene.zb().env("LISTEN_PID", "1").env("LISTEN_FDS", "1");
    let Some((running, container)) = Container::handed(zb, socket, &["serve"]) else { return };
    eventually("the service listens there", || {
        running.stdout().contains(&format!("zb listens at {address}\n")).then_some(())
    });
    container.signal(Signal::TERM);
    running.wait().exits(0);
}

/// By `unshare --pid --fork` alone the processes of outside are seen: their guardians are not waited for.
#[test]
fn the_guardians_of_outside_are_not_this_containers() {
    let outside = Scene::new();
    let restic = FakeRestic::works_until_interrupted(&outside.scratch);
    let other = outside.start(&outside.job(), &restic);
    restic.wait_until_started();

    let scene = Scene::new();
    let job = scene.job().write(&scene.scratch);
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    let Some((run, container)) = Container::below_another_proc(zb, &["run", &job]) else { return };
    restic.wait_until_started();
    kill9(&only(&container, "zb run"));
    run.wait().exits(137);
    assert_eq!(scene.posts()[0]["status"], "error", "the container lived until its own guardian had sent it");

    other.interrupt();
    other.wait().exits(130);
}
