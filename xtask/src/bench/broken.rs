//! Whoever should be told of a run, and is broken: each in another way.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use super::stage::Stage;
use crate::shell::Result;

/// What a server does with a connection.
type Manners = fn(TcpStream);

/// Those that take a connection.
const MANNERS: [(&str, Manners); 5] = [
    ("never-answers", never_answers),
    ("answers-500", answers_500),
    ("hangs-up", drop),
    ("drips", drips),
    ("talks-nonsense", talks_nonsense),
];

/// Eight destinations that are broken, and a collector that never answers.
pub(super) struct Broken {
    /// The text of `zb.toml`.
    pub(super) settings: String,
    /// What `WEBHOOK_ALLOWED_ORIGINS` has to hold beside the hooks'.
    pub(super) origins: Vec<String>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(super) collector: String,
}

impl Broken {
    pub(super) fn start(stage: &Stage) -> Result<Self> {
        let mut origins = Vec::new();
        let mut settings = String::new();
        for (name, manners) in MANNERS {
            let origin = listen(manners)?;
            settings += &destination(name, "ntfy", &format!("{origin}/zb"), "");
            origins.push(origin);
        }
        let refused = {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            format!("http://{}", listener.local_addr()?)
        };
        settings += &destination("refuses", "ntfy", &format!("{refused}/zb"), "");
        origins.push(refused);
        settings += &destination("not-allowed", "ntfy", "http://127.0.0.99:9/zb", "");
        let mail = listen(never_answers)?.replace("http://", "smtp://") + "?tls=none";
        settings += &destination(
            "mail-hangs",
            "email",
            &mail,
            "to = [\"ana@example.org\"]\nfrom = \"zb@example.org\"\n",
        );
        let collector = listen(never_answers)?;
        settings = format!("metrics_file = {:?}\n{settings}", stage.path("no/such/folder/zb.prom"));
        Ok(Self { settings, origins, collector })
    }
}

/// One that is told of everything.
fn destination(name: &str, kind: &str, url: &str, more: &str) -> String {
    let on = "[\"success\", \"warning\", \"error\", \"cancelled\"]";
    format!("[[notify]]\nname = \"{name}\"\nkind = \"{kind}\"\nurl = \"{url}\"\non = {on}\n{more}")
}

/// A server on a free port, with a thread for each connection; it ends with this process.
fn listen(manners: Manners) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let origin = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || manners(connection));
        }
    });
    Ok(origin)
}

/// Until the other side has had enough.
fn never_answers(mut connection: TcpStream) {
    let mut bytes = [0; 1024];
    while connection.read(&mut bytes).is_ok_and(|read| read > 0) {}
}

fn answers_500(mut connection: TcpStream) {
    let _ = connection.read(&mut [0; 4096]);
    let _ = connection.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n");
}

fn drips(mut connection: TcpStream) {
    let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nx: ");
    while connection.write_all(b"a").is_ok() {
        thread::sleep(Duration::from_millis(50));
    }
}

fn talks_nonsense(mut connection: TcpStream) {
    let _ = connection.write_all(&[0; 4096]);
}
