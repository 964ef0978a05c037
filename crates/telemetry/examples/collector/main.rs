//! A collector for a terminal: it takes OTLP over HTTP on loopback and prints each trace as a tree.
//!
//! ```text
//! cargo run -p telemetry --example collector                         a made-up run, sent to itself
//! cargo run -p telemetry --example collector -- --listen 127.0.0.1:4318 [--traces N]
//! ```
//!
//! With `--listen` (port 0: a free one) the first line is the address to give to zb as `OTEL_EXPORTER_OTLP_ENDPOINT`.
//! It ends after N traces of runs, or when its standard input is closed; what came after a tree was printed is then
//! shown with it.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

mod made_up_run;
mod server;
mod traces;
mod tree;

use std::{
    env,
    error::Error,
    io::{self, Read},
    net::TcpListener,
    sync::mpsc::{self, Sender},
    thread,
};

use server::serve;
use traces::Traces;

/// What the collector is woken by.
pub(crate) enum News {
    /// A request with spans came: its body.
    Request(Vec<u8>),
    /// Nobody wants to see more.
    End,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let option = |name: &str| {
        arguments.iter().position(|it| it == name).and_then(|at| arguments.get(at + 1)).map(String::as_str)
    };
    let listen = option("--listen");
    let most = option("--traces").map(str::parse).transpose()?;
    if listen.is_none() && !arguments.is_empty() {
        return Err("say --listen ADDRESS [--traces N], or nothing at all".into());
    }

    let listener = TcpListener::bind(listen.unwrap_or("127.0.0.1:0"))?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("{address}");
    let (news, heard) = mpsc::channel();
    let requests = news.clone();
    thread::spawn(move || serve(&listener, &requests));
    let most = if listen.is_some() {
        thread::spawn(move || wait_for_the_end(&news));
        most
    } else {
        made_up_run::send_to(&address)?;
        Some(1)
    };

    let mut traces = Traces::default();
    while most.is_none_or(|most| traces.runs() < most) {
        match heard.recv()? {
            News::Request(body) => traces.add(&body)?,
            News::End => break,
        }
    }
    traces.show_the_rest();
    Ok(())
}

fn wait_for_the_end(news: &Sender<News>) {
    let mut input = io::stdin().lock();
    while !matches!(input.read(&mut [0; 64]), Ok(0) | Err(_)) {}
    // The loop that would listen has ended already.
    let _ = news.send(News::End);
}
