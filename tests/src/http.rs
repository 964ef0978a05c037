//! One request and its answer: all the HTTP that the tests speak themselves.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The head, with its first line.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answered {
    /// A field of the head; nothing where it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends a request on a connection of its own. `fields` are whole lines of the head, each with its end.
pub(crate) fn ask(address: &str, request: &str, fields: &str, body: &str) -> std::io::Result<Answered> {
    let mut stream = TcpStream::connect(address)?;
    let kind = if body.is_empty() || fields.contains("Content-Type:") {
        ""
    } else {
        "Content-Type: application/json\r\n"
    };
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {address}\r\n{fields}{kind}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    )?;
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut body = Vec::new();
    match length(&head) {
        // Not every server closes a connection when it is asked to.
        Some(length) => stream.take(length).read_to_end(&mut body)?,
        None => stream.read_to_end(&mut body)?,
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answered {
        status: status.ok_or(std::io::ErrorKind::InvalidData)?,
        head,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn length(head: &str) -> Option<u64> {
    let lower = head.to_ascii_lowercase();
    lower.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()
}
