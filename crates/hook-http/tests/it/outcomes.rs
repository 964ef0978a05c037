//! Servers that behave and servers that do not, each with the one outcome that it must have.

use std::pin::Pin;

use hook_core::OutcomeKind;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::server::{Server, send};

/// Writes this and closes the connection.
pub(crate) fn answers(
    bytes: impl Into<Vec<u8>>,
) -> impl Fn(TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static {
    let bytes = bytes.into();
    move |mut socket| {
        let bytes = bytes.clone();
        Box::pin(async move {
            // A client that has read enough may have gone.
            let _ = socket.write_all(&bytes).await;
            let _ = socket.shutdown().await;
        })
    }
}

#[tokio::test]
async fn a_whole_2xx_is_ok() {
    let server = Server::start(answers("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nstopped\n")).await;
    let outcome = send(server.hook()).await;
    assert_eq!(outcome.kind, OutcomeKind::Ok);
    assert_eq!(outcome.http_status, Some(200));
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.response.as_deref(), Some("stopped\n"));
    assert_eq!(server.requests().len(), 1);
}
