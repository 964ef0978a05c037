//! Where connections come from: an address, a socket in the file system, or one that systemd hands over.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::{
        fd::{FromRawFd, OwnedFd},
        unix::fs::{FileTypeExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

/// What systemd hands over begins here (sd_listen_fds(3)).
const FIRST: i32 = 3;

/// Accepts connections.
#[derive(Debug)]
pub struct Listener {
    kind: Kind,
    /// What goes with it; absent where zb made no file.
    _socket: Option<Socket>,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A socket's file, taken away at the end.
#[derive(Debug)]
struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        // Where it is gone already there is nothing to do.
        let _ = fs::remove_file(&self.0);
    }
}

/// What a process is told of the sockets that are handed to it: `LISTEN_PID`, `LISTEN_FDS`, and its own pid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as sd_listen_fds(3) has it")]
pub struct Inherited<'a> {
    /// For whom they are.
    pub listen_pid: Option<&'a str>,
    /// How many.
    pub listen_fds: Option<&'a str>,
    /// This process.
    pub own_pid: u32,
}

impl Inherited<'_> {
    /// How many sockets are for this process.
    fn count(self) -> usize {
        let is_own = self.listen_pid.and_then(|pid| pid.parse().ok()) == Some(self.own_pid);
        self.listen_fds.and_then(|count| count.parse().ok()).filter(|_| is_own).unwrap_or_default()
    }
}

impl Listener {
    /// Listens at an address.
    ///
    /// # Errors
    /// It is taken, or not this machine's.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { kind: Kind::Tcp(TcpListener::bind(address).await?), _socket: None })
    }

    /// Listens at a path, for this user and group. A socket that nobody listens at goes; it goes at the end, too.
    ///
    /// # Errors
    /// Somebody listens there, it is another kind of file, or it cannot be made.
    pub async fn unix(path: &Path) -> io::Result<Self> {
        let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
        if is_socket && UnixStream::connect(path).await.is_err() {
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        let socket = Socket(path.to_owned());
        fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
        Ok(Self { kind: Kind::Unix(listener), _socket: Some(socket) })
    }

    /// The first socket that systemd hands over; nothing where there is none. To be called once in a process.
    ///
    /// # Errors
    /// It is none that listens.
    pub fn inherited(told: Inherited<'_>) -> io::Result<Option<Self>> {
        if told.count() == 0 {
            return Ok(None);
        }
        Self::of(take(FIRST)).map(Some)
    }

    fn of(socket: OwnedFd) -> io::Result<Self> {
        // restic must not have it.
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        let is_unix = rustix::net::getsockname(&socket)?.address_family() == rustix::net::AddressFamily::UNIX;
        if is_unix {
            let listener = std::os::unix::net::UnixListener::from(socket);
            listener.set_nonblocking(true)?;
            let kind = Kind::Unix(UnixListener::from_std(listener)?);
            return Ok(Self { kind, _socket: None });
        }
        let listener = std::net::TcpListener::from(socket);
        listener.set_nonblocking(true)?;
        Ok(Self { kind: Kind::Tcp(TcpListener::from_std(listener)?), _socket: None })
    }

    /// Where it listens; nothing for a Unix socket.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<Option<SocketAddr>> {
        match &self.kind {
            Kind::Tcp(listener) => listener.local_addr().map(Some),
            Kind::Unix(_) => Ok(None),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<(Stream, Option<IpAddr>)> {
        match &self.kind {
            Kind::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // An event is worth a packet of its own.
                stream.set_nodelay(true)?;
                Ok((Stream::Tcp(stream), Some(peer.ip())))
            }
            Kind::Unix(listener) => Ok((Stream::Unix(listener.accept().await?.0), None)),
        }
    }
}

#[expect(unsafe_code, reason = "a socket is handed over by its number, which no safe function takes")]
fn take(number: i32) -> OwnedFd {
    // SAFETY: LISTEN_FDS says that it is open and this process's own; it is taken once.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// A connection of either kind.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

macro_rules! either {
    ($stream:expr, $inner:ident => $act:expr) => {
        match $stream.get_mut() {
            Stream::Tcp($inner) => $act,
            Stream::Unix($inner) => $act,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, inner => Pin::new(inner).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => Pin::new(inner).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_for_the_process_that_is_named() {
        let count = |listen_pid, listen_fds| Inherited { listen_pid, listen_fds, own_pid: 7 }.count();
        assert_eq!(count(Some("7"), Some("1")), 1);
        for (pid, fds) in [
            (None, None),
            (Some("8"), Some("1")),
            (Some("7"), None),
            (Some("7"), Some("-1")),
            (Some("x"), Some("1")),
        ] {
            assert_eq!(count(pid, fds), 0, "{pid:?} {fds:?}");
        }
    }

    #[tokio::test]
    async fn a_socket_of_either_kind_may_be_handed_over() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        assert_eq!(Listener::of(tcp.into()).unwrap().address().unwrap(), Some(address));
        let dir = tempfile::tempdir().unwrap();
        let unix = std::os::unix::net::UnixListener::bind(dir.path().join("zb.sock")).unwrap();
        assert_eq!(Listener::of(unix.into()).unwrap().address().unwrap(), None);
    }

    #[tokio::test]
    async fn a_socket_that_nobody_listens_at_is_no_hindrance() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("zb.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let first = Listener::unix(&path).await.unwrap();
        assert_eq!(Listener::unix(&path).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert!(!path.exists());
        fs::write(&path, "not a socket").unwrap();
        assert_eq!(Listener::unix(&path).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert!(path.exists());
    }
}
