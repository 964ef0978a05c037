//! A page of the reference as data: the tables and code blocks below a heading.

use std::{collections::BTreeSet, fs, path::PathBuf};

/// The lines of a page, or of a part of it.
pub(crate) struct Page {
    name: String,
    lines: Vec<String>,
}

/// Where a file of the repository would be.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

impl Page {
    /// Reads a page; `None` where there is no `docs/` at all.
    pub(crate) fn read(name: &str) -> Option<Self> {
        let docs = in_repository("docs/reference");
        docs.exists().then(|| {
            let text = fs::read_to_string(docs.join(name)).unwrap();
            Self { name: name.to_owned(), lines: text.lines().map(str::to_owned).collect() }
        })
    }

    /// What stands below a heading, up to the next heading outside of a code block.
    pub(crate) fn below(&self, heading: &str) -> Self {
        let start = self.lines.iter().position(|line| line == heading);
        let start = start.unwrap_or_else(|| panic!("{} has no heading {heading:?}", self.name)) + 1;
        let mut in_code = false;
        let is_text = |line: &&String| {
            in_code ^= line.starts_with("```");
            in_code || !line.starts_with('#')
        };
        let lines = self.lines[start..].iter().take_while(is_text).cloned().collect();
        Self { name: format!("{} {heading}", self.name), lines }
    }

    /// The headings that begin so, without that.
    pub(crate) fn headings(&self, mark: &str) -> Vec<String> {
        self.lines.iter().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
    }

    /// The cells of every row of every table whose head begins with this cell.
    pub(crate) fn table(&self, first: &str) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut wanted = false;
        for (at, line) in self.lines.iter().enumerate() {
            let Some(inner) = line.strip_prefix("| ") else { continue };
            let inner = inner.strip_suffix('|').unwrap();
            let cells: Vec<_> = inner.split('|').map(|cell| cell.trim().to_owned()).collect();
            if self.lines.get(at + 1).is_some_and(|next| next.starts_with("|--")) {
                wanted = cells[0] == first;
            } else if wanted {
                rows.push(cells);
            }
        }
        assert!(!rows.is_empty(), "{} has no table that begins with {first:?}", self.name);
        rows
    }

    /// The code blocks of a language, each as it stands.
    pub(crate) fn blocks(&self, language: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut open: Option<(bool, String)> = None;
        for line in &self.lines {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(of)) => open = Some((of == language, String::new())),
                (Some(_), Some(_)) => {
                    blocks.extend(open.take().filter(|(wanted, _)| *wanted).map(|(_, text)| text));
                }
                (Some((_, text)), None) => text.push_str(&format!("{line}\n")),
                (None, None) => {}
            }
        }
        blocks
    }
}

/// The pieces of a cell that stand in backquotes.
pub(crate) fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The pieces in backquotes of one column.
pub(crate) fn names(rows: &[Vec<String>], column: usize) -> BTreeSet<String> {
    rows.iter().flat_map(|row| code(&row[column])).collect()
}

/// The same as [`names`], of words that the code has.
pub(crate) fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

/// The string literals of a source file of another crate that look like this; none where it is absent.
pub(crate) fn literals(file: &str, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let text = fs::read_to_string(in_repository(file)).unwrap_or_default();
    text.split('"').filter(|piece| wanted(piece)).map(str::to_owned).collect()
}
