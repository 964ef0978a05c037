//! `name=value,name=value`, percent-encoded: the form of headers and of resource attributes (W3C Baggage).

use percent_encoding::percent_decode_str;

/// The pairs in their order; `Err` has the number, from 1, of an entry that is none. Empty entries are skipped.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = Result<(String, String), usize>> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.enumerate().map(|(index, entry)| pair(entry).ok_or(index + 1))
}

fn pair(entry: &str) -> Option<(String, String)> {
    let (name, value) = entry.split_once('=')?;
    let decode = |text: &str| Some(percent_decode_str(text.trim()).decode_utf8().ok()?.into_owned());
    let name = decode(name).filter(|name| !name.is_empty())?;
    Some((name, decode(value)?))
}
