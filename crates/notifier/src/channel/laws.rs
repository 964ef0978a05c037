//! Any message makes a request that its service can take.

use hook_core::Secret;
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};
use serde_json::Value;

use super::{Channel, ChannelKind, How, Note, Settings, text::Words};
use crate::{Message, Ping, RunFacts, Severity, Topic};

const DELIVERY: &str = "dlv_01h455vb4pex5vsknk084sn02q";

fn channel(kind: ChannelKind) -> Channel {
    let given = |text: &str| Some(text.to_owned().into());
    let settings = Settings { url: given("https://host.example/base/topic"), ..Settings::default() };
    let settings = match kind {
        ChannelKind::Email => Settings {
            url: given("smtps://host.example"),
            from: Some("zb@example.org".to_owned()),
            to: vec!["ana@example.org".to_owned(), "Bén <ben@example.org>".to_owned()],
            ..Settings::default()
        },
        ChannelKind::Webhook => Settings { signing_secret: given("whsec_c2VjcmV0"), ..settings },
        ChannelKind::Gotify => Settings { token: given("token"), ..settings },
        ChannelKind::Telegram => Settings { token: given("1:a"), chat_id: Some("1".to_owned()), ..settings },
        ChannelKind::Pushover => Settings { token: given("token"), user: given("user"), ..settings },
        _ => settings,
    };
    Channel::new(kind, settings).unwrap()
}

/// Texts with whatever services give a meaning, and whatever no line should have.
fn text(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ -~]{0,20}",
        Just("\r\nBcc: eve@example.org\r\n".to_owned()),
        Just("<!channel> @everyone & *b*".to_owned()),
        Just("\n.\n".to_owned()),
        Just("🦀ä".repeat(300)),
        Just("\"\\".repeat(2500)),
    ];
    vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

fn message() -> impl Strategy<Value = Message> {
    let severity = prop_oneof![Just(Severity::Good), Just(Severity::Notice), Just(Severity::Bad)];
    let ping = prop_oneof![
        Just(None),
        Just(Some(Ping::Start)),
        Just(Some(Ping::Success)),
        Just(Some(Ping::Failure))
    ];
    let time = (Timestamp::MIN.as_second()..=Timestamp::MAX.as_second())
        .prop_map(|second| Timestamp::from_second(second).unwrap());
    (severity, ping, time, text(8), vec(text(12), 0..12), any::<bool>()).prop_map(
        |(severity, ping, time, title, lines, has_run)| {
            let run = has_run.then(|| RunFacts {
                job_id: "job_01h455vb4pex5vsknk084sn02q".parse().unwrap(),
                schedule_id: "sched_a".parse().unwrap(),
                organization_id: "org_default".parse().unwrap(),
                job_name: title.clone(),
                status: None,
                error: lines.first().cloned(),
                interrupted: false,
                duration_ms: None,
                pause_ms: None,
                snapshot_id: None,
                summary: None,
            });
            Message { topic: Topic::Test, severity, title, lines, run, time, ping }
        },
    )
}

fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text field that is there and not empty.
fn field<'a>(document: &'a Value, name: &str) -> &'a str {
    let text = document[name].as_str().unwrap();
    assert!(!text.trim().is_empty(), "{name}");
    text
}

