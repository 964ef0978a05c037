//! Lists in pages: `limit`, and a cursor that is good for the same filters only (`api.md` §1, "Lists").

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::query::Query;

const DEFAULT: u32 = 50;
const MOST: u32 = 200;

/// What a cursor is bound to: the list and its filters, so that it leads nowhere else.
type Binding = [u8; 8];

/// Which part of a list is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Page<K> {
    /// So many items; the store is asked for one more, which tells that there is a further page.
    pub(crate) at_most: u32,
    /// The last item of the page before.
    pub(crate) after: Option<K>,
    binding: Binding,
}

impl Query {
    /// Reads `limit` and `cursor` of a list. `list` names it, with its organization; `key` reads what a cursor has for the
    /// place of an item, as it was given to [`Page::answer`].
    pub(crate) fn page<K>(&mut self, list: &str, key: impl FnOnce(&str) -> Option<K>) -> Page<K> {
        let at_most = self.read("limit", |text| match text.parse() {
            Ok(limit @ 1..=MOST) => Ok(limit),
            _ => Err(format!("it is a number from 1 to {MOST}")),
        });
        let binding = binding(list, &self.others(&["limit", "cursor"]));
        let after = self.read("cursor", |text| {
            let found = place(text, &binding).and_then(|place| key(&place));
            found.ok_or_else(|| "it is no cursor of this list with these filters".to_owned())
        });
        Page { at_most: at_most.unwrap_or(DEFAULT), after, binding }
    }
}

impl<K> Page<K> {
    /// The answer: of what the store found, at most as many as are wanted, and the cursor to those after them. `key` names
    /// an item's place in the list.
    pub(crate) fn answer<T>(
        &self,
        mut found: Vec<T>,
        key: impl FnOnce(&T) -> String,
        show: impl Fn(&T) -> Value,
    ) -> Value {
        let at_most = usize::try_from(self.at_most).unwrap_or(usize::MAX);
        let is_more = found.len() > at_most;
        found.truncate(at_most);
        let last = found.last().filter(|_| is_more);
        let next =
            last.map(|last| URL_SAFE_NO_PAD.encode([&self.binding[..], key(last).as_bytes()].concat()));
        json!({"items": found.iter().map(show).collect::<Vec<_>>(), "nextCursor": next})
    }
}

fn binding(list: &str, filters: &[&(String, String)]) -> Binding {
    let mut sorted = filters.to_vec();
    sorted.sort();
    let mut hash = Sha256::new_with_prefix(list);
    for (name, value) in sorted {
        hash.update(format!("\0{name}={value}"));
    }
    let mut first = Binding::default();
    let length = first.len();
    first.copy_from_slice(&hash.finalize()[..length]);
    first
}

/// What a cursor has, if it is of this list.
fn place(cursor: &str, binding: &Binding) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    String::from_utf8(bytes.strip_prefix(binding)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str, list: &str) -> (Page<String>, Vec<crate::FieldError>) {
        let mut query = Query::of(query);
        query.text("status");
        let page = query.page(list, |place| Some(place.to_owned()));
        (page, query.faults())
    }

    fn answer(page: &Page<String>, found: &[&str]) -> Value {
        page.answer(found.to_vec(), ToString::to_string, |item| json!(item))
    }

    #[test]
    fn a_cursor_leads_on_with_the_same_filters_only() {
        let (first, _) = page("limit=2&status=error", "runs");
        let shown = answer(&first, &["c", "b", "a"]);
        assert_eq!(shown["items"], json!(["c", "b"]));
        let cursor = shown["nextCursor"].as_str().unwrap();
        let (next, faults) = page(&format!("status=error&cursor={cursor}&limit=1"), "runs");
        assert_eq!((next.after.as_deref(), next.at_most, faults.len()), (Some("b"), 1, 0));
        for (query, list) in [("status=warning", "runs"), ("", "runs"), ("status=error", "jobs")] {
            let (_, faults) = page(&format!("{query}&cursor={cursor}"), list);
            assert_eq!(faults[0].field, "?cursor", "{query} {list}");
        }
        assert_eq!(answer(&next, &["a"])["nextCursor"], Value::Null, "the last page");
    }

    #[test]
    fn a_limit_has_limits() {
        for (text, expected) in
            [("1", 1), ("200", 200), ("0", 50), ("201", 50), ("-1", 50), ("x", 50), ("", 50)]
        {
            let (page, faults) = page(&format!("limit={text}"), "runs");
            assert_eq!(page.at_most, expected);
            assert_eq!(faults.is_empty(), expected != 50, "{text}");
        }
        for cursor in ["", "x", "%00", "AAAAAAAAAAAAAAAA"] {
            assert_eq!(page(&format!("cursor={cursor}"), "runs").1[0].field, "?cursor");
        }
        assert_eq!(page("", "runs").0.at_most, 50);
    }
}
