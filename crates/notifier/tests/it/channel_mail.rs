//! E-mail to a real server with TLS and a login, read back as it arrived.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Stdio},
};

use notifier::{Answer, Channel, Failed, Retry};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::channel_server::{DELIVERY, channel, message_with, transport};

/// Where Debian's packages for Python are, whatever else stands on the path.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// A running aiosmtpd. It ends with its standard input.
struct MailServer {
    child: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
    folder: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "a server for a test is no child of zb")]
fn python(program: &str) -> std::process::Command {
    std::process::Command::new(program)
}

impl MailServer {
    /// `mode`: `implicit`, `starttls` or `none`. Where aiosmtpd is not installed: none, and it says so.
    fn start(mode: &str, user: &str) -> Option<Self> {
        let has_aiosmtpd = |program: &&&str| {
            let asked = python(program).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        };
        let Some(program) = PYTHONS.iter().find(has_aiosmtpd) else {
            eprintln!("skipped: there is no aiosmtpd here (Debian: python3-aiosmtpd)");
            return None;
        };
        let folder = TempDir::new().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, cert.pem()).unwrap();
        std::fs::write(&key, signing_key.serialize_pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/mail_server.py");
        let mut child = python(program)
            .args([script, mode])
            .args([&certificate, &key])
            .args([user, "pass word-secret"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        Some(Self { child, lines, port: port.trim().parse().unwrap(), folder })
    }

    fn ca_file(&self) -> Value {
        json!(self.folder.path().join("cert.pem"))
    }

    /// The next letter.
    fn letter(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

fn mail(url: String, token: Option<&str>, ca_file: Option<Value>) -> Channel {
    let mut settings = json!({
        "url": url,
        "from": "zb <zb@example.org>",
        "to": ["Ana Müller <ana@example.org>", "ben@example.org"],
    });
    if let Some(token) = token {
        settings["token"] = json!(token);
    }
    if let Some(ca_file) = ca_file {
        settings["ca_file"] = ca_file;
    }
    channel("email", &settings)
}

async fn send(channel: &Channel) -> Result<Answer, Failed> {
    let message = message_with(&json!({
        "title": "Fotos Süd: no snapshot\r\nBcc: eve@example.org",
        "lines": [".", "ä".repeat(1200)],
    }));
    transport("").send(channel, &message, DELIVERY).await
}

/// A letter's head, unfolded, and its body as it was sent.
fn parse(letter: &Value) -> (Vec<String>, String) {
    let content = letter["content"].as_str().unwrap();
    let content = String::from_utf8(decode_base64(content)).unwrap();
    let (head, body) = content.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    (head.split("\r\n").map(str::to_owned).collect(), body.to_owned())
}

#[tokio::test]
async fn a_letter_arrives_over_tls_as_it_was_meant() {
    for (mode, scheme) in [("implicit", "smtps"), ("starttls", "smtp")] {
        let Some(mut server) = MailServer::start(mode, "ana@example.org") else { return };
        let url = format!("{scheme}://ana%40example.org@127.0.0.1:{}", server.port);
        let channel = mail(url, Some("pass word-secret"), Some(server.ca_file()));
        let answer = send(&channel).await.unwrap();
        assert_eq!((answer.http_status, answer.said.as_deref()), (None, Some("taken as 1")), "{mode}");

        let letter = server.letter();
        assert_eq!(letter["tls"], true, "{mode}");
        assert_eq!(letter["from"], "zb@example.org");
        assert_eq!(letter["to"], json!(["ana@example.org", "ben@example.org"]));
        let (head, body) = parse(&letter);
        for line in [
            "From: zb <zb@example.org>",
            "To: =?utf-8?b?QW5hIE3DvGxsZXI=?= <ana@example.org>, ben@example.org",
            "Date: Tue, 24 Nov 2026 03:00:05 +0000",
            "Message-ID: <dlv_01h455vb4pex5vsknk084sn02q@example.org>",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
            "MIME-Version: 1.0",
        ] {
            assert!(head.iter().any(|field| field == line), "{line}: {head:#?}");
        }
        let subject = head.iter().find_map(|field| field.strip_prefix("Subject: ")).unwrap();
        let words: String = subject.split(' ').map(decode_word).collect::<Vec<_>>().join(" ");
        assert_eq!(words, "Fotos Süd: no snapshot\\r Bcc: eve@example.org");
        assert!(!head.iter().any(|field| field.starts_with("Bcc")), "{head:#?}");
        assert!(body.is_ascii() && body.lines().all(|line| line.len() <= 998), "{body}");
    }
}

#[tokio::test]
async fn a_relay_without_tls_is_used_where_somebody_asks_for_it() {
    let Some(mut server) = MailServer::start("none", "") else { return };
    let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
    send(&mail(url, None, None)).await.unwrap();
    assert_eq!(server.letter()["tls"], false);
    // The same server without the word: it offers no STARTTLS, and nothing is sent.
    let failed = send(&mail(format!("smtp://127.0.0.1:{}", server.port), None, None)).await.unwrap_err();
    assert_eq!(failed.retry, Retry::Later);
    assert!(failed.reason.ends_with("STARTTLS is not supported on this server"), "{failed}");
}

#[tokio::test]
async fn a_wrong_password_can_be_mended_and_is_not_told() {
    let Some(server) = MailServer::start("starttls", "ana") else { return };
    let url = format!("smtp://ana@127.0.0.1:{}", server.port);
    let failed = send(&mail(url, Some("wrong-secret"), Some(server.ca_file()))).await.unwrap_err();
    assert_eq!((failed.http_status, failed.retry), (None, Retry::Later));
    let start = format!(
        "email at 127.0.0.1:{} answered 535 (are the user in the url and the password in token right?)",
        server.port
    );
    assert!(failed.reason.starts_with(&start), "{failed}");
    assert!(!failed.reason.contains("secret"), "{failed}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_letter() {
    for (mode, scheme) in [("implicit", "smtps"), ("starttls", "smtp")] {
        let Some(server) = MailServer::start(mode, "ana") else { return };
        let stranger = MailServer::start(mode, "ana").unwrap();
        let url = format!("{scheme}://ana@127.0.0.1:{}", server.port);
        for (ca_file, reason) in [
            (None, "no authority that this machine trusts has signed it"),
            (Some(stranger.ca_file()), "its signature does not fit (is it the right server?)"),
        ] {
            let failed = send(&mail(url.clone(), Some("pass word-secret"), ca_file)).await.unwrap_err();
            assert_eq!(failed.retry, Retry::Later);
            let start = format!(
                "email at 127.0.0.1:{} could not be reached: its TLS certificate cannot be trusted: {reason}",
                server.port
            );
            assert!(failed.reason.starts_with(&start), "{mode}: {failed}");
        }
    }
}

/// `=?utf-8?b?…?=` (RFC 2047), or a word as it is.
fn decode_word(word: &str) -> String {
    match word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(encoded) => String::from_utf8(decode_base64(encoded)).unwrap(),
        None => word.to_owned(),
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    let place = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits = text.bytes().filter(|byte| *byte != b'=').map(place);
    let mut bytes = Vec::new();
    let (mut held, mut count) = (0_u32, 0);
    for six in bits {
        held = held << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count & 0xff) as u8);
        }
    }
    bytes
}
