//! Somebody whose credential is good, whether a member of an organization or not.

use hook_core::OrganizationId;
use job_store::{Digest, Identity, Role, Scope};
use serde_json::{Value, json};

use crate::{Caller, Credential, Kind, Problem, Service};

/// Somebody who is known.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) identity: Identity,
    pub(crate) credential: Credential,
    /// The token's own; a session has the role's.
    pub(super) scope: Scope,
    /// Of the credential.
    pub(crate) digest: Digest,
    pub(crate) address: String,
}

impl SignedIn {
    /// As a member of the organization that the credential acts in.
    ///
    /// # Errors
    /// 403: the user is a member of none.
    pub(crate) fn caller(self) -> Result<Caller, Problem> {
        let Some((organization, role)) = self.identity.seat else {
            let detail = "you are a member of no organization yet: ask an owner";
            return Err(Problem::new(Kind::Forbidden, detail));
        };
        Ok(Caller {
            user_id: self.identity.user,
            username: self.identity.username,
            organization,
            role,
            scope: power(self.scope, role),
            credential: self.credential,
            operator: self.identity.operator,
            address: self.address,
            digest: self.digest,
        })
    }

    /// Goes on for a session.
    ///
    /// # Errors
    /// 403 for a token: a stolen one must not mint accounts or tokens.
    pub(crate) fn needs_session(&self) -> Result<(), Problem> {
        needs_session(&self.credential)
    }

    /// The User of `api.md` §2.
    ///
    /// # Errors
    /// The store fails, or the account is gone this moment.
    pub(crate) async fn user(&self, service: &Service) -> Result<Value, Problem> {
        let (found, memberships) = tokio::join!(
            service.store.user(&self.identity.user),
            service.store.memberships(&self.identity.user)
        );
        let account = found.map_err(|error| service.failed(&error))?;
        let account = account.ok_or_else(|| Problem::new(Kind::NotFound, "the account was deleted"))?;
        let memberships = memberships.map_err(|error| service.failed(&error))?;
        let organizations = memberships.into_iter().map(|membership| {
            json!({"organizationId": membership.organization, "name": membership.organization_name,
                   "role": membership.role})
        });
        let (organization, role): (Option<OrganizationId>, Option<Role>) = self.identity.seat.clone().unzip();
        Ok(json!({
            "userId": account.id,
            "username": account.username,
            "name": account.name,
            "organizationId": organization,
            "role": role,
            "scope": role.map(|role| power(self.scope, role)),
            "operator": self.identity.operator,
            "organizations": organizations.collect::<Vec<_>>(),
        }))
    }
}

/// The lesser of a credential's scope and what the user's role of the moment allows.
fn power(scope: Scope, role: Role) -> Scope {
    scope.min(role.scope())
}

/// See [`SignedIn::needs_session`].
pub(crate) fn needs_session(credential: &Credential) -> Result<(), Problem> {
    match credential {
        Credential::Session => Ok(()),
        Credential::Token { .. } => {
            Err(Problem::new(Kind::Forbidden, "a session is needed: a token cannot do this"))
        }
    }
}
