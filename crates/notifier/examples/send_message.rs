//! Sends one message over a channel. A little server in this program stands in for ntfy.
//!
//! ```text
//! cargo run -p notifier --example send_message
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its outcome")]

use std::{error::Error, sync::Arc};

use hook_core::AllowedOrigins;
use http::HeaderValue;
use notifier::{Carrier, Channel, ChannelKind, Settings, Transport, test_message};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = format!("http://{}", listener.local_addr()?);
    tokio::spawn(answer_once(listener));

    // What `[[notify]]` says. To hold a Channel is to know that its settings are of the right form.
    let channel = Channel::new(
        ChannelKind::Ntfy,
        Settings {
            url: Some(format!("{server}/zb-7f3ka91q").into()),
            token: Some("tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2".to_owned().into()),
            ..Settings::default()
        },
    )?;
    println!("{channel}");

    // The clock is the caller's; here time stands still. Nothing of this channel is elsewhere.
    let (allowed, _warnings) = AllowedOrigins::parse(&server)?;
    let nothing = |from: &_| Err(format!("{from} is not read here"));
    let transport =
        Transport::new(Arc::new(allowed), HeaderValue::from_static("example/1.0"), || 1_767_225_600, nothing);

    let message = test_message("2026-01-01T00:00:00Z".parse()?, "db1");
    match transport.route(channel).carry(&message, "dlv_01h455vb4pex5vsknk084sn02q").await {
        Ok(answer) => println!("taken: {answer:?}"),
        Err(failed) => println!("not taken: {failed} ({:?})", failed.retry),
    }
    Ok(())
}

async fn answer_once(listener: TcpListener) -> std::io::Result<()> {
    let (mut socket, _) = listener.accept().await?;
    let mut request = vec![0; 4096];
    let read = socket.read(&mut request).await?;
    println!("--- the server got\n{}\n---", String::from_utf8_lossy(&request[..read]));
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"id\":\"hwQ2YpKd\"}").await
}
