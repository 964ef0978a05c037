//! From where a request comes, and how its client reaches zb: what a trusted proxy says is believed, nobody else's word.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::{HeaderMap, header, request::Parts};

use crate::ServerSettings;

/// The address at the other end of a connection; the server puts it into the extensions of each request. A Unix
/// socket has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "an address is all that is known")]
pub struct Peer(pub Option<IpAddr>);

/// Who is at the other end, as far as it can be believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Client {
    /// Absent: by a Unix socket.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client speaks TLS, with zb or with a proxy in front of it.
    pub(crate) https: bool,
    /// `http://host:port`, as the client sees it, with the base path and without a `/` at the end.
    pub(crate) base_url: String,
}

impl Client {
    pub(crate) fn of(parts: &Parts, settings: &ServerSettings) -> Self {
        let peer =
            parts.extensions.get::<Peer>().and_then(|peer| peer.0).map(|address| address.to_canonical());
        let proxies = &settings.trusted_proxies;
        let trusted = is_trusted(peer, proxies);
        let address = if trusted { forwarded_for(&parts.headers, peer, proxies) } else { peer };
        let https = match &settings.public_url {
            Some(url) => url.starts_with("https://"),
            None => trusted && text(&parts.headers, "x-forwarded-proto") == Some("https"),
        };
        let origin = settings.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        let origin = origin.unwrap_or_else(|| {
            let host = text(&parts.headers, header::HOST.as_str()).unwrap_or("localhost");
            format!("{}://{host}", if https { "https" } else { "http" })
        });
        Self { address, https, base_url: format!("{origin}{}", settings.base_path) }
    }

    /// The address as the audit trail has it.
    pub(crate) fn address_text(&self) -> String {
        self.address.map_or_else(|| "unix".to_owned(), |address| address.to_string())
    }

    /// What counts as one client: an IPv6 address is one of the many of its network, so the first 64 bits count.
    pub(crate) fn network(&self) -> String {
        match self.address {
            Some(IpAddr::V6(address)) => {
                Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).to_string()
            }
            _ => self.address_text(),
        }
    }
}

/// The last address that no trusted proxy vouches for: each proxy adds the one that it saw at the end.
fn forwarded_for(headers: &HeaderMap, peer: Option<IpAddr>, proxies: &[String]) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        // Some proxies add the port.
        let socket = || hop.parse::<SocketAddr>().map(|socket| socket.ip());
        let Ok(address) = hop.parse::<IpAddr>().or_else(|_| socket()) else { break };
        client = Some(address.to_canonical());
        if !is_trusted(client, proxies) {
            break;
        }
    }
    client
}

/// Whether one of the texts is this address, a network that it is in (`10.0.0.0/8`), or `unix`.
fn is_trusted(address: Option<IpAddr>, proxies: &[String]) -> bool {
    proxies.iter().any(|proxy| match address {
        None => proxy == "unix",
        Some(address) => is_in(address, proxy),
    })
}

fn is_in(address: IpAddr, network: &str) -> bool {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, length.parse::<u32>().ok()),
        None => (network, Some(128)),
    };
    let (Ok(base), Some(length)) = (base.parse::<IpAddr>(), length) else { return false };
    let is_same = |a: u128, b: u128| (a ^ b).checked_shr(128 - length.min(128)).unwrap_or(0) == 0;
    match (address, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            is_same(u128::from(a.to_bits()) << 96, u128::from(b.to_bits()) << 96)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => is_same(a.to_bits(), b.to_bits()),
        _ => false,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn settings(proxies: &[&str]) -> ServerSettings {
        let trusted_proxies = proxies.iter().map(ToString::to_string).collect();
        ServerSettings { trusted_proxies, base_path: "/zb".to_owned(), ..ServerSettings::default() }
    }

    fn client(peer: Option<&str>, headers: &[(&str, &str)], settings: &ServerSettings) -> Client {
        let mut request = Request::builder().extension(Peer(peer.map(|peer| peer.parse().unwrap())));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Client::of(&request.body(()).unwrap().into_parts().0, settings)
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let claim = |text| [("X-Forwarded-For", text)];
        let table: &[(Option<&str>, &str, &[&str], &str)] = &[
            (Some("10.0.0.7"), "1.2.3.4", &[], "10.0.0.7"),
            (Some("10.0.0.7"), "1.2.3.4", &["10.0.0.8"], "10.0.0.7"),
            (Some("10.0.0.7"), "1.2.3.4", &["10.0.0.7"], "1.2.3.4"),
            (Some("::ffff:10.0.0.7"), "1.2.3.4", &["10.0.0.0/8"], "1.2.3.4"),
            // The client wrote the first; the proxies wrote the others.
            (Some("10.0.0.7"), "6.6.6.6, 1.2.3.4", &["10.0.0.0/8"], "1.2.3.4"),
            (Some("10.0.0.7"), "6.6.6.6, 1.2.3.4, 10.9.9.9", &["10.0.0.0/8"], "1.2.3.4"),
            (Some("10.0.0.7"), "1.2.3.4, nonsense", &["10.0.0.0/8"], "10.0.0.7"),
            (Some("10.0.0.7"), "1.2.3.4:5678", &["10.0.0.7"], "1.2.3.4"),
            (Some("10.0.0.7"), "[2001:db8::2]:5678", &["10.0.0.7"], "2001:db8::2"),
            (Some("2001:db8::1"), "1.2.3.4", &["2001:db8::/32"], "1.2.3.4"),
            (Some("2001:db9::1"), "1.2.3.4", &["2001:db8::/32"], "2001:db9::1"),
            (None, "1.2.3.4", &["unix"], "1.2.3.4"),
            (None, "1.2.3.4", &["127.0.0.1", "nonsense", "10.0.0.0/x"], "unix"),
            (Some("9.9.9.9"), "1.2.3.4", &["0.0.0.0/0"], "1.2.3.4"),
        ];
        for (peer, claimed, proxies, expected) in table {
            let found = client(*peer, &claim(*claimed), &settings(proxies));
            assert_eq!(found.address_text(), *expected, "{peer:?} {claimed} {proxies:?}");
        }
    }

    #[test]
    fn https_is_known_by_configuration_or_by_a_trusted_proxy() {
        let headers = [("X-Forwarded-Proto", "https"), ("Host", "zb.example.org")];
        let untrusted = client(Some("10.0.0.7"), &headers, &settings(&[]));
        assert_eq!((untrusted.https, untrusted.base_url.as_str()), (false, "http://zb.example.org/zb"));
        let trusted = client(Some("10.0.0.7"), &headers, &settings(&["10.0.0.7"]));
        assert_eq!((trusted.https, trusted.base_url.as_str()), (true, "https://zb.example.org/zb"));
        let public = ServerSettings { public_url: Some("https://a.b/".to_owned()), ..settings(&[]) };
        let public = client(Some("10.0.0.7"), &[], &public);
        assert_eq!((public.https, public.base_url.as_str()), (true, "https://a.b/zb"));
    }

    #[test]
    fn one_network_of_ipv6_is_one_client() {
        let of = |peer| client(Some(peer), &[], &settings(&[])).network();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("10.0.0.7"), of("10.0.0.8"));
    }
}
