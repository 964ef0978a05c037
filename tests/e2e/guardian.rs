//! The guardian of a run (`spec.md` §3): what it is while zb lives, what it does when zb is killed, and who acts where
//! it is gone itself. What it delivers in each phase is in `recovery.rs`.

use std::{collections::BTreeSet, fs};

use zb_tests::{
    FakeRestic, Gate, JobFile, Process, Reply, ResticRepo, Running, Scene, Signal, Terminal, eventually,
    marked,
};

/// Every guardian of this test.
fn guardians(scene: &Scene) -> Vec<Process> {
    scene
        .scratch
        .processes()
        .into_iter()
        .filter(|process| process.command.starts_with("zb guardian "))
        .collect()
}

/// The only one.
fn guardian(scene: &Scene) -> Process {
    let mut found = guardians(scene);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// The targets of a process's descriptors from `first` on.
fn descriptors(pid: i32, first: u32) -> BTreeSet<String> {
    let all = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().map(|entry| entry.unwrap());
    all.filter(|entry| entry.file_name().to_str().unwrap().parse::<u32>().unwrap() >= first)
        .filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_str()?.to_owned()))
        .collect()
}

/// A field of `/proc/PID/stat` by its number in proc(5).
fn stat(pid: i32, field: usize) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name of the program, the second field, may hold spaces.
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(field - 3).unwrap().to_owned()
}

/// A run with both hooks whose restic works until it is interrupted.
fn working(scene: &Scene) -> (FakeRestic, Running) {
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    (restic, run)
}

/// A run that was killed, and whose guardian waits for the post hook's answer until the gate is opened.
fn being_settled(scene: &Scene, answer: Reply) -> Gate {
    let gate = Gate::new();
    scene.receiver.answers("/post", [answer.behind(&gate)]);
    let (_, run) = working(scene);
    run.kill9();
    let _ = scene.receiver.wait_for(2);
    run.wait().was_killed();
    gate
}

/// Who took the only run over, as its timeline has it.
fn takeovers(scene: &Scene) -> Vec<String> {
    let id = scene.only_run()["jobId"].as_str().unwrap().to_owned();
    let timeline = scene.zb().run(&["show", &id]).stdout;
    let words = timeline.lines().filter_map(|line| line.strip_suffix(" takes over")?.rsplit_once("; zb "));
    words.map(|(_, who)| who.to_owned()).collect()
}

#[track_caller]
fn told_interrupted(scene: &Scene) {
    let post = &scene.posts()[0];
    assert_eq!(post["status"], "error");
    assert!(post["error"].as_str().unwrap().contains("interrupted"), "{post}");
}

