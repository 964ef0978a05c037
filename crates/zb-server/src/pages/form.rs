//! What a form sent.

use super::csrf;
use crate::{Kind, Problem, body::Unread};

/// The fields of a form, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form that came from a page of ours.
    ///
    /// # Errors
    /// 413, 415, 400; 403 for one that did not.
    pub(super) async fn read(body: Unread, guard: &str) -> Result<Self, Problem> {
        const KIND: &str = "application/x-www-form-urlencoded";
        if body.content_type().is_none_or(|found| found != KIND) {
            return Err(Problem::new(Kind::UnsupportedMediaType, format!("a form is {KIND}")));
        }
        let text = body.text().await?;
        let form = Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect());
        csrf::check(form.text("csrf"), guard)?;
        Ok(form)
    }

    #[cfg(test)]
    pub(super) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// Every value of a field that may be there several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// A field as it was typed; empty where it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}
