//! `zb serve` in a test: where it listens, and a token to speak to it.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::Value;

use crate::{Running, Zb, eventually};

/// A service at work, on a free port.
#[derive(Debug)]
pub struct Service {
    /// The process.
    pub running: Running,
    address: String,
    token: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answered {
    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Service {
    /// Starts it with an account and a token that may do everything.
    ///
    /// # Panics
    /// It does not come up.
    #[must_use]
    pub fn start(zb: &Zb<'_>, arguments: &[&str]) -> Self {
        let added = zb.run(&["user", "list"]);
        if !added.stdout.contains("ana") {
            zb.run(&["user", "add", "ana", "--role", "owner"]).exits(0);
        }
        let made = zb.run(&["token", "create", "ana", "tests", "--scope", "manage"]);
        let token = made.exits(0).stdout.split_whitespace().find(|word| word.starts_with("zb_"));
        let token = token.expect("a token is shown").to_owned();
        let words = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let running = zb.spawn(&words);
        let address = eventually("the service listens", || {
            let said = running.stdout();
            let line = said.lines().find_map(|line| line.strip_prefix("zb listens at "));
            line.map(ToOwned::to_owned)
        });
        Self { running, address, token }
    }

    /// A request with the token.
    ///
    /// # Panics
    /// Nobody answers.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Answered {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{kind}Connection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len(),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        Answered { status, body: body.to_owned() }
    }

    /// *Backup now*: the id of the run.
    ///
    /// # Panics
    /// It is refused.
    #[must_use]
    #[track_caller]
    pub fn run_now(&self, schedule: &str) -> String {
        let answered = self.ask("POST", &format!("/api/v1/jobs/{schedule}/runs"), "{}");
        assert_eq!(answered.status, 202, "{answered:?}");
        answered.json()["jobId"].as_str().unwrap().to_owned()
    }
}
