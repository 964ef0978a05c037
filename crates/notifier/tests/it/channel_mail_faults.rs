//! Mail servers that misbehave or refuse, spoken by hand.

use notifier::{Answer, Failed, Retry, Transport};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::channel_server::{IMPATIENCE, channel, send, transport};

/// The beginning of a line, and its answer.
type Rules = &'static [(&'static str, &'static str)];

/// Answers each line by the first rule whose word it begins with; a line without a rule gets `250 ok`, and a rule
/// without an answer silence. The empty word is the greeting. `.` is the end of a letter.
async fn told(rules: Rules, transport: Transport) -> Result<Answer, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = socket.split();
        let mut lines = BufReader::new(reader).lines();
        let mut line = String::new();
        loop {
            let rule =
                rules.iter().find(|(word, _)| !line.is_empty() && !word.is_empty() && line.starts_with(word));
            let answer = match (line.as_str(), rule) {
                ("", _) => rules.iter().find(|(word, _)| word.is_empty()).map_or("220 hello", |rule| rule.1),
                (_, Some((_, answer))) => answer,
                ("DATA", None) => "354 go on",
                _ => "250 ok",
            };
            let is_letter = line == "DATA" && answer.starts_with('3');
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            if writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                return;
            }
            loop {
                match lines.next_line().await {
                    Ok(Some(next)) if is_letter && next != "." => {}
                    Ok(Some(next)) => break line = next,
                    _ => return,
                }
            }
        }
    });
    let settings =
        json!({ "url": url, "from": "zb@example.org", "to": ["ana@example.org", "ben@example.org"] });
    let sent = send(&transport, &channel("email", &settings)).await;
    answering.abort();
    sent
}

#[tokio::test]
async fn an_answer_tells_whether_to_try_again() {
    assert!(told(&[], transport("")).await.is_ok());
    let cases: [(Rules, Retry, &str); 11] = [
        (&[("", "554 no")], Retry::Later, "answered 554: no"),
        (&[("", "421 busy")], Retry::Later, "answered 421: busy"),
        (
            &[("MAIL", "530 log in")],
            Retry::Later,
            "answered 530 (are the user in the url and the password in token right?): log in",
        ),
        (&[("MAIL", "451 later")], Retry::Later, "answered 451: later"),
        (&[("RCPT", "450 greylisted")], Retry::Later, "answered 450: greylisted"),
        (&[("RCPT TO:<ben", "450 greylisted")], Retry::Later, "answered 450: greylisted"),
        (&[("RCPT", "550 nobody")], Retry::Never, "answered 550: nobody"),
        (&[("DATA", "554 no")], Retry::Never, "answered 554: no"),
        (&[(".", "552 too big")], Retry::Never, "answered 552: too big"),
        (&[(".", "452 full")], Retry::Later, "answered 452: full"),
        (&[("EHLO", "what?")], Retry::Later, "could not be reached"),
    ];
    for (rules, retry, reason) in cases {
        let failed = told(rules, transport("")).await.unwrap_err();
        assert_eq!(failed.retry, retry, "{rules:?}: {failed}");
        assert!(
            failed.reason.starts_with("email at 127.0.0.1:") && failed.reason.contains(reason),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_left_at_the_deadline() {
    let cases: [Rules; 4] = [&[("", "")], &[("EHLO", "")], &[("RCPT", "")], &[(".", "")]];
    for rules in cases {
        let failed = told(rules, transport("").within(IMPATIENCE)).await.unwrap_err();
        assert_eq!(failed.retry, Retry::Later);
        assert!(failed.reason.ends_with("there was no whole answer within 0.3 s"), "{failed}");
    }
}

/// The letter was taken: a goodbye that nobody answers changes nothing.
#[tokio::test]
async fn a_server_that_hangs_at_the_end_has_taken_the_letter() {
    assert!(told(&[("QUIT", "")], transport("")).await.is_ok());
}

#[tokio::test]
async fn an_address_that_is_refused_keeps_nobody_else_from_the_letter() {
    let answer = told(&[("RCPT TO:<ben", "550 nobody"), (".", "250 taken")], transport("")).await.unwrap();
    assert_eq!(answer.said.as_deref(), Some("taken\nben@example.org was refused: 550"));
}
