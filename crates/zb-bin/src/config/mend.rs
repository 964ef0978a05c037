//! What is wrong with a document, all of it: a fault is noted, its place is mended for the reading alone, and the reading
//! goes on to the next. What was mended is never kept.

use std::borrow::Cow;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::BadInput;

/// A change to what is read, not to the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Mend {
    /// As if the key were not there.
    Without(Vec<String>),
    /// As if this text stood there.
    Text(Vec<String>, String),
    /// As if this line of a text were empty; counts from 1.
    NoLine(Vec<String>, u32),
    /// As if the repository had a password, if it names none.
    Password,
}

const PASSWORD: [&str; 4] = ["password_file", "password_env", "password_command", "password"];

/// What stands in the place of an address that is wrong.
const NO_ADDRESS: &str = "http://localhost/";

impl Mend {
    /// What makes the fault go away; nothing where its key is not known. `stored` knows the text that is stored under a
    /// key: an address that is wrong hides no other fault of what goes there.
    pub(super) fn of(fault: &BadInput, stored: impl Fn(&[&str]) -> Option<String>) -> Vec<Self> {
        let key: Vec<&str> = fault.key.iter().map(String::as_str).collect();
        let text = |path: &[&str], text: String| {
            Self::Text(path.iter().map(|key| (*key).to_owned()).collect(), text)
        };
        let stored_or = |default: &str| stored(&key).unwrap_or_else(|| default.to_owned());
        let without = Self::Without(fault.key.clone());
        match (key.as_slice(), fault.header_line) {
            ([], _) => Vec::new(),
            (["name"], _) => vec![text(&key, "x".to_owned())],
            (["source"], _) => vec![text(&key, "/".to_owned())],
            (["repository"], _) => {
                vec![without, text(&["repository", "url"], "/x".to_owned()), Self::Password]
            }
            (["repository", "url"], _) => vec![text(&key, stored_or("/x"))],
            (["repository", password], _) if PASSWORD.contains(password) => vec![without, Self::Password],
            (["webhooks", _, "url"], _) => vec![text(&key, stored_or(NO_ADDRESS))],
            (_, Some(line)) => vec![Self::NoLine(fault.key.clone(), line)],
            _ => vec![without],
        }
    }

    pub(super) fn apply(&self, top: &mut DeTable<'_>) {
        match self {
            Self::Without(path) => {
                if let Some((table, key)) = place(top, path) {
                    table.remove(key);
                }
            }
            Self::Text(path, text) => put(top, path, text.clone()),
            Self::NoLine(path, line) => {
                let there = place(top, path).and_then(|(table, key)| table.get_mut(key));
                if let Some(DeValue::String(text)) = there.map(Spanned::get_mut) {
                    *text = Cow::Owned(without_line(text, *line));
                }
            }
            Self::Password => {
                let path = ["repository", "password"].map(ToOwned::to_owned);
                let is_named = place(top, &path)
                    .is_some_and(|(table, _)| PASSWORD.iter().any(|key| table.contains_key(*key)));
                if !is_named {
                    put(top, &path, "x".to_owned());
                }
            }
        }
    }
}

fn put(top: &mut DeTable<'_>, path: &[String], text: String) {
    let Some((table, key)) = place(top, path) else { return };
    let text = DeValue::String(Cow::Owned(text));
    match table.get_mut(key) {
        Some(there) => *there.get_mut() = text,
        None => {
            table.insert(Spanned::new(0..0, Cow::Owned(key.to_owned())), Spanned::new(0..0, text));
        }
    }
}

/// The table of a key, made where it is missing.
fn place<'a, 't, 'p>(top: &'a mut DeTable<'t>, path: &'p [String]) -> Option<(&'a mut DeTable<'t>, &'p str)> {
    let (key, tables) = path.split_last()?;
    let mut at = top;
    for name in tables {
        if !at.contains_key(name.as_str()) {
            let table = Spanned::new(0..0, DeValue::Table(DeTable::new()));
            at.insert(Spanned::new(0..0, Cow::Owned(name.clone())), table);
        }
        match at.get_mut(name.as_str())?.get_mut() {
            DeValue::Table(table) => at = table,
            _ => return None,
        }
    }
    Some((at, key))
}

fn without_line(text: &str, line: u32) -> String {
    let lines = (1..).zip(text.split_inclusive('\n'));
    lines.map(|(number, text)| if number == line { "\n" } else { text }).collect()
}
