//! Errors of the API: RFC 9457 problem documents, with every wrong field (`api.md` §1).

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use serde_json::{Map, Value};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal $status:literal $title:literal,)*) => {
        /// What is wrong: the last part of `urn:zb:problem:…`, with its status and title.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The last part of its URN.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The same in words, for each problem of this kind.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

kinds! {
    /// No JSON or TOML.
    Malformed "malformed" 400 "Malformed request",
    /// No credential, or none that is valid.
    Unauthenticated "unauthenticated" 401 "Sign in, or send a token",
    /// Username or password is wrong.
    InvalidCredentials "invalid-credentials" 401 "Wrong username or password",
    /// The scope or role does not allow it.
    Forbidden "forbidden" 403 "Not allowed",
    /// A request that another site's page made.
    CrossSite "cross-site" 403 "Cross-site request",
    /// There is no such thing, or it is another organization's.
    NotFound "not-found" 404 "Not found",
    /// The path has other methods.
    MethodNotAllowed "method-not-allowed" 405 "Method not allowed",
    /// No type that is accepted.
    NotAcceptable "not-acceptable" 406 "Not acceptable",
    /// A run of the job is in progress.
    AlreadyRunning "already-running" 409 "Already running",
    /// The run is over.
    Finished "finished" 409 "The run is over",
    /// Nothing is owed.
    NotOwed "not-owed" 409 "Nothing is owed",
    /// Something uses it.
    InUse "in-use" 409 "In use",
    /// A file of the jobs directory has it.
    ManagedByFile "managed-by-file" 409 "Managed by a file",
    /// It is there already.
    Exists "exists" 409 "It exists already",
    /// An organization without an owner would be nobody's.
    LastOwner "last-owner" 409 "The last owner",
    /// Somebody else was faster.
    Changed "changed" 412 "Changed meanwhile",
    /// More than 1 MiB.
    TooLarge "too-large" 413 "Too large",
    /// More than 8 KiB.
    UriTooLong "uri-too-long" 414 "URL too long",
    /// Another content type is needed.
    UnsupportedMediaType "unsupported-media-type" 415 "Unsupported content type",
    /// Fields are wrong.
    Invalid "invalid" 422 "Invalid request",
    /// The key was used for another job.
    IdempotencyKeyReused "idempotency-key-reused" 422 "Idempotency-Key used before",
    /// `If-Match` is needed.
    PreconditionRequired "precondition-required" 428 "If-Match is required",
    /// Too often.
    RateLimited "rate-limited" 429 "Too many requests",
    /// More than 32 KiB.
    HeadTooLarge "head-too-large" 431 "Request head too large",
    /// zb's own failure.
    Internal "internal" 500 "Internal error",
    /// There is no account yet.
    SetUpRequired "set-up-required" 503 "Set-up is required",
    /// The data directory fails.
    Storage "storage" 503 "Storage failed",
    /// The service ends.
    ShuttingDown "shutting-down" 503 "Shutting down",
    /// 1,000 streams are open.
    TooManyStreams "too-many-streams" 503 "Too many streams",
}

/// One wrong field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct FieldError {
    /// A JSON pointer into the body, `?name` of a query parameter, or a header's plain name.
    pub field: String,
    /// What is wrong; it never repeats a secret.
    pub reason: String,
    /// Counts from 1; of headers' texts and TOML only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl FieldError {
    /// A field without a line.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into(), line: None }
    }
}

/// An answer that is an error: `application/problem+json`.
#[derive(Clone, PartialEq, Debug)]
#[must_use = "a problem is an answer"]
#[non_exhaustive]
pub struct Problem {
    /// What is wrong.
    pub kind: Kind,
    /// This time, in a sentence.
    pub detail: String,
    /// What few problems have.
    pub more: Box<More>,
}

/// What few problems have.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct More {
    /// The fields that are wrong, in the order of the document.
    pub errors: Vec<FieldError>,
    /// More members of the document, such as `jobId`.
    pub members: Map<String, Value>,
    /// More headers, such as `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with a sentence about this time.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), more: Box::default() }
    }

    /// Wrong fields: all of them at once, in the order of the document.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "1 field is wrong".to_owned(),
            several => format!("{several} fields are wrong"),
        };
        let mut problem = Self::new(Kind::Invalid, detail);
        problem.more.errors = errors;
        problem
    }

    /// Adds a member.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.more.headers.push((name, value));
        self
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut document = Map::from_iter([
            ("type".to_owned(), format!("urn:zb:problem:{}", self.kind.as_str()).into()),
            ("title".to_owned(), self.kind.title().into()),
            ("status".to_owned(), self.kind.status().into()),
            ("detail".to_owned(), self.detail.clone().into()),
        ]);
        if !self.more.errors.is_empty() {
            document.insert("errors".to_owned(), serde_json::to_value(&self.more.errors).unwrap_or_default());
        }
        document.extend(self.more.members.clone());
        Value::Object(document)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.more.headers.clone());
        // A page says the same in its own way.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_as_the_contract_has_it() {
        let errors = vec![
            FieldError {
                line: Some(2),
                ..FieldError::new("/webhooks/pre/headers", "line 2: a space in the name")
            },
            FieldError::new("?limit", "it is from 1 to 200"),
        ];
        let expected = r#"{"type":"urn:zb:problem:invalid","title":"Invalid request","status":422,"detail":"2 fields are wrong","errors":[{"field":"/webhooks/pre/headers","reason":"line 2: a space in the name","line":2},{"field":"?limit","reason":"it is from 1 to 200"}]}"#;
        assert_eq!(Problem::invalid(errors).to_json().to_string(), expected);
        let running = Problem::new(Kind::AlreadyRunning, "it runs").with("jobId", "job_1");
        assert_eq!(running.to_json()["jobId"], "job_1");
        assert!(running.to_json().get("errors").is_none());
    }
}
