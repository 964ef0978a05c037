//! Values that hooks take from elsewhere (`headers_from`, `spec.md` §5): read when they are checked, sealed and sent.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use hook_core::{Secret, ValueFrom, limits::HEADER_BYTES};

use crate::config::{Variables, without_line_end};

/// Reads them from these variables, and from files as they are at each call. The error is the reason, to stand behind
/// the name of the place.
pub(crate) fn reader(
    variables: Variables,
) -> impl Fn(&ValueFrom) -> Result<Secret, String> + Send + Sync + 'static {
    move |from| {
        let bytes = match from {
            ValueFrom::Env(name) => {
                let value = variables.get(OsStr::new(name)).ok_or("it is not set")?;
                value.as_encoded_bytes().to_vec()
            }
            ValueFrom::File(path) => read(path).map_err(|error| format!("it cannot be read: {error}"))?,
        };
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text")?;
        Ok(match from {
            ValueFrom::Env(_) => text,
            ValueFrom::File(_) => without_line_end(text),
        }
        .into())
    }
}

/// One byte more than a header may have is enough to refuse it. A pipe would be empty at the second look, or block.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    // Its line end does not count.
    File::open(path)?.take(HEADER_BYTES as u64 + 3).read_to_end(&mut bytes)?;
    Ok(bytes)
}