#[test]
fn after_a_kill_nothing_is_left_of_a_real_restic() {
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    let noise: Vec<u8> = (0..8_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    scene.scratch.write("source/noise.bin", noise);
    let job = scene.job().line("restic_flags = [\"--limit-upload\", \"16\"]").write(&scene.scratch);
    let mut run = scene.zb().spawn(&["run", &job, "--json"]);
    let id = run.wait_for_event("progress")["jobId"].as_str().unwrap().to_owned();
    let mark = format!("ZB_RUN={id}");
    assert_eq!((repo.locks(), marked(&mark).len()), (1, 1), "a restic at work has a lock");
    run.kill9();
    run.wait().was_killed();
    scene.scratch.nothing_left_running();
    assert_eq!((repo.locks(), marked(&mark)), (0, vec![]));
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    told_interrupted(&scene);
    let run = scene.only_run();
    assert_eq!((&run["state"], &run["status"]), (&"finished".into(), &"error".into()));
    assert_eq!(run["postHook"], "delivered");
    assert_eq!(takeovers(&scene), ["guardian"]);
    repo.restic(&["check", "--no-cache"]);
}

#[test]
fn it_has_nothing_of_zbs_own() {
    let scene = Scene::new();
    let (_, run) = working(&scene);
    let guardian = guardian(&scene);
    assert_eq!(stat(guardian.pid, 5), guardian.pid.to_string(), "it leads a process group of its own");
    assert_ne!(stat(guardian.pid, 5), stat(run.pid(), 5));
    for descriptor in [1, 2] {
        let target = fs::read_link(format!("/proc/{}/fd/{descriptor}", guardian.pid)).unwrap();
        assert_eq!(target.to_str(), Some("/dev/null"));
    }
    // zb's own standard output and error; beyond them zb holds restic's pipes, and the guardian has to.
    let zbs: BTreeSet<_> = [1, 2]
        .map(|descriptor| fs::read_link(format!("/proc/{}/fd/{descriptor}", run.pid())).unwrap())
        .map(|target| target.to_str().unwrap().to_owned())
        .into();
    let its = descriptors(guardian.pid, 0);
    assert!(its.is_disjoint(&zbs), "{its:?} has some of {zbs:?}");
    run.interrupt();
    run.wait().exits(130);
    assert_eq!(scene.scratch.processes(), [], "it is gone when the run has ended");
}

#[test]
fn it_has_nothing_of_the_terminal_and_outlives_it() {
    let scene = Scene::new();
    let restic = FakeRestic::works_until_interrupted(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let terminal = Terminal::start(scene.zb().restic(restic.command()), &["run", &job]);
    restic.wait_until_started();
    let guardian = guardian(&scene);
    let open = descriptors(guardian.pid, 0);
    assert!(
        !open.iter().any(|target| target.contains("/dev/pts") || target.contains("/dev/tty")),
        "{open:?}"
    );
    let zb = scene.scratch.processes().into_iter().find(|process| process.command.contains(" run ")).unwrap();
    zb.signal(Signal::KILL);
    drop(terminal);
    scene.scratch.nothing_left_running();
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    told_interrupted(&scene);
}

#[test]
fn it_is_deaf_to_what_is_meant_for_zb() {
    let scene = Scene::new();
    let (_, run) = working(&scene);
    let guardian = guardian(&scene);
    for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
        guardian.signal(signal);
    }
    // Signals that it does not take are delivered before the next one is looked at.
    run.kill9();
    run.wait().was_killed();
    scene.scratch.nothing_left_running();
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    assert_eq!(takeovers(&scene), ["guardian"]);
}

#[test]
fn it_is_gone_when_the_run_is_over() {
    let scene = Scene::new();
    for restic in [FakeRestic::saves(&scene.scratch), FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n")] {
        let run = scene.run(&scene.job(), &restic);
        assert_eq!(scene.scratch.processes(), [], "{}", run.output());
    }
}

#[test]
fn where_it_is_killed_zb_says_so_and_goes_on() {
    let scene = Scene::new();
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let mut run = scene.start(&scene.job(), &restic);
    restic.wait_until_started();
    guardian(&scene).signal(Signal::KILL);
    run.wait_for_error("the guardian of this run is gone");
    scene.scratch.write("go", "");
    run.wait().exits(0);
    assert_eq!(scene.posts()[0]["status"], "success");
    assert_eq!(scene.scratch.processes(), []);
}

#[test]
fn where_both_are_killed_the_next_run_pays_before_its_own_pre_hook() {
    let scene = Scene::new();
    let (_, mut run) = working(&scene);
    guardian(&scene).signal(Signal::KILL);
    run.wait_for_error("the guardian of this run is gone");
    run.kill9();
    run.wait().was_killed();
    assert_eq!(scene.receiver.paths(), ["/pre"]);
    scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch)).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post", "/pre", "/post"]);
    told_interrupted(&scene);
    scene.scratch.nothing_left_running();
}

#[test]
fn it_does_not_stay_for_a_helper_that_hides_and_holds_restics_pipes() {
    let scene = Scene::new();
    let restic = FakeRestic::with_hidden_helper(&scene.scratch, "exec sleep 1000");
    let run = scene.start(&scene.job(), &restic);
    eventually("the helper", || scene.scratch.path("helper").exists().then_some(()));
    run.kill9();
    let _ = scene.receiver.wait_for(2);
    eventually("the end of the guardian", || guardians(&scene).is_empty().then_some(()));
    assert_eq!(scene.only_run()["postHook"], "delivered");
}

