//! The body of a request: read after the rights of its caller, member by member, and all that is wrong told at once
//! (`api.md` §1).

use std::convert::Infallible;

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, Request},
};
use http::{HeaderMap, header};
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};

use crate::{FieldError, JobDocument, Kind, Problem, nearest::unknown, query::Query};

/// The most that a body may have (`api.md` §8).
pub(crate) const MOST_BYTES: usize = 1024 * 1024;

/// A body that was not read yet.
#[derive(Debug)]
pub(crate) struct Unread {
    headers: HeaderMap,
    body: Body,
}

impl<S: Sync> FromRequest<S> for Unread {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        Ok(Self { headers: parts.headers, body })
    }
}

impl Unread {
    /// The type that it says it has, without parameters, in lower case.
    pub(crate) fn content_type(&self) -> Option<String> {
        let text = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Its text.
    ///
    /// # Errors
    /// 413, or 400 for what is no UTF-8 or was cut off.
    pub(crate) async fn text(self) -> Result<String, Problem> {
        let declared =
            self.headers.get(header::CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse().ok());
        if declared.is_some_and(|length: usize| length > MOST_BYTES) {
            return Err(too_large());
        }
        let bytes = to_bytes(self.body, MOST_BYTES).await.map_err(|error| {
            let is_limit = error.into_inner().is::<LengthLimitError>();
            if is_limit { too_large() } else { malformed("the body was cut off") }
        })?;
        String::from_utf8(bytes.into()).map_err(|_| malformed("the body is no UTF-8"))
    }

    /// Its JSON.
    ///
    /// # Errors
    /// 413, 415, 400.
    pub(crate) async fn json(self) -> Result<Value, Problem> {
        if self.content_type().is_some_and(|found| found != "application/json") {
            return Err(unsupported());
        }
        let is_typed = self.content_type().is_some();
        let text = self.text().await?;
        match text.is_empty() {
            true => Err(malformed("a body is needed: JSON")),
            false if !is_typed => Err(unsupported()),
            false => parsed(&text),
        }
    }

    /// A job, in JSON or TOML.
    ///
    /// # Errors
    /// 413, 415, 400.
    pub(crate) async fn job(self) -> Result<JobDocument, Problem> {
        if self.content_type().as_deref() == Some("application/toml") {
            return Ok(JobDocument::Toml(self.text().await?));
        }
        Ok(JobDocument::Json(self.json().await?))
    }

    /// Its members, none where there is no body.
    ///
    /// # Errors
    /// As [`Unread::fields`].
    pub(crate) async fn fields_or_none(self) -> Result<Fields, Problem> {
        let content_type = self.content_type();
        let is_json = content_type.as_deref() == Some("application/json");
        let text = self.text().await?;
        match text.is_empty() {
            true => Ok(Fields::default()),
            false if !is_json => Err(unsupported()),
            false => fields_of(parsed(&text)?),
        }
    }

    /// Its members.
    ///
    /// # Errors
    /// 413, 415, 400; 422 for JSON that is no object.
    pub(crate) async fn fields(self) -> Result<Fields, Problem> {
        fields_of(self.json().await?)
    }
}

/// The members of a document.
///
/// # Errors
/// 422 for JSON that is no object.
pub(crate) fn fields_of(value: Value) -> Result<Fields, Problem> {
    match value {
        Value::Object(members) => Ok(Fields { members, ..Fields::default() }),
        _ => Err(Problem::invalid(vec![FieldError::new("", "it is an object")])),
    }
}

fn parsed(text: &str) -> Result<Value, Problem> {
    // The parser's message may have a piece of the text, which may be a secret.
    serde_json::from_str(text).map_err(|error| {
        malformed(&format!("the body is no JSON: line {}, column {}", error.line(), error.column()))
    })
}

fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, "a body has at most 1 MiB")
}

fn malformed(detail: &str) -> Problem {
    Problem::new(Kind::Malformed, detail)
}

fn unsupported() -> Problem {
    Problem::new(Kind::UnsupportedMediaType, "the body is application/json")
}

