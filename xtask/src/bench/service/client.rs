//! A client that keeps its connection, and waits for the whole answer.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::pages::By;
use crate::shell::Result;

/// How an account is known: the cookie of its session, and a token.
#[derive(Clone, Default, Debug)]
pub(super) struct Keys {
    pub(super) cookie: String,
    pub(super) token: String,
}

impl Keys {
    /// The line of a head.
    pub(super) fn line(&self, by: By) -> String {
        match by {
            By::Cookie => format!("Cookie: zb_session={}\r\n", self.cookie),
            By::Token => format!("Authorization: Bearer {}\r\n", self.token),
        }
    }
}

/// An answer of 2xx.
pub(super) struct Answer {
    /// From before the request was written until the answer was read.
    pub(super) ms: f64,
    /// Of its body.
    pub(super) bytes: usize,
    pub(super) head: String,
    pub(super) body: String,
}

/// A connection.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
    address: String,
    keys: Keys,
}

impl Client {
    pub(super) fn connect(address: &str, keys: &Keys) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        Ok(Self { stream: BufReader::new(stream), address: address.to_owned(), keys: keys.clone() })
    }

    pub(super) fn get(&mut self, path: &str, by: By) -> Result<Answer> {
        self.ask("GET", path, by, "")
    }

    /// A request with a body of JSON, where it has one.
    pub(super) fn ask(&mut self, method: &str, path: &str, by: By, body: &str) -> Result<Answer> {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{}{kind}Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.keys.line(by),
            body.len()
        );
        let began = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (head, length) = self.head()?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        let body = String::from_utf8(body)?;
        if !head.starts_with("HTTP/1.1 2") {
            return Err(format!("{method} {path}: {head}{body}").into());
        }
        Ok(Answer { ms, bytes: length, head, body })
    }

    fn head(&mut self) -> Result<(String, usize)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(format!("the server closed the connection: {head:?}").into());
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        Ok((head, length.unwrap_or(0)))
    }
}

/// The first text of this name in a JSON text, which has no escapes in it.
pub(super) fn member<'a>(json: &'a str, name: &str) -> Result<&'a str> {
    let begin = format!("\"{name}\":\"");
    let found = json.split_once(&begin).and_then(|(_, rest)| rest.split_once('"'));
    found.map(|(text, _)| text).ok_or_else(|| format!("no {name:?} in {json:.200}").into())
}

#[cfg(test)]
mod tests {
    use super::member;

    #[test]
    fn a_text_is_found_by_its_name() {
        assert_eq!(member(r#"{"a":null,"jobId":"job_1","b":"c"}"#, "jobId").ok(), Some("job_1"));
        assert!(member(r#"{"a":null}"#, "a").is_err());
    }
}
