//! Who calls, and what they may (`api.md` §2).

use hook_core::OrganizationId;
use serde::{Deserialize, Serialize};

use crate::{Kind, Problem};

/// What a credential may do; each scope holds the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "three scopes, as api.md §2 has them")]
pub enum Scope {
    /// Look.
    Read,
    /// Run, cancel, test and send hooks.
    Run,
    /// Change jobs, repositories and destinations.
    Manage,
}

impl Scope {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Manage => "manage",
        }
    }
}

/// What a person is in an organization.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "three roles, as api.md §2 has them")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Runs, cancels, tests and sends hooks, and changes jobs, repositories and destinations.
    Member,
    /// Members, tokens and the audit trail, too.
    Owner,
}

impl Role {
    /// The greatest scope that the role allows: `run` and `manage` are a member's (`api.md` §2).
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Viewer => Scope::Read,
            Self::Member | Self::Owner => Scope::Manage,
        }
    }

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }
}

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

/// Who calls: a user in one organization, with the power of the moment.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever knows the caller knows all of it")]
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
