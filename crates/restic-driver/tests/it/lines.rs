//! restic's lines: one message each, whatever stands around them.

use proptest::prelude::*;
use restic_driver::{FileError, Message};

use crate::lines_laws::{hold_for, read};

/// A line from what restic prints, or from what it never should.
fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(
            br#"{"message_type":"status","percent_done":0.5,"files_done":3,"current_files":["/a"]}"#.to_vec()
        ),
        Just(br#"{"message_type":"summary","files_new":1,"snapshot_id":"f64a0b84"}"#.to_vec()),
        Just(br#"{"message_type":"error","error":{},"during":"archival","item":"/a"}"#.to_vec()),
        Just(br#"{"a":1,"message_type":"exit_error","code":12,"message":"no"}"#.to_vec()),
        Just(b"\x1b[2K{\"message_type\":\"status\"}".to_vec()),
        Just(b"\r".to_vec()),
        Just(vec![b'x'; 1024 * 1024]),
        prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_messages(
        lines in prop::collection::vec(line(), 0..6),
        ends_in_line_end: bool,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut bytes = lines.join(&b'\n');
        bytes.extend(ends_in_line_end.then_some(b'\n'));
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
        prop_assert_eq!(read(pieces), read([&bytes[..]]));
    }

    #[test]
    fn short_texts_obey_the_law_in_pieces_of_every_size(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        hold_for(&bytes);
    }
}

#[test]
fn a_line_is_a_message_or_it_is_counted() {
    // (line, whether it is a message)
    let cases: &[(&[u8], bool)] = &[
        (br#"{"message_type":"status","percent_done":0}"#, true),
        (br#"{"message_type":"status","a_new_field":[{}],"percent_done":1}"#, true),
        (br#" {"percent_done":1, "message_type" : "status"}"#, true),
        (b"\x1b[2K\x1b[31m{\"message_type\":\"status\"}\x1b[0m", false),
        (b"\x1b[2K{\"message_type\":\"status\"}\r", true),
        (b"{\"message_type\":\"verbose_status\",\"item\":\"bad \xff name\"}", true),
        (br#"{"message_type":"snapshot","id":"1"}"#, false),
        (br#"{"message_type":"initialized","id":"1"}"#, false),
        (br#"{"message_type":"status","percent_done":"half"}"#, false),
        (br#"{"message_type":"status""#, false),
        (br#"{"message_type":7}"#, false),
        (br#"[{"message_type":"status"}]"#, false),
        (b"scan finished in 0.2 s", false),
        (b"\0\0\0", false),
    ];
    for (line, is_message) in cases {
        let (messages, skipped) = read([*line]);
        let expect = if *is_message { (1, 0) } else { (0, 1) };
        assert_eq!((messages.len(), skipped), expect, "{}", line.escape_ascii());
    }
}

#[test]
fn blank_lines_are_nothing() {
    assert_eq!(read([&b"\n\r\n  \n\n"[..]]), (vec![], 0));
}

#[test]
fn an_overlong_line_costs_one_line_and_little_memory() {
    let status = br#"{"message_type":"status"}"#.as_slice();
    let long = vec![b' '; 64 * 1024];
    let pieces = [status, b"\n"].into_iter();
    // 600 MB in one line; keeping them would be seen in the time that this takes.
    let pieces = pieces.chain(std::iter::repeat_n(&long[..], 9600)).chain([&b"\n"[..], status]);
    let (messages, skipped) = read(pieces);
    assert_eq!((messages.len(), skipped), (2, 1));
}

#[test]
fn the_longest_line_is_just_below_a_megabyte() {
    let line = |length: usize| {
        let mut line = br#"{"message_type":"status"}"#.to_vec();
        line.resize(length, b' ');
        line
    };
    for (length, expect) in [(1024 * 1024 - 1, (1, 0)), (1024 * 1024, (0, 1))] {
        let (messages, skipped) = read([&line(length)[..]]);
        assert_eq!((messages.len(), skipped), expect, "{length}");
    }
}

#[test]
fn the_reason_of_an_error_is_found_in_every_form() {
    let cases = [
        (r#"{"message":"open /a: permission denied"}"#, "open /a: permission denied"),
        (r#""permission denied""#, "permission denied"),
        (r#"{"Op":"open","Path":"/a","Err":13}"#, "permission denied"),
        (r#"{"Op":"read","Path":"/a","Err":5}"#, "input/output error"),
        ("{}", "restic could not read it and did not say why"),
        ("null", "restic could not read it and did not say why"),
        (r#"{"message":""}"#, "restic could not read it and did not say why"),
    ];
    for (error, reason) in cases {
        let line = format!(r#"{{"message_type":"error","error":{error},"during":"archival","item":"/a"}}"#);
        let Some(Message::Error(FileError { item, message, during, .. })) = Message::parse(line.as_bytes())
        else {
            panic!("{line} is no error");
        };
        assert_eq!((item.as_str(), message.as_str(), during.as_str()), ("/a", reason, "archival"));
    }
}

#[test]
fn snapshot_ids_have_8_or_64_digits() {
    let long = "6dbe495cc024c9f6ce9812841c8f2d3bd5c9e63d58ba359a6fb6e846140488bc";
    let quoted = |id: &str| format!("\"{id}\"");
    let cases = [
        (quoted("f64a0b84"), Some("f64a0b84")),
        (quoted(long), Some(long)),
        (quoted(""), None),
        (quoted("f64a0b8"), None),
        (quoted("snapshot"), None),
        ("null".to_owned(), None),
    ];
    for (id, expect) in cases {
        let line = format!(r#"{{"message_type":"summary","snapshot_id":{id}}}"#);
        let Some(Message::Summary(summary)) = Message::parse(line.as_bytes()) else { panic!("{line}") };
        assert_eq!(summary.snapshot_id.as_deref(), expect);
    }
}
