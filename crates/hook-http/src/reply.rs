//! The answer: how much of it is read, how much is kept, and in which form (`spec.md` §2).

use hook_core::{
    limits::{RESPONSE_KEPT_BYTES, RESPONSE_READ_BYTES},
    visible,
};
use reqwest::Response;

/// A whole answer, as far as it is read.
#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    body: Vec<u8>,
}

impl Reply {
    /// Reads at most [`RESPONSE_READ_BYTES`] of the body; what is longer is dropped with its connection. Only a body
    /// without a length in its head has to show by one more byte that it is longer.
    pub(crate) async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let longer = response.content_length().is_some_and(|bytes| bytes > RESPONSE_READ_BYTES as u64);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            let room = RESPONSE_READ_BYTES - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room || longer && chunk.len() == room {
                break;
            }
        }
        Ok(Self { status, body })
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// 200 to 299.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the body begins with `text`; never true of an empty one.
    pub(crate) fn begins_with(&self, text: &str) -> bool {
        !text.is_empty() && self.body.starts_with(text.as_bytes())
    }

    /// What a person may see of the body: its first [`RESPONSE_KEPT_BYTES`], made visible. `None` for an empty one.
    pub(crate) fn visible(&self) -> Option<String> {
        let kept = &self.body[..self.body.len().min(RESPONSE_KEPT_BYTES)];
        (!kept.is_empty()).then(|| visible(kept, kept.len() < self.body.len()))
    }
}
