//! Answers that the HTTP library gives by itself, to what is no request or is much too large, get the headers that every
//! answer has (`api.md` §8).

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::header;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::frame::headers;

/// The library's own answers are all head, and short.
const MOST: usize = 512;

const END: &[u8] = b"\r\n\r\n";

/// Completes such answers on their way out.
pub(super) struct Headed<S> {
    stream: S,
    /// A completed answer that is not out yet.
    rest: Vec<u8>,
}

impl<S> Headed<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, rest: Vec::new() }
    }
}

impl<S: AsyncWrite + Unpin> Headed<S> {
    /// Ready when nothing is left to write.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.rest.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

/// The answer with all headers, if it is one of the library's own.
fn completed(bytes: &[u8]) -> Option<Vec<u8>> {
    let is_own = bytes.len() < MOST && bytes.starts_with(b"HTTP/1.1 4") && bytes.ends_with(END);
    let told = header::X_CONTENT_TYPE_OPTIONS.as_str().as_bytes();
    if !is_own || bytes.windows(told.len()).any(|part| part == told) {
        return None;
    }
    let mut whole = bytes.strip_suffix(b"\r\n")?.to_vec();
    for (name, value) in headers::ALWAYS {
        whole.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    whole.extend_from_slice(b"\r\n");
    Some(whole)
}

impl<S: AsyncRead + Unpin> AsyncRead for Headed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Headed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_rest(cx))?;
        match completed(bytes) {
            Some(whole) => {
                self.rest = whole;
                Poll::Ready(Ok(bytes.len()))
            }
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_rest(cx))?;
        let first = slices.first().map_or(&[][..], |slice| slice);
        match completed(first) {
            Some(whole) => {
                self.rest = whole;
                Poll::Ready(Ok(first.len()))
            }
            None => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
