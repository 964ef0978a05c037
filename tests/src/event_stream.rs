//! Server-sent events of a service, as they come.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use serde_json::Value;

use crate::eventually::PATIENCE;

/// A stream that is open.
#[derive(Debug)]
pub struct EventStream {
    lines: BufReader<TcpStream>,
}

/// One event.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// Its name.
    pub event: String,
    /// Its place, where it has one.
    pub id: Option<String>,
    /// What it says.
    pub data: Value,
}

impl EventStream {
    pub(crate) fn open(address: &str, path: &str, fields: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{fields}\r\n").unwrap();
        let mut lines = BufReader::new(stream);
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        assert!(first.starts_with("HTTP/1.1 200"), "{path}: {first}");
        Self { lines }
    }

    /// The next event but for heartbeats; nothing at the end.
    ///
    /// # Panics
    /// None comes in a minute.
    #[must_use]
    pub fn told(&mut self) -> Option<Told> {
        let (mut event, mut id) = (None, None);
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // Heads and the lengths of chunks are passed over.
            match line.trim_end().split_once(": ") {
                Some(("event", name)) => event = Some(name.to_owned()),
                Some(("id", place)) => id = Some(place.to_owned()),
                Some(("data", text)) => {
                    let event = event.take().unwrap();
                    let data = serde_json::from_str(text).unwrap();
                    if event != "heartbeat" {
                        return Some(Told { event, id, data });
                    }
                }
                _ => {}
            }
        }
    }

    /// The next of this name.
    ///
    /// # Panics
    /// The stream ends without it.
    #[must_use]
    pub fn next_of(&mut self, event: &str) -> Told {
        loop {
            let told = self.told().unwrap_or_else(|| panic!("the stream ended without {event}"));
            if told.event == event {
                return told;
            }
        }
    }
}
