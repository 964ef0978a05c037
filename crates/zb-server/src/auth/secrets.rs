//! What zb makes to be secret, and the accounts that it makes with it: for the API, the pages and the command line.
//!
//! A secret is shown once and kept as its SHA-256.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use event_bus::StorageError;
use hook_core::{JobId, OrganizationId, Secret};
use jiff::{SignedDuration, Timestamp};
use job_store::{Account, Digest, NewLink, NewToken, Scope, Store, Token};
use sha2::{Digest as _, Sha256};

use crate::{FillRandom, Service};

/// How long a link works by which a user sets a password.
const LINK: SignedDuration = SignedDuration::from_hours(72);

const TOKEN: &str = "zb_";
const TOKEN_LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TOKEN_LENGTH: usize = 40;

/// Something with a secret that is shown this once.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a thing and its secret")]
pub struct Minted<T> {
    /// The thing.
    pub thing: T,
    /// Its secret.
    pub secret: Secret,
}

/// What became of [`Accounts::add_user`].
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "each is an answer of its own")]
pub enum AddUser {
    /// The account, until when its set-up link works, and that link's token.
    Added(Minted<(Account, Timestamp)>),
    /// Another account has the username.
    Exists,
}

/// Makes accounts, links and tokens at a moment.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, clippy::exhaustive_structs, reason = "a function is in it")]
pub struct Accounts<'a> {
    /// Where they are kept.
    pub store: &'a Store,
    /// The moment; UTC.
    pub now: Timestamp,
    /// Random bytes of the kernel.
    pub random: &'a FillRandom,
}

impl Accounts<'_> {
    /// Adds an account without a password, and the link to set it by, which works for 72 hours.
    ///
    /// # Errors
    /// The store fails.
    pub async fn add_user(&self, username: &str, name: Option<String>) -> Result<AddUser, StorageError> {
        let (secret, link) = self.new_link();
        let account =
            Account { id: self.id("user_"), username: username.to_owned(), name, last_seen_at: None };
        let expires_at = link.expires_at;
        Ok(if self.store.add_user(account.clone(), link).await? {
            AddUser::Added(Minted { thing: (account, expires_at), secret })
        } else {
            AddUser::Exists
        })
    }

    /// A new link for a user to set a password by, and until when it works; nothing where there is no such user.
    ///
    /// # Errors
    /// The store fails.
    pub async fn renew_link(&self, user: &str) -> Result<Option<Minted<Timestamp>>, StorageError> {
        let (secret, link) = self.new_link();
        let renewed = self.store.renew_link(user, link).await?;
        Ok(renewed.then_some(Minted { thing: link.expires_at, secret }))
    }

    /// Adds an organization with its first owner, a user's id.
    ///
    /// # Errors
    /// The store fails, or there is no such user.
    pub async fn add_organization(
        &self,
        name: &str,
        roots: Option<Vec<String>>,
        owner: &str,
    ) -> Result<OrganizationId, StorageError> {
        let text = self.id("org_");
        let id = text.parse().map_err(|error| StorageError::new("make an organization's id", error))?;
        self.store.add_organization(&id, name, roots, owner).await?;
        Ok(id)
    }

    /// Makes a token of a member. Its power is the lesser of `scope` and the member's role of the moment.
    ///
    /// # Errors
    /// The store fails, or the user is no member of the organization.
    pub async fn add_token(
        &self,
        user: &str,
        organization: &OrganizationId,
        name: &str,
        scope: Scope,
        expires_at: Option<Timestamp>,
    ) -> Result<Minted<Token>, StorageError> {
        let secret = format!("{TOKEN}{}", self.letters());
        let new = NewToken {
            id: self.id("token_"),
            digest: digest(&secret),
            prefix: secret[..TOKEN.len() + 4].to_owned(),
            name: name.to_owned(),
            scope,
            user: user.to_owned(),
            organization: organization.clone(),
            created_at: self.now,
            expires_at,
        };
        Ok(Minted { thing: self.store.add_token(new).await?, secret: secret.into() })
    }

    /// A secret of 32 random bytes, as text of 43 characters.
    pub(crate) fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// A TypeID: a prefix and a UUIDv7, so that later ones are greater.
    pub(crate) fn id(&self, prefix: &str) -> String {
        let unix_ms = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        format!("{prefix}{}", JobId::from_parts(unix_ms, self.bytes()).suffix())
    }

    fn new_link(&self) -> (Secret, NewLink) {
        let secret = self.secret();
        let expires_at = self.now.checked_add(LINK).unwrap_or(Timestamp::MAX);
        let link = NewLink { digest: digest(&secret), expires_at };
        (secret.into(), link)
    }

    /// Letters that are all as likely: what does not divide evenly is thrown away.
    fn letters(&self) -> String {
        const FAIR: u8 = (256 / TOKEN_LETTERS.len() * TOKEN_LETTERS.len()) as u8;
        let mut text = String::with_capacity(TOKEN_LENGTH);
        while text.len() < TOKEN_LENGTH {
            let fair = self.bytes::<64>().into_iter().filter(|byte| *byte < FAIR);
            let letters = fair.map(|byte| char::from(TOKEN_LETTERS[usize::from(byte) % TOKEN_LETTERS.len()]));
            text.extend(letters.take(TOKEN_LENGTH - text.len()));
        }
        text
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

impl Service {
    /// Makes accounts at this moment.
    #[must_use]
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts { store: &self.store, now: (self.around.clock)(), random: &*self.around.random }
    }
}

/// What of a secret is kept.
pub(crate) fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

/// Whether a text has the form of a token: nothing else is worth a look.
pub(super) fn is_token(text: &str) -> bool {
    let letters = text.strip_prefix(TOKEN);
    letters.is_some_and(|rest| rest.len() == TOKEN_LENGTH && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}
