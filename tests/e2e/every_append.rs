//! The physical twin of the machine's exploration: the real zb, struck at its first, second, third … write to the
//! database, until a run gets through unharmed. Whatever was written by then, the receiver sees a post hook wherever
//! it saw a pre hook.

use std::collections::HashSet;

use zb_tests::{FakeRestic, Fault, Finished, JobFile, Request, Scene};

/// More than a run has.
const WRITES: usize = 400;

/// A scene whose database exists.
fn scene() -> (Scene, FakeRestic) {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    scene.run(&JobFile::new(&scene.scratch), &restic).exits(0);
    (scene, restic)
}

/// One run that is struck, and what arrived while it lived.
fn struck(scene: &Scene, restic: &FakeRestic, fault: Fault) -> (Finished, Vec<Request>) {
    let before = scene.receiver.requests().len();
    let job = scene.job().write(&scene.scratch);
    let zb = fault.strikes(&scene.scratch, scene.zb().restic(restic.command()));
    let run = zb.run(&["run", &job, "--json"]);
    (run, scene.receiver.requests().split_off(before))
}

fn count(requests: &[Request], path: &str) -> usize {
    requests.iter().filter(|request| request.path == path).count()
}

#[test]
fn killed_there_zb_recover_pays_what_is_owed() {
    let (scene, restic) = scene();
    let mut deaths = 0;
    for n in 1..WRITES {
        let before = scene.receiver.requests().len();
        let (run, _) = struck(&scene, &restic, Fault::Killed(n));
        scene.zb().run(&["recover"]).exits(0);
        let requests = scene.receiver.requests().split_off(before);
        let (pre, post) = (count(&requests, "/pre"), count(&requests, "/post"));
        assert!(pre <= 1, "killed at write {n}: a second pre hook");
        assert!(post >= pre, "killed at write {n}: no post hook");
        // A pre hook that was begun on disk but never sent may have been sent, as far as anybody knows.
        assert!(post <= 2, "killed at write {n}: {post} post hooks");
        let posts = requests.iter().filter(|request| request.path == "/post");
        let ids: HashSet<_> = posts.map(|post| post.header("webhook-id").map(str::to_owned)).collect();
        assert!(ids.len() <= 1, "killed at write {n}: one debt, one id, not {ids:?}");
        scene.scratch.nothing_left_running();
        if run.status.success() {
            break;
        }
        run.was_killed();
        deaths += 1;
    }
    println!("{deaths} deaths, no post hook lost");
    assert!(
        (9..WRITES - 1).contains(&deaths),
        "nine events are at least nine writes, and a run has an end: {deaths}"
    );
    assert!(scene.runs().iter().all(|run| run["state"] == "finished"), "every run that exists is finished");
}

#[test]
fn with_a_full_disk_from_there_on_the_post_hook_is_sent_all_the_same() {
    let (scene, restic) = scene();
    let mut failures = 0;
    for n in 1..WRITES {
        let (run, requests) = struck(&scene, &restic, Fault::DiskFull(n));
        let (pre, post) = (count(&requests, "/pre"), count(&requests, "/post"));
        assert_eq!(pre, post, "full at write {n}:\n{}", run.output());
        scene.scratch.nothing_left_running();
        if run.status.success() {
            break;
        }
        run.exits(1);
        assert!(run.stderr.contains("error: "), "full at write {n}:\n{}", run.output());
        failures += 1;
        // The disk has room again: whatever is still owed is paid, if it was paid already too (at least once).
        scene.zb().run(&["recover"]).exits(0);
    }
    println!("{failures} failures, no post hook lost");
    assert!((9..WRITES - 1).contains(&failures), "{failures}");
    assert!(scene.runs().iter().all(|run| run["state"] == "finished"), "every run that exists is finished");
}
