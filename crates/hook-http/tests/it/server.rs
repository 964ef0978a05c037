//! A server on a free port of the loopback, byte by byte under a test's control.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use hook_core::{AllowedOrigins, HookConfig, HookOutcome, HookSpec, Phase, Resolved};
use hook_http::{Call, HookClient};
use http::HeaderValue;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The time that every test's clock shows.
pub(crate) const NOW: u64 = 1_614_265_330;

/// Does with every connection what the test says, after its request was read to the end.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    _stop: DropGuard,
}

impl Server {
    /// `act` gets the connection when a whole request was read from it.
    pub(crate) async fn start<F>(act: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = CancellationToken::new();
        let (seen, act, stopped) = (Arc::clone(&requests), Arc::new(act), stop.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (seen, act) = (Arc::clone(&seen), Arc::clone(&act));
                tokio::spawn(stopped.clone().run_until_cancelled_owned(async move {
                    let request = read_request(&mut socket).await;
                    seen.lock().unwrap().push(request);
                    act(socket).await;
                }));
            }
        }));
        Self { address, requests, _stop: stop.drop_guard() }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A hook of this server.
    pub(crate) fn hook(&self) -> HookConfig {
        hook(&format!("{}/hooks/stop", self.origin()))
    }

    /// What was read from each connection, in order: an empty text where nothing came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
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

/// A hook with a deadline that a busy machine does not reach.
pub(crate) fn hook(url: &str) -> HookConfig {
    HookConfig::new(url, Duration::from_secs(60))
}

/// The same with the shortest deadline there is.
pub(crate) fn impatient(hook: HookConfig) -> HookConfig {
    HookConfig { timeout: Duration::from_secs(1), ..hook }
}

/// Reads a head and as much body as it announces.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// A client with a clock that stands still.
pub(crate) fn client() -> HookClient {
    HookClient::new(HeaderValue::from_static("zb/1.2.3"), || NOW)
}

/// The call that most tests make.
pub(crate) fn call() -> Call<'static> {
    Call { phase: Phase::Pre, context: r#"{"phase":"pre"}"#, webhook_id: "msg_1_pre", traceparent: None }
}

/// A hook that has no value from elsewhere lacks none.
pub(crate) fn whole(hook: &HookSpec) -> Resolved<'_> {
    hook.resolve(&|from| Err(format!("{from} was asked for"))).unwrap()
}

/// Sends a hook that nobody cancels.
pub(crate) async fn send(config: HookConfig) -> HookOutcome {
    send_until(config, &CancellationToken::new()).await
}

/// Sends a hook whose origin is allowed.
pub(crate) async fn send_until(config: HookConfig, cancel: &CancellationToken) -> HookOutcome {
    let hook = HookSpec::new(config).unwrap();
    let (allowed, _) = AllowedOrigins::parse(&hook.origin().to_string()).unwrap();
    let permitted = allowed.permit(Phase::Pre, whole(&hook)).unwrap();
    client().send(&permitted, &call(), cancel).await
}