/// The members of a body, and what was found wrong so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    members: Map<String, Value>,
    asked: Vec<&'static str>,
    /// With the place in the document; what is missing comes last.
    faults: Vec<(usize, FieldError)>,
}

impl Fields {
    /// A member that must be there; `null` is not.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Vec<FieldError>>,
    ) -> Option<T> {
        let found = self.optional(name, read);
        if matches!(self.members.get(name), None | Some(Value::Null)) {
            self.missing(name, "it is needed");
        }
        found
    }

    /// A member that may be left out or `null`.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Vec<FieldError>>,
    ) -> Option<T> {
        self.nullable(name, read).flatten()
    }

    /// A member that may be left out, which is another thing than `null`.
    pub(crate) fn nullable<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Vec<FieldError>>,
    ) -> Option<Option<T>> {
        self.asked.push(name);
        let value = self.members.get(name)?;
        if value.is_null() {
            return Some(None);
        }
        match read(value) {
            Ok(value) => Some(Some(value)),
            Err(faults) => {
                let below = faults
                    .into_iter()
                    .map(|fault| FieldError { field: format!("/{name}{}", fault.field), ..fault });
                let at = self.place(name);
                self.faults.extend(below.map(|fault| (at, fault)));
                None
            }
        }
    }

    /// Notes that a member is missing.
    pub(crate) fn missing(&mut self, name: &str, reason: &str) {
        let at = self.place(name);
        self.faults.push((at, FieldError::new(format!("/{name}"), reason)));
    }

    /// A member as it is, before it is read.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Whether a member is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Goes on with what was read, if nothing is wrong with it nor with the query.
    ///
    /// # Errors
    /// 422, with everything, also the members that were not asked for.
    pub(crate) fn finish<T>(mut self, query: Query, read: Option<T>) -> Result<T, Problem> {
        for (at, name) in self.members.keys().enumerate() {
            if !self.asked.contains(&name.as_str()) {
                let field = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
                let reason = unknown("member", name, self.asked.iter().copied());
                self.faults.push((at, FieldError::new(field, reason)));
            }
        }
        self.faults.sort_by_key(|(at, _)| *at);
        let mut faults = query.faults();
        faults.extend(self.faults.into_iter().map(|(_, fault)| fault));
        match read {
            Some(read) if faults.is_empty() => Ok(read),
            _ => Err(Problem::invalid(faults)),
        }
    }

    fn place(&self, name: &str) -> usize {
        self.members.keys().position(|key| key == name).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(members: Value) -> Fields {
        Fields { members: members.as_object().unwrap().clone(), ..Fields::default() }
    }

    fn number(value: &Value) -> Result<u64, Vec<FieldError>> {
        value.as_u64().ok_or_else(|| vec![FieldError::new("", "it is a number")])
    }

    #[test]
    fn everything_wrong_is_told_in_the_order_of_the_document() {
        let mut fields = fields(json!({"b": "x", "conut": 1, "a/b": 2, "c": null}));
        assert_eq!(fields.required("a", number), None);
        assert_eq!(fields.required("b", number), None);
        assert_eq!(fields.required("c", number), None);
        assert_eq!(fields.optional("count", number), None);
        let problem = fields.finish::<()>(Query::of("x=1"), None).unwrap_err();
        let told: Vec<_> =
            problem.more.errors.iter().map(|fault| (fault.field.as_str(), fault.reason.as_str())).collect();
        assert_eq!(
            told,
            [
                ("?x", "there is no such parameter"),
                ("/b", "it is a number"),
                ("/conut", "there is no such member; did you mean count?"),
                ("/a~1b", "there is no such member"),
                ("/c", "it is needed"),
                ("/a", "it is needed"),
            ]
        );
    }

    #[test]
    fn null_is_absent_but_where_it_means_something() {
        let mut fields = fields(json!({"a": null, "b": 7}));
        assert_eq!(fields.optional("a", number), None);
        assert_eq!(fields.nullable("a", number), Some(None));
        assert_eq!(fields.nullable("b", number), Some(Some(7)));
        assert_eq!(fields.nullable("c", number), None);
        assert!(fields.finish(Query::default(), Some(())).is_ok());
    }
}
