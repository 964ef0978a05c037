//! `spec.md` §2, "Headers text": every refusal with its line, what is accepted, the limits and the laws.

use hook_core::{HeaderFault, HookHeaders, InvalidHeaders, limits};
use http::HeaderName;
use proptest::{collection::vec, prelude::*, sample::select};

use crate::header_laws;

#[track_caller]
fn refused(text: &str, line: usize, reason: &str) {
    let error: InvalidHeaders = text.parse::<HookHeaders>().unwrap_err();
    assert_eq!(error.to_string(), format!("line {line}: {reason}"), "for {text:?}");
    assert_eq!(error.line, line);
}

#[track_caller]
fn accepted(text: &str, printed: &str) {
    let headers: HookHeaders = text.parse().unwrap();
    assert_eq!(headers.to_string(), printed, "for {text:?}");
}

const NO_COLON: &str = "there is no colon between name and value";
const EMPTY_NAME: &str = "there is no name before the colon";
const SPACE: &str = "there is a space before or behind the name";
const NOT_TOKEN: &str = "the name contains a character that is not allowed in a header name";
const EMPTY_VALUE: &str = "there is no value behind the colon";
const NOT_ASCII: &str = "the value contains a character that is not ASCII";

#[test]
fn what_is_refused_names_line_and_reason() {
    for (text, line, reason) in [
        ("X-A", 1, NO_COLON),
        ("X-A: 1\n\n  \r\nno colon here\n", 4, NO_COLON),
        ("X-A: 1\n continued", 2, NO_COLON),
        ("\u{b}", 1, NO_COLON),
        ("X-A: 1\n\r", 2, NO_COLON),
        (": value", 1, EMPTY_NAME),
        (" \t : value", 1, EMPTY_NAME),
        ("X-A : value", 1, SPACE),
        ("X-A\t: value", 1, SPACE),
        (" X-A: value", 1, SPACE),
        ("X-A: 1\n\tfolded: value", 2, SPACE),
        ("X A: value", 1, NOT_TOKEN),
        ("X(A): value", 1, NOT_TOKEN),
        ("\"X\": value", 1, NOT_TOKEN),
        ("X/A: value", 1, NOT_TOKEN),
        ("É: value", 1, NOT_TOKEN),
        ("X\0A: value", 1, NOT_TOKEN),
        ("\u{feff}X-A: value", 1, NOT_TOKEN),
        ("X-A:", 1, EMPTY_VALUE),
        ("X-A: \t ", 1, EMPTY_VALUE),
        ("X-A:\r\n", 1, EMPTY_VALUE),
        ("X-A: é", 1, NOT_ASCII),
        ("X-A: \u{a0}", 1, NOT_ASCII),
        ("X-A: \u{85}", 1, NOT_ASCII),
        ("X-A: a\tb", 1, "the value contains the control character U+0009"),
        ("X-A: a\0", 1, "the value contains the control character U+0000"),
        ("X-A: a\rb", 1, "the value contains the control character U+000D"),
        ("X-A: a\r\r\n", 1, "the value contains the control character U+000D"),
        ("X-A: 1\r\nX-B: 2\r", 2, "the value contains the control character U+000D"),
        ("X-A: a\rX-B: b", 1, "the value contains the control character U+000D"),
        ("X-A: \u{7f}", 1, "the value contains the control character U+007F"),
        ("X-A: 1\nx-a: 2", 2, "x-a is there twice"),
        ("X-A: 1\r\n\r\nX-B: 2\r\nX-A: 1\r\n", 4, "X-A is there twice"),
    ] {
        refused(text, line, reason);
    }
}

#[test]
fn names_that_frame_or_route_are_refused_in_any_letter_case() {
    for name in [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "TE",
        "Trailer",
        "Keep-Alive",
        "Expect",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Proxy-",
    ] {
        for name in [name.to_owned(), name.to_lowercase(), name.to_uppercase()] {
            let reason = format!("{name} frames or routes the message, and a hook may not set it");
            refused(&format!("X-A: 1\n{name}: x"), 2, &reason);
        }
    }
    accepted("Proxy: x\nHost-Name: x\nX-Host: x\nTE-X: x\n", "Proxy: x\nHost-Name: x\nX-Host: x\nTE-X: x\n");
}

