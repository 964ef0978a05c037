//! Why no whole answer came, in words for a tired person.

use std::{error::Error, io, path::Path};

use rustls::{CertificateError, OtherError};

/// The end of the chain, for what stands before only says that something failed; of a certificate, what is wrong.
pub(super) fn reason(error: &(dyn Error + 'static), ca_file: Option<&Path>) -> String {
    if let Some(rustls::Error::InvalidCertificate(error)) = chain(error).find_map(<dyn Error>::downcast_ref) {
        return format!("its TLS certificate cannot be trusted: {}", certificate(error, ca_file));
    }
    if chain(error).any(is_cut) {
        return "the server closed the connection too early".to_owned();
    }
    let text = chain(error).last().map_or_else(|| error.to_string(), ToString::to_string);
    match text.split_once(" (os error ") {
        // The system's own words, as a part of a sentence: "connection refused".
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

fn certificate(error: &CertificateError, ca_file: Option<&Path>) -> String {
    match (error, ca_file) {
        (CertificateError::UnknownIssuer, None) => {
            "no authority that this machine trusts has signed it (if it is \
             the right server, give the authority's certificate as ca_file)"
                .to_owned()
        }
        (CertificateError::UnknownIssuer, Some(path)) => {
            format!("no authority in {} has signed it", path.display())
        }
        // An authority there has the issuer's name and another key, as two that were made by the same tool.
        (CertificateError::BadSignature, _) => {
            "its signature does not fit (is it the right server?)".to_owned()
        }
        (CertificateError::Other(OtherError(error)), _)
            if matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            "it is an authority's own (a server needs one that is not marked as an authority, CA:FALSE)"
                .to_owned()
        }
        (error, _) => error.to_string(),
    }
}

/// An error, what is inside of it, and so on. An [`io::Error`] that holds another passes for it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

/// An end where TLS or a length forbids one.
fn is_cut(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
}
