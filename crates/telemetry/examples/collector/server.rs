//! As much of an HTTP server as an exporter needs: one request a connection, always 200. Traces are handed on; metrics,
//! which zb sends to the same address, are not.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::Sender,
    thread,
};

use crate::News;

/// The longest request.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) fn serve(listener: &TcpListener, news: &Sender<News>) {
    for stream in listener.incoming().flatten() {
        let news = news.clone();
        // A client that breaks off has nothing to say.
        thread::spawn(move || answer(stream, &news).ok());
    }
}

fn answer(mut stream: TcpStream, news: &Sender<News>) -> io::Result<()> {
    let (line, body) = read(&mut BufReader::new(&stream))?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    if line.starts_with("POST /v1/traces ") {
        news.send(News::Request(body)).map_err(io::Error::other)?;
    }
    Ok(())
}

/// The first line and the body.
fn read(stream: &mut impl BufRead) -> io::Result<(String, Vec<u8>)> {
    let mut first = String::new();
    stream.read_line(&mut first)?;
    let mut length = 0;
    for line in stream.by_ref().lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = Vec::new();
    stream.take(MOST_BYTES.min(length)).read_to_end(&mut body)?;
    Ok((first, body))
}
