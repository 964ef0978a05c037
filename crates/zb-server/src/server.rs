//! Serving: connections that are slow are cut off, and at the end those that are busy get a moment (`api.md` §8).

mod headed;
mod leftover;
mod lingering;
mod listener;
mod patient;

pub use listener::{Inherited, Listener};

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    pin,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use self::{headed::Headed, leftover::Watched, lingering::Lingering, patient::Patient};
use crate::Peer;

/// A head that takes longer ends its connection; so does one that never comes.
const HEAD: Duration = Duration::from_secs(10);

/// What a connection keeps of what comes in and of what goes out. Above the largest head, so that one that is a little
/// too large is told so.
const BUFFER: usize = 64 * 1024;

/// How long busy connections may go on at the end.
const MOMENT: Duration = Duration::from_secs(10);

/// How long nobody is let in when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// Answers what comes to the listener, until `ending`: then nobody is let in, connections that wait end, and those that
/// are busy have 10 seconds. Streams end by themselves at the `ending` of their service.
pub async fn serve(listener: Listener, router: Router, ending: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = ending.cancelled() => break,
            accepted = listener.accept() => accepted,
            // What has ended is forgotten.
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer, router.clone(), ending.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(MOMENT, all).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "connections are cut off: they were busy for too long"
        );
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Option<IpAddr>,
    router: Router,
    ending: CancellationToken,
) {
    let is_left = Arc::new(AtomicBool::new(false));
    let lingering = Lingering::new(Headed::new(Patient::new(stream)), Arc::clone(&is_left));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let (mut router, is_left) = (router.clone(), Arc::clone(&is_left));
        async move {
            Ok::<_, Infallible>(
                router
                    .call(request.map(|body| Body::new(Watched::new(body, is_left))))
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    let connection = builder.serve_connection(TokioIo::new(lingering), service);
    pin!(connection);
    // Whatever ends a connection is its client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = ending.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
