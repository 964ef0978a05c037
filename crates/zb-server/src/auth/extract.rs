//! Who calls, found in the headers of a request. The checks are in the order of `api.md` §1: no account yet, guessed too
//! often, not known, another site's doing.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderValue, header, request::Parts};
use job_store::{Digest, Identity, Scope};

use super::{Client, Guess, SignedIn, cookie, cross_site::is_cross_site, digest, secrets};
use crate::{Caller, Credential, Kind, Problem, Service};

impl FromRequestParts<Service> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        SignedIn::from_request_parts(parts, service).await?.caller()
    }
}

impl FromRequestParts<Service> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let client = Client::of(parts, &service.settings);
        let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
            let found = by_cookie(service, &parts.headers, &client).await?;
            let known = known(service, found).await?;
            own_site(parts, service)?;
            return Ok(known);
        };
        let Some(token) = bearer(authorization) else { return known(service, None).await };
        Guess::may(service, &client.network())?;
        let found = by_token(service, token, &client).await?;
        if found.is_none() {
            let _ = Guess::begin(service, &client.network(), None)?;
        }
        known(service, found).await
    }
}

/// A request that brings a secret to be tried, from an address that may guess: the limits on guessing come first of all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MayGuess;

impl FromRequestParts<Service> for MayGuess {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        Guess::may(service, &Client::of(parts, &service.settings).network()).map(|()| Self)
    }
}

/// A request that needs no credential, from zb's own pages or from no browser, when there is an account.
#[derive(Clone, Debug)]
pub(crate) struct Open(pub(crate) Client);

impl FromRequestParts<Service> for Open {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        service.needs_account().await?;
        OwnSite::from_request_parts(parts, service).await.map(|OwnSite(client)| Self(client))
    }
}

/// The same, also without an account.
#[derive(Clone, Debug)]
pub(crate) struct OwnSite(pub(crate) Client);

impl FromRequestParts<Service> for OwnSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        own_site(parts, service)?;
        Ok(Self(Client::of(parts, &service.settings)))
    }
}

impl FromRequestParts<Service> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Infallible> {
        Ok(Self::of(parts, &service.settings))
    }
}

impl Service {
    /// Goes on when there is an account: without one nothing but the set-up answers (`api.md` §2).
    ///
    /// # Errors
    /// 503.
    pub(crate) async fn needs_account(&self) -> Result<(), Problem> {
        match self.store.has_account().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Problem::new(
                Kind::SetUpRequired,
                "zb has no account yet: open the set-up link that zb serve printed at its start",
            )),
            Err(error) => Err(self.failed(&error)),
        }
    }
}

/// Refuses what another site's page makes a browser do.
///
/// # Errors
/// 403.
fn own_site(parts: &Parts, service: &Service) -> Result<(), Problem> {
    if is_cross_site(&parts.method, &parts.headers, service.settings.public_url.as_deref()) {
        return Err(Problem::new(Kind::CrossSite, "the request comes from another site's page"));
    }
    Ok(())
}

async fn by_cookie(
    service: &Service,
    headers: &HeaderMap,
    client: &Client,
) -> Result<Option<SignedIn>, Problem> {
    let Some(secret) = cookie::of(headers) else { return Ok(None) };
    let digest = digest(secret);
    let found = service.store.session(digest, (service.around.clock)()).await;
    let identity = found.map_err(|error| service.failed(&error))?;
    Ok(identity.map(|identity| signed_in(identity, Credential::Session, Scope::Manage, digest, client)))
}

async fn by_token(service: &Service, token: &str, client: &Client) -> Result<Option<SignedIn>, Problem> {
    if !secrets::is_token(token) {
        return Ok(None);
    }
    let digest = digest(token);
    let found = service.store.token(digest, (service.around.clock)()).await;
    let found = found.map_err(|error| service.failed(&error))?;
    Ok(found.map(|(identity, token)| {
        let credential = Credential::Token { id: token.id, name: token.name };
        signed_in(identity, credential, token.scope, digest, client)
    }))
}

fn signed_in(
    identity: Identity,
    credential: Credential,
    scope: Scope,
    digest: Digest,
    client: &Client,
) -> SignedIn {
    SignedIn { identity, credential, scope, digest, address: client.address_text() }
}

async fn known(service: &Service, found: Option<SignedIn>) -> Result<SignedIn, Problem> {
    match found {
        Some(known) => Ok(known),
        None => {
            service.needs_account().await?;
            Err(unauthenticated())
        }
    }
}

/// What follows `Bearer`, whose case does not count (RFC 9110 §11.1).
fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthenticated() -> Problem {
    let detail = "there is no session or token, or it is not valid any more";
    challenge(Problem::new(Kind::Unauthenticated, detail))
}

/// Says how one is known.
pub(crate) fn challenge(problem: Problem) -> Problem {
    problem.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"zb\""))
}
