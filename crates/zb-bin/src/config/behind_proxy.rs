//! How people reach the service when a proxy stands before it: `base_path`, `public_url`, `trusted_proxies`.

use std::{net::IpAddr, sync::Arc};

use hook_core::AllowedOrigins;

use super::{
    BadInput, Layered, Place,
    service::{BASE_PATH, PROXIES, PUBLIC_URL},
};

/// Whoever comes by the Unix socket.
const UNIX: &str = "unix";

/// Of segments that need no escaping; a `/` at the end is dropped.
pub(super) fn base_path(place: Place, text: &str) -> Result<Layered<String>, BadInput> {
    let path = text.trim_end_matches('/');
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    if path.is_empty() || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_plain)) {
        return Ok(Layered::at(place, path.to_owned()));
    }
    Err(BadInput::new(place, format!("`{BASE_PATH}` is no path such as /zb: {text:?}")))
}

/// An origin as a browser names it, by the same rules as those that hooks may go to.
pub(super) fn public_url(place: Place, text: &str) -> Result<Layered<String>, BadInput> {
    let one = AllowedOrigins::parse(text).ok().filter(|(_, warnings)| warnings.is_empty());
    let mut origins = one.iter().flat_map(|(origins, _)| origins.iter());
    match (origins.next(), origins.next()) {
        (Some(origin), None) => Ok(Layered::at(place, origin.to_string())),
        _ => Err(BadInput::new(
            place,
            format!("`{PUBLIC_URL}` is no origin such as https://zb.example.org: {text:?}"),
        )
        .hint(format!("a path below which zb is reached goes into `{BASE_PATH}`"))),
    }
}

/// With commas; networks as in `10.0.0.0/8`.
pub(super) fn proxies(place: Place, list: &str) -> Result<Layered<Arc<[String]>>, BadInput> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let one = |entry: &str| {
        proxy(entry).ok_or_else(|| {
            BadInput::new(place.clone(), format!("`{PROXIES}` holds {entry:?}, which is no address"))
                .hint("write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas")
        })
    };
    let proxies = entries.map(one).collect::<Result<Arc<[_]>, _>>()?;
    Ok(Layered::at(place, proxies))
}

fn proxy(entry: &str) -> Option<String> {
    if entry == UNIX {
        return Some(entry.to_owned());
    }
    let Some((address, length)) = entry.split_once('/') else {
        return Some(entry.parse::<IpAddr>().ok()?.to_string());
    };
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u32>().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (length <= most).then(|| format!("{address}/{length}"))
}
