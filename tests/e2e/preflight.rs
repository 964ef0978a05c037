//! `preflight = "full"`: what would fail inside the pause fails before it, with no hook sent (`spec.md` §3).

use std::fs;

use zb_tests::{Finished, ResticRepo, Scene};

fn run(scene: &Scene) -> Finished {
    let job = scene.job().line("preflight = \"full\"").write(&scene.scratch);
    scene.zb().run(&["run", &job, "--json"])
}

/// No hook was sent, and the run says why.
#[track_caller]
fn fails(scene: &Scene, why: &str) {
    let run = run(scene);
    run.exits(1);
    assert_eq!(run.events().types(), ["run.queued", "checks.finished", "run.finished"]);
    let error = scene.only_run()["error"].as_str().unwrap().to_owned();
    assert!(error.contains(why), "{error}");
    assert!(scene.receiver.requests().is_empty());
    scene.scratch.nothing_left_running();
}

#[test]
fn a_missing_source_is_noticed() {
    let scene = Scene::new();
    let _repo = ResticRepo::create(&scene.scratch);
    fs::remove_dir_all(scene.scratch.path("source")).unwrap();
    fails(&scene, "source: No such file or directory");
}

#[test]
fn a_missing_repository_is_noticed() {
    fails(&Scene::new(), "does not open: unable to open config file");
}

#[test]
fn a_wrong_password_is_noticed() {
    let scene = Scene::new();
    let _repo = ResticRepo::create(&scene.scratch);
    let job = scene.job().line("preflight = \"full\"").write(&scene.scratch);
    scene.scratch.write("password", "a wrong one\n");
    let run = scene.zb().run(&["run", &job, "--json"]);
    run.exits(1);
    let error = run.events().one("checks.finished")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("does not open: wrong password or no key found"), "{error}");
    assert!(scene.receiver.requests().is_empty());
}

#[test]
fn a_good_repository_is_backed_up_to_and_known_to_the_cache() {
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    run(&scene).exits(0);
    fs::remove_dir_all(scene.scratch.path("home/.cache")).unwrap();
    let job = scene.job().line("preflight = \"full\"").write(&scene.scratch);
    scene.zb().run(&["check", &job]).exits(0);
    let cached = scene.scratch.files("home/.cache");
    assert!(cached.iter().any(|(path, _)| path.to_string_lossy().contains("/index/")), "{cached:?}");
    assert_eq!((repo.snapshots().len(), repo.locks()), (1, 0));
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}
