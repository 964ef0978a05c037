//! The origins that a hook may have, and the proof that one has been asked for permission.

use std::{collections::BTreeSet, fmt};

use thiserror::Error;

use crate::{
    HookHeaders, HookSpec, Origin, Phase, Resolved,
    hook_url::{InvalidUrl, after_scheme, parse_http},
    text::MASK,
};

/// `WEBHOOK_ALLOWED_ORIGINS` (`spec.md` §2, "Origin allowlist"). Empty allows nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowedOrigins(BTreeSet<Origin>);

impl AllowedOrigins {
    /// Reads the comma-separated list. White space and quotes around an entry are trimmed, empty entries skipped;
    /// a path is ignored, with a warning.
    ///
    /// # Errors
    /// The first entry that is no `http` or `https` origin, or that has userinfo, a query or a wildcard.
    pub fn parse(list: &str) -> Result<(Self, Vec<OriginWarning>), InvalidOrigin> {
        let mut origins = BTreeSet::new();
        let mut warnings = Vec::new();
        let around = |c: char| c.is_ascii_whitespace() || c == '"' || c == '\'';
        let entries = list.split(',').map(|entry| entry.trim_matches(around));
        for entry in entries.filter(|entry| !entry.is_empty()) {
            let (origin, has_path) =
                parse_entry(entry).map_err(|fault| InvalidOrigin { entry: quotable(entry), fault })?;
            if has_path {
                warnings.push(OriginWarning { entry: entry.to_owned(), origin: origin.clone() });
            }
            origins.insert(origin);
        }
        Ok((Self(origins), warnings))
    }

    /// Asks whether a hook may be sent, of which nothing is missing. Neither a DNS lookup nor a connection may happen before.
    ///
    /// # Errors
    /// [`NotAllowed`], which says what to add to the list.
    pub fn permit<'a>(&self, phase: Phase, resolved: Resolved<'a>) -> Result<Permitted<'a>, NotAllowed> {
        self.permit_address(phase, resolved.hook())?;
        Ok(Permitted { resolved })
    }

    /// Asks whether the list has a hook's origin, whatever else the hook lacks: for a job that is kept, not run.
    ///
    /// # Errors
    /// [`NotAllowed`], as [`permit`](Self::permit) has it.
    pub fn permit_address(&self, phase: Phase, hook: &HookSpec) -> Result<(), NotAllowed> {
        let origin = hook.url().origin();
        if self.permit_origin(origin) { Ok(()) } else { Err(NotAllowed { phase, origin: origin.clone() }) }
    }

    /// Whether the list has this origin: for addresses that are no hooks.
    #[must_use]
    pub fn permit_origin(&self, origin: &Origin) -> bool {
        self.0.contains(origin)
    }

    /// The origins, in a fixed order and once each.
    pub fn iter(&self) -> impl Iterator<Item = &Origin> {
        self.0.iter()
    }
}

/// Proof that the allowlist has a hook's origin, and that all its values are there. A transport takes this and nothing
/// else.
#[derive(Clone, Debug)]
pub struct Permitted<'a> {
    resolved: Resolved<'a>,
}

impl<'a> Permitted<'a> {
    /// The hook that may be sent.
    #[must_use]
    pub fn hook(&self) -> &'a HookSpec {
        self.resolved.hook()
    }

    /// All its headers, with their values.
    #[must_use]
    pub fn headers(&self) -> &HookHeaders {
        self.resolved.headers()
    }
}

/// The list lacks the origin of a hook. The words are the contract's (`spec.md` §2).
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{phase} webhook URL origin is not allowed. Add {origin} to WEBHOOK_ALLOWED_ORIGINS.")]
#[non_exhaustive]
pub struct NotAllowed {
    /// Which hook.
    pub phase: Phase,
    /// What the list lacks.
    pub origin: Origin,
}

/// An entry was taken, but not all of it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct OriginWarning {
    /// As it stands in the list.
    pub entry: String,
    /// What was taken.
    pub origin: Origin,
}

impl fmt::Display for OriginWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the path of \"{}\" is ignored: every path of {} is allowed", self.entry, self.origin)
    }
}

/// An entry that is no origin.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("\"{entry}\" is no origin such as http://host:9000: {fault}")]
#[non_exhaustive]
pub struct InvalidOrigin {
    /// As it stands in the list, but for a password and control characters.
    pub entry: String,
    /// Why.
    pub fault: OriginFault,
}

/// Why an entry is no origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum OriginFault {
    /// A `*`: it would match hosts that nobody has thought of.
    #[error("a wildcard is not supported")]
    Wildcard,
    /// `user@` or `user:password@`.
    #[error("an origin has no user and no password")]
    UserInfo,
    /// `?…`.
    #[error("an origin has no query")]
    Query,
    /// No `http` or `https` URL at all.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
}

fn parse_entry(entry: &str) -> Result<(Origin, bool), OriginFault> {
    if entry.contains('*') {
        return Err(OriginFault::Wildcard);
    }
    let (url, origin) = parse_http(entry)?;
    let authority = after_scheme(entry).and_then(|rest| rest.split(['/', '?']).next());
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(OriginFault::UserInfo); // asked of the text: the parser drops an empty one in silence
    }
    if url.query().is_some() {
        return Err(OriginFault::Query);
    }
    Ok((origin, url.path() != "/"))
}

/// The entry as it can be shown: control characters escaped, and without a password, because credentials in a URL
/// are shown nowhere (`spec.md` §2) and a hook's URL is easily pasted here.
fn quotable(entry: &str) -> String {
    let rest = entry.find("://").map_or(0, |at| at + 3);
    let before_host = entry[rest..].rfind('@').map(|at| &entry[rest..rest + at]);
    let shown = match before_host.and_then(|userinfo| userinfo.split_once(':')) {
        Some((user, password)) => {
            let host = rest + user.len() + 1 + password.len();
            format!("{}{user}:{MASK}{}", &entry[..rest], &entry[host..])
        }
        None => entry.to_owned(),
    };
    let visible = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    shown.chars().map(visible).collect()
}
