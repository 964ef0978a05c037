//! In restic's place where zb itself is measured: it does at once what its own file name says, and notes when.
//!
//! | name | prints |
//! |---|---|
//! | `saves` | the summary of a good backup |
//! | `status-N` | N status lines, then the summary |
//! | `line-N` | one line of N bytes, then the summary |
//! | `errors-N` | N error lines, then the summary, and exits with 3 |
//! | `garbage-N` | N bytes that are no UTF-8, with line ends among them, then the summary |
//! | `stderr-N` | N bytes on standard error, then the summary |
//!
//! Start and end go to the file `<name>.stamps` beside it, a line a backup, in nanoseconds since 1970.
#![expect(
    clippy::disallowed_methods,
    reason = "the measured programs have one clock in common, the system's"
)]

use std::{
    error::Error,
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

const VERSION: &[u8] = b"restic 0.14.0 compiled with go1.19.8 on linux/amd64\n";

const SUMMARY: &[u8] = br#"{"message_type":"summary","files_new":2,"files_changed":0,"files_unmodified":0,"dirs_new":1,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":2,"tree_blobs":1,"data_added":1024,"total_files_processed":2,"total_bytes_processed":24,"total_duration":0.1,"snapshot_id":"0123abcd"}
"#;

const ERROR: &[u8] = br#"{"message_type":"error","error":{"Op":"open","Path":"/data/rows","Err":13},"during":"archival","item":"/data/rows"}
"#;

/// Written at once, so that the stand-in is not what is measured.
const CHUNK: usize = 64 * 1024;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let start = now()?;
    let mut words = std::env::args_os();
    let own = PathBuf::from(words.next().ok_or("a program has a name")?);
    let words: Vec<_> = words.collect();
    let out = &mut io::stdout().lock();
    if words.iter().any(|word| word == "version") {
        out.write_all(VERSION)?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = own.file_name().and_then(|name| name.to_str()).ok_or("no name")?;
    let (kind, number) = name.split_once('-').unwrap_or((name, "0"));
    print(kind, number.parse()?, out)?;
    out.write_all(SUMMARY)?;
    out.flush()?;
    stamp(&own, start)?;
    Ok(ExitCode::from(if kind == "errors" { 3 } else { 0 }))
}

fn print(kind: &str, number: usize, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    match kind {
        "saves" => Ok(()),
        "status" => statuses(number, out),
        "line" => {
            fill(&[b'x'; CHUNK], number, out)?;
            Ok(out.write_all(b"\n")?)
        }
        "errors" => fill(&ERROR.repeat(CHUNK / ERROR.len()), number * ERROR.len(), out),
        "garbage" => {
            let bytes: Vec<u8> = (0..=u8::MAX).filter(u8::is_ascii_control).chain(0x80..=0xff).collect();
            fill(&bytes.repeat(CHUNK / bytes.len()), number, out)?;
            Ok(out.write_all(b"\n")?)
        }
        "stderr" => fill(&b"a warning that nobody asked for\n".repeat(CHUNK / 32), number, &mut io::stderr()),
        other => Err(format!("{other:?} is nothing to stand in for").into()),
    }
}

/// As restic 0.14 prints them, each another.
fn statuses(number: usize, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut lines = Vec::with_capacity(2 * CHUNK);
    for done in 1..=number {
        let percent = done as f64 / number as f64;
        writeln!(
            lines,
            r#"{{"message_type":"status","seconds_elapsed":{done},"percent_done":{percent},"total_files":{number},"files_done":{done},"total_bytes":73400320,"bytes_done":{done},"current_files":["/srv/data/files/{done}"]}}"#
        )?;
        if lines.len() > CHUNK {
            out.write_all(&lines)?;
            lines.clear();
        }
    }
    Ok(out.write_all(&lines)?)
}

/// Writes `bytes` again and again, `number` bytes in all.
fn fill(bytes: &[u8], mut number: usize, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    while number > 0 {
        let piece = &bytes[..bytes.len().min(number)];
        out.write_all(piece)?;
        number -= piece.len();
    }
    Ok(())
}

fn stamp(own: &Path, start: u128) -> Result<(), Box<dyn Error>> {
    let mut file = own.as_os_str().to_owned();
    file.push(".stamps");
    let mut file = OpenOptions::new().append(true).create(true).open(file)?;
    // Last of all: what the stand-in does after this counts as zb's.
    Ok(file.write_all(format!("{start} {}\n", now()?).as_bytes())?)
}

fn now() -> Result<u128, Box<dyn Error>> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())
}
