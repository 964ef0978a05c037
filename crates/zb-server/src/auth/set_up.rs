//! What a set-up link does: makes the first account, or sets a user's password (`api.md` §2).

use hook_core::{OrganizationId, Secret};
use job_store::{Account, Actor, Digest, FirstAccount, LinkFor};

use super::{Action, Client, begin::Begun, digest, hash_password};
use crate::{Problem, Service, named::not_found};

impl Service {
    /// What a link is for.
    ///
    /// # Errors
    /// 404: none, used, or too old.
    pub(crate) async fn link_for(&self, token: &str) -> Result<(Digest, LinkFor), Problem> {
        let link = digest(token);
        let found =
            self.store.link(link, (self.around.clock)()).await.map_err(|error| self.failed(&error))?;
        Ok((link, found.ok_or_else(not_found)?))
    }

    /// Makes the first account, and signs it in.
    ///
    /// # Errors
    /// 404: the link was used this moment.
    pub(crate) async fn first_account(
        &self,
        link: Digest,
        username: String,
        password: Secret,
        organization_name: String,
        client: &Client,
    ) -> Result<Begun, Problem> {
        let id = self.accounts().id("user_");
        let password = hash_password(self, password).await?;
        let account = Account { id: id.clone(), username: username.clone(), name: None, last_seen_at: None };
        let first = FirstAccount { account, password, organization_name };
        let made = self.store.make_first_account(link, first, (self.around.clock)()).await;
        if !made.map_err(|error| self.failed(&error))? {
            return Err(not_found());
        }
        self.note_link(&id, &username, client, Action::UserCreated).await?;
        self.begin_session(&id, client).await
    }

    /// Sets a user's password, ends their sessions, and signs them in.
    ///
    /// # Errors
    /// 404: the link was used this moment.
    pub(crate) async fn password_by_link(
        &self,
        link: Digest,
        username: &str,
        password: Secret,
        client: &Client,
    ) -> Result<Begun, Problem> {
        let password = hash_password(self, password).await?;
        let used = self.store.use_link(link, password, (self.around.clock)()).await;
        let user = used.map_err(|error| self.failed(&error))?.ok_or_else(not_found)?;
        self.note_link(&user, username, client, Action::UserSetUp).await?;
        self.begin_session(&user, client).await
    }

    /// Accounts are the operators' affair: their trail is `org_default`'s.
    async fn note_link(
        &self,
        user: &str,
        username: &str,
        client: &Client,
        action: Action,
    ) -> Result<(), Problem> {
        let actor = Actor { user: Some(user.to_owned()), username: Some(username.to_owned()), token: None };
        let (home, address) = (OrganizationId::default(), client.address_text());
        self.note_of(&home, actor, &address, action, Some(user.to_owned())).await
    }
}
