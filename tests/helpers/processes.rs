//! Processes are found by their mark, and none survives its test.

use zb_tests::{Running, Scratch, command, eventually};

#[test]
fn finds_a_process_by_environment_and_by_argument() {
    let scratch = Scratch::new();
    let mut by_environment = command("sleep");
    by_environment.arg("1000").env("MARK", scratch.root());
    let mut by_argument = command("tail");
    by_argument.arg("-f").arg(scratch.path("source/rows.txt"));
    let (first, second) = (Running::start(by_environment), Running::start(by_argument));
    eventually("both to be found", || {
        let found = scratch.processes();
        let has = |pid| found.iter().any(|process| process.pid == pid);
        (has(first.pid()) && has(second.pid())).then_some(())
    });
    first.kill9();
    second.terminate();
    first.wait().was_killed();
    assert_eq!(second.wait().status.code(), None);
    scratch.nothing_left_running();
}

#[test]
fn a_dropped_scratch_ends_what_is_left() {
    let scratch = Scratch::new();
    let mut orphan = command("sleep");
    orphan.arg("1000").env("MARK", scratch.root());
    let orphan = Running::start(orphan);
    eventually("the orphan", || (!scratch.processes().is_empty()).then_some(()));
    drop(scratch);
    orphan.wait().was_killed();
}

#[test]
fn output_is_there_before_the_end() {
    let scratch = Scratch::new();
    let mut talker = command("sh");
    talker.args(["-c", r#"echo '{"type":"a"}'; echo oh >&2; exec sleep 1000"#]).env("MARK", scratch.root());
    let mut talker = Running::start(talker);
    assert_eq!(talker.wait_for_event("a")["type"], "a");
    talker.wait_for_error("oh");
    talker.kill9();
}
