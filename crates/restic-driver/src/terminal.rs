//! Terminal control sequences, which restic prints even where there is no terminal.

/// `line` from its first byte that is neither a blank nor part of a control sequence.
pub(crate) fn without_leading_codes(mut line: &[u8]) -> &[u8] {
    loop {
        line = line.trim_ascii_start();
        match sequence(line) {
            Some(length) => line = &line[length..],
            None => return line,
        }
    }
}

/// `line` as text, without control sequences and control characters.
pub(crate) fn plain(line: &[u8]) -> String {
    let mut kept = Vec::with_capacity(line.len());
    let mut at = 0;
    while at < line.len() {
        match sequence(&line[at..]) {
            Some(length) => at += length,
            None => {
                kept.push(line[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&kept).chars().filter(|char| *char == '\t' || !char.is_control()).collect()
}

/// The length of the control sequence that `bytes` begins with (ECMA-48: `ESC [`, parameters, one final byte).
fn sequence(bytes: &[u8]) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let last = parameters.iter().position(|byte| (0x40..=0x7e).contains(byte));
    Some(last.map_or(bytes.len(), |last| 2 + last + 1))
}

#[cfg(test)]
mod tests {
    use super::{plain, without_leading_codes};

    #[test]
    fn codes_in_front_and_inside_are_dropped() {
        assert_eq!(without_leading_codes(b"\x1b[2K \r\x1b[1;31m{\"a\":1}"), b"{\"a\":1}");
        assert_eq!(plain(b"\x1b[2Ksignal \x1b[31minterrupt\x1b[0m\r\x07"), "signal interrupt");
        assert_eq!(plain(b"bad \xff, \xc3\xa9, open \x1b[31"), "bad \u{fffd}, \u{e9}, open ");
        assert_eq!(without_leading_codes(b"\x1b["), b"");
    }
}
