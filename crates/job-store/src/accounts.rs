//! Who may call the service: people, organizations, and what they hold (`api.md` §2).
//!
//! What zb made to be secret comes here as its [`Digest`] alone, a password as a PHC string: no secret is in the
//! database. Time comes in as an argument.

mod audit;
mod links;
mod members;
mod organizations;
mod power;
mod sessions;
mod tokens;
mod users;

pub use audit::{Actor, AuditEntry, AuditFilter, AuditPlace};
pub use links::{FirstAccount, LinkFor, NewLink};
pub use members::{Member, Membership, PutMember, RemoveMember};
pub use organizations::{DeleteOrganization, Organization, OrganizationChange};
pub use power::{Role, Scope};
pub use sessions::Identity;
pub use tokens::{NewToken, Token};
pub use users::{Account, DeleteUser};

use crate::thread::Failure;

/// SHA-256 of a secret that zb made: a session's cookie, a token, a set-up link. 256 random bits need no salt.
pub type Digest = [u8; 32];

/// A limit as SQL has it, and one row more, which tells that there is a further page.
pub(crate) fn one_more(at_most: u32) -> i64 {
    i64::from(at_most) + 1
}

/// An organization's id, from a row.
fn organization(text: String) -> Result<hook_core::OrganizationId, Failure> {
    Ok(text.try_into()?)
}
