//! `notify.md`: keys, kinds and occasions, and that a kind takes what its row says.

use std::collections::BTreeSet;

use notifier::{Channel, ChannelKind, Occasion, Settings};
use zb_bin::config::NOTIFY_KEYS;

use crate::{
    configuration::load,
    page::{Page, names, set},
};

#[test]
fn every_key_has_its_row() {
    let Some(page) = Page::read("notify.md") else { return };
    assert_eq!(names(&page.below("## Keys").table("key"), 0), set(NOTIFY_KEYS));
}

#[test]
fn every_occasion_has_its_row() {
    let Some(page) = Page::read("notify.md") else { return };
    let rows = page.below("## Occasions").table("occasion");
    assert_eq!(names(&rows, 0), set(Occasion::ALL.map(Occasion::as_str)));
}

/// As long as those of Pushover.
const KEY: &str = "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2";

/// What each setting may be, whatever the kind.
fn settings(keys: &BTreeSet<String>, kind: ChannelKind) -> Settings {
    let text = |key: &str, value: &str| keys.contains(key).then(|| value.to_owned());
    let url = if kind.as_str() == "email" {
        "smtps://zb%40example.org@mail.example.org"
    } else {
        "https://a.example/x/y"
    };
    let token = if kind == ChannelKind::Telegram { "123456:ABC-def" } else { KEY };
    Settings {
        url: text("url", url).map(Into::into),
        token: text("token", token).map(Into::into),
        user: text("user", KEY).map(Into::into),
        chat_id: text("chat_id", "-100123"),
        to: text("to", "ana@example.org").into_iter().collect(),
        from: text("from", "zb@example.org"),
        headers: text("headers", "X-Key: value").unwrap_or_default(),
        headers_from: Vec::new(),
        signing_secret: text("signing_secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
            .map(Into::into),
        ca_file: text("ca_file", "/etc/ca.pem").map(Into::into),
    }
}

#[test]
fn every_kind_takes_what_its_row_says_and_nothing_else() {
    let Some(page) = Page::read("notify.md") else { return };
    let rows = page.below("## Kinds").table("kind");
    let kinds = ChannelKind::ALL.iter().map(|kind| kind.as_str());
    assert_eq!(names(&rows, 0), set(kinds));
    let all = ["url", "token", "user", "chat_id", "to", "from", "headers", "signing_secret"];
    for row in &rows {
        let row = std::slice::from_ref(row);
        let kind: ChannelKind = names(row, 0).first().unwrap().parse().unwrap();
        let (needs, may) = (names(row, 1), names(row, 2));
        let whole: BTreeSet<String> = needs.union(&may).cloned().collect();
        Channel::new(kind, settings(&needs, kind)).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        Channel::new(kind, settings(&whole, kind)).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        for key in &needs {
            let mut lacking = needs.clone();
            lacking.remove(key);
            let error = Channel::new(kind, settings(&lacking, kind)).unwrap_err();
            assert_eq!(error.setting, key, "{kind}: {error:?}");
        }
        for key in all.into_iter().filter(|key| !whole.contains(*key)) {
            let mut more = whole.clone();
            more.insert(key.to_owned());
            assert!(Channel::new(kind, settings(&more, kind)).is_err(), "{kind} takes {key}");
        }
    }
}

/// `docs/guide/notifications.md`: whoever copies a block has a configuration.
#[test]
fn every_example_of_the_guide_is_a_configuration() {
    let Some(guide) = Page::read("../guide/notifications.md") else { return };
    let blocks = guide.blocks("toml");
    for kind in ChannelKind::ALL {
        assert!(blocks.iter().any(|block| block.contains(&format!("kind = \"{kind}\""))), "{kind}");
    }
    for block in blocks {
        load(&block, &[], &[]).unwrap_or_else(|failure| panic!("{failure:?}\n{block}"));
    }
}
