//! Why no whole answer came, in words for a tired person. The chain of a library's error holds the reason at
//! its end; what stands before only says that something failed.

use std::{error::Error, io};

use hook_core::HookSpec;

use crate::{exchange::Broken, tls_words};

/// What hyper says of an answer that does not begin with `HTTP/`.
const NO_HTTP: &str = "invalid HTTP version parsed";

/// A failure before the request could leave, with the origin that it concerns.
pub(crate) fn not_sent(hook: &HookSpec, broken: &Broken) -> String {
    let origin = hook.url().origin();
    if let Some(tls) = chain(broken).find_map(<dyn Error>::downcast_ref) {
        return tls_words::handshake(origin, hook.ca_file(), tls);
    }
    let reason = reason(broken);
    match broken {
        Broken::Http(error) if error.is_dns() => format!("could not find the host of {origin}: {reason}"),
        Broken::Http(_) => format!("could not connect to {origin}: {reason}"),
        Broken::Start(_) | Broken::Unfinished(_) | Broken::Lost => {
            format!("could not be sent to {origin}: {reason}")
        }
    }
}

/// The reason of a failure: what TLS says, or the end of its chain.
pub(crate) fn reason(broken: &Broken) -> String {
    if let Some(tls) = chain(broken).find_map(<dyn Error>::downcast_ref) {
        return tls_words::reason(tls);
    }
    if chain(broken).any(is_cut) {
        return "the server closed the connection too early".to_owned();
    }
    let text = chain(broken).last().map_or_else(|| broken.to_string(), ToString::to_string);
    if text == NO_HTTP {
        return "the server does not speak HTTP (is it an https:// address?)".to_owned();
    }
    match text.split_once(" (os error ") {
        // The system's own words, as a part of a sentence: "connection refused".
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// An error and what caused it, joined with colons.
pub(crate) fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An error, what is inside of it, and so on. An [`io::Error`] that holds another error does not name it as its
/// source: it passes for that error, and names what caused it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

/// An end where TLS or a length forbids one: some libraries say it with a link to their manual.
fn is_cut(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
}
