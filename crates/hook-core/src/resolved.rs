//! A hook with all its values: those that are elsewhere were read.

use thiserror::Error;

use crate::{HookConfig, HookHeaders, HookSpec, Secret, ValueFrom};

/// Reads a value from where it is; the error is the reason, to stand behind a colon.
pub type ReadValue<'r> = &'r dyn Fn(&ValueFrom) -> Result<Secret, String>;

/// A hook that lacks nothing but permission: [`AllowedOrigins::permit`](crate::AllowedOrigins::permit).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved<'a> {
    hook: &'a HookSpec,
    headers: HookHeaders,
}

impl<'a> Resolved<'a> {
    /// The hook itself.
    #[must_use]
    pub fn hook(&self) -> &'a HookSpec {
        self.hook
    }

    /// All its headers, with their values.
    #[must_use]
    pub fn headers(&self) -> &HookHeaders {
        &self.headers
    }
}

/// A value that is not where it should be, or is no header's. It is never repeated.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("the header {name} cannot be taken from {from}: {reason}")]
#[non_exhaustive]
pub struct Unresolved {
    /// The header.
    pub name: String,
    /// Where its value should be.
    pub from: ValueFrom,
    /// Why it cannot be used.
    pub reason: String,
}

impl HookSpec {
    /// Reads every value that is elsewhere, as it is now. Where there is none that can be sent, the sealed copy is
    /// taken. The limits are checked again, with the values.
    ///
    /// # Errors
    /// The first header that has no value, here or sealed.
    pub fn resolve(&self, read: ReadValue<'_>) -> Result<Resolved<'_>, Unresolved> {
        let mut headers = self.headers().clone();
        for wanted in self.headers_from() {
            let mut put = |value: &Secret| insert(&mut headers, &wanted.name, value);
            let fresh = read(&wanted.from).and_then(|value| put(&value));
            let put = match (&wanted.sealed, fresh) {
                (Some(sealed), Err(_)) => put(sealed),
                (_, fresh) => fresh,
            };
            put.map_err(|reason| Unresolved {
                name: wanted.name.clone(),
                from: wanted.from.clone(),
                reason,
            })?;
        }
        Ok(Resolved { hook: self, headers })
    }

    /// The same hook with a copy of every value that is elsewhere, as far as it can be read and sent: to be frozen
    /// with a run.
    #[must_use]
    pub fn sealed(&self, read: ReadValue<'_>) -> Self {
        let mut config: HookConfig = self.config().clone();
        for wanted in &mut config.headers_from {
            let value = read(&wanted.from).ok();
            wanted.sealed =
                value.filter(|value| insert(&mut HookHeaders::default(), &wanted.name, value).is_ok());
        }
        self.with_config(config)
    }
}

fn insert(headers: &mut HookHeaders, name: &str, value: &Secret) -> Result<(), String> {
    if value.expose().trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    headers.insert(name, value.expose()).map_err(|fault| fault.to_string())
}
