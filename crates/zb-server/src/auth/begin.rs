//! A session begins: after the right password, or a link.

use hook_core::{OrganizationId, Secret};
use job_store::{Actor, Digest, Scope};

use super::{Action, Client, Guess, SignedIn, challenge, digest, is_password, set_cookie};
use crate::{Credential, Kind, Problem, Service};

/// A session that began.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) who: SignedIn,
    /// For `Set-Cookie`.
    pub(crate) cookie: http::HeaderValue,
}

impl Service {
    /// Signs somebody in by name and password. For an unknown user the work is the same, and so is the answer.
    ///
    /// # Errors
    /// 401; 429 after too many failures, also for the right password.
    pub(crate) async fn sign_in(
        &self,
        username: &str,
        password: Secret,
        client: &Client,
    ) -> Result<Begun, Problem> {
        let guess = Guess::begin(self, &client.network(), Some(username))?;
        let account = self.store.user_named(username).await.map_err(|error| self.failed(&error))?;
        let user = account.map(|account| account.id).unwrap_or_default();
        let kept = self.store.password(&user).await.map_err(|error| self.failed(&error))?;
        if is_password(self, password, kept).await? {
            guess.was_right();
            return self.begin_session(&user, client).await;
        }
        // What was typed is no user's name here: it may be a password.
        let known = !user.is_empty();
        let actor = Actor {
            username: known.then(|| username.to_owned()),
            user: known.then(|| user.clone()),
            token: None,
        };
        let home = self.home(&user).await?;
        self.note_of(&home, actor, &client.address_text(), Action::SessionFailed, None).await?;
        let detail = "the username or the password is wrong";
        Err(challenge(Problem::new(Kind::InvalidCredentials, detail)))
    }

    /// Begins a session of a user whose right is proved.
    ///
    /// # Errors
    /// The store fails, or the account is gone this moment.
    pub(crate) async fn begin_session(&self, user: &str, client: &Client) -> Result<Begun, Problem> {
        let secret = self.accounts().secret();
        let digest = digest(&secret);
        let now = (self.around.clock)();
        self.store.start_session(digest, user, now).await.map_err(|error| self.failed(&error))?;
        let who = self.session(digest, client).await?;
        let actor =
            Actor { user: Some(user.to_owned()), username: Some(who.identity.username.clone()), token: None };
        let home = self.home(user).await?;
        self.note_of(&home, actor, &client.address_text(), Action::SessionStarted, None).await?;
        let cookie = set_cookie(&self.settings, client, &secret);
        Ok(Begun { who, cookie })
    }

    /// Whose session it is now.
    ///
    /// # Errors
    /// The store fails, or it has ended this moment.
    pub(crate) async fn session(&self, digest: Digest, client: &Client) -> Result<SignedIn, Problem> {
        let found = self.store.session(digest, (self.around.clock)()).await;
        let identity = found.map_err(|error| self.failed(&error))?;
        let identity = identity.ok_or_else(|| Problem::new(Kind::NotFound, "the session has ended"))?;
        Ok(SignedIn {
            identity,
            credential: Credential::Session,
            scope: Scope::Manage,
            digest,
            address: client.address_text(),
        })
    }

    /// In whose trail it stands what a user does who acts in no organization yet: that in which their sessions begin.
    async fn home(&self, user: &str) -> Result<OrganizationId, Problem> {
        let found = self.store.memberships(user).await.map_err(|error| self.failed(&error))?;
        let default = OrganizationId::default();
        if found.iter().any(|membership| membership.organization == default) {
            return Ok(default);
        }
        Ok(found.into_iter().next().map_or(default, |membership| membership.organization))
    }
}
