//! `priority` (`spec.md` §4): all of a job's restics give way, or none does.

use std::{fs, path::PathBuf};

use zb_tests::{FakeRestic, Scene};

/// A restic that writes down its nice value and its priority for the disk.
fn watched(scene: &Scene) -> PathBuf {
    let good = FakeRestic::saves(&scene.scratch);
    let seen = scene.scratch.text("priorities");
    let script = format!(
        "#!/bin/sh\necho \"$1 $(cut -d ' ' -f 19 /proc/$$/stat) $(ionice -p $$)\" >>'{seen}'\nexec '{}' \"$@\"\n",
        good.command().display()
    );
    scene.scratch.write_script("bin/sh", &script)
}

fn seen(scene: &Scene, lines: &[&str]) -> Vec<String> {
    let restic = watched(scene);
    let job = lines.iter().fold(scene.job(), |job, line| job.line(line)).write(&scene.scratch);
    scene.zb().restic(restic).run(&["run", &job]).exits(0);
    let seen = fs::read_to_string(scene.scratch.path("priorities")).unwrap();
    seen.lines().filter(|line| !line.starts_with("version")).map(str::to_owned).collect()
}

/// Of these tests' own.
fn nice() -> i32 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse().unwrap()
}

#[test]
fn in_the_background_every_restic_of_the_job_gives_way() {
    let lines = ["priority = \"background\"", "retention = { keep_last = 1 }"];
    let nice = nice().max(10);
    assert_eq!(
        seen(&Scene::new(), &lines),
        [format!("backup {nice} best-effort: prio 7"), format!("forget {nice} best-effort: prio 7")]
    );
}

#[test]
fn by_default_restic_is_as_zb() {
    let seen = seen(&Scene::new(), &[]);
    assert!(seen.len() == 1 && seen[0].starts_with(&format!("backup {} ", nice())), "{seen:?}");
    assert!(!seen[0].ends_with("best-effort: prio 7"), "{seen:?}");
}
