//! `ETag` and `If-Match` (RFC 9110 §13.1.1): so that two people cannot overwrite each other (`api.md` §3).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use job_store::Expected;
use serde_json::Value;

use crate::{Kind, Problem};

/// The tag of a revision.
pub(crate) fn of(revision: u32) -> String {
    format!("\"{revision}\"")
}

/// An answer that shows this revision of something.
pub(crate) fn tagged(revision: u32, shown: Value) -> Response {
    ([(header::ETAG, of(revision))], Json(shown)).into_response()
}

/// What a request wants to find.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum IfMatch {
    /// `*`: anything.
    Any,
    /// One of these tags.
    Tags(String),
}

impl IfMatch {
    /// What the request says, if it says something.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let lines: Vec<_> = headers.get_all(header::IF_MATCH).iter().collect();
        let lines: Vec<_> = lines.iter().map(|line| line.to_str().unwrap_or_default()).collect();
        match lines.join(",").trim() {
            "" => None,
            "*" => Some(Self::Any),
            tags => Some(Self::Tags(tags.to_owned())),
        }
    }

    /// The same where it must say something.
    ///
    /// # Errors
    /// 428.
    pub(crate) fn required(headers: &HeaderMap) -> Result<Self, Problem> {
        Self::of(headers).ok_or_else(|| {
            let detail = "send If-Match with the ETag of what you changed; * overwrites whatever is there";
            Problem::new(Kind::PreconditionRequired, detail)
        })
    }

    /// What must still be there where the request may say it: anything, if it says nothing.
    ///
    /// # Errors
    /// 412.
    pub(crate) fn expected(headers: &HeaderMap, revision: u32) -> Result<Expected, Problem> {
        Self::of(headers).map_or(Ok(Expected::Any), |wanted| wanted.allows(revision))
    }

    /// Goes on if this revision is wanted: it is what must still be there.
    ///
    /// # Errors
    /// 412.
    pub(crate) fn allows(&self, revision: u32) -> Result<Expected, Problem> {
        let tag = of(revision);
        match self {
            Self::Any => Ok(Expected::Any),
            // A weak tag is never the same (RFC 9110 §8.8.3.2).
            Self::Tags(tags) if tags.split(',').any(|found| found.trim() == tag) => {
                Ok(Expected::Revision(revision))
            }
            Self::Tags(_) => Err(changed(revision)),
        }
    }
}

/// Somebody else was faster.
pub(crate) fn changed(revision: u32) -> Problem {
    let problem = Problem::new(Kind::Changed, "somebody changed it meanwhile: look at what is there now");
    match HeaderValue::try_from(of(revision)) {
        Ok(tag) => problem.header(header::ETAG, tag),
        Err(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_is_overwritten() {
        let said = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::try_from(text).unwrap());
            IfMatch::of(&headers)
        };
        assert_eq!(IfMatch::of(&HeaderMap::new()), None);
        assert_eq!(said("*").unwrap().allows(7).unwrap(), Expected::Any);
        for (text, is_allowed) in
            [("\"7\"", true), ("\"6\", \"7\"", true), ("\"6\"", false), ("W/\"7\"", false), ("7", false)]
        {
            assert_eq!(said(text).unwrap().allows(7).is_ok(), is_allowed, "{text}");
        }
        let refused = said("\"6\"").unwrap().allows(7).unwrap_err();
        assert_eq!(
            (refused.kind, &refused.more.headers[0].1),
            (Kind::Changed, &HeaderValue::from_static("\"7\""))
        );
    }
}
