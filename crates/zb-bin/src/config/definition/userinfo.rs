//! What stands before the host of an address: user and password.

use restic_driver::MASK;

/// An address in three parts: up to `://`, the userinfo, and the rest, which begins with its `@`. A path has none.
fn split(address: &str) -> Option<(&str, &str, &str)> {
    if address.starts_with(['/', '.']) {
        return None;
    }
    let start = address.find("://")? + 3;
    let authority = address[start..].split(['/', '?', '#']).next()?;
    let end = start + authority.rfind('@')?;
    (end > start).then(|| (&address[..start], &address[start..end], &address[end..]))
}

/// The userinfo of an address, where it has one.
pub(super) fn of(address: &str) -> Option<&str> {
    split(address).map(|(_, userinfo, _)| userinfo)
}

/// Whether a mask stands in its place.
pub(super) fn is_masked(address: &str) -> bool {
    of(address) == Some(MASK)
}

/// The address without it.
pub(super) fn without(address: &str) -> String {
    match split(address) {
        Some((before, _, after)) => format!("{before}{}", &after[1..]),
        None => address.to_owned(),
    }
}

/// The address with another; one that has none gets none.
pub(super) fn replaced(address: &str, userinfo: &str) -> String {
    match split(address) {
        Some((before, _, after)) => format!("{before}{userinfo}{after}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_before_the_host_and_nowhere_else() {
        for (address, userinfo, rest) in [
            ("http://me:pw@host:9000/x?y=@", Some("me:pw"), "http://host:9000/x?y=@"),
            ("rest:https://to@ken@host/r", Some("to@ken"), "rest:https://host/r"),
            ("http://host/@", None, "http://host/@"),
            ("http://@host/", None, "http://@host/"),
            ("sftp:me@host:/r", None, "sftp:me@host:/r"),
            ("/odd://me@path", None, "/odd://me@path"),
        ] {
            assert_eq!((of(address), without(address).as_str()), (userinfo, rest), "{address}");
            let back = replaced(&replaced(address, MASK), userinfo.unwrap_or_default());
            assert_eq!(back, address);
            assert_eq!(is_masked(&replaced(address, MASK)), userinfo.is_some());
        }
    }
}
