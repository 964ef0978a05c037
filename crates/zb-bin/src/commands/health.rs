//! `zb health`: the service is asked how it is, where these settings say that it listens.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    time::Duration,
};

use super::end_of_output;
use crate::{
    config::{Listen, Settings},
    exit::Exit,
    report::Failure,
};

/// For the connection, and for each piece of the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// As much as an answer to `/readyz` is long, and more.
const LONGEST: u64 = 64 * 1024;

/// Prints what is wrong, or `ok`.
///
/// # Errors
/// Nobody listens there, it does not answer, or it is not well.
pub fn health(settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let listen = &settings.service.listen.value;
    let answer = ask(listen, &settings.service.base_path.value).map_err(|error| {
        Failure::error(format!("zb serve cannot be asked at {listen}: {error}"))
            .hint("zb health looks for it where `listen` in zb.toml or ZB_LISTEN says")
    })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split(' ').nth(1) {
        Some("200") => end_of_output(writeln!(out, "{}", body.trim_end())),
        Some("503") => Err(Failure::error(format!("zb serve is not well: {}", body.trim_end()))),
        _ => Err(Failure::error(format!("what listens at {listen} is no zb serve"))
            .hint("where it is reached below a path, set base_path as it is set there")),
    }
}

fn ask(listen: &Listen, base_path: &str) -> io::Result<String> {
    match listen {
        Listen::Tcp(address) => {
            let stream = TcpStream::connect_timeout(&reachable(*address), PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            exchange(stream, base_path)
        }
        Listen::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            exchange(stream, base_path)
        }
    }
}

fn exchange(mut stream: impl Read + Write, base_path: &str) -> io::Result<String> {
    write!(stream, "GET {base_path}/readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Who listens at every address of the machine listens at its own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
