//! A data directory that cannot be used is said before any hook is sent, and stays as it is (`spec.md` §10).

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use zb_tests::{FakeRestic, Finished, JobFile, Scene};

#[track_caller]
fn nothing_happened(scene: &Scene, run: &Finished, restic: &FakeRestic) {
    run.exits(1);
    assert!(run.stderr.contains("error: "), "{}", run.stderr);
    assert!(scene.receiver.requests().is_empty(), "something was sent");
    assert_eq!(restic.backups(), 0, "restic was started");
}

/// Makes a data directory with one run in it, spoils its database, and asserts that every command refuses it and none
/// touches it.
#[track_caller]
fn refused_and_untouched(spoil: impl Fn(&mut Vec<u8>), word: &str) {
    let scene = Scene::new();
    let maker = FakeRestic::saves(&scene.scratch);
    scene.run(&JobFile::new(&scene.scratch), &maker).exits(0);
    let database = scene.scratch.path("data/zb.db");
    for side in ["-wal", "-shm"] {
        let _ = fs::remove_file(scene.scratch.path(&format!("data/zb.db{side}")));
    }
    let mut bytes = fs::read(&database).unwrap();
    spoil(&mut bytes);
    fs::write(&database, bytes).unwrap();
    let before = scene.scratch.files("data");
    fs::remove_file(scene.scratch.path("restic.started")).unwrap();
    let run = scene.run(&scene.job(), &maker);
    nothing_happened(&scene, &run, &maker);
    assert!(run.stderr.contains(word), "{word:?} is not in\n{}", run.stderr);
    for arguments in [&["runs"][..], &["recover"]] {
        scene.zb().run(arguments).exits(1);
    }
    let after = scene.scratch.files("data");
    for (path, bytes) in &before {
        let now = after.iter().find(|(other, _)| other == path).map(|(_, bytes)| bytes);
        assert!(now == Some(bytes), "{} was changed", path.display());
    }
    let more: Vec<_> =
        after.iter().map(|(path, _)| path).filter(|path| path.to_string_lossy().contains("zb.db")).collect();
    assert_eq!(more, [&database], "nothing was laid beside it");
}

#[test]
fn a_database_from_a_newer_zb() {
    // The file format's `user_version`: sqlite.org/fileformat2.html §1.3.
    refused_and_untouched(|bytes| bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()), "newer");
}

#[test]
fn a_database_that_is_none() {
    refused_and_untouched(
        |bytes| *bytes = b"not a database, but long enough to be read as one".repeat(99),
        "zb.db",
    );
}

#[test]
fn a_damaged_database() {
    refused_and_untouched(|bytes| bytes[100..].fill(0xff), "zb.db");
    refused_and_untouched(|bytes| bytes.truncate(5000), "zb.db");
}

#[test]
fn a_place_where_nothing_can_be_made() {
    for place in ["source/rows.txt", "source/rows.txt/data", "loop"] {
        let scene = Scene::new();
        symlink("loop", scene.scratch.path("loop")).unwrap();
        let restic = FakeRestic::saves(&scene.scratch);
        let job = scene.job().write(&scene.scratch);
        let zb = scene.zb().restic(restic.command()).env("ZB_DATA_DIR", scene.scratch.path(place));
        let run = zb.run(&["run", &job]);
        nothing_happened(&scene, &run, &restic);
        assert!(run.stderr.contains(&scene.scratch.text(place)), "{}", run.stderr);
        assert_eq!(fs::read_to_string(scene.scratch.path("source/rows.txt")).unwrap(), "one\ntwo\n");
    }
}

#[test]
fn a_read_only_directory() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    for prepared in [false, true] {
        if prepared {
            scene.zb().unprivileged().run(&["runs"]).exits(0);
        } else {
            fs::create_dir(scene.scratch.path("data")).unwrap();
        }
        let zb = scene.zb().unprivileged().restic(restic.command());
        let set =
            |mode| fs::set_permissions(scene.scratch.path("data"), fs::Permissions::from_mode(mode)).unwrap();
        set(0o500);
        let run = zb.run(&["run", &job]);
        nothing_happened(&scene, &run, &restic);
        set(0o700);
    }
}

#[test]
fn what_is_made_is_the_owners_alone() {
    let scene = Scene::new();
    scene.run(&scene.job(), &FakeRestic::saves(&scene.scratch)).exits(0);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&scene.scratch.path("data")), 0o700);
    assert_eq!(mode(&scene.scratch.path("data/key")), 0o600);
}
