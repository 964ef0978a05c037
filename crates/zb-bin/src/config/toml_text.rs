//! A TOML file as text: read whole, within limits, with places that a person can find.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use toml::{
    Spanned, Table,
    de::{DeTable, Error},
};

use super::{BadInput, Place, Section, definition::Edits, mend::Mend};

/// The largest file that is read, in bytes: a thousand times what a job needs.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The text of a file, and where it was.
#[derive(Debug)]
pub struct TomlText {
    path: PathBuf,
    folder: PathBuf,
    text: String,
    is_import: bool,
    mends: Vec<Mend>,
}

impl TomlText {
    /// Reads a file. A relative `path` is relative to `cwd`, which is absolute; errors name it as it was given.
    ///
    /// # Errors
    /// It does not exist, cannot be read, is a directory, is larger than [`MAX_FILE_BYTES`] or is not UTF-8.
    pub fn read(path: &Path, cwd: &Path) -> Result<Self, BadInput> {
        let fault = |reason: String| BadInput::new(Place::File { path: path.to_owned(), line: None }, reason);
        let absolute = cwd.join(path);
        let bytes = read_bytes(&absolute).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => fault("there is no such file".to_owned()),
            io::ErrorKind::IsADirectory => fault("it is a directory, not a file".to_owned()),
            _ => fault(format!("cannot be read: {error}")),
        })?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(fault("it is larger than 1 MiB: this is no configuration of zb".to_owned()));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = Some(line_of(error.as_bytes(), good));
            BadInput::new(Place::File { path: path.to_owned(), line }, "it is not UTF-8 text")
        })?;
        let folder = absolute.parent().unwrap_or(cwd).to_owned();
        Ok(Self { path: path.to_owned(), folder, text, is_import: false, mends: Vec::new() })
    }

    /// A text that zb keeps, under the name that its errors have. Its paths are absolute.
    pub(super) fn stored(name: &str, text: String) -> Self {
        Self { path: name.into(), folder: "/".into(), text, is_import: true, mends: Vec::new() }
    }

    /// The same on its way into the store, where a secret may stand that has no place in a file.
    pub(super) fn imported(self) -> Self {
        Self { is_import: true, ..self }
    }

    /// Whether it is stored, or will be.
    pub(super) fn is_import(&self) -> bool {
        self.is_import
    }

    /// The same with changes.
    pub(super) fn edited(&self, edits: Edits) -> Self {
        let text = edits.apply(&self.text);
        let (path, folder, mends) = (self.path.clone(), self.folder.clone(), self.mends.clone());
        Self { path, folder, text, is_import: self.is_import, mends }
    }

    /// Reads the text as if this were changed.
    pub(super) fn mend(&mut self, mends: Vec<Mend>) {
        self.mends.extend(mends);
    }

    /// Bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text alone.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// The file as the user named it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The absolute folder of the file: relative paths in it start there.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What stands between two offsets, as it was written.
    pub(super) fn written(&self, span: std::ops::Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// The place of a byte offset.
    pub(super) fn place(&self, offset: usize) -> Place {
        Place::File { path: self.path.clone(), line: Some(line_of(self.text.as_bytes(), offset)) }
    }

    /// Parses the text.
    ///
    /// # Errors
    /// It is no TOML 1.1: the line and the reason.
    pub fn parse(&self) -> Result<Document<'_>, BadInput> {
        let mut root = DeTable::parse(&self.text).map_err(|error| self.syntax_fault(&error))?;
        self.mends.iter().for_each(|mend| mend.apply(root.get_mut()));
        Ok(Document { file: self, root })
    }

    /// The values, without their places.
    ///
    /// # Errors
    /// As [`TomlText::parse`].
    pub(super) fn to_table(&self) -> Result<Table, BadInput> {
        self.text.parse().map_err(|error| self.syntax_fault(&error))
    }

    fn syntax_fault(&self, error: &Error) -> BadInput {
        let place = match error.span() {
            Some(span) => self.place(span.start),
            None => Place::File { path: self.path.clone(), line: None },
        };
        let reason = error.message().lines().map(str::trim).collect::<Vec<_>>().join("; ");
        BadInput::new(place, format!("not valid TOML: {reason}"))
    }
}

/// A parsed file.
#[derive(Debug)]
pub struct Document<'t> {
    file: &'t TomlText,
    root: Spanned<DeTable<'t>>,
}

impl Document<'_> {
    /// The top of the file, which has these keys and no other.
    ///
    /// # Errors
    /// It has another.
    pub fn top<'s>(&'s self, known: &'s [&'s str]) -> Result<Section<'s>, BadInput> {
        let top = Section::top(self.file, self.root.get_ref(), known);
        top.only(known)?;
        Ok(top)
    }
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn line_of(text: &[u8], offset: usize) -> usize {
    text.iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1
}