#[test]
fn a_run_without_hooks_has_one_too() {
    let scene = Scene::new();
    let restic = FakeRestic::ignores_signals(&scene.scratch);
    let run = scene.start(&JobFile::new(&scene.scratch), &restic);
    restic.wait_until_started();
    run.kill9();
    run.wait().was_killed();
    scene.scratch.nothing_left_running();
    let run = scene.only_run();
    assert_eq!((&run["state"], &run["interrupted"]), (&"finished".into(), &true.into()));
    assert!(scene.receiver.requests().is_empty());
}

#[test]
fn a_zb_that_is_killed_before_it_began_leaves_nothing() {
    let scene = Scene::new();
    let gate = being_settled(&scene, Reply::status(200));
    let restic = FakeRestic::saves(&scene.scratch);
    let mut second = scene.start(&scene.job(), &restic);
    second.wait_for_error("waiting for run");
    second.kill9();
    second.wait().was_killed();
    // Its guardian sees that another one settles, and leaves it to that one.
    eventually("the end of the second guardian", || (guardians(&scene).len() == 1).then_some(()));
    gate.open();
    scene.scratch.nothing_left_running();
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    assert_eq!(scene.only_run()["postHook"], "delivered");
}

#[test]
fn a_new_run_waits_while_it_settles() {
    let scene = Scene::new();
    let gate = being_settled(&scene, Reply::status(200));
    let restic = FakeRestic::saves(&scene.scratch);
    let mut second = scene.start(&scene.job(), &restic);
    second.wait_for_error("waiting for run");
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    gate.open();
    second.wait().exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post", "/pre", "/post"]);
    told_interrupted(&scene);
    scene.scratch.nothing_left_running();
}

#[test]
fn of_it_and_two_recoverers_one_acts() {
    let scene = Scene::new();
    let (_, run) = working(&scene);
    run.kill9();
    let both = [scene.zb().spawn(&["recover"]), scene.zb().spawn(&["recover"])];
    run.wait().was_killed();
    for recover in both {
        recover.wait().exits(0);
    }
    scene.scratch.nothing_left_running();
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    assert_eq!(takeovers(&scene).len(), 1);
}

#[test]
fn it_tries_again_while_the_receiver_is_down() {
    let scene = Scene::new();
    scene.receiver.answers("/post", [Reply::status(503), Reply::Reset]);
    let (_, run) = working(&scene);
    run.kill9();
    run.wait().was_killed();
    scene.scratch.nothing_left_running();
    let posts = scene.receiver.requests_to("/post");
    assert_eq!(posts.len(), 3);
    for post in &posts {
        assert_eq!(post.header("webhook-id"), posts[0].header("webhook-id"));
        assert_eq!(post.body, posts[0].body);
    }
    assert_eq!(scene.only_run()["postHook"], "delivered");
}

#[test]
fn zb_recover_waits_for_it_and_tells_how_it_ended() {
    for (answer, exit, word) in [(200, 0, "settled"), (404, 1, "its post hook failed")] {
        let scene = Scene::new();
        let gate = being_settled(&scene, Reply::status(answer));
        let seen = scene.scratch.path("flock");
        let strace = ["strace", "-f", "-qq", "-e", "trace=flock", "-o", seen.to_str().unwrap()];
        let recover = scene.zb().under(strace).spawn(&["recover"]);
        eventually("its wait for the claim", || {
            fs::read_to_string(&seen).is_ok_and(|calls| calls.contains("EAGAIN")).then_some(())
        });
        gate.open();
        let recover = recover.wait();
        recover.exits(exit);
        assert!(recover.output().contains(word), "{answer}: {}", recover.output());
        assert_eq!(scene.receiver.paths(), ["/pre", "/post"], "{answer}");
    }
}
