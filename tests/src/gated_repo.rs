//! restic's REST protocol by hand, because only that can hold a backup back until the test lets it go on.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    thread,
};

use crate::ResticRepo;

/// A repository whose packs of data are taken as the test lets them in; everything else of it is taken at once. A
/// backup that has more than was let in goes on for ever.
#[derive(Debug)]
pub struct GatedRepo {
    address: SocketAddr,
    server: Arc<Server>,
}

#[derive(Debug)]
struct Server {
    directory: PathBuf,
    gate: Mutex<Gate>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Gate {
    /// Packs that are there and not let in.
    waiting: usize,
    /// Packs that may still come in.
    free: usize,
    closed: bool,
}

impl GatedRepo {
    /// Serves the files of a repository on a free port of the loopback interface.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn serve(repo: &ResticRepo<'_>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (directory, gate, changed) = (repo.directory(), Mutex::default(), Condvar::new());
        let server = Arc::new(Server { directory, gate, changed });
        let accepting = Arc::clone(&server);
        thread::spawn(move || accepting.accept(&listener));
        Self { address, server }
    }

    /// For `RESTIC_REPOSITORY`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("rest:http://{}/", self.address)
    }

    /// Lets so many packs in, those that wait or the next that come.
    pub fn lets_in(&self, packs: usize) {
        self.server.gate.lock().unwrap().free += packs;
        self.server.changed.notify_all();
    }

    /// How many packs wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.server.gate.lock().unwrap().waiting
    }
}

impl Drop for GatedRepo {
    fn drop(&mut self) {
        self.server.gate.lock().unwrap().closed = true;
        self.server.changed.notify_all();
        let _ = TcpStream::connect(self.address); // wakes the accepting thread
    }
}

impl Server {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().map_while(Result::ok) {
            if self.gate.lock().unwrap().closed {
                return;
            }
            let server = Arc::clone(self);
            // The other end may be gone, that is its right.
            thread::spawn(move || server.serve(stream).ok());
        }
    }

    /// One connection, one request, one answer.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let file = self.file(path);
        let (status, body) = match method {
            "POST" => {
                let length = head.to_ascii_lowercase();
                let length =
                    length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let mut body = Vec::new();
                stream.by_ref().take(length.unwrap_or(0)).read_to_end(&mut body)?;
                if path.starts_with("/data/") && !self.is_let_in() {
                    return Ok(());
                }
                fs::create_dir_all(file.parent().unwrap_or(&file))?;
                fs::write(&file, body)?;
                (200, Vec::new())
            }
            "DELETE" => {
                fs::remove_file(&file)?;
                (200, Vec::new())
            }
            _ if path.ends_with('/') => (200, list(&file).into_bytes()),
            _ => fs::read(&file).map_or_else(|_| (404, Vec::new()), |bytes| (200, bytes)),
        };
        let kind = "Content-Type: application/vnd.x.restic.rest.v2\r\nConnection: close";
        let stream = stream.get_mut();
        write!(stream, "HTTP/1.1 {status} -\r\n{kind}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        if method == "HEAD" { Ok(()) } else { stream.write_all(&body) }
    }

    /// Where restic itself keeps it in a directory: data below the first two digits of their names.
    fn file(&self, path: &str) -> PathBuf {
        let name = path.trim_start_matches('/');
        let digits = name.strip_prefix("data/").and_then(|name| name.get(..2));
        digits.map_or_else(
            || self.directory.join(name),
            |digits| self.directory.join("data").join(digits).join(&name["data/".len()..]),
        )
    }

    /// Waits at the gate; false where the test is over.
    fn is_let_in(&self) -> bool {
        let mut gate = self.gate.lock().unwrap();
        gate.waiting += 1;
        gate = self.changed.wait_while(gate, |gate| gate.free == 0 && !gate.closed).unwrap();
        gate.waiting -= 1;
        gate.free = gate.free.saturating_sub(1);
        !gate.closed
    }
}

/// The files of a directory with their sizes, as the protocol's second version lists them.
fn list(directory: &Path) -> String {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let files = entries.filter_map(|entry| {
        let size = entry.metadata().ok().filter(fs::Metadata::is_file)?.len();
        Some(serde_json::json!({"name": entry.file_name().to_str()?, "size": size}))
    });
    serde_json::Value::Array(files.collect()).to_string()
}
