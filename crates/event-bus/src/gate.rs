//! Asking, where observers are told.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

/// Is asked, and awaited, at a fixed point of somebody's work. It says what happened; whoever asked decides what
/// that means.
///
/// An answer is a value, also a bad one: there is no error that could be passed on with `?` and forgotten.
#[async_trait]
pub trait Gate<Question, Answer>: Send + Sync + 'static {
    /// Puts the question and waits for the answer.
    ///
    /// Each call is one question: asking twice is two questions. `cancel` asks for an early end; the gate then
    /// answers what is known by that time, and it does not have to obey. Do not drop the future instead: what the
    /// gate has begun would be cut, and nobody would know how far it came.
    async fn ask(&self, question: &Question, cancel: &CancellationToken) -> Answer;
}
