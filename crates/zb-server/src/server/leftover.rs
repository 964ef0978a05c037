//! Notes when a request was answered though not all of its body was read.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};

/// A body; dropped before its end, it says so.
pub(super) struct Watched<B: Body> {
    body: B,
    has_ended: bool,
    is_left: Arc<AtomicBool>,
}

impl<B: Body> Watched<B> {
    pub(super) fn new(body: B, is_left: Arc<AtomicBool>) -> Self {
        Self { body, has_ended: false, is_left }
    }
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.has_ended |= matches!(frame, Poll::Ready(None | Some(Err(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> Drop for Watched<B> {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            self.is_left.store(true, Ordering::Relaxed);
        }
    }
}
