//! The answer: how much of it is read.

use hook_core::limits::RESPONSE_READ_BYTES;
use http::{HeaderMap, StatusCode};
use reqwest::Response;

/// A whole answer, as far as it is read.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// Reads at most [`RESPONSE_READ_BYTES`] of the body; what is longer is dropped with its connection.
    pub(super) async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while body.len() < RESPONSE_READ_BYTES
            && let Some(chunk) = response.chunk().await?
        {
            let room = RESPONSE_READ_BYTES - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(Self { status, headers, body })
    }
}
