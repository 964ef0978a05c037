//! The textfile for node_exporter.

use std::{error::Error, fs, os::unix::fs::PermissionsExt};

use telemetry::metrics::write_textfile;

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_file_is_replaced_and_everybody_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zb.prom");
    for text in ["zb_build_info 1\n", "", "zb_build_info 2\n"] {
        write_textfile(&file, text).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o644);
        assert_eq!(names(folder.path()), ["zb.prom"]);
    }
}

/// Whoever has the old file open goes on reading it whole: it is another file.
#[test]
fn a_reader_never_sees_half_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zb.prom");
    write_textfile(&file, "old\n").unwrap();
    let open = fs::File::open(&file).unwrap();
    write_textfile(&file, "new and longer\n").unwrap();
    assert_eq!(std::io::read_to_string(open).unwrap(), "old\n");
}

#[test]
fn what_fails_says_why_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/zb.prom");
    let error = write_textfile(&missing, "x\n").unwrap_err();
    assert_eq!(error.to_string(), format!("cannot write the metrics to {missing:?}"));
    assert!(error.source().unwrap().to_string().contains("No such file"), "{error:?}");
    assert_eq!(error.advice(), "create its folder, or name another file with --metrics-file");

    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let error = write_textfile(&taken, "x\n").unwrap_err();
    assert_eq!(error.advice(), "name a file with --metrics-file, not a folder");
    assert_eq!(names(folder.path()), ["taken"]);

    let error = write_textfile("/".as_ref(), "x\n").unwrap_err();
    assert!(error.advice().contains("--metrics-file"), "{error:?}");
}
