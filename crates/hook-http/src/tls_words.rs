//! What failed in TLS, in words for a tired person, with a way out where there is one. rustls has most of its own
//! words from `Debug`, and those are for programmers.

use std::{fmt, net::IpAddr, path::Path};

use hook_core::Origin;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError, pki_types::UnixTime};

use crate::ca_file::lacks_an_issuer;

/// How many of a certificate's names are told: it may hold hundreds.
const NAMES: usize = 5;

/// A handshake that failed, with the origin that it concerns and the hook's `ca_file`.
pub(crate) fn handshake(origin: &Origin, ca_file: Option<&Path>, error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => {
            format!("could not verify the TLS certificate of {origin}: {}", certificate(ca_file, error))
        }
        other => format!("could not connect to {origin}: {}", reason(other)),
    }
}

/// What is wrong, but for certificates, as a part of a sentence.
pub(crate) fn reason(error: &Error) -> String {
    match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS (is it an http:// address?)".to_owned()
        }
        Error::InvalidMessage(why) => format!("the server sent what is no TLS: {}", spelled(why)),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server asks for a client's certificate, and hooks have none".to_owned()
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the server accepts neither TLS 1.2 nor TLS 1.3".to_owned()
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server does not know this host name".to_owned()
        }
        Error::AlertReceived(AlertDescription::Unknown(number)) => {
            format!("the server ended TLS with the alert {number}")
        }
        Error::AlertReceived(alert) => format!("the server ended TLS with the alert {:?}", spelled(alert)),
        Error::PeerIncompatible(why) => {
            format!("the server and this machine have no TLS in common: {}", spelled(why))
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            format!("the server breaks the rules of TLS: {}", spelled(error))
        }
        Error::PeerMisbehaved(why) => format!("the server breaks the rules of TLS: {}", spelled(why)),
        Error::NoCertificatesPresented => "the server showed no certificate".to_owned(),
        other => format!("TLS failed: {}", spelled(other)),
    }
}

fn certificate(ca_file: Option<&Path>, error: &CertificateError) -> String {
    if lacks_an_issuer(error) {
        return match ca_file {
            Some(path) => format!("it is not in {}, and no authority there has signed it", path.display()),
            None => {
                "no authority that this machine trusts has signed it (if it is the right server, give its \
                     certificate as ca_file)"
                    .to_owned()
            }
        };
    }
    match error {
        CertificateError::Expired => "it has expired (renew it on the server)".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "it expired {} ago (renew it on the server, or set this machine's clock)",
            span(*not_after, *time)
        ),
        CertificateError::NotValidYet => "it is not valid yet (is this machine's clock right?)".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => {
            format!("it becomes valid in {} (is this machine's clock right?)", span(*time, *not_before))
        }
        CertificateError::NotValidForName => "it is for another name".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("it is not for {}, but for {}", expected.to_str(), names(presented))
        }
        CertificateError::Revoked => "it has been revoked".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not made for servers".to_owned()
        }
        CertificateError::BadEncoding => "it is damaged".to_owned(),
        CertificateError::BadSignature => "its signature does not fit (is it the right server?)".to_owned(),
        CertificateError::Other(OtherError(error)) => spelled(error),
        other => spelled(other),
    }
}

/// How long it is from one time to another, in the largest unit that fills it.
fn span(from: UnixTime, to: UnixTime) -> String {
    let seconds = to.as_secs().saturating_sub(from.as_secs());
    let (count, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3600 => (seconds / 60, "min"),
        3600..86400 => (seconds / 3600, "h"),
        _ => (seconds / 86400, "days"),
    };
    match (count, unit) {
        (1, "days") => "1 day".to_owned(),
        _ => format!("{count} {unit}"),
    }
}

/// The hosts that a certificate is for. webpki writes them as `DnsName("host")` and `IpAddress(0::1)`; whatever else
/// a certificate may name is no host.
fn names(presented: &[String]) -> String {
    let mut hosts: Vec<_> = presented.iter().filter_map(|name| host(name)).collect();
    if hosts.is_empty() {
        return "no host at all (it needs a subjectAltName)".to_owned();
    }
    if hosts.len() > NAMES {
        let more = hosts.len() - NAMES;
        hosts.truncate(NAMES);
        return format!("{} and {more} more", hosts.join(", "));
    }
    let last = hosts.pop().unwrap_or_default();
    if hosts.is_empty() { last } else { format!("{} and {last}", hosts.join(", ")) }
}

fn host(presented: &str) -> Option<String> {
    let quoted = presented.strip_prefix("DnsName(\"").and_then(|rest| rest.strip_suffix("\")"));
    if let Some(name) = quoted {
        return Some(name.escape_debug().to_string()); // a stranger wrote it
    }
    let address: IpAddr = presented.strip_prefix("IpAddress(")?.strip_suffix(')')?.parse().ok()?;
    Some(address.to_string())
}

/// The name of a variant as words: `HandshakeFailure { .. }` is "handshake failure".
fn spelled(error: &impl fmt::Debug) -> String {
    let debug = format!("{error:?}");
    let name = debug.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let mut words = String::with_capacity(name.len() + 8);
    for (at, c) in name.char_indices() {
        let after_small = name[..at].ends_with(|before: char| !before.is_ascii_uppercase());
        if at > 0 && c.is_ascii_uppercase() && after_small {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_of_variants_become_words() {
        assert_eq!(spelled(&AlertDescription::HandshakeFailure), "handshake failure");
        assert_eq!(spelled(&AlertDescription::UnknownCA), "unknown ca");
        assert_eq!(spelled(&Error::General("a secret of the peer".to_owned())), "general");
    }

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        for (seconds, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (7199, "1 h"),
            (86_400, "1 day"),
            (3 * 86_400 + 5, "3 days"),
        ] {
            let from = UnixTime::since_unix_epoch(Duration::from_secs(1000));
            let to = UnixTime::since_unix_epoch(Duration::from_secs(1000 + seconds));
            assert_eq!(span(from, to), told);
        }
    }

    #[test]
    fn the_hosts_of_a_certificate_are_told_and_nothing_else_of_it() {
        let presented = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        for (given, told) in [
            (presented(&[]), "no host at all (it needs a subjectAltName)"),
            (presented(&["DirectoryName"]), "no host at all (it needs a subjectAltName)"),
            (presented(&["DnsName(\"db.lan\")"]), "db.lan"),
            (presented(&["DnsName(\"db\")", "IpAddress(0::1)", "DnsName(\"*.lan\")"]), "db, ::1 and *.lan"),
            (presented(&["DnsName(\"\u{1b}[2J\")"]), "\\u{1b}[2J"),
            (
                presented(&["IpAddress(127.0.0.1)"; 7]),
                "127.0.0.1, 127.0.0.1, 127.0.0.1, 127.0.0.1, 127.0.0.1 and 2 more",
            ),
        ] {
            assert_eq!(names(&given), told);
        }
    }
}
