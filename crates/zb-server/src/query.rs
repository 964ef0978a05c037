//! The query of a request: read name by name, and all that is wrong told at once. A name that nothing has is wrong, so
//! that a typo in a filter does not return everything (`api.md` §1).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use jiff::Timestamp;

use crate::{FieldError, Problem, nearest::unknown};

/// The parameters of a query, and what was found wrong so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    asked: Vec<&'static str>,
    faults: Vec<(usize, FieldError)>,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    /// Of the text after `?`.
    pub(crate) fn of(text: &str) -> Self {
        let uri = http::Uri::builder().path_and_query(format!("/?{text}")).build().unwrap_or_default();
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri);
        Self { pairs: pairs.map(|pairs| pairs.0).unwrap_or_default(), ..Self::default() }
    }

    /// A parameter as it is.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.read(name, |text| Ok(text.to_owned()))
    }

    /// A parameter, read; nothing where it is not there or wrong.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.asked.push(name);
        let at = self.pairs.iter().position(|(key, _)| key == name)?;
        match read(&self.pairs[at].1) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.faults.push((at, FieldError::new(format!("?{name}"), reason)));
                None
            }
        }
    }

    /// A parameter with commas between its values; empty where it is not there or wrong.
    pub(crate) fn several<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        self.read(name, |text| text.split(',').map(read).collect()).unwrap_or_default()
    }

    /// A time as RFC 3339 has it.
    pub(crate) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        self.read(name, |text| {
            text.parse().map_err(|_| "it is a time such as 2026-11-24T01:00:00Z".to_owned())
        })
    }

    /// The parameters but for these, as they are.
    pub(crate) fn others(&self, but: &[&str]) -> Vec<&(String, String)> {
        self.pairs.iter().filter(|(name, _)| !but.contains(&name.as_str())).collect()
    }

    /// What is wrong, in the order of the query: also the names that were not asked for, and those that stand twice.
    pub(crate) fn faults(mut self) -> Vec<FieldError> {
        for (at, (name, _)) in self.pairs.iter().enumerate() {
            let field = || format!("?{name}");
            if !self.asked.contains(&name.as_str()) {
                let reason = unknown("parameter", name, self.asked.iter().copied());
                self.faults.push((at, FieldError::new(field(), reason)));
            } else if self.pairs[..at].iter().any(|(earlier, _)| earlier == name) {
                self.faults.push((at, FieldError::new(field(), "it stands there twice")));
            }
        }
        self.faults.sort_by_key(|(at, _)| *at);
        self.faults.into_iter().map(|(_, fault)| fault).collect()
    }

    /// Goes on if nothing is wrong.
    ///
    /// # Errors
    /// 422, with everything.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.faults() {
            none if none.is_empty() => Ok(()),
            faults => Err(Problem::invalid(faults)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_told_in_its_order() {
        let mut query = Query::of("statsu=error&since=today&limit=7&limit=8&q=a%20b+c");
        assert_eq!(query.time("since"), None);
        assert_eq!(query.text("q").as_deref(), Some("a b c"));
        assert_eq!(query.several("status", |text| Ok(text.to_owned())), Vec::<String>::new());
        assert_eq!(query.read("limit", |text| Ok(text.to_owned())).as_deref(), Some("7"));
        let faults = query.faults();
        let told: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.reason.as_str())).collect();
        assert_eq!(
            told,
            [
                ("?statsu", "there is no such parameter; did you mean status?"),
                ("?since", "it is a time such as 2026-11-24T01:00:00Z"),
                ("?limit", "it stands there twice"),
            ]
        );
    }

    #[test]
    fn several_values_stand_between_commas() {
        let mut query = Query::of("status=warning,error");
        assert_eq!(query.several("status", |text| Ok(text.to_owned())), ["warning", "error"]);
        assert!(query.finish().is_ok());
    }
}
