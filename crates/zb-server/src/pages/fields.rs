//! The fields of a form: what each shows, and what is wrong with it. The template `fields.html` draws them.

/// A wrong field: its id, what people call it, and what is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wrong {
    /// Empty where it is none of the form's.
    pub(super) field: &'static str,
    pub(super) title: String,
    pub(super) reason: String,
    pub(super) line: Option<usize>,
}

/// What a form shows.
pub(super) struct Fields {
    /// What each field shows.
    pub(super) values: Vec<(&'static str, String)>,
    pub(super) wrong: Vec<Wrong>,
}

impl Fields {
    pub(super) fn value(&self, field: &str) -> &str {
        self.values.iter().find(|(name, _)| *name == field).map_or("", |(_, value)| value)
    }

    pub(super) fn error(&self, field: &str) -> Option<&Wrong> {
        self.wrong.iter().find(|wrong| wrong.field == field)
    }

    /// What stands below a field, for `aria-describedby`.
    pub(super) fn described(&self, field: &str, hint: &str) -> String {
        let error = self.error(field).map(|_| format!("{field}-error"));
        let hint = (!hint.is_empty()).then(|| format!("{field}-hint"));
        error.into_iter().chain(hint).collect::<Vec<_>>().join(" ")
    }

    /// The lines of a text with the wrong one marked; nothing where the whole of it is meant.
    pub(super) fn excerpt(&self, field: &str) -> Vec<(usize, String, bool)> {
        let Some(bad) = self.error(field).and_then(|wrong| wrong.line) else { return Vec::new() };
        let lines = self.value(field).lines().enumerate();
        lines.map(|(at, line)| (at + 1, line.to_owned(), at + 1 == bad)).collect()
    }

    /// The origin that the allowlist lacks, ready to be copied.
    pub(super) fn origin(&self, field: &str) -> Option<&str> {
        let (_, rest) = self.error(field)?.reason.split_once("Add ")?;
        rest.split_once(" to WEBHOOK_ALLOWED_ORIGINS").map(|(origin, _)| origin)
    }
}
