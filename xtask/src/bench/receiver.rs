//! The receiver of hooks: it answers at once, and notes when each request was here and when its answer left.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::clock::{self, Moment};
use crate::shell::Result;

/// How long a hook is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) phase: Phase,
    /// The whole request was here.
    pub(super) came: Moment,
    /// The answer was about to leave.
    pub(super) answered: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Pre,
    Post,
}

/// Listens on a free port of the loopback interface, for as long as the bench runs.
pub(super) struct Receiver {
    address: SocketAddr,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    arrivals: Mutex<Vec<Arrival>>,
    more: Condvar,
}

impl Receiver {
    pub(super) fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Heard::default());
        let keep = Arc::clone(&heard);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                // A peer that was killed in the middle is no arrival.
                if let Ok(arrival) = answer(&mut stream) {
                    keep.lock().push(arrival);
                    keep.more.notify_all();
                }
            }
        });
        Ok(Self { address, heard })
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// What stands in `WEBHOOK_ALLOWED_ORIGINS`.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn url(&self, phase: Phase) -> String {
        format!("{}{}", self.origin(), if phase == Phase::Pre { "/pre" } else { "/post" })
    }

    /// Forgets what came before.
    pub(super) fn forget(&self) {
        self.heard.lock().clear();
    }

    /// Waits for the first hook of a phase since [`Receiver::forget`].
    pub(super) fn wait_for(&self, phase: Phase) -> Result<Arrival> {
        let deadline = Instant::now() + PATIENCE;
        let mut arrivals = self.heard.lock();
        loop {
            if let Some(arrival) = arrivals.iter().find(|arrival| arrival.phase == phase) {
                return Ok(*arrival);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("no {phase:?} hook came in {} s", PATIENCE.as_secs()).into());
            }
            let waited = self.heard.more.wait_timeout(arrivals, left);
            arrivals = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Heard {
    fn lock(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(stream: &mut TcpStream) -> Result<Arrival> {
    stream.set_nodelay(true)?;
    let head = read(stream)?;
    let came = clock::now()?;
    let phase = if head.starts_with(b"POST /pre") { Phase::Pre } else { Phase::Post };
    let answered = clock::now()?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(Arrival { phase, came, answered })
}

/// A whole request; a connection that says nothing is an error.
fn read(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err("the request was cut".into());
        }
        said.extend_from_slice(&piece[..read]);
        if is_whole(&said) {
            return Ok(said);
        }
    }
}

fn is_whole(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    body.len() >= length.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn a_request_is_whole_with_its_body() {
        assert!(!is_whole(b"POST /pre HTTP/1.1\r\nHost: a\r\n"));
        assert!(is_whole(b"POST /pre HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(!is_whole(b"POST /pre HTTP/1.1\r\ncontent-length: 3\r\n\r\n{}"));
        assert!(is_whole(b"POST /pre HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"));
    }
}
