//! What a job takes from elsewhere, when a run begins.

use std::{io, path::Path};

use restic_driver::Repository;
use zb_bin::{
    config::{RepositorySpec, ResolvedPassword, ResolvedRepository, Variables},
    exit::Exit,
    report::Failure,
};

use crate::desk::{job, shown};

fn repository(password: &str, env: &str) -> RepositorySpec {
    job(&format!("name = 'n'\nsource = '/d'\n[repository]\nurl = '/r'\n{password}\nenv = {{ {env} }}"))
        .unwrap()
        .repository
}

fn variables() -> Variables {
    [("PW".into(), "from the environment".into()), ("EMPTY".into(), "".into())].into()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    match path.to_str().unwrap() {
        "/secrets/line" => Ok(b"one line\r\n".to_vec()),
        "/secrets/lines" => Ok(b"two\nlines\n\n".to_vec()),
        "/secrets/blank" => Ok(b"\n".to_vec()),
        "/secrets/binary" => Ok(vec![0xff]),
        "/secrets/nul" => Ok(b"a\0b".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

#[test]
fn values_and_where_they_come_from() {
    let spec = repository(
        "password_env = 'PW'",
        "A = 'text', B = { env = 'PW' }, C = { file = '/secrets/line' }, D = { file = '/secrets/lines' }",
    );
    let resolved = spec.resolve(&variables(), &read).unwrap();
    assert!(
        matches!(&resolved.password, ResolvedPassword::Value(value) if value.expose() == "from the environment")
    );
    let values: Vec<_> = resolved.env.values().map(|value| value.expose()).collect();
    assert_eq!(values, ["text", "from the environment", "one line", "two\nlines\n"]);
    Repository::try_from(resolved).unwrap();
    let command =
        repository("password_command = 'pass show restic'", "").resolve(&variables(), &read).unwrap();
    assert!(matches!(command.password, ResolvedPassword::Command(command) if command == "pass show restic"));
    let file = repository("password_file = '/secrets/line'", "").resolve(&variables(), &read).unwrap();
    assert!(matches!(file.password, ResolvedPassword::File(path, _) if path == Path::new("/secrets/line")));
}

#[test]
fn what_is_not_there_is_a_failed_check() {
    for (password, env, expected) in [
        (
            "password_env = 'NONE'",
            "",
            "the environment variable NONE is not set, and `repository.password_env` takes its value from it",
        ),
        (
            "password_file = '/none'",
            "",
            "/none cannot be read, and `repository.password_file` takes its value from it: entity not found",
        ),
        ("password_env = 'EMPTY'", "", "the password that `repository.password_env` names is empty"),
        (
            "password_file = '/secrets/blank'",
            "",
            "the password that `repository.password_file` names is empty",
        ),
        (
            "password_env = 'PW'",
            "A = { env = 'NONE' }",
            "the environment variable NONE is not set, and `repository.env.A` takes its value from it",
        ),
        (
            "password_env = 'PW'",
            "A = { file = '/none' }",
            "/none cannot be read, and `repository.env.A` takes its value from it: entity not found",
        ),
        (
            "password_env = 'PW'",
            "A = { file = '/secrets/binary' }",
            "the value of `repository.env.A` is not UTF-8 text, or holds a NUL character",
        ),
        (
            "password_env = 'PW'",
            "A = { file = '/secrets/nul' }",
            "the value of `repository.env.A` is not UTF-8 text, or holds a NUL character",
        ),
    ] {
        let failure = Failure::from(repository(password, env).resolve(&variables(), &read).unwrap_err());
        assert_eq!((shown(failure.clone()).as_str(), failure.exit), (expected, Exit::Error));
    }
}

#[test]
fn what_is_sealed_comes_back_whole() {
    let spec = repository("password_env = 'PW'", "A = 'text', B = { file = '/secrets/line' }");
    let sealed = serde_json::to_string(&spec).unwrap();
    let opened: RepositorySpec = serde_json::from_str(&sealed).unwrap();
    assert_eq!(serde_json::to_string(&opened).unwrap(), sealed);
    let sealed = serde_json::to_string(&spec.resolve(&variables(), &read).unwrap()).unwrap();
    let opened: ResolvedRepository = serde_json::from_str(&sealed).unwrap();
    assert_eq!(opened.env["B"].expose(), "one line");
}
