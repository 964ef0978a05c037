//! One request and its answer, on a thread of its own.
//!
//! The deadline and the cancel are kept by the caller's runtime, and nothing that a peer makes the HTTP stack
//! do may hold that runtime: hyper reads a flood of `100 Continue` without yielding, and on a one-thread
//! runtime such a peer would hold the deadline back for many seconds. A name lookup blocks this thread
//! ([`lookup`](crate::lookup)); one that hangs does not delay the end of the caller's runtime.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use reqwest::{Client, Request};
use thiserror::Error;
use tokio::{runtime, sync::oneshot, time::sleep};

use crate::{
    departure::{DEPARTURE, Departure},
    reply::Reply,
};

/// Why no whole answer came. The engine's business is only whether the request had left ([`Departure`]).
#[derive(Debug, Error)]
pub(crate) enum Broken {
    /// This machine could not even begin.
    #[error("this machine could not start the request")]
    Start(#[source] io::Error),
    /// The connection, the request or the answer failed.
    #[error(transparent)]
    Http(reqwest::Error),
    /// Informational (1xx), yet the last: it says nothing of the hook.
    #[error("HTTP {0} is no final answer")]
    Unfinished(u16),
    /// The thread ended without a word.
    #[error("the request ended without a result")]
    Lost,
}

/// Between two tries to begin.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Makes the exchange. Dropping the future ends it: the connection is closed as soon as the thread sees that.
///
/// A machine that has no thread or file to spare at this moment may have one in the next: nothing has left, and a service may
/// wait for this call to run again. So beginning is tried until `deadline`.
pub(crate) async fn run(
    client: Client,
    mut request: Request,
    departure: Arc<Departure>,
    deadline: Instant,
) -> Result<Reply, Broken> {
    let mut pause = FIRST_PAUSE;
    loop {
        let spare = request.try_clone();
        let error = match once(client.clone(), request, Arc::clone(&departure)).await {
            Err(Broken::Start(error)) => error,
            result => return result,
        };
        let in_time = Instant::now() + pause < deadline;
        request = spare.filter(|_| in_time).ok_or(Broken::Start(error))?;
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

async fn once(client: Client, request: Request, departure: Arc<Departure>) -> Result<Reply, Broken> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("webhook".to_owned())
        .spawn(move || on_this_thread(client, request, departure, sender))
        .map_err(Broken::Start)?;
    receiver.await.unwrap_or(Err(Broken::Lost))
}

fn on_this_thread(
    client: Client,
    request: Request,
    departure: Arc<Departure>,
    mut sender: oneshot::Sender<Result<Reply, Broken>>,
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // Nobody listens only where the caller gave up, and then nothing is to be told.
            let _ = sender.send(Err(Broken::Start(error)));
            return;
        }
    };
    let result = runtime.block_on(async {
        tokio::select! {
            result = DEPARTURE.scope(Arc::clone(&departure), converse(client, request, &departure)) => Some(result),
            () = sender.closed() => None,
        }
    });
    if let Some(result) = result {
        let _ = sender.send(result);
    }
    runtime.shutdown_background();
}

async fn converse(client: Client, request: Request, departure: &Departure) -> Result<Reply, Broken> {
    let response = client.execute(request).await?;
    let status = response.status();
    if status.is_informational() {
        return Err(Broken::Unfinished(status.as_u16()));
    }
    departure.head_came(status.as_u16());
    Ok(Reply::read(response).await?)
}

impl From<reqwest::Error> for Broken {
    /// Without the URL: it may hold a secret.
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}