#[test]
fn what_is_accepted_is_printed_in_one_form() {
    for (text, printed) in [
        ("", ""),
        ("\n \r\n\t\n", ""),
        ("X-A: 1", "X-A: 1\n"),
        ("X-A:1\r\nx-B:\t2 \t\r\n", "X-A: 1\nx-B: 2\n"),
        ("Authorization: Bearer a:b:c", "Authorization: Bearer a:b:c\n"),
        ("X-A::", "X-A: :\n"),
        ("X-A: a  b \"c\"", "X-A: a  b \"c\"\n"),
        ("!#$%&'*+-.^_`|~09azAZ: ~", "!#$%&'*+-.^_`|~09azAZ: ~\n"),
        (
            "X-Zerobyte-Hook-Secret: s\nContent-Type: application/json",
            "X-Zerobyte-Hook-Secret: s\nContent-Type: application/json\n",
        ),
    ] {
        accepted(text, printed);
    }
}

#[test]
fn the_limits_are_exact() {
    let lines = |count: usize| (0..count).map(|n| format!("X-{n}: 1\n")).collect::<String>();
    assert!(lines(limits::HEADERS).parse::<HookHeaders>().is_ok());
    refused(&lines(limits::HEADERS + 1), limits::HEADERS + 1, "there are more than 32 headers");

    // Two names of three bytes; what is trimmed and the separators do not count.
    let sized = |bytes: usize| format!("X-A:   {}\n\nX-B: 1\n", "v".repeat(bytes - 7));
    assert!(sized(limits::HEADER_BYTES).parse::<HookHeaders>().is_ok());
    refused(&sized(limits::HEADER_BYTES + 1), 3, "names and values have more than 8192 bytes in all");
}

#[test]
fn values_are_hidden_where_a_person_looks() {
    let headers: HookHeaders = "X-Secret: planted\nAccept: text/plain".parse().unwrap();
    assert_eq!(headers.masked(), "X-Secret: ••••••••\nAccept: ••••••••\n");
    assert_eq!(format!("{headers:?}"), r#"{"X-Secret": Sensitive, "Accept": Sensitive}"#);
    for text in ["X: planted\u{1}", "planted", "X:  planted\nX: planted", "Host: planted"] {
        let error = text.parse::<HookHeaders>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    }
}

#[test]
fn a_fault_can_be_told_apart_by_a_program() {
    let error = "\nHOST: x".parse::<HookHeaders>().unwrap_err();
    assert_eq!((error.line, error.fault), (2, HeaderFault::Reserved { name: "HOST".to_owned() }));
    let headers: HookHeaders = "content-TYPE: a".parse().unwrap();
    assert!(
        headers.contains(&http::header::CONTENT_TYPE) && !headers.contains(&HeaderName::from_static("x"))
    );
}

/// Pieces that meet in every way: most texts are refused, enough are not.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => select(vec!["X-A", "x-a", "X-B", "Accept", ": ", ":", "v", "a b", "\n", "\r\n"]),
        1 => select(vec!["Host", "TE", "Proxy-X", "Content-Length", " ", "\t", "\r", "\0", "é", "\u{2028}", "\u{85}"]),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Lines of the printed form with distinct names that nothing forbids.
fn printed_form() -> impl Strategy<Value = String> {
    let line = ("[!#$%&'*+.^_`|~0-9a-zA-Z-]{0,12}", "[!-~]([ -~]{0,20}[!-~])?");
    vec(line, 0..=limits::HEADERS).prop_map(|lines| {
        lines.iter().enumerate().map(|(n, (name, value))| format!("X{n}-{name}: {value}\n")).collect()
    })
}

proptest! {
    #[test]
    fn the_laws_hold_for_any_text(text in any::<String>()) {
        header_laws::hold_for(&text);
    }

    #[test]
    fn the_laws_hold_where_pieces_of_headers_meet(text in pieces()) {
        header_laws::hold_for(&text);
    }

    #[test]
    fn the_printed_form_is_accepted_as_it_is(text in printed_form()) {
        let headers: HookHeaders = text.parse().unwrap();
        prop_assert_eq!(headers.to_string(), &text[..]);
        header_laws::hold_for(&text);
    }

    #[test]
    fn one_forbidden_character_anywhere_refuses_the_text(
        text in printed_form(),
        at in any::<prop::sample::Index>(),
        bad in prop_oneof!["[\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}]", "[\u{80}-\u{10ffff}]"],
    ) {
        let mut broken = text.clone();
        broken.insert_str(at.index(text.len() + 1), &bad);
        prop_assert!(broken.parse::<HookHeaders>().is_err(), "accepted: {:?}", broken);
    }
}
