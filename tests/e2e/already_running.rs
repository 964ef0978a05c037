//! A second start of a job that is running is refused, naming the run in progress (`spec.md` §3).

use zb_tests::{FakeRestic, Scene};

#[test]
fn the_second_start_is_exit_4_and_leaves_no_run() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let mut first = scene.start(&scene.job(), &restic);
    let id = first.wait_for_event("run.queued")["jobId"].as_str().unwrap().to_owned();
    restic.wait_until_started();
    let second = scene.start(&scene.job(), &restic).wait();
    second.exits(4);
    assert!(second.stderr.contains(&id), "{}", second.stderr);
    assert_eq!(second.stdout, "");
    scene.scratch.write("go", "");
    first.wait().exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    assert_eq!(scene.runs().len(), 1);
}

#[test]
fn another_job_runs_beside_it() {
    let scene = Scene::new();
    let slow = FakeRestic::saves_when_told(&scene.scratch);
    let first = scene.start(&scene.job(), &slow);
    slow.wait_until_started();
    let other = scene.job().line("id = \"sched_other\"").write_as(&scene.scratch, "other.toml");
    let second = scene.zb().restic(slow.command()).spawn(&["run", &other]);
    scene.scratch.write("go", "");
    second.wait().exits(0);
    first.wait().exits(0);
    assert_eq!(scene.runs().len(), 2);
}
