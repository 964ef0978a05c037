//! `zb user` and `zb token`: accounts on the machine itself.

use clap::Parser;
use serde_json::Value;
use zb_bin::{
    cli::{Cli, Command},
    commands,
    config::Settings,
};

use crate::desk::{Desk, shown};

/// Runs `zb` with these words: what it prints, or its error.
fn zb(desk: &Desk, words: &[&str]) -> Result<String, String> {
    let cli = Cli::try_parse_from([&["zb"], words].concat()).unwrap();
    let settings = Settings::load(&cli.global, &desk.around).map_err(shown)?;
    let mut out = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let done = match &cli.command {
        Command::User(command) => runtime.block_on(commands::user::user(command, &settings, &mut out)),
        Command::Token(command) => runtime.block_on(commands::token::token(command, &settings, &mut out)),
        _ => unreachable!("another command"),
    };
    done.map(|_| String::from_utf8(out).unwrap()).map_err(shown)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn link(printed: &str) -> &str {
    printed.split_once("http://127.0.0.1:4097/set-up?token=").unwrap().1.trim()
}

#[test]
fn looking_makes_nothing() {
    let desk = Desk::new();
    assert_eq!(zb(&desk, &["user", "list"]).unwrap(), "No accounts yet. zb user add makes one.\n");
    assert_eq!(zb(&desk, &["user", "list", "--json"]).unwrap(), "");
    assert_eq!(zb(&desk, &["token", "list"]).unwrap(), "No tokens yet.\n");
    let unknown = "there is no account of the name ana\nhint: zb user list shows them";
    assert_eq!(zb(&desk, &["user", "link", "ana"]).unwrap_err(), unknown);
    assert_eq!(zb(&desk, &["token", "create", "ana", "x"]).unwrap_err(), unknown);
    assert!(
        zb(&desk, &["token", "delete", "token_x"]).unwrap_err().starts_with("there is no token token_x\n")
    );
    assert!(!desk.path(".local").exists());
}

#[test]
fn accounts_are_added_listed_linked_and_deleted() {
    let desk = Desk::new();
    let added = zb(&desk, &["user", "add", "ana", "--name", "Ana Ruiz"]).unwrap();
    assert!(
        added.starts_with("ana is an owner of org_default now, and sets a password with this link, once, ")
    );
    assert_eq!(link(&added).len(), 43);
    zb(&desk, &["user", "add", "jon", "--role", "viewer"]).unwrap();
    let listed = lines(&zb(&desk, &["user", "list", "--json"]).unwrap());
    let seen: Vec<_> = listed
        .iter()
        .map(|line| (line["username"].as_str().unwrap(), line["organizations"][0]["role"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("ana", "owner"), ("jon", "viewer")]);
    assert_eq!(listed[0]["name"], "Ana Ruiz");
    let table = zb(&desk, &["user", "list"]).unwrap();
    assert_eq!(table.lines().next().unwrap(), "ana  never seen           owner of org_default");

    let renewed = zb(&desk, &["user", "link", "ana"]).unwrap();
    assert_ne!(link(&renewed), link(&added));
    let taken = zb(&desk, &["user", "add", "ana"]).unwrap_err();
    assert!(taken.starts_with("there is an account of the name ana already\n"), "{taken}");
    let last = zb(&desk, &["user", "delete", "ana"]).unwrap_err();
    assert!(last.starts_with("ana is the last owner of org_default\n"), "{last}");
    assert_eq!(
        zb(&desk, &["user", "delete", "jon"]).unwrap(),
        "jon is deleted, with their sessions and tokens\n"
    );
    assert_eq!(lines(&zb(&desk, &["user", "list", "--json"]).unwrap()).len(), 1);
}

#[test]
fn what_is_wrong_changes_nothing() {
    let desk = Desk::new();
    for (words, reason) in [
        (&["user", "add", "Ana"][..], "\"Ana\" is no username: it is 1 to 64 of a-z 0-9 . _ -"),
        (
            &["user", "add", "ana", "--name", ""],
            "a name has 1 to 128 characters, none of them a control character",
        ),
        (&["user", "add", "ana", "--organization", "org_none"], "there is no organization org_none"),
    ] {
        assert_eq!(zb(&desk, words).unwrap_err(), reason);
    }
    assert_eq!(zb(&desk, &["user", "list", "--json"]).unwrap(), "");
}

#[test]
fn tokens_are_made_listed_and_deleted() {
    let desk = Desk::new();
    zb(&desk, &["user", "add", "ana"]).unwrap();
    zb(&desk, &["user", "add", "vic", "--role", "viewer"]).unwrap();
    let token = zb(&desk, &["token", "create", "ana", "ci", "--scope", "run", "--days", "90"]).unwrap();
    assert!(token.starts_with("zb_") && token.trim().len() == 43, "{token}");
    zb(&desk, &["token", "create", "vic", "grafana"]).unwrap();
    let above = zb(&desk, &["token", "create", "vic", "x", "--scope", "manage"]).unwrap_err();
    assert_eq!(above, "vic is a viewer: a token of theirs has the scope read");
    let listed = lines(&zb(&desk, &["token", "list", "--json"]).unwrap());
    assert_eq!(listed.len(), 2);
    let made = listed.iter().find(|line| line["name"] == "ci").unwrap();
    assert_eq!((&made["username"], &made["scope"]), (&Value::from("ana"), &Value::from("run")));
    assert_eq!(made["prefix"], token[..7]);
    assert!(made["expiresAt"].is_string() && made.get("token").is_none());
    let id = made["tokenId"].as_str().unwrap();
    assert!(zb(&desk, &["token", "list"]).unwrap().contains(id));
    zb(&desk, &["token", "delete", id]).unwrap();
    assert!(zb(&desk, &["token", "delete", id]).unwrap_err().starts_with("there is no token"));
    assert_eq!(lines(&zb(&desk, &["token", "list", "--json"]).unwrap()).len(), 1);
}

#[test]
fn a_link_leads_to_where_the_service_is_reached() {
    for (settings, expected) in [
        ("listen = '127.0.0.1:8080'\nbase_path = '/zb'", "http://127.0.0.1:8080/zb/set-up?token="),
        ("listen = '0.0.0.0:8080'", "http://localhost:8080/set-up?token="),
        ("listen = '[::]:8080'", "http://localhost:8080/set-up?token="),
        ("listen = 'unix:zb.sock'", "http://localhost/set-up?token="),
        (
            "public_url = 'https://zb.example.org'\nbase_path = '/zb'",
            "https://zb.example.org/zb/set-up?token=",
        ),
    ] {
        let mut desk = Desk::new();
        desk.write("zb.toml", settings);
        desk.set("ZB_CONFIG", "zb.toml");
        let added = zb(&desk, &["user", "add", "ana"]).unwrap();
        assert!(added.lines().nth(1).unwrap().starts_with(expected), "{settings}: {added}");
    }
}
