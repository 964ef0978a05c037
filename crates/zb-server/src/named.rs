//! A name in a path.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{Kind, Problem};

/// What stands in a path's braces. One that cannot be read names nothing: 404.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named<T = String>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(not_found()),
        }
    }
}

/// There is none, or it is another organization's: the same to the byte.
pub(crate) fn not_found() -> Problem {
    Problem::new(Kind::NotFound, "there is no such thing here")
}
