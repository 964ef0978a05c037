//! Why no whole answer came, in words for a tired person. The chain of a library's error holds the reason at
//! its end; what stands before only says that something failed.

use std::{error::Error, io};

use hook_core::Origin;
use rustls::{CertificateError, InvalidMessage};

use crate::exchange::Broken;

/// A failure before the request could leave, with the origin that it concerns.
pub(crate) fn not_sent(origin: &Origin, broken: &Broken) -> String {
    if let Some(tls) = chain(broken).find_map(tls_error) {
        return not_trusted(origin, tls);
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

/// The reason of a failure: the end of its chain.
pub(crate) fn reason(broken: &Broken) -> String {
    let text = chain(broken).last().map_or_else(|| broken.to_string(), ToString::to_string);
    match text.split_once(" (os error ") {
        // The system's own words, as a part of a sentence: "connection refused".
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// An error and what caused it, joined with colons.
pub(crate) fn in_one_line(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn not_trusted(origin: &Origin, error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(certificate) => {
            let reason = match certificate {
                CertificateError::UnknownIssuer => {
                    "no authority that this machine trusts has signed it (ca_file names one to trust)"
                        .to_owned()
                }
                other => other.to_string(),
            };
            format!("could not verify the TLS certificate of {origin}: {reason}")
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            format!(
                "could not connect to {origin}: the server does not speak TLS (is it an http:// address?)"
            )
        }
        other => format!("could not connect to {origin}: {other}"),
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The error of rustls comes inside of an [`io::Error`], or two, and those do not name it as their source.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    inner.downcast_ref().or_else(|| tls_error(inner))
}
