//! A cancel at each phase, by either signal: the post hook is sent where it is owed, and nothing is left running.

use zb_tests::{FakeRestic, Gate, Reply, ResticRepo, Running, Scene, Signal, marked};

type Cancel = fn(&Running);

const SIGNALS: [(&str, Cancel); 2] = [("SIGINT", Running::interrupt), ("SIGTERM", Running::terminate)];

#[test]
fn while_checking_nothing_is_sent() {
    for (name, cancel) in SIGNALS {
        let scene = Scene::new();
        let restic = FakeRestic::slow_version(&scene.scratch);
        let run = scene.start(&scene.job(), &restic);
        restic.wait_until_asked();
        cancel(&run);
        scene.scratch.write("go", "");
        let run = run.wait();
        run.exits(130);
        assert_eq!(run.events().one("cancel.requested")["by"], name);
        assert_eq!(run.events().one("run.finished")["status"], "cancelled");
        assert!(scene.receiver.requests().is_empty());
        scene.scratch.nothing_left_running();
    }
}

#[test]
fn while_the_pre_hook_is_in_flight_the_post_hook_is_owed() {
    for (name, cancel) in SIGNALS {
        let scene = Scene::new();
        scene.receiver.answers("/pre", [Reply::Silence]);
        let run = scene.start(&scene.job(), &FakeRestic::saves(&scene.scratch));
        let _ = scene.receiver.wait_for(1);
        cancel(&run);
        let run = run.wait();
        run.exits(130);
        assert_eq!(run.events().one("cancel.requested")["by"], name);
        assert_eq!(scene.posts().len(), 1);
        assert_eq!(scene.posts()[0]["status"], "cancelled");
    }
}

#[test]
fn while_restic_runs_it_is_ended_first() {
    for (name, cancel) in SIGNALS {
        let scene = Scene::new();
        let restic = FakeRestic::works_until_interrupted(&scene.scratch);
        let run = scene.start(&scene.job(), &restic);
        restic.wait_until_started();
        cancel(&run);
        let run = run.wait();
        run.exits(130);
        assert_eq!(run.events().one("cancel.requested")["by"], name);
        assert_eq!(
            run.events().types()[4..],
            [
                "restic.started",
                "cancel.requested",
                "restic.finished",
                "hook.started",
                "hook.finished",
                "run.finished"
            ]
        );
        scene.scratch.nothing_left_running();
    }
}

#[test]
fn a_real_restic_leaves_no_lock() {
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    let mut noise = vec![0; 8 << 20];
    let mut state = 1_u32;
    noise.iter_mut().for_each(|byte| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    });
    scene.scratch.write("source/noise.bin", noise);
    let job = scene.job().line("restic_flags = [\"--limit-upload\", \"16\"]").write(&scene.scratch);
    let mut run = scene.zb().spawn(&["run", &job, "--json"]);
    let _ = run.wait_for_event("progress");
    run.interrupt();
    let run = run.wait();
    run.exits(130);
    assert_eq!(scene.posts()[0]["status"], "cancelled");
    scene.scratch.nothing_left_running();
    assert_eq!((repo.locks(), repo.snapshots().len()), (0, 0));
}

#[test]
fn while_the_post_hook_is_in_flight_it_is_let_finish() {
    for (name, cancel) in SIGNALS {
        let scene = Scene::new();
        let gate = Gate::new();
        scene.receiver.answers("/post", [Reply::status(200).behind(&gate)]);
        let mut run = scene.start(&scene.job(), &FakeRestic::saves(&scene.scratch));
        let _ = scene.receiver.wait_for(2);
        cancel(&run);
        assert_eq!(run.wait_for_event("cancel.requested")["by"], name);
        gate.open();
        let run = run.wait();
        run.exits(0);
        assert_eq!(run.events().one("run.finished")["status"], "success");
        assert_eq!(scene.posts().len(), 1);
    }
}

#[test]
fn a_second_ctrl_c_says_what_is_owed_and_goes_on() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let mut run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    run.interrupt();
    let _ = run.wait_for_event("cancel.requested");
    run.interrupt();
    run.wait_for_error("post");
    scene.scratch.write("go", "");
    let run = run.wait();
    run.exits(0);
    assert_eq!(run.events().all("cancel.requested").len(), 1);
    assert_eq!(scene.posts().len(), 1);
}

#[test]
fn sighup_changes_nothing() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    run.signal(Signal::HUP);
    scene.scratch.write("go", "");
    run.wait().exits(0);
}

/// As a service manager ends a whole group: restic gets the signal too, and is the faster one.
#[test]
fn a_signal_to_restic_and_zb_at_once_is_a_cancel() {
    let scene = Scene::new();
    let restic = FakeRestic::with(&scene.scratch, "exec sleep 600");
    let mut run = scene.start(&scene.job(), &restic);
    let started = run.wait_for_event("restic.started");
    restic.wait_until_started();
    for process in marked(&format!("ZB_RUN={}", started["jobId"].as_str().unwrap())) {
        process.signal(Signal::TERM);
    }
    run.terminate();
    let run = run.wait();
    run.exits(130);
    assert_eq!(run.events().one("restic.finished")["signal"], "SIGTERM");
    assert_eq!(scene.posts()[0]["status"], "cancelled");
}
