//! One conversation with a server, on a thread of its own.
//!
//! The deadline is kept by the caller's runtime, and nothing that a server makes a protocol's library do may hold that
//! runtime. A name lookup that hangs stays here too, and does not delay the end of the caller's runtime.

use std::{io, thread, time::Duration};

use thiserror::Error;
use tokio::{runtime, sync::oneshot, time::timeout};

/// Why no whole answer came.
#[derive(Debug, Error)]
pub(super) enum Broken {
    /// This machine could not even begin.
    #[error("this machine could not start it")]
    Start(#[source] io::Error),
    /// Nothing came, or not all of it.
    #[error("there was no whole answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The connection, the request or the answer failed.
    #[error(transparent)]
    Http(reqwest::Error),
    /// The thread ended without a word.
    #[error("it ended without a result")]
    Lost,
}

impl From<reqwest::Error> for Broken {
    /// Without the URL: it may hold a secret.
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

/// Holds the conversation, at most so long. Dropping the future ends it: the connection is closed as soon as the thread
/// sees that.
pub(super) async fn on_its_own_thread<T: Send + 'static>(
    deadline: Duration,
    conversation: impl Future<Output = T> + Send + 'static,
) -> Result<T, Broken> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("notification".to_owned())
        .spawn(move || hold(conversation, sender))
        .map_err(Broken::Start)?;
    match timeout(deadline, receiver).await {
        Ok(result) => result.unwrap_or(Err(Broken::Lost)),
        Err(_elapsed) => Err(Broken::TimedOut(deadline)),
    }
}

fn hold<T>(conversation: impl Future<Output = T>, mut sender: oneshot::Sender<Result<T, Broken>>) {
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
            result = conversation => Some(result),
            () = sender.closed() => None,
        }
    });
    if let Some(result) = result {
        let _ = sender.send(Ok(result));
    }
    runtime.shutdown_background();
}
