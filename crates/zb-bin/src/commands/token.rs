//! `zb token`: API tokens, on the machine itself.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use hook_core::OrganizationId;
use jiff::{SignedDuration, Timestamp};
use job_store::{Store, Token};
use serde_json::json;
use zb_server::{Action, Scope, is_label};

use super::{accounts, end_of_output, runs::local};
use crate::{cli::TokenCommand, clock, config::Settings, exit::Exit, report::Failure};

/// Does what is to be done with tokens.
///
/// # Errors
/// A name is wrong or unknown, or the data directory cannot be used.
pub async fn token(
    command: &TokenCommand,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    match command {
        TokenCommand::List { json } => list(*json, settings, out).await,
        TokenCommand::Create { username, name, scope, organization, days } => {
            let ends = days.map(|days| clock::now() + SignedDuration::from_hours(24 * i64::from(days)));
            create(username, name, (*scope).into(), organization, ends, settings, out).await
        }
        TokenCommand::Delete { token } => delete(token, settings, out).await,
    }
}

async fn list(json: bool, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (mut tokens, mut names) = (Vec::new(), BTreeMap::new());
    if let Some(store) = accounts::existing(settings)? {
        tokens = all(&store).await?;
        let users = store.users(None, accounts::ALL).await?;
        names.extend(users.into_iter().map(|account| (account.id, account.username)));
    }
    if tokens.is_empty() && !json {
        return end_of_output(writeln!(out, "No tokens yet."));
    }
    end_of_output(tokens.iter().try_for_each(|token| {
        let username = names.get(&token.user).map_or("", String::as_str);
        if json { print_json(token, username, out) } else { print_line(token, username, out) }
    }))
}

async fn create(
    username: &str,
    name: &str,
    scope: Scope,
    organization: &OrganizationId,
    expires_at: Option<Timestamp>,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if !is_label(name) {
        return Err(Failure::invalid("a name has 1 to 128 characters, none of them a control character"));
    }
    let (store, account) = accounts::named(settings, username).await?;
    accounts::exists(&store, organization).await?;
    let Some(role) = store.role(organization, &account.id).await? else {
        return Err(Failure::invalid(format!("{username} is no member of {organization}")));
    };
    if scope > role.scope() {
        let role = role.as_str();
        return Err(Failure::invalid(format!(
            "{username} is a {role}: a token of theirs has the scope read"
        )));
    }
    let minted = accounts::at(&store).add_token(&account.id, organization, name, scope, expires_at).await?;
    accounts::note(&store, organization, Action::TokenCreated, &minted.thing.id).await?;
    end_of_output(writeln!(out, "{}", minted.secret.expose()))
}

async fn delete(id: &str, settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let unknown = || {
        Failure::invalid(format!("there is no token {id}")).hint("zb token list shows them, with their ids")
    };
    let store = accounts::existing(settings)?.ok_or_else(unknown)?;
    let found = all(&store).await?.into_iter().find(|token| token.id == id).ok_or_else(unknown)?;
    store.delete_token(&found.organization, None, id).await?;
    accounts::note(&store, &found.organization, Action::TokenDeleted, id).await?;
    end_of_output(writeln!(out, "The token {} ({}) is deleted", found.name, found.prefix))
}

/// Of all organizations, the latest first.
async fn all(store: &Store) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::new();
    for organization in store.organizations(None, None, accounts::ALL).await? {
        tokens.extend(store.tokens(&organization.id, None, None, accounts::ALL).await?);
    }
    tokens.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(tokens)
}

fn print_json(token: &Token, username: &str, out: &mut dyn Write) -> io::Result<()> {
    let line = json!({"tokenId": token.id, "name": token.name, "prefix": token.prefix, "scope": token.scope,
        "userId": token.user, "username": username, "organizationId": token.organization,
        "createdAt": token.created_at, "lastUsedAt": token.last_used_at, "expiresAt": token.expires_at});
    writeln!(out, "{line}")
}

fn print_line(token: &Token, username: &str, out: &mut dyn Write) -> io::Result<()> {
    let used = token.last_used_at.map_or_else(|| "never used".to_owned(), local);
    let ends = token.expires_at.map_or_else(String::new, |at| format!("  ends {}", local(at)));
    let (id, prefix, scope) = (&token.id, &token.prefix, token.scope.as_str());
    let line = format!(
        "{id}  {prefix}…  {scope:6}  {used:19}  {username}  {}  {}{ends}",
        token.organization, token.name
    );
    writeln!(out, "{line}")
}
