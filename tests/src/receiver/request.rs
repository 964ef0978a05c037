//! A request as it came over the wire.

use std::{io::Read, net::TcpStream, time::Instant};

use serde_json::Value;

/// One request, whole.
#[derive(Clone, Debug)]
pub struct Request {
    /// When it was here.
    pub arrived: Instant,
    /// `POST`.
    pub method: String,
    /// Path and query; empty where the bytes are no HTTP request.
    pub path: String,
    /// Names and values as they came, in their order.
    pub headers: Vec<(String, String)>,
    /// The bytes after the head.
    pub body: Vec<u8>,
    /// All bytes.
    pub raw: Vec<u8>,
}

impl Request {
    /// The only value of a header, its name in any case.
    ///
    /// # Panics
    /// Where the header is there twice.
    #[must_use]
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} twice in {:?}", self.headers);
        first
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// Reads to the end of the request; `None` where the connection ends first without a byte.
    pub(super) fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut raw = Vec::new();
        let mut chunk = [0; 8192];
        loop {
            let more = stream.read(&mut chunk).unwrap_or(0);
            raw.extend_from_slice(&chunk[..more]);
            let request = Self::parse(&raw);
            match request {
                Some(request) if more == 0 || request.is_whole() => return Some(request),
                None if more == 0 => return (!raw.is_empty()).then(|| Self::garbage(raw)),
                _ if looks_like_tls(&raw) => return Some(Self::garbage(raw)),
                _ => {}
            }
        }
    }

    /// The same without taking anything out of the socket's buffer, as far as it fits into 64 KiB.
    pub(super) fn peek(stream: &TcpStream) -> Option<Self> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let have = stream.peek(&mut buffer).unwrap_or(0);
            let bytes = &buffer[..have];
            match Self::parse(bytes) {
                Some(request) => return Some(request),
                None if have == 0 => return None,
                None if looks_like_tls(bytes) || have == buffer.len() => {
                    return Some(Self::garbage(bytes.to_vec()));
                }
                None => std::thread::yield_now(),
            }
        }
    }

    fn garbage(raw: Vec<u8>) -> Self {
        let (method, path) = (String::new(), String::new());
        Self { arrived: Instant::now(), method, path, headers: Vec::new(), body: Vec::new(), raw }
    }

    /// `None` before the empty line.
    fn parse(raw: &[u8]) -> Option<Self> {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ').map(str::to_owned);
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        Some(Self {
            arrived: Instant::now(),
            method: first.next()?,
            path: first.next()?,
            headers,
            body: raw[end + 4..].to_vec(),
            raw: raw.to_vec(),
        })
    }

    fn is_whole(&self) -> bool {
        let length = self.header("Content-Length").map_or(0, |length| length.parse().unwrap_or(0));
        self.body.len() >= length
    }
}

/// A TLS record of type handshake: a client that was told `https`.
fn looks_like_tls(raw: &[u8]) -> bool {
    raw.first() == Some(&0x16)
}
