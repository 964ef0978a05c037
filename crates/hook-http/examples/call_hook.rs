//! Calls a hook the way a backup does. A little server in this program stands in for the receiver.
//!
//! ```text
//! cargo run -p hook-http --example call_hook
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its outcome")]

use std::{error::Error, sync::Arc, time::Duration};

use event_bus::Gate;
use hook_core::{AllowedOrigins, HookConfig, HookDue, HookSpec, Phase};
use hook_http::{HookClient, WebhookGate};
use http::HeaderValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let receiver = format!("http://{}", listener.local_addr()?);
    tokio::spawn(answer_once(listener));

    // What a job says about its hook. To hold a HookSpec is to know that it is within the limits.
    let mut config = HookConfig::new(format!("{receiver}/hooks/stop-postgres"), Duration::from_secs(5));
    config.headers = "X-Hook-Secret: replace-with-a-long-random-secret\n".to_owned();
    let hook = HookSpec::new(config)?;

    // The clock is the caller's; here time stands still.
    let client = HookClient::new(HeaderValue::from_static("example/1.0"), || 1_767_225_600);
    let (allowed, _warnings) = AllowedOrigins::parse(&receiver)?;
    let gate = WebhookGate::new(client, Arc::new(allowed));
    gate.prepare(&hook)?; // before anything is paused: CA files and root certificates are read here

    let job = "job_01h455vb4pex5vsknk084sn02q".parse()?;
    let due = HookDue {
        job,
        phase: Phase::Pre,
        attempt: 1,
        hook: Arc::new(hook),
        context: Arc::from(r#"{"phase":"pre","event":"backup.pre"}"#),
        webhook_id: "msg_01h455vb4pex5vsknk084sn02q_pre".to_owned(),
        traceparent: None,
    };
    let outcome = gate.ask(&due, &CancellationToken::new()).await;
    println!("kind      {:?}", outcome.kind);
    println!("status    {:?}", outcome.http_status);
    println!("error     {:?}", outcome.error);
    println!("response  {:?}", outcome.response);
    Ok(())
}

async fn answer_once(listener: TcpListener) -> std::io::Result<()> {
    let (mut socket, _) = listener.accept().await?;
    let mut request = vec![0; 4096];
    let read = socket.read(&mut request).await?;
    println!("--- the receiver got\n{}\n---", String::from_utf8_lossy(&request[..read]));
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\npostgres stopped\n").await
}
