//! Whatever headers a user may write, the wire carries those, ours, and no others.

use std::collections::BTreeMap;

use hook_core::{HookConfig, HookHeaders, OutcomeKind};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::server::{Server, answers, send};

/// What is there without a word of the user's.
const OURS: [&str; 7] =
    ["accept", "content-length", "content-type", "host", "user-agent", "webhook-id", "webhook-timestamp"];

/// Names that tokens are made of, names that frame or route, names of ours; values with all that could end a line.
fn line() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        6 => "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}",
        1 => prop::sample::select(OURS.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["Host", "Content-Length", "Transfer-Encoding", "Connection", "TE", "Expect"])
            .prop_map(str::to_owned),
    ];
    let value = prop_oneof![
        8 => "[ -~]{1,20}",
        1 => "[ -~]{1,8}[\r\n\t\0\u{85}\u{2028}][ -~]{1,8}",
        1 => "[ -~]{1,4}(\r\n|\n|\\\\r\\\\n|%0d%0a)(Host|Content-Length|X): [0-9]{1,3}",
    ];
    (name, value).prop_map(|(name, value)| format!("{name}: {value}"))
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..5).prop_map(|lines| lines.join("\n"))
}

#[test]
fn the_wire_has_the_users_headers_and_ours_once_each() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let accepted = text().prop_filter_map("not headers", |text| text.parse::<HookHeaders>().ok());
    TestRunner::default()
        .run(&accepted, |headers| runtime.block_on(check(headers)))
        .unwrap_or_else(|failure| panic!("{failure}"));
}

async fn check(headers: HookHeaders) -> Result<(), TestCaseError> {
    let server = Server::start(answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let hook = HookConfig { headers: headers.to_string(), ..server.hook() };
    prop_assert_eq!(send(hook).await.kind, OutcomeKind::Ok);

    let mut expected: BTreeMap<String, Option<String>> = OURS.map(|name| (name.to_owned(), None)).into();
    for (name, value) in headers.iter() {
        expected.insert(name.to_string(), Some(value.to_str().unwrap().to_owned()));
    }
    let requests = server.requests();
    prop_assert_eq!(requests.len(), 1);
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    prop_assert_eq!(body, r#"{"phase":"pre"}"#);
    let mut lines = head.split("\r\n");
    prop_assert_eq!(lines.next(), Some("POST /hooks/stop HTTP/1.1"));
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        match expected.remove(name) {
            Some(Some(wanted)) => prop_assert_eq!(value, wanted, "{}", line),
            Some(None) => {}
            None => prop_assert!(false, "{} is unexpected, or there twice: {}", name, head),
        }
    }
    prop_assert!(expected.is_empty(), "missing: {:?}", expected);
    Ok(())
}
