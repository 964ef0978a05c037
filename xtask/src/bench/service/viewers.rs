//! People with a page open: each has a stream of events, and reads its page again when something happened, as the script of
//! the pages does.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    client::{Client, Keys},
    pages::By,
};
use crate::{bench::clock, shell::Result};

/// The pages that are open, in turn.
const OPEN: [&str; 3] = ["/", "/runs", "/"];

/// The script waits so long for more of what comes at once, and then somewhat longer, each its own time.
const WAIT: Duration = Duration::from_secs(1);
const LONGER: u64 = 2_000;

/// A viewer's own thread needs little.
const STACK: usize = 256 * 1024;

/// All of them.
pub(super) struct Viewers {
    over: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    threads: Vec<JoinHandle<()>>,
}

/// What they saw.
#[derive(Default)]
pub(super) struct Seen {
    /// Milliseconds from an event's time to a viewer.
    pub(super) delays: Vec<f64>,
    /// Milliseconds that a page took that was read again.
    pub(super) pages: Vec<f64>,
    pub(super) failure: Option<String>,
}

impl Viewers {
    pub(super) fn watch(address: &str, keys: &Keys, count: usize) -> Result<Self> {
        let (over, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Seen::default())));
        let mut threads = Vec::new();
        for number in 0..count {
            let viewer = Viewer::open(address, keys, number)?;
            let (over, seen) = (Arc::clone(&over), Arc::clone(&seen));
            let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
                let mut own = Seen::default();
                if let Err(error) = viewer.look(&over, &mut own) {
                    own.failure = Some(error.to_string());
                }
                let mut all = seen.lock().unwrap_or_else(PoisonError::into_inner);
                all.delays.append(&mut own.delays);
                all.pages.append(&mut own.pages);
                all.failure = all.failure.take().or(own.failure);
            });
            threads.push(thread?);
        }
        Ok(Self { over, seen, threads })
    }

    /// Ends them all.
    pub(super) fn end(self) -> Result<Seen> {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        match seen.failure {
            Some(failure) => Err(format!("a viewer: {failure}").into()),
            None => Ok(seen),
        }
    }
}

struct Viewer {
    stream: TcpStream,
    page: Client,
    path: &'static str,
    /// Of this viewer alone.
    random: u64,
}

impl Viewer {
    fn open(address: &str, keys: &Keys, number: usize) -> Result<Self> {
        let mut page = Client::connect(address, keys)?;
        let path = OPEN[number % OPEN.len()];
        let shown = page.get(path, By::Cookie)?;
        let after = shown.body.split_once("data-after=\"").and_then(|(_, rest)| rest.split_once('"'));
        let after = after.ok_or("the page shows no event")?.0;
        let mut stream = TcpStream::connect(address)?;
        let head = keys.line(By::Cookie);
        write!(stream, "GET /api/v1/events?after={after} HTTP/1.1\r\nHost: {address}\r\n{head}\r\n")?;
        Ok(Self { stream, page, path, random: number as u64 + 1 })
    }

    fn look(mut self, over: &AtomicBool, seen: &mut Seen) -> Result {
        let mut text = String::new();
        let mut piece = [0; 16 * 1024];
        let mut again: Option<Instant> = None;
        while !over.load(Ordering::Relaxed) {
            let rest = again.map_or(WAIT, |at| at.saturating_duration_since(Instant::now()));
            self.stream.set_read_timeout(Some(rest.clamp(Duration::from_millis(1), WAIT)))?;
            match self.stream.read(&mut piece) {
                Ok(0) => return Err("the stream ended".into()),
                Ok(read) => text.push_str(&String::from_utf8_lossy(&piece[..read])),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error.into()),
            }
            while let Some((event, rest)) = text.split_once("\n\n") {
                if let Some(delay) = delay(event)? {
                    seen.delays.push(delay);
                    let longer = Duration::from_millis(self.random() % LONGER);
                    again.get_or_insert_with(|| Instant::now() + WAIT + longer);
                }
                text = rest.to_owned();
            }
            if again.is_some_and(|at| at <= Instant::now()) {
                again = None;
                seen.pages.push(self.page.get(self.path, By::Cookie)?.ms);
            }
        }
        Ok(())
    }

    /// xorshift64.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

/// How long ago a recorded event happened; nothing for what is none. All is of one day, or of two at midnight.
fn delay(event: &str) -> Result<Option<f64>> {
    if !event.contains("\nid: ") {
        return Ok(None);
    }
    let Some((_, rest)) = event.split_once("\"time\":\"") else { return Ok(None) };
    let Some(happened) = rest.split_once('T').and_then(|(_, time)| of_day(time)) else { return Ok(None) };
    let day = 86_400_000.0;
    let now = (clock::now()? / 1000) as f64 / 1000.0 % day;
    Ok(Some((now - happened + day) % day))
}

/// `14:00:05.25Z` in milliseconds.
fn of_day(time: &str) -> Option<f64> {
    let mut parts = time.split_once('Z')?.0.split(':').map(str::parse::<f64>);
    let mut next = || parts.next()?.ok();
    Some(((next()? * 60.0 + next()?) * 60.0 + next()?) * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::{delay, of_day};

    #[test]
    fn only_what_is_recorded_has_a_delay() {
        assert_eq!(of_day("00:01:02.25Z\"}"), Some(62_250.0));
        assert_eq!(delay("event: heartbeat\ndata: {\"time\":\"2026-11-24T01:00:05Z\"}").unwrap(), None);
        assert_eq!(delay("event: ready\nid: 7\ndata: {}").unwrap(), None);
        let told =
            "event: run.queued\nid: 8\ndata: {\"type\":\"run.queued\",\"time\":\"2026-11-24T01:00:05Z\"}";
        assert!(delay(told).unwrap().is_some_and(|ms| (0.0..86_400_000.0).contains(&ms)));
    }
}
