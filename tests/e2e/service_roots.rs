//! Where the jobs of `zb serve` may lead, looked at again in each run (`api.md` §2, "roots").

use std::{fs, os::unix::fs::symlink};

use zb_tests::{FakeRestic, Scene, Service, eventually};

/// A check that fails is the run's error, not HTTP's.
#[test]
fn a_link_that_was_changed_since_the_job_was_saved_ends_the_run_before_its_hooks() {
    let scene = Scene::new();
    let job = scene.job().line("id = \"sched_pg\"").write(&scene.scratch);
    scene.zb().run(&["job", "import", &job]).exits(0);
    let restic = FakeRestic::saves(&scene.scratch);
    let service = Service::start(&scene.zb().restic(restic.command()), &[]);
    let source = scene.scratch.path("source");
    fs::remove_dir_all(&source).unwrap();
    symlink(scene.scratch.path("data"), &source).unwrap();
    let id = service.run_now("sched_pg");
    let run = eventually("the run has ended", || {
        let run = service.ask("GET", &format!("/api/v1/runs/{id}"), "").json();
        (run["state"] == "finished").then_some(run)
    });
    assert_eq!(
        (&run["status"], &run["error"]),
        (&"error".into(), &"`source` lies in zb's own data directory".into())
    );
    assert!(scene.receiver.requests().is_empty() && restic.backups() == 0);
    service.running.terminate();
    service.running.wait().exits(0);
}
