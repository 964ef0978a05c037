//! A table of a TOML file, read strictly: every key known, every value of its type, every error with its place.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use zb_server::nearest;

use super::{BadInput, Place, TomlText, durations::parse_duration};

/// One table, and its name from the top of the file.
#[derive(Clone, Debug)]
pub struct Section<'t> {
    file: &'t TomlText,
    /// The keys from the top of the file to this table.
    path: Vec<String>,
    table: &'t DeTable<'t>,
    /// Where the table's own name stands, in bytes.
    at: usize,
    /// The keys at the top of the file: one of them below a table's name is a common slip.
    top_keys: &'t [&'t str],
}

impl<'t> Section<'t> {
    pub(super) fn top(file: &'t TomlText, table: &'t DeTable<'t>, top_keys: &'t [&'t str]) -> Self {
        Self { file, path: Vec::new(), table, at: 0, top_keys }
    }

    /// The file in which this stands.
    #[must_use]
    pub fn file(&self) -> &'t TomlText {
        self.file
    }

    /// Refuses every key that is not in `known`; the first of the file is named, with the nearest that exists.
    ///
    /// # Errors
    /// There is such a key.
    pub fn only(&self, known: &[&str]) -> Result<(), BadInput> {
        let unknown = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let fault = self.unknown(key.get_ref());
        if self.top_keys.contains(&key.get_ref().as_ref()) {
            let hint = format!("`{}` stands at the top of the file, above the first [table]", key.get_ref());
            return Err(fault.hint(hint));
        }
        Err(match nearest(key.get_ref(), known.iter().copied()) {
            Some(name) => BadInput { reason: format!("{}; did you mean `{name}`?", fault.reason), ..fault },
            None => fault.hint(format!("the keys here are: {}", known.join(", "))),
        })
    }

    /// What is wrong with a key that does not exist, wherever it stands.
    #[must_use]
    pub fn unknown(&self, key: &str) -> BadInput {
        let table =
            if self.path.is_empty() { String::new() } else { format!(" in [{}]", self.path.join(".")) };
        BadInput::new(self.place(key), format!("unknown key `{key}`{table}")).at(self.path_to(key))
    }

