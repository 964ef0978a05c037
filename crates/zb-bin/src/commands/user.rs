//! `zb user`: accounts, on the machine itself. Whoever may write to the data directory may do anything: this is how one
//! gets back in.

use std::io::{self, Write};

use hook_core::{OrganizationId, Secret};
use job_store::{Account, DeleteUser, Membership};
use serde_json::json;
use zb_server::{Action, AddUser, Role, is_label, is_username, set_up_url};

use super::{accounts, end_of_output, runs::local};
use crate::{cli::UserCommand, config::Settings, exit::Exit, report::Failure, service, wiring};

/// Does what is to be done with accounts.
///
/// # Errors
/// A name is wrong or unknown, or the data directory cannot be used.
pub async fn user(command: &UserCommand, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    match command {
        UserCommand::List { json } => list(*json, settings, out).await,
        UserCommand::Add { username, name, organization, role } => {
            add(username, name.as_deref(), organization, (*role).into(), settings, out).await
        }
        UserCommand::Link { username } => link(username, settings, out).await,
        UserCommand::Delete { username } => delete(username, settings, out).await,
    }
}

async fn list(json: bool, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut listed = Vec::new();
    if let Some(store) = accounts::existing(settings)? {
        for account in store.users(None, accounts::ALL).await? {
            let memberships = store.memberships(&account.id).await?;
            listed.push((account, memberships));
        }
    }
    if listed.is_empty() && !json {
        return end_of_output(writeln!(out, "No accounts yet. zb user add makes one."));
    }
    end_of_output(if json { print_json(&listed, out) } else { print_table(&listed, out) })
}

async fn add(
    username: &str,
    name: Option<&str>,
    organization: &OrganizationId,
    role: Role,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if !is_username(username) {
        return Err(Failure::invalid(format!("{username:?} is no username: it is 1 to 64 of a-z 0-9 . _ -")));
    }
    if name.is_some_and(|name| !is_label(name)) {
        return Err(Failure::invalid("a name has 1 to 128 characters, none of them a control character"));
    }
    let store = wiring::store(settings)?;
    accounts::exists(&store, organization).await?;
    let AddUser::Added(minted) = accounts::at(&store).add_user(username, name.map(ToOwned::to_owned)).await?
    else {
        return Err(Failure::invalid(format!("there is an account of the name {username} already"))
            .hint(format!("zb user link {username} prints a link for a new password")));
    };
    let id = &minted.thing.0.id;
    accounts::note(&store, &OrganizationId::default(), Action::UserCreated, id).await?;
    let _ = store.put_member(organization, username, role).await?;
    accounts::note(&store, organization, Action::MemberCreated, username).await?;
    let what = format!("{username} is {} of {organization} now, and sets a password", in_words(role));
    end_of_output(print_link(&what, &minted.secret, settings, out))
}

async fn link(username: &str, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (store, account) = accounts::named(settings, username).await?;
    let Some(minted) = accounts::at(&store).renew_link(&account.id).await? else {
        return Err(Failure::error(format!("{username} was deleted this moment")));
    };
    accounts::note(&store, &OrganizationId::default(), Action::UserLinked, &account.id).await?;
    end_of_output(print_link(&format!("{username} sets a new password"), &minted.secret, settings, out))
}

async fn delete(username: &str, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (store, account) = accounts::named(settings, username).await?;
    if let DeleteUser::LastOwner(organization) = store.delete_user(&account.id).await? {
        return Err(Failure::error(format!("{username} is the last owner of {organization}"))
            .hint("make another member its owner first, or delete the organization"));
    }
    accounts::note(&store, &OrganizationId::default(), Action::UserDeleted, &account.id).await?;
    end_of_output(writeln!(out, "{username} is deleted, with their sessions and tokens"))
}

/// The address is that of a service with the same settings: flags of `zb serve` are not known here.
fn print_link(what: &str, token: &Secret, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let listen = service::browsable(&settings.service.listen.value);
    writeln!(out, "{what} with this link, once, within 72 hours:")?;
    writeln!(out, "{}", set_up_url(&service::reached(&settings.service), &listen, token.expose()))
}

fn print_json(listed: &[(Account, Vec<Membership>)], out: &mut dyn Write) -> io::Result<()> {
    for (account, memberships) in listed {
        let organizations = memberships.iter().map(|membership| {
            json!({"organizationId": membership.organization, "name": membership.organization_name,
                   "role": membership.role})
        });
        let line = json!({"userId": account.id, "username": account.username, "name": account.name,
            "lastSeenAt": account.last_seen_at, "organizations": organizations.collect::<Vec<_>>()});
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn print_table(listed: &[(Account, Vec<Membership>)], out: &mut dyn Write) -> io::Result<()> {
    let width = listed.iter().map(|(account, _)| account.username.len()).max().unwrap_or_default();
    for (account, memberships) in listed {
        let seen = account.last_seen_at.map_or_else(|| "never seen".to_owned(), local);
        let is =
            |membership: &Membership| format!("{} of {}", membership.role.as_str(), membership.organization);
        let are = memberships.iter().map(is).collect::<Vec<_>>().join(", ");
        let are = if are.is_empty() { "in no organization" } else { &are };
        writeln!(out, "{:width$}  {seen:19}  {are}", account.username)?;
    }
    Ok(())
}

fn in_words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Member => "a member",
        Role::Owner => "an owner",
    }
}
