//! The physical twin of the machine's exploration: the real zb, killed by the kernel at its first, second, third …
//! write to the database, until a run survives. Whatever was written by then, `zb recover` pays what is owed, and the
//! receiver sees a post hook wherever it saw a pre hook.

use std::{collections::HashSet, path::PathBuf};

use zb_tests::{FakeRestic, Running, Scene, Zb};

/// What SQLite does to a file when it appends.
const WRITES: &str = "pwrite64,write,fdatasync,fsync,ftruncate";

/// zb under `strace`, which sends it SIGKILL at its `n`th write to the database's files.
fn killed_at<'a>(scene: &'a Scene, files: &[PathBuf], n: usize) -> Zb<'a> {
    let mut strace: Vec<String> = ["strace", "-f", "-qq", "-o", "/dev/null"].map(str::to_owned).into();
    for file in files {
        strace.extend(["-P".to_owned(), file.display().to_string()]);
    }
    strace.extend(["-e".to_owned(), format!("trace={WRITES}")]);
    strace.extend(["-e".to_owned(), format!("inject={WRITES}:signal=SIGKILL:when={n}")]);
    scene.zb().under(strace)
}

/// The database's files: whatever is in the data directory after a run that a kill has left as it was.
fn database_files(restic: &FakeRestic, scene: &Scene) -> Vec<PathBuf> {
    let gate = zb_tests::Gate::new();
    scene.receiver.answers("/pre", [zb_tests::Reply::status(200).behind(&gate)]);
    let run: Running = scene.start(&scene.job(), restic);
    let _ = scene.receiver.wait_for(1);
    let all = scene.scratch.files("data").into_iter().map(|(path, _)| path);
    let names: Vec<_> = all.filter(|path| path.to_string_lossy().contains(".db")).collect();
    gate.open();
    run.wait().exits(0);
    assert!(!names.is_empty(), "no database in {:?}", scene.scratch.files("data"));
    names
}

#[test]
fn no_post_hook_is_lost() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let files = database_files(&restic, &scene);
    let job = scene.job().write(&scene.scratch);
    let mut survived = false;
    let mut deaths = 0;
    for n in 1..400 {
        let before = scene.receiver.requests().len();
        let run = killed_at(&scene, &files, n).restic(restic.command()).run(&["run", &job, "--json"]);
        let sent = scene.receiver.requests().len() - before;
        scene.zb().run(&["recover"]).exits(0);
        let requests = &scene.receiver.requests()[before..];
        let phase = |path: &str| requests.iter().filter(|request| request.path == path).count();
        assert!(phase("/pre") <= 1, "killed at write {n}: a second pre hook");
        assert!(phase("/post") >= phase("/pre"), "killed at write {n} after {sent} requests: no post hook");
        assert!(phase("/pre") == 1 || phase("/post") == 0, "killed at write {n}: a post hook for nothing");
        let ids: HashSet<_> =
            requests.iter().filter(|r| r.path == "/post").map(|r| r.header("webhook-id")).collect();
        assert!(ids.len() <= 1, "killed at write {n}: {ids:?}");
        scene.scratch.nothing_left_running();
        if run.status.success() {
            survived = true;
            break;
        }
        run.was_killed();
        deaths += 1;
    }
    assert!(survived, "a run never survived");
    assert!(deaths >= 9, "a run has nine events, each is at least one write; only {deaths} deaths");
    let open = scene.runs().into_iter().filter(|run| run["state"] != "finished").count();
    assert_eq!(open, 0, "every run that exists is finished");
}
