//! A destination on a free port of the loopback, byte by byte under a test's control.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use hook_core::{AllowedOrigins, Secret, ValueFrom};
use http::HeaderValue;
use notifier::{Answer, Channel, ChannelKind, Failed, Message, SecretValue, Settings, Transport};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The time that every test's clock shows.
pub(crate) const NOW: u64 = 1_614_265_330;
/// What every delivery is called.
pub(crate) const DELIVERY: &str = "dlv_01h455vb4pex5vsknk084sn02q";
/// A deadline that a busy machine does not reach.
const PATIENCE: Duration = Duration::from_secs(60);
/// One for servers that never answer.
pub(crate) const IMPATIENCE: Duration = Duration::from_millis(300);

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// Does with every connection what the test says, after its request was read to the end.
pub(crate) struct Server {
    origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _stop: DropGuard,
}

impl Server {
    pub(crate) async fn start<F>(act: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = CancellationToken::new();
        let (requests, act, stopped) = (Arc::clone(&seen), Arc::new(act), stop.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (requests, act) = (Arc::clone(&requests), Arc::clone(&act));
                tokio::spawn(stopped.clone().run_until_cancelled_owned(async move {
                    if let Some(request) = read_request(&mut socket).await {
                        requests.lock().unwrap().push(request);
                        act(socket).await;
                    }
                }));
            }
        }));
        Self { origin, seen, _stop: stop.drop_guard() }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// What came, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Writes this and closes the connection.
pub(crate) fn answers(bytes: impl AsRef<[u8]>) -> impl Fn(TcpStream) -> Answering + Send + Sync + 'static {
    let bytes: Arc<[u8]> = bytes.as_ref().into();
    move |mut socket| {
        let bytes = Arc::clone(&bytes);
        Box::pin(async move {
            // A client that has read enough may have gone.
            let _ = socket.write_all(&bytes).await;
            let _ = socket.shutdown().await;
        })
    }
}

/// An answer on its way.
pub(crate) type Answering = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An answer with this status, further head lines and body.
pub(crate) fn http(status: u16, head: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{head}content-length: {}\r\n\r\n{body}", body.len())
}

/// Reads a head and as much body as it announces.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        if let Some(seen) = parse(&bytes) {
            return Some(seen);
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Seen> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let body = &bytes[end + 4..];
    let (first, lines) = head.split_once("\r\n").unwrap_or((head, ""));
    let mut words = first.split(' ').map(str::to_owned);
    let headers: BTreeMap<_, _> = lines
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    (body.len() >= length).then(|| Seen {
        method: words.next().unwrap(),
        path: words.next().unwrap(),
        headers,
        body: body.to_vec(),
    })
}

/// A transport that may send to these origins, and finds in every place the same text.
pub(crate) fn transport(origins: &str) -> Transport {
    finding(origins, |from| Err(format!("{from} was asked for")))
}

/// The same, with what it finds elsewhere.
pub(crate) fn finding(
    origins: &str,
    read: impl Fn(&ValueFrom) -> Result<Secret, String> + Send + Sync + 'static,
) -> Transport {
    let (allowed, _) = AllowedOrigins::parse(origins).unwrap();
    Transport::new(Arc::new(allowed), HeaderValue::from_static("zb/1.2.3"), || NOW, read).within(PATIENCE)
}

/// A channel from settings as a test writes them.
pub(crate) fn channel(kind: &str, settings: &Value) -> Channel {
    Channel::new(kind.parse().unwrap(), self::settings(settings)).unwrap()
}

pub(crate) fn settings(given: &Value) -> Settings {
    let text = |name: &str| given.get(name).map(|value| value.as_str().unwrap().to_owned());
    let secret = |name: &str| text(name).map(SecretValue::from);
    let to = given.get("to").map(|to| serde_json::from_value(to.clone()).unwrap());
    Settings {
        url: secret("url"),
        token: secret("token"),
        user: secret("user"),
        chat_id: text("chat_id"),
        to: to.unwrap_or_default(),
        from: text("from"),
        headers: text("headers").unwrap_or_default(),
        headers_from: Vec::new(),
        signing_secret: secret("signing_secret"),
        ca_file: text("ca_file").map(Into::into),
    }
}

/// The settings that each kind needs, with secrets that would be seen anywhere.
pub(crate) fn whole_settings(kind: ChannelKind, origin: &str) -> Value {
    let with_user = origin.replacen("://", "://path-user:path-password@", 1);
    match kind {
        ChannelKind::Email => json!({
            "url": format!("{}?tls=none", origin.replacen("http:", "smtp:", 1)),
            "from": "zb@example.org",
            "to": ["ana@example.org"],
        }),
        ChannelKind::Webhook => json!({
            "url": format!("{with_user}/path-secret?key=query-secret"),
            "headers": "X-Key: header-secret",
            "signing_secret": "whsec_c2lnbmluZy1zZWNyZXQ=",
        }),
        ChannelKind::Ntfy => json!({ "url": format!("{origin}/path-secret"), "token": "token-secret" }),
        ChannelKind::Gotify => json!({ "url": format!("{origin}/path-secret/"), "token": "token-secret" }),
        ChannelKind::Telegram => {
            json!({ "url": format!("{origin}/path-secret"), "token": "123456:token-secret", "chat_id": "-42" })
        }
        ChannelKind::Pushover => {
            json!({ "url": origin, "token": "token-secret", "user": "user-secret" })
        }
        _ => json!({ "url": format!("{origin}/path-secret?key=query-secret") }),
    }
}

/// What a message says, unless the test says otherwise.
pub(crate) fn message() -> Message {
    message_with(&json!({}))
}

/// The same, but for these fields.
pub(crate) fn message_with(changes: &Value) -> Message {
    let mut message = json!({
        "topic": { "occasion": "error" },
        "severity": "bad",
        "title": "Fotos <wöchentlich>: no snapshot & nothing saved",
        "lines": ["restic ended with 3", "*db* <!channel> @everyone"],
        "time": "2026-11-24T03:00:05Z",
        "run": {
            "jobId": "job_01h455vb4pex5vsknk084sn02q",
            "scheduleId": "sched_photos",
            "organizationId": "org_default",
            "jobName": "Fotos",
            "status": "error",
            "error": "restic ended with 3",
            "durationMs": 5000,
        },
    });
    for (name, value) in changes.as_object().unwrap() {
        message[name] = value.clone();
    }
    serde_json::from_value(message).unwrap()
}

/// Sends the usual message.
pub(crate) async fn send(transport: &Transport, channel: &Channel) -> Result<Answer, Failed> {
    transport.send(channel, &message(), DELIVERY).await
}
