#![doc = include_str!("../README.md")]

mod ca_file;
mod client;
mod departure;
mod exchange;
mod failure;
mod gate;
mod lookup;
mod reply;
mod request;
mod tls_words;
mod trust;
mod verdict;

pub use client::HookClient;
pub use gate::WebhookGate;
pub use request::Call;
pub use trust::PrepareError;
