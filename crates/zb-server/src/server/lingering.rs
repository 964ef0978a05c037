//! The end of a connection whose client may still be sending: what comes is read and dropped for a while. Otherwise the
//! system answers it with a reset, and the client may never see what it was told (RFC 9112 §9.6).

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// So long a client may go on sending.
const AT_MOST: Duration = Duration::from_secs(5);

/// So long it may send nothing.
const SILENCE: Duration = Duration::from_secs(2);

/// Lingers where a request's body was left.
pub(super) struct Lingering<S> {
    stream: S,
    is_left: Arc<AtomicBool>,
    /// There when the own half is shut.
    end: Option<(Pin<Box<Sleep>>, Instant)>,
}

impl<S> Lingering<S> {
    pub(super) fn new(stream: S, is_left: Arc<AtomicBool>) -> Self {
        Self { stream, is_left, end: None }
    }
}

impl<S: AsyncRead + Unpin> Lingering<S> {
    /// Ready when the client has ended, or had its time.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some((silence, last)) = self.end.as_mut() else { return Poll::Ready(()) };
        let mut space = [0; 8192];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    silence.as_mut().reset((Instant::now() + SILENCE).min(*last));
                    if Instant::now() >= *last {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return silence.as_mut().poll(cx),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.end.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            if !self.is_left.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
            self.end = Some((Box::pin(sleep(SILENCE)), Instant::now() + AT_MOST));
        }
        self.poll_drain(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_still_sends_is_heard_out_for_a_while() {
        for (gap, expected) in [(SILENCE / 2, AT_MOST), (SILENCE * 2, SILENCE)] {
            let (near, mut far) = duplex(16);
            let mut near = Lingering::new(near, Arc::new(AtomicBool::new(true)));
            let sends = tokio::spawn(async move {
                while far.write_all(b"more").await.is_ok() {
                    sleep(gap).await;
                }
            });
            let began = Instant::now();
            near.shutdown().await.unwrap();
            assert_eq!(began.elapsed(), expected);
            drop(near);
            sends.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_where_all_was_read_or_the_client_has_ended() {
        for is_left in [false, true] {
            let (near, mut far) = duplex(16);
            let mut near = Lingering::new(near, Arc::new(AtomicBool::new(is_left)));
            if is_left {
                far.shutdown().await.unwrap();
            }
            let began = Instant::now();
            near.shutdown().await.unwrap();
            assert_eq!(began.elapsed(), Duration::ZERO);
            drop(near);
            assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        }
    }
}