/// The limits of each service, from its documentation, written down here once more.
fn fits(kind: ChannelKind, body: &[u8]) {
    if kind == ChannelKind::Healthchecks {
        assert!(!body.is_empty() && body.len() <= 10_000 && std::str::from_utf8(body).is_ok());
        return;
    }
    let document: Value = serde_json::from_slice(body).unwrap();
    match kind {
        ChannelKind::Ntfy => {
            assert!(field(&document, "message").len() <= 4096 && field(&document, "title").len() <= 250);
            assert_eq!(document["topic"], "topic");
            assert!(body.len() <= 2 * 4096, "what the server takes of a document");
        }
        ChannelKind::Gotify => {
            assert!(field(&document, "message").len() <= 16_384 && field(&document, "title").len() <= 250);
        }
        ChannelKind::Slack => {
            let text = field(&document, "text");
            assert!(utf16(text) <= 4000 && !text.contains(['<', '>']), "{text}");
            let others = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
            assert!(!others.contains('&'), "{text}");
        }
        ChannelKind::Discord => {
            let text = field(&document, "content");
            assert!(utf16(text) <= 2000);
            let without_pairs = text.replace("\\\\", "");
            assert!(!without_pairs.replace("\\@", "").contains('@'), "{text}");
        }
        ChannelKind::Telegram => assert!(utf16(field(&document, "text")) <= 4096),
        ChannelKind::Pushover => {
            assert!(utf16(field(&document, "message")) <= 1024 && utf16(field(&document, "title")) <= 250);
        }
        ChannelKind::Webhook => assert_eq!(document["id"], DELIVERY),
        ChannelKind::Email | ChannelKind::Healthchecks => panic!("{kind} has no such body"),
    }
}

/// RFC 5322: ASCII, lines of at most 998 bytes, each field once.
fn is_a_letter(letter: &[u8]) {
    let letter = std::str::from_utf8(letter).unwrap();
    assert!(letter.is_ascii());
    assert!(letter.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{letter}");
    let (head, _) = letter.split_once("\r\n\r\n").unwrap();
    let fields = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    let mut names: Vec<_> = fields.map(|line| line.split_once(": ").unwrap().0).collect();
    names.sort_unstable();
    let expected = [
        "Auto-Submitted",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ];
    assert_eq!(names, expected, "{head}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn any_message_makes_a_request_that_the_service_can_take(message in message()) {
        let read = |_: &_| -> Result<Secret, String> { Err("nothing is elsewhere".to_owned()) };
        let note = Note { message: &message, delivery_id: DELIVERY, now: 1 };
        for &kind in ChannelKind::ALL {
            let channel = channel(kind);
            match channel.how() {
                How::Mail(email) => is_a_letter(&email.posting(&note, &read).unwrap().letter.formatted()),
                How::Post(service) => {
                    let parcel = service.parcel(&note, &read).unwrap();
                    assert_eq!(parcel.url.host_str(), Some("host.example"), "{kind}");
                    fits(kind, &parcel.body);
                }
            }
        }
    }

    #[test]
    fn a_title_is_one_line_and_no_control_character_is_left(message in message()) {
        let words = Words::of(&message);
        assert!(!words.title.contains(char::is_control) && !words.title.trim().is_empty());
        assert!(!words.whole().contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    }
}

#[test]
fn an_address_that_nobody_typed_needs_no_permission() {
    let message: Message = crate::test_message(Timestamp::UNIX_EPOCH, "db1");
    let note = Note { message: &message, delivery_id: DELIVERY, now: 1 };
    let given = |text: &str| Some(text.to_owned().into());
    let telegram = Settings { token: given("1:a"), chat_id: Some("1".to_owned()), ..Settings::default() };
    let pushover = Settings { token: given("token"), user: given("user"), ..Settings::default() };
    for (kind, settings, url) in [
        (ChannelKind::Telegram, telegram, "https://api.telegram.org/bot1:a/sendMessage"),
        (ChannelKind::Pushover, pushover, "https://api.pushover.net/1/messages.json"),
    ] {
        for is_typed in [false, true] {
            let typed = Settings { url: given("https://own.example"), ..settings.clone() };
            let channel = Channel::new(kind, if is_typed { typed } else { settings.clone() }).unwrap();
            let How::Post(service) = channel.how() else { panic!("{kind} is no mail") };
            let parcel = service.parcel(&note, &|_| Err(String::new())).unwrap();
            assert_eq!((parcel.is_typed, parcel.url.as_str() == url), (is_typed, !is_typed), "{kind}");
        }
    }
}
