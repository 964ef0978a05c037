//! What holds for every text that is read as headers: for the property tests, the corpus and the fuzzer alike.

use hook_core::HookHeaders;
use http::{HeaderMap, header};

/// Panics where `text` breaks a law of `spec.md` §2, "Headers text".
pub(crate) fn hold_for(text: &str) {
    let Ok(headers) = text.parse::<HookHeaders>() else { return };
    only_harmless_characters(text);
    print_and_parse_are_inverse(text, &headers);
    the_wire_has_these_headers_only(&headers);
}

fn only_harmless_characters(text: &str) {
    let lone = text.replace("\r\n", "\n");
    let harmless = |c: char| matches!(c, ' '..='~' | '\n' | '\t');
    assert!(lone.chars().all(harmless), "accepted: {text:?}");
}

fn print_and_parse_are_inverse(text: &str, headers: &HookHeaders) {
    let printed = headers.to_string();
    assert_eq!(printed.parse().as_ref(), Ok(headers), "parse(print(h)) = h, for {text:?}");
    if is_printed_form(text) {
        assert_eq!(printed, text, "print(parse(t)) = t");
    }
}

/// `Name: value`, LF, and nothing that parsing drops.
fn is_printed_form(text: &str) -> bool {
    text.split_inclusive('\n').all(|line| {
        let pair = line.strip_suffix('\n').and_then(|line| line.split_once(": "));
        pair.is_some_and(|(name, value)| !name.contains(':') && value == value.trim() && !value.is_empty())
    })
}

fn the_wire_has_these_headers_only(headers: &HookHeaders) {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter() {
        assert!(value.is_sensitive(), "{name} is not marked as sensitive");
        assert!(headers.contains(name));
        assert!(map.insert(name, value.clone()).is_none(), "{name} stands twice");
    }
    for framing in [
        header::HOST,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
        header::EXPECT,
        header::PROXY_AUTHORIZATION,
        header::PROXY_AUTHENTICATE,
    ] {
        assert!(!map.contains_key(&framing), "{framing} was accepted");
    }
    assert!(!map.contains_key("keep-alive") && !map.contains_key("proxy-connection"));

    let wire: Vec<u8> = map
        .iter()
        .flat_map(|(name, value)| [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat())
        .collect();
    let line_ends = wire.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
    assert_eq!(line_ends, 2 * map.len(), "a receiver would read other lines");
}
