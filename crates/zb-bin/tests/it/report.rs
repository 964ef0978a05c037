//! How an error is written for people and for machines.

use zb_bin::{
    config::{BadInput, LogFormat, Place},
    exit::Exit,
    report::Failure,
};

fn printed(failure: &Failure, format: LogFormat) -> String {
    let mut out = Vec::new();
    failure.print(format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn bad_input() -> Failure {
    let place = Place::File { path: "job.toml".into(), line: Some(7) };
    BadInput::new(place, "`name` is \u{1b}[31mred\nor not").hint("write it").into()
}

#[test]
fn for_people() {
    assert_eq!(
        printed(&bad_input(), LogFormat::Text),
        "error: job.toml, line 7: `name` is \\u{1b}[31mred\\nor not\nhint: write it\n"
    );
}

#[test]
fn for_machines() {
    let line = printed(&bad_input(), LogFormat::Json);
    assert_eq!(line.lines().count(), 1);
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(object["level"], "ERROR");
    assert_eq!(object["message"], "job.toml, line 7: `name` is \u{1b}[31mred\nor not");
    assert_eq!(object["hints"], serde_json::json!(["write it"]));
    assert_eq!(object["exit"], 2);
}

#[test]
fn the_chain_of_causes_is_said_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the database")]
    struct Outer(#[source] std::io::Error);
    let failure = Failure::from_chain(&Outer(std::io::Error::other("disk I/O error")));
    assert_eq!(
        (failure.message.as_str(), failure.exit),
        ("cannot open the database: disk I/O error", Exit::Error)
    );
}

#[test]
fn exit_statuses() {
    use hook_core::RunStatus;
    for (exit, code) in [
        (Exit::Success, 0),
        (Exit::Error, 1),
        (Exit::Invalid, 2),
        (Exit::Warning, 3),
        (Exit::AlreadyRunning, 4),
        (Exit::Cancelled, 130),
        (RunStatus::Success.into(), 0),
        (RunStatus::Error.into(), 1),
        (RunStatus::Warning.into(), 3),
        (RunStatus::Cancelled.into(), 130),
    ] {
        assert_eq!(exit.code(), code);
    }
}
