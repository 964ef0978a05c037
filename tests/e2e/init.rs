//! `zb init`: the job's repository, by the job's own address and password.

use zb_tests::{JobFile, Scene};

#[test]
fn makes_the_repository_once() {
    let scene = Scene::new();
    let job = JobFile::new(&scene.scratch).write(&scene.scratch);
    scene.zb().run(&["init", &job]).exits(0);
    assert!(scene.scratch.path("repo/config").is_file());
    scene.zb().run(&["run", &job]).exits(0);
    let before = scene.scratch.files("repo");
    let again = scene.zb().run(&["init", &job]);
    assert!(again.exits(0).stdout.contains("already"), "{}", again.stdout);
    assert_eq!(scene.scratch.files("repo"), before, "what is there is left as it is");
}