    /// Whether the key is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether the key is there and holds a list.
    #[must_use]
    pub fn is_list(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_array())
    }

    /// Whether the key is there and holds a text.
    #[must_use]
    pub fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_str())
    }

    /// The keys, as they are written.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.table.keys().map(|key| key.get_ref().as_ref())
    }

    /// The key's name from the top of the file, as in `webhooks.pre.url`.
    #[must_use]
    pub fn full_name(&self, key: &str) -> String {
        self.path_to(key).join(".")
    }

    /// The same, table by table.
    pub(super) fn path_to(&self, key: &str) -> Vec<String> {
        self.path.iter().cloned().chain([key.to_owned()]).collect()
    }

    /// Where the key stands; where it is missing, where its table begins.
    #[must_use]
    pub fn place(&self, key: &str) -> Place {
        match self.table.get_key_value(key) {
            Some((key, _)) => self.file.place(key.span().start),
            None => self.start(),
        }
    }

    /// Where the table begins.
    #[must_use]
    pub fn start(&self) -> Place {
        self.file.place(self.at)
    }

    /// What is wrong with a key: `` `full.name` `` and the reason.
    #[must_use]
    pub fn fault(&self, key: &str, reason: impl AsRef<str>) -> BadInput {
        self.at_key(key, format!("`{}` {}", self.full_name(key), reason.as_ref()))
    }

    /// What is wrong with a key, in these words.
    pub(super) fn at_key(&self, key: &str, reason: impl Into<String>) -> BadInput {
        BadInput::new(self.place(key), reason).at(self.path_to(key))
    }

    /// A table in this one.
    ///
    /// # Errors
    /// It is something else.
    pub fn section(&self, key: &str) -> Result<Option<Section<'t>>, BadInput> {
        let Some((written, value)) = self.table.get_key_value(key) else { return Ok(None) };
        let table = value.get_ref().as_table().ok_or_else(|| self.mistyped(key, "a table", value))?;
        Ok(Some(Self { path: self.path_to(key), table, at: written.span().start, ..*self }))
    }

    /// A list of tables, as `[[key]]` begins one each.
    ///
    /// # Errors
    /// It is something else.
    pub fn sections(&self, key: &str) -> Result<Option<Vec<Section<'t>>>, BadInput> {
        let expected = format!("a list of tables, each beginning with [[{key}]]");
        let Some(list) = self.value(key, &expected, DeValue::as_array)? else { return Ok(None) };
        let section = |entry: &'t Spanned<DeValue<'t>>| match entry.get_ref().as_table() {
            Some(table) => Ok(Self { path: self.path_to(key), table, at: entry.span().start, ..*self }),
            None => Err(self.entry_fault(key, entry, &format!("must be {expected}, not {}", kind(entry)))),
        };
        list.iter().map(section).collect::<Result<_, _>>().map(Some)
    }

    /// A text, which may be empty but holds no NUL.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self, key: &str) -> Result<Option<&'t str>, BadInput> {
        match self.verbatim(key)? {
            Some(text) if text.contains('\0') => Err(self.fault(key, "holds a NUL character")),
            text => Ok(text),
        }
    }

    /// A text of any characters.
    ///
    /// # Errors
    /// It is something else.
    pub fn verbatim(&self, key: &str) -> Result<Option<&'t str>, BadInput> {
        self.value(key, "a text in quotes", DeValue::as_str)
    }

    /// A text that is not empty.
    ///
    /// # Errors
    /// It is empty, or something else.
    pub fn filled_text(&self, key: &str) -> Result<Option<&'t str>, BadInput> {
        match self.text(key)? {
            Some(text) if text.trim().is_empty() => Err(self.fault(key, "is empty")),
            text => Ok(text),
        }
    }

    /// A text that must be there and not be empty.
    ///
    /// # Errors
    /// It is missing, empty, or something else.
    pub fn required_text(&self, key: &str) -> Result<&'t str, BadInput> {
        self.filled_text(key)?.ok_or_else(|| self.fault(key, "is missing"))
    }

    /// A path; a relative one is relative to the folder of the file that names it (`spec.md` §5).
    ///
    /// # Errors
    /// It is empty, begins with a `~`, or is something else.
    pub fn path(&self, key: &str) -> Result<Option<PathBuf>, BadInput> {
        match self.filled_text(key)? {
            Some(text) if text == "~" || text.starts_with("~/") => Err(self
                .fault(key, "begins with ~, which only a shell understands")
                .hint("write the whole path")),
            text => Ok(text.map(|text| self.file.folder().join(Path::new(text)))),
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// It is something else.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, BadInput> {
        self.value(key, "true or false", DeValue::as_bool)
    }

    /// A whole number that fits into 64 bits.
    ///
    /// # Errors
    /// It is something else, or larger.
    pub fn integer(&self, key: &str) -> Result<Option<i64>, BadInput> {
        let Some(integer) = self.value(key, "a whole number", DeValue::as_integer)? else { return Ok(None) };
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(self.fault(key, "is too large a number")),
        }
    }

    /// Whole seconds, or a text like `"90s"`.
    ///
    /// # Errors
    /// It is negative, no such text, or something else.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>, BadInput> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Integer(_) => {
                let seconds = self.integer(key)?.and_then(|number| u64::try_from(number).ok());
                seconds.map(Duration::from_secs).map(Some).ok_or_else(|| self.fault(key, "is negative"))
            }
            DeValue::String(text) => match parse_duration(text) {
                Ok(duration) => Ok(Some(duration)),
                Err(error) => Err(self.fault(key, format!("is no span of time: {error}"))),
            },
            _ => Err(self.mistyped(key, "whole seconds or a text like \"90s\"", value)),
        }
    }

    /// One of a few words.
    ///
    /// # Errors
    /// It is another word, or something else.
    pub fn choice<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, BadInput> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        if let Some(&(_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(Some(value));
        }
        let words = words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>();
        Err(self.fault(key, format!("must be one of {}, not {text:?}", words.join(", "))))
    }

    /// A list of texts, none of them empty.
    ///
    /// # Errors
    /// It is something else; the line is that of the wrong entry.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<&'t str>>, BadInput> {
        let expected = "a list of texts, as in [\"one\", \"two\"]";
        let Some(list) = self.value(key, expected, DeValue::as_array)? else { return Ok(None) };
        let text = |entry: &'t Spanned<DeValue<'t>>| match entry.get_ref().as_str() {
            Some("") => Err(self.entry_fault(key, entry, "holds an empty text")),
            Some(text) if text.contains('\0') => Err(self.entry_fault(key, entry, "holds a NUL character")),
            Some(text) => Ok(text),
            None => Err(self.entry_fault(key, entry, &format!("must be {expected}, not {}", kind(entry)))),
        };
        list.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// How the value is written, quotes included, and the line on which it begins.
    pub(super) fn written(&self, key: &str) -> Option<(&'t str, usize)> {
        let span = self.table.get(key)?.span();
        let Place::File { line: Some(line), .. } = self.file.place(span.start) else { return None };
        Some((self.file.written(span), line))
    }

    /// Where the value stands, in bytes.
    pub(super) fn span(&self, key: &str) -> Option<std::ops::Range<usize>> {
        self.table.get(key).map(Spanned::span)
    }

    /// A line of the file.
    pub(super) fn line(&self, line: usize) -> Place {
        Place::File { path: self.file.path().to_owned(), line: Some(line) }
    }

    /// The table itself.
    pub(super) fn table(&self) -> &'t DeTable<'t> {
        self.table
    }

    fn value<T>(
        &self,
        key: &str,
        expected: &str,
        pick: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Result<Option<T>, BadInput> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        pick(value.get_ref()).map(Some).ok_or_else(|| self.mistyped(key, expected, value))
    }

    fn mistyped(&self, key: &str, expected: &str, value: &Spanned<DeValue<'_>>) -> BadInput {
        self.fault(key, format!("must be {expected}, not {}", kind(value)))
    }

    fn entry_fault(&self, key: &str, entry: &Spanned<DeValue<'_>>, reason: &str) -> BadInput {
        let place = self.file.place(entry.span().start);
        BadInput::new(place, format!("`{}` {reason}", self.full_name(key))).at(self.path_to(key))
    }
}

fn kind(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
