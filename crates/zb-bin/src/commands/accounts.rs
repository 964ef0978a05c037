//! What `zb user` and `zb token` share: the store, people by name, and the audit trail.

use hook_core::OrganizationId;
use job_store::{Account, Actor, AuditEntry, Store};
use zb_server::{Accounts, Action};

use crate::{clock, config::Settings, report::Failure, wiring};

/// All there are: accounts and tokens are few.
pub(super) const ALL: u32 = u32::MAX;

/// Where the entries of the audit trail say that they come from.
const HERE: &str = "command line";

/// The store that is there; nothing where nobody has an account yet, and nothing is made.
///
/// # Errors
/// The data directory cannot be used.
pub(super) fn existing(settings: &Settings) -> Result<Option<Store>, Failure> {
    match wiring::existing_store(settings)? {
        // Opened for changes, and brought to this zb's form.
        Some(_) => wiring::store(settings).map(Some),
        None => Ok(None),
    }
}

/// Makes accounts at this moment.
pub(super) fn at(store: &Store) -> Accounts<'_> {
    Accounts { store, now: clock::now(), random: &clock::fill_random }
}

/// The account of a username, with its store.
///
/// # Errors
/// There is none.
pub(super) async fn named(settings: &Settings, username: &str) -> Result<(Store, Account), Failure> {
    let unknown = || {
        Failure::invalid(format!("there is no account of the name {username}"))
            .hint("zb user list shows them")
    };
    let store = existing(settings)?.ok_or_else(unknown)?;
    let account = store.user_named(username).await?.ok_or_else(unknown)?;
    Ok((store, account))
}

/// Goes on if there is such an organization.
///
/// # Errors
/// There is none.
pub(super) async fn exists(store: &Store, organization: &OrganizationId) -> Result<(), Failure> {
    match store.organization(organization).await? {
        Some(_) => Ok(()),
        None => Err(Failure::invalid(format!("there is no organization {organization}"))),
    }
}

/// Notes what was done here: by whoever may read the data directory.
///
/// # Errors
/// The store fails; what was done is done.
pub(super) async fn note(
    store: &Store,
    organization: &OrganizationId,
    action: Action,
    target: &str,
) -> Result<(), Failure> {
    let entry = AuditEntry {
        time: clock::now(),
        action: action.as_str().to_owned(),
        actor: Actor::default(),
        target: Some(target.to_owned()),
        address: Some(HERE.to_owned()),
    };
    Ok(store.note(organization, entry).await?)
}
