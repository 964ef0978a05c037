//! `zb recover --clear`: a person says that the service runs again, and the debt is over (`spec.md` §3).

use zb_tests::{FakeRestic, Scene};

/// A run that owes its post hook, and whose hook this zb may not send.
fn owed() -> (Scene, String) {
    let scene = Scene::new();
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    scene.scratch.kill_every_zb();
    run.wait().was_killed();
    scene.zb().allow("").run(&["recover"]).exits(1);
    let id = scene.only_run()["jobId"].as_str().unwrap().to_owned();
    (scene, id)
}

#[test]
fn a_debt_that_can_never_be_paid_keeps_the_job_from_running_until_it_is_cleared() {
    let (scene, id) = owed();
    let job = scene.job().write(&scene.scratch);
    let refused = scene.zb().allow("").run(&["run", &job]);
    refused.exits(1);
    assert!(refused.stderr.contains(&format!("zb recover --clear {id}")), "{}", refused.stderr);
    scene.zb().allow("").run(&["recover", "--clear", &id]).exits(0);
    let shown = scene.zb().run(&["show", &id]).stdout;
    assert!(shown.contains("Cleared by "), "{shown}");
    assert!(!shown.contains("still be paused"), "somebody has said that it runs: {shown}");
    assert_eq!(scene.only_run()["state"], "finished");
    scene.zb().run(&["recover"]).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre"]);
    scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch)).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/pre", "/post"]);
}
