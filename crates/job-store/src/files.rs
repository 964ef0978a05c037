//! Files that may not be there.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Opens a file to read it; nothing where there is none.
pub(crate) fn open_if_there(path: &Path) -> io::Result<Option<File>> {
    unless_missing(File::open(path))
}

/// Removes a file; nothing to do where there is none.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    unless_missing(fs::remove_file(path)).map(|_| ())
}

fn unless_missing<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}
