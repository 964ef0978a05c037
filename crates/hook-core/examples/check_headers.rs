//! Reads headers as a user writes them, one `Name: value` a line, and says what a hook would send, with the values
//! masked, or what is wrong and in which line.
//!
//! ```text
//! cargo run -p hook-core --example check_headers               # two built-in samples, a good one and a bad one
//! cargo run -p hook-core --example check_headers - < FILE      # any text
//! ```
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::{env, io, process::ExitCode};

use hook_core::HookHeaders;

const GOOD: &str = "\
X-Hook-Secret: replace-with-a-long-random-secret

Content-Type: application/json
";

const BAD: &str = "\
X-Hook-Secret: replace-with-a-long-random-secret

Content-Length: 12
";

fn main() -> io::Result<ExitCode> {
    if env::args().nth(1).is_none() {
        show(GOOD);
        show(BAD);
        return Ok(ExitCode::SUCCESS);
    }
    let text = io::read_to_string(io::stdin())?;
    Ok(if show(&text) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the text can be sent.
fn show(text: &str) -> bool {
    let headers = text.parse::<HookHeaders>();
    match &headers {
        Ok(headers) => println!("These would be sent:\n{}", headers.masked()),
        Err(error) => println!("Nothing would be sent: {error}"),
    }
    headers.is_ok()
}
