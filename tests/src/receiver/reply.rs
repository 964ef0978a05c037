//! What a receiver does with a request, good or bad.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use super::Gate;

/// An answer, or the lack of one.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A whole answer.
    Whole {
        /// 200 and its kin.
        status: u16,
        /// Lines beside `Content-Length` and `Connection`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The answer waits until the test opens the gate.
    Held(Gate, Box<Reply>),
    /// Nothing, until the other end gives up.
    Silence,
    /// A whole head, then a byte of the body at a time, until the other end gives up.
    Trickle,
    /// A whole head, then bytes as fast as they go, until the other end gives up.
    Flood,
    /// A whole answer, and the connection stays open for another request, which is never answered.
    KeptAlive,
    /// Half a status line, then the end.
    CutHead,
    /// Three of a hundred bytes of a body, then the end.
    CutBody,
    /// A TCP reset.
    Reset,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
}

impl Reply {
    /// A whole answer without a body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::text(status, "")
    }

    /// A whole answer with a body.
    #[must_use]
    pub fn text(status: u16, body: &str) -> Self {
        Self::Whole { status, headers: Vec::new(), body: body.into() }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::Whole { status: 307, headers: vec![("Location".into(), to.into())], body: Vec::new() }
    }

    /// The same answer, behind a gate.
    #[must_use]
    pub fn behind(self, gate: &Gate) -> Self {
        Self::Held(gate.clone(), Box::new(self))
    }

    /// Does it. An error is the other end's going away.
    pub(super) fn write(&self, stream: &mut TcpStream) -> io::Result<()> {
        const OPEN_END: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        match self {
            Self::Whole { status, headers, body } => {
                write!(stream, "HTTP/1.1 {status} As told\r\nConnection: close\r\n")?;
                for (name, value) in headers {
                    write!(stream, "{name}: {value}\r\n")?;
                }
                write!(stream, "Content-Length: {}\r\n\r\n", body.len())?;
                stream.write_all(body)
            }
            Self::Held(gate, reply) => {
                gate.wait();
                reply.write(stream)
            }
            Self::Silence => stream.read_to_end(&mut Vec::new()).map(drop),
            Self::Trickle => {
                stream.write_all(OPEN_END)?;
                loop {
                    stream.write_all(b".")?;
                    thread::sleep(Duration::from_millis(20));
                }
            }
            Self::Flood => {
                stream.write_all(OPEN_END)?;
                let chunk = vec![b'x'; 64 * 1024];
                loop {
                    stream.write_all(&chunk)?;
                }
            }
            Self::KeptAlive => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
                stream.read_to_end(&mut Vec::new()).map(drop)
            }
            Self::CutHead => stream.write_all(b"HTTP/1.1 20"),
            Self::CutBody => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal"),
            Self::Reset => Ok(()),
            Self::Bytes(bytes) => stream.write_all(bytes),
        }
    }
}
