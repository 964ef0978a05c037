//! What a write-ahead log changes about a database's header, read without SQLite (the SQLite file format,
//! "The WAL File"): a newer zb may have died before its version was in the database itself.

use std::{fs::File, io, os::unix::fs::FileExt};

const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// The greatest `user_version` among the committed copies of page 1; nothing where there is none.
///
/// Checksums are not looked at: a torn frame is followed by no commit.
///
/// # Errors
/// The log cannot be read.
pub(super) fn user_version(log: &File) -> io::Result<Option<u32>> {
    let mut head = [0; HEAD];
    if !read_whole(log, &mut head, 0)? {
        return Ok(None);
    }
    let (page_size, salts) = (u64::from(word(&head, 8)), &head[16..24]);
    let (mut seen, mut committed) = (None, None);
    let mut at = HEAD as u64;
    let mut frame = [0; FRAME_HEAD];
    // Salts change when the log is begun anew: what follows is of its former life.
    while read_whole(log, &mut frame, at)? && &frame[8..16] == salts {
        if word(&frame, 0) == 1 {
            let mut version = [0; 4];
            if !read_whole(log, &mut version, at + FRAME_HEAD as u64 + 60)? {
                break;
            }
            seen = seen.max(Some(word(&version, 0)));
        }
        if word(&frame, 4) != 0 {
            committed = seen;
        }
        at += FRAME_HEAD as u64 + page_size;
    }
    Ok(committed)
}

/// Whether the file had all of these bytes.
fn read_whole(file: &File, into: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(into, at) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A big-endian number of four bytes.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
