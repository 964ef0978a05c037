//! Finding restic, and refusing what is none.

use std::{ffi::OsString, path::Path};

use restic_driver::{BaseEnv, LocateError, Remembered, Restic, SafeFlags, Version};

use crate::stage::{base, stand_in};

fn stand_ins() -> BaseEnv {
    let folder = stand_in("acts_as_told").parent().unwrap().to_owned();
    BaseEnv::pick([("PATH".into(), format!(":/nowhere:{}:/usr/bin:/bin", folder.display()).into())])
}

#[tokio::test]
async fn a_name_is_looked_for_on_the_path_and_a_path_is_taken_as_it_is() {
    let by_name = Restic::locate(Some(Path::new("acts_as_told")), stand_ins(), None).await.unwrap();
    assert_eq!(by_name.program(), stand_in("acts_as_told"));
    assert_eq!(by_name.version(), Version::new(0, 99, 0));
    let real = Restic::locate(None, base(Path::new("/")), None).await.unwrap();
    assert!(real.program().ends_with("restic") && real.version() >= Version::OLDEST);
}

#[tokio::test]
async fn each_failure_names_the_file_and_the_reason() {
    let cases = [
        ("no-such-program", "no-such-program is not on PATH"),
        ("./no-such-program", "./no-such-program does not exist"),
        ("/tmp/../no-such-program", "/tmp/../no-such-program does not exist"),
        ("/", "/ is not an executable file"),
        ("is_not_executable", "is_not_executable is not an executable file"),
        ("is_old", "is_old is restic 0.13.1, and at least 0.14.0 is needed"),
        ("is_no_restic", "is_no_restic is not a restic: it answered \"usage: is_no_restic [OPTIONS]\""),
    ];
    for (program, expect) in cases {
        let error =
            Restic::locate(Some(Path::new(program)), stand_ins(), None).await.unwrap_err().to_string();
        assert!(error.ends_with(expect), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_the_system_cannot_start_is_said_to_be_one() {
    let error = Restic::locate(Some(Path::new("has_no_interpreter")), stand_ins(), None).await.unwrap_err();
    assert!(matches!(error, LocateError::Start { .. }), "{error}");
    assert!(error.to_string().ends_with("has_no_interpreter cannot be started"), "{error}");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "No such file or directory (os error 2)"
    );
}

/// The clock is paused, so it jumps as soon as nothing but the answer is awaited.
#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_answer_is_not_waited_for_for_ever() {
    let error = Restic::locate(Some(Path::new("never_answers")), stand_ins(), None).await.unwrap_err();
    assert!(error.to_string().ends_with("never_answers did not say its version within 10 s"), "{error}");
}

#[tokio::test]
async fn what_is_remembered_of_the_same_file_is_believed_and_of_another_is_not() {
    let found = Restic::locate(Some(&stand_in("acts_as_told")), stand_ins(), None).await.unwrap();
    let kept: serde_json::Value = serde_json::to_value(found.remembered()).unwrap();

    // The file is the same: it is not asked again, so a planted version comes back.
    let mut planted = kept.clone();
    planted["version"] = "0.77.0".into();
    let planted: Remembered = serde_json::from_value(planted).unwrap();
    let again = Restic::locate(Some(&stand_in("acts_as_told")), stand_ins(), Some(&planted)).await.unwrap();
    assert_eq!(again.version(), Version::new(0, 77, 0));

    for (key, value) in [("size", 1.into()), ("seconds", 1.into()), ("path", "/bin/restic".into())] {
        let mut other: serde_json::Value = serde_json::to_value(&planted).unwrap();
        other["file"][key] = value;
        let other: Remembered = serde_json::from_value(other).unwrap();
        let asked = Restic::locate(Some(&stand_in("acts_as_told")), stand_ins(), Some(&other)).await.unwrap();
        assert_eq!(asked.version(), Version::new(0, 99, 0), "another {key}");
    }
}

#[tokio::test]
async fn a_flag_that_the_found_restic_does_not_list_is_named() {
    let restic = Restic::locate(Some(&stand_in("acts_as_told")), stand_ins(), None).await.unwrap();
    let flags = SafeFlags::parse(&["--force", "--no-scan", "--with-atime"]).unwrap();
    assert_eq!(restic.unsupported(&flags).await.unwrap(), Some("--no-scan"));
    assert_eq!(restic.unsupported(&SafeFlags::parse(&["--force"]).unwrap()).await.unwrap(), None);
}

#[test]
fn an_empty_environment_gives_no_path() {
    let base = BaseEnv::pick(std::iter::empty::<(OsString, OsString)>());
    assert_eq!(base.get("PATH"), None);
}
