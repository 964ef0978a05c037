//! Who calls, and what they may (`api.md` §2).

use hook_core::OrganizationId;
use job_store::{Digest, Role, Scope};

use crate::{Kind, Problem, Service, auth};

/// By what somebody is known.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "two kinds of credentials, as api.md §2 has them")]
pub enum Credential {
    /// A cookie.
    Session,
    /// A bearer token.
    Token {
        /// `token_…`.
        id: String,
        /// What its owner calls it.
        name: String,
    },
}

/// Who calls: a user in one organization, with the power of the moment. It is found by the request alone: a handler that
/// takes it answers 401 to everybody else.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Caller {
    /// `user_…`.
    pub user_id: String,
    /// The name to sign in with.
    pub username: String,
    /// In which organization.
    pub organization: OrganizationId,
    /// What the user is there.
    pub role: Role,
    /// The lesser of the credential's scope and the role's.
    pub scope: Scope,
    /// By what.
    pub credential: Credential,
    /// An owner of `org_default`.
    pub operator: bool,
    /// From where, as the audit trail has it.
    pub address: String,
    /// Of the credential.
    pub(crate) digest: Digest,
}

impl Caller {
    /// Goes on if the caller has this scope.
    ///
    /// # Errors
    /// 403, naming the scope or the role that is needed.
    pub fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.scope >= scope {
            return Ok(());
        }
        let detail = match &self.credential {
            Credential::Token { .. } if self.role.scope() >= scope => {
                format!("the scope {} is needed, and the token has {}", scope.as_str(), self.scope.as_str())
            }
            _ => format!("the role member is needed, and you are {}", self.role.as_str()),
        };
        Err(Problem::new(Kind::Forbidden, detail))
    }

    /// Goes on for a session.
    ///
    /// # Errors
    /// 403 for a token: a stolen one must not mint accounts or tokens.
    pub fn needs_session(&self) -> Result<(), Problem> {
        auth::needs_session(&self.credential)
    }

    /// Goes on for a session of an owner.
    ///
    /// # Errors
    /// 403.
    pub fn needs_owner(&self) -> Result<(), Problem> {
        self.needs_session()?;
        if self.role == Role::Owner {
            return Ok(());
        }
        let detail = format!("the role owner is needed, and you are {}", self.role.as_str());
        Err(Problem::new(Kind::Forbidden, detail))
    }

    /// Goes on for a session of an owner of `org_default`.
    ///
    /// # Errors
    /// 403.
    pub fn needs_operator(&self) -> Result<(), Problem> {
        self.needs_session()?;
        if self.operator {
            return Ok(());
        }
        Err(Problem::new(Kind::Forbidden, "an operator is needed: an owner of org_default"))
    }

    /// Whether the credential still works and acts in the same organization: asked again and again by what lives longer
    /// than a request. That is no use of it: a page that was left open keeps no session.
    pub async fn is_still_known(&self, service: &Service) -> bool {
        let now = (service.around.clock)();
        let seat = match &self.credential {
            Credential::Session => service.store.session_seat(self.digest, now).await,
            Credential::Token { .. } => service.store.token_seat(self.digest, now).await,
        };
        // A store that fails for a moment ends nothing.
        seat.map_or(true, |seat| seat.is_some_and(|(there, _)| there == self.organization))
    }

    /// What a run's `by` says: the username, or `token <name>`.
    #[must_use]
    pub fn by(&self) -> String {
        match &self.credential {
            Credential::Session => self.username.clone(),
            Credential::Token { name, .. } => format!("token {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: Role, scope: Scope, credential: Credential) -> Caller {
        Caller {
            user_id: "user_1".to_owned(),
            username: "ana".to_owned(),
            organization: OrganizationId::default(),
            role,
            scope: scope.min(role.scope()),
            credential,
            operator: false,
            address: "10.0.0.7".to_owned(),
            digest: [0; 32],
        }
    }

    #[test]
    fn a_refusal_names_what_is_needed() {
        let token = || Credential::Token { id: "token_1".to_owned(), name: "grafana".to_owned() };
        let refused = |caller: Caller, scope| caller.needs(scope).unwrap_err().detail;
        assert!(caller(Role::Member, Scope::Manage, Credential::Session).needs(Scope::Manage).is_ok());
        assert_eq!(
            refused(caller(Role::Owner, Scope::Read, token()), Scope::Run),
            "the scope run is needed, and the token has read"
        );
        assert_eq!(
            refused(caller(Role::Viewer, Scope::Manage, token()), Scope::Run),
            "the role member is needed, and you are viewer"
        );
        assert_eq!(caller(Role::Owner, Scope::Read, token()).by(), "token grafana");
    }
}
