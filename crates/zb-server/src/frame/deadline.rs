//! A body that comes in time, or is cut off (`api.md` §8).

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// All of a body within this time.
const AT_MOST: Duration = Duration::from_secs(30);

/// A body with a deadline.
struct Timely {
    body: Body,
    deadline: Pin<Box<Sleep>>,
}

/// Lets the reading of a body fail when it takes too long.
pub(super) fn timely(body: Body) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(Timely { body, deadline: Box::pin(sleep(AT_MOST)) })
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("the body took too long"))));
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
