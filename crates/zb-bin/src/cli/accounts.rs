//! `zb user` and `zb token`: accounts without the service, on the machine itself.

use clap::{Subcommand, ValueEnum};
use hook_core::OrganizationId;
use zb_server::{Role, Scope};

/// What can be done with accounts.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum UserCommand {
    /// List the accounts, with what they are in which organization
    List {
        /// Print each account as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Add an account, and print the link by which its password is set
    ///
    /// The link works once, within 72 hours, and is shown this once. Where zb serve has printed a set-up link for the
    /// first account, that one is void then.
    #[command(after_help = "\
Examples:
  zb user add ana
  zb user add jon --name 'Jon Ruiz' --role member

Exit status:
  0 success, 1 the data directory cannot be used, 2 the name is taken or wrong, or there is no such organization")]
    Add {
        /// The name to sign in with: 1 to 64 of a-z 0-9 . _ -
        #[arg(value_name = "USERNAME")]
        username: String,
        /// What people call them
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The organization they become a member of
        #[arg(long, value_name = "ORGANIZATION", default_value = "org_default")]
        organization: OrganizationId,
        /// What they are there
        #[arg(long, value_name = "ROLE", default_value = "owner")]
        role: RoleArg,
    },
    /// Print a new link by which the password of an account is set
    ///
    /// It works once, within 72 hours, and is shown this once. The old password and all sessions end when it is used.
    #[command(after_help = "\
Examples:
  zb user link ana

Exit status:
  0 success, 1 the data directory cannot be used, 2 there is no such account")]
    Link {
        /// The name to sign in with
        #[arg(value_name = "USERNAME")]
        username: String,
    },
    /// Delete an account, with its sessions and tokens
    ///
    /// The last owner of an organization stays.
    #[command(after_help = "\
Exit status:
  0 success, 1 an organization would be without an owner, 2 there is no such account")]
    Delete {
        /// The name to sign in with
        #[arg(value_name = "USERNAME")]
        username: String,
    },
}

/// What can be done with API tokens.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum TokenCommand {
    /// List the tokens, the latest first
    List {
        /// Print each token as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a token of a member, and print it, this once
    ///
    /// Its power is the lesser of its scope and the member's role of the moment. It ends with the membership.
    #[command(after_help = "\
Examples:
  zb token create ana grafana
  zb token create ana ci --scope run --days 90

Exit status:
  0 success, 1 the data directory cannot be used, 2 there is no such member, or the scope is above the role")]
    Create {
        /// Whose
        #[arg(value_name = "USERNAME")]
        username: String,
        /// What it is called
        #[arg(value_name = "NAME")]
        name: String,
        /// What it may do; each scope holds the one before
        #[arg(long, value_name = "SCOPE", default_value = "read")]
        scope: ScopeArg,
        /// In which organization
        #[arg(long, value_name = "ORGANIZATION", default_value = "org_default")]
        organization: OrganizationId,
        /// End it after so many days [default: when it is deleted]
        #[arg(long, value_name = "DAYS")]
        days: Option<u16>,
    },
    /// Delete a token: the next call with it is refused
    #[command(after_help = "\
Exit status:
  0 success, 1 the data directory cannot be used, 2 there is no such token")]
    Delete {
        /// Its id, token_…
        #[arg(value_name = "TOKEN")]
        token: String,
    },
}

/// What a person is in an organization.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum RoleArg {
    /// Looks
    Viewer,
    /// Runs, cancels and changes jobs, too
    Member,
    /// Has the members, the tokens and the audit trail, too
    Owner,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Member => Self::Member,
            RoleArg::Owner => Self::Owner,
        }
    }
}

/// What a token may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ScopeArg {
    /// Look
    Read,
    /// Run, cancel, test and send hooks
    Run,
    /// Change jobs, repositories and destinations
    Manage,
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Read => Self::Read,
            ScopeArg::Run => Self::Run,
            ScopeArg::Manage => Self::Manage,
        }
    }
}
