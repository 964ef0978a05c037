//! As much of JSON as is needed to read what zb itself writes.

use crate::shell::Result;

/// The first value of a name in a JSON text, without its quotes.
pub(crate) fn field<'a>(json: &'a str, name: &str) -> Result<&'a str> {
    let missing = || format!("no {name} in {json}");
    let rest = json.split_once(&format!("\"{name}\":")).ok_or_else(missing)?.1.trim_start();
    let value = match rest.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => rest.split([',', '}']).next(),
    };
    Ok(value.ok_or_else(missing)?)
}
