//! Changes to a text, each at its place: what is not changed stays as it was written.

use std::ops::Range;

use toml::Value;

/// Values that take the places of others.
#[derive(Debug, Default)]
pub(in crate::config) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Puts a text in the place of a value.
    pub(super) fn text(&mut self, place: Range<usize>, text: impl Into<String>) {
        self.value(place, Value::String(text.into()));
    }

    /// Puts a value in the place of another.
    pub(super) fn value(&mut self, place: Range<usize>, value: Value) {
        self.0.push((place, value.to_string()));
    }

    /// Puts a line before all others.
    pub(super) fn first_line(&mut self, line: String) {
        self.0.push((0..0, line + "\n"));
    }

    /// The text with all changes; their places do not overlap.
    pub(in crate::config) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(place, _)| place.start);
        let mut changed = String::with_capacity(text.len());
        let mut at = 0;
        for (place, value) in self.0 {
            changed.push_str(text.get(at..place.start).unwrap_or_default());
            changed.push_str(&value);
            at = place.end;
        }
        changed.push_str(text.get(at..).unwrap_or_default());
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::Edits;

    #[test]
    fn what_is_not_changed_stays() {
        let mut edits = Edits::default();
        edits.text(14..17, "two\n\"lines\"");
        edits.text(4..7, "a'b");
        edits.first_line("x = 1".to_owned());
        let text = edits.apply("a = 'b' # c\nb='d'");
        assert_eq!(text, "x = 1\na = \"a'b\" # c\nb=\"\"\"\ntwo\n\"lines\"\"\"\"");
    }
}
