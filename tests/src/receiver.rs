//! An HTTP server by hand, because only that can stall, trickle, cut and reset. It keeps what it got, byte for byte.

mod gate;
mod reply;
mod request;

use std::{
    collections::{HashMap, VecDeque},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

pub use gate::Gate;
pub use reply::Reply;
pub use request::Request;

use crate::eventually;

/// A receiver of hooks on a free port of the loopback interface. It answers 200 unless it is told otherwise.
#[derive(Debug)]
pub struct HookReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    replies: Mutex<HashMap<String, VecDeque<Reply>>>,
    open: Mutex<Vec<TcpStream>>,
    closed: AtomicBool,
}

impl HookReceiver {
    /// Starts to listen.
    ///
    /// # Panics
    /// Where the loopback interface has no free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Self { address, shared }
    }

    /// Scripts the answers to a path, as `/pre`: used up in their order, then 200.
    pub fn answers(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.shared.replies.lock().unwrap().entry(path.to_owned()).or_default().extend(replies);
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// What stands in `WEBHOOK_ALLOWED_ORIGINS`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What arrived so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// What arrived so far for a path.
    #[must_use]
    pub fn requests_to(&self, path: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.path == path).collect()
    }

    /// The paths that were called, in order.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    /// Waits until the `n`th request, counted from 1, is here whole.
    ///
    /// # Panics
    /// After a minute.
    #[must_use]
    pub fn wait_for(&self, n: usize) -> Request {
        eventually(&format!("request {n} at {}", self.origin()), || self.requests().get(n - 1).cloned())
    }
}

impl Drop for HookReceiver {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address); // wakes the accepting thread
        for stream in self.shared.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().map_while(Result::ok) {
            if self.closed.load(Ordering::SeqCst) {
                return;
            }
            if let Ok(copy) = stream.try_clone() {
                self.open.lock().unwrap().push(copy);
            }
            let shared = Arc::clone(self);
            thread::spawn(move || shared.serve(stream));
        }
    }

    /// One connection, one request, one answer. What was sent but is no HTTP is kept too, with an empty path.
    fn serve(&self, mut stream: TcpStream) {
        let peeked = Request::peek(&stream);
        let reply =
            peeked.as_ref().and_then(|request| self.next_reply(&request.path)).unwrap_or(Reply::status(200));
        let keep = |request| self.requests.lock().unwrap().push(request);
        match (&reply, peeked) {
            // Bytes that were never read make the kernel answer the close with a reset.
            (Reply::Reset, Some(request)) => keep(request),
            (_, Some(_)) => match Request::read(&mut stream) {
                Some(request) => {
                    keep(request);
                    let _ = reply.write(&mut stream); // the other end may be gone, that is its right
                }
                None => return,
            },
            (_, None) => return,
        }
        // Closes the connection, although the receiver holds a copy of it; a reset is what the drop of both makes.
        let peer = stream.peer_addr().ok();
        self.open.lock().unwrap().retain(|copy| copy.peer_addr().ok() != peer);
    }

    fn next_reply(&self, path: &str) -> Option<Reply> {
        self.replies.lock().unwrap().get_mut(path)?.pop_front()
    }
}
