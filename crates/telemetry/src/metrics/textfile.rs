//! The textfile for node_exporter (its README, "Textfile Collector").

use std::{
    fs::Permissions,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Writes the text to a file that whoever reads it finds whole, the old one or the new one, and may read (mode 0644).
///
/// A file beside it is written first and put in its place; its name does not end in `.prom`, so that node_exporter
/// passes over it, and it is removed when something fails. The disk is not waited for: after a power cut the next run
/// writes the file anew.
///
/// # Errors
/// The folder is not there or cannot be written to, or the path is not that of a file.
pub fn write_textfile(path: &Path, text: &str) -> Result<(), TextfileError> {
    replace(path, text).map_err(|source| TextfileError { path: path.to_owned(), source })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A bare name is one in the working folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".zb-metrics-").suffix(".new").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Whatever the umask is: node_exporter runs as somebody else.
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.persist(path).map_err(|refused| refused.error)?;
    Ok(())
}

/// The textfile could not be written; the reason is its source.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the metrics to {path:?}")]
pub struct TextfileError {
    path: PathBuf,
    source: io::Error,
}

impl TextfileError {
    /// What a person can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::NotFound => "create its folder, or name another file with --metrics-file",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "let zb's user write to its folder, or name another file with --metrics-file"
            }
            io::ErrorKind::IsADirectory => "name a file with --metrics-file, not a folder",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on that disk",
            _ => "name another file with --metrics-file",
        }
    }
}
