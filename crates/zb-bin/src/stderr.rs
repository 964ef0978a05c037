//! One line to the person at the terminal, outside the run's own output.

use std::io::{self, Write};

/// Writes a line to standard error; that nobody reads it is no reason to stop.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
