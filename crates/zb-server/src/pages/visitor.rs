//! Somebody at a browser, signed in.

use askama::Template;
use axum::{extract::FromRequestParts, response::Response};
use http::{StatusCode, request::Parts};

use super::{csrf, flash};
use crate::{
    Caller, Problem, Service,
    auth::{Client, SignedIn},
};

/// Who looks at a page, and what the page's forms need.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) caller: Caller,
    pub(super) client: Client,
    /// Of the session's forms.
    pub(super) csrf: String,
    /// What the last press did.
    pub(super) flash: Option<String>,
}

impl FromRequestParts<Service> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let known = SignedIn::from_request_parts(parts, service).await?;
        let csrf = csrf::field(known.digest);
        Ok(Self {
            caller: known.caller()?,
            client: Client::of(parts, &service.settings),
            csrf,
            flash: flash::of(&parts.headers),
        })
    }
}

impl Visitor {
    /// A page for this visitor. What it told of the last press is not told again.
    ///
    /// # Errors
    /// As [`Service::page`].
    pub(super) fn page(&self, service: &Service, page: &impl Template) -> Result<Response, Problem> {
        let mut response = service.page(StatusCode::OK, page)?;
        if self.flash.is_some() {
            service.told(&self.client, &mut response);
        }
        Ok(response)
    }
}
