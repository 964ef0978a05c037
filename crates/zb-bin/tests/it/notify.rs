//! `[[notify]]`: what is read of it, and what is said of what cannot be.

use zb_bin::{cli::GlobalFlags, config::Settings};

use crate::desk::{Desk, shown};

fn load(text: &str) -> Result<Settings, String> {
    let mut desk = Desk::new();
    desk.write("zb.toml", text);
    desk.set("ZB_CONFIG", "zb.toml");
    Settings::load(&GlobalFlags::default(), &desk.around).map_err(shown)
}

#[test]
fn destinations_are_read() {
    let settings = load(
        r#"
        webhook_timeout = 5
        [[notify]]
        name = "phone"
        kind = "ntfy"
        url = "https://ntfy.sh/zb"
        token = { env = "NTFY_TOKEN" }
        on = ["error", "post-hook-owed"]
        jobs = ["postgres data", "sched_a"]
        organization = "org_default"
        [[notify]]
        name = "signs of life"
        kind = "healthchecks"
        url = { file = "ping-url" }
        "#,
    )
    .unwrap();
    let [phone, life] = &settings.notify.value[..] else { panic!("{:?}", settings.notify) };
    assert_eq!(phone.name, "phone");
    assert_eq!(phone.channel.to_string(), "ntfy https://ntfy.sh/••••••••");
    assert_eq!(phone.on.as_ref().unwrap().len(), 2);
    assert_eq!(phone.jobs.as_ref().unwrap(), &["postgres data", "sched_a"]);
    assert_eq!(phone.organization.as_ref().unwrap().as_str(), "org_default");
    assert!(life.channel.to_string().ends_with("/ping-url"), "{}", life.channel);
    assert_eq!((&life.on, &life.jobs, &life.organization), (&None, &None, &None));
}

/// Each with a destination that is whole but for one line.
#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let whole = ["[[notify]]", "name = 'a'", "kind = 'ntfy'", "url = 'https://ntfy.sh/zb'"];
    let table = [
        (1, "", "zb.toml, line 1: `notify.name` is missing"),
        (1, "name = ''", "zb.toml, line 2: `notify.name` is empty"),
        (1, "name = 5", "zb.toml, line 2: `notify.name` must be a text in quotes, not a whole number"),
        (2, "", "zb.toml, line 1: `notify.kind` is missing"),
        (3, "", "zb.toml, line 1: `notify.url`: it is missing: "),
        (3, "url = 'ftp://ntfy.sh/zb'", "zb.toml, line 4: `notify.url`: "),
        (3, "url = { vault = 'x' }", "zb.toml, line 4: unknown key `vault` in [notify.url]"),
        (
            3,
            "url = 'https://ntfy.sh/zb'\nuser = 'x'",
            "zb.toml, line 5: `notify.user`: ntfy has no such setting",
        ),
        (
            3,
            "url = 'https://ntfy.sh/zb'\ntokn = 'x'",
            "zb.toml, line 5: unknown key `tokn` in [notify]; did you mean `token`?",
        ),
        (
            3,
            "url = 'https://ntfy.sh/zb'\non = []",
            "zb.toml, line 5: `notify.on` is empty: it would tell nothing",
        ),
        (
            3,
            "url = 'https://ntfy.sh/zb'\non = ['failure']",
            "zb.toml, line 5: `notify.on` cannot be used: \"failure\" is no occasion\nhint: the occasions are: success, ",
        ),
        (
            3,
            "url = 'https://ntfy.sh/zb'\norganization = 'x'",
            "zb.toml, line 5: `notify.organization` cannot be used: ",
        ),
        (2, "kind = 'pigeon'", "zb.toml, line 3: `notify.kind` must be one of "),
    ];
    for (line, instead, expected) in table {
        let mut lines = whole;
        lines[line] = instead;
        let error = load(&lines.join("\n")).unwrap_err();
        assert!(error.starts_with(expected), "{instead:?}: {error}");
    }
    let twice = [whole.join("\n"), whole.join("\n")].join("\n");
    assert_eq!(load(&twice).unwrap_err(), "zb.toml, line 6: `notify.name` is \"a\" a second time");
    let stored = "[[notify]]\nname = \"dest_a\"\nkind = \"ntfy\"\nurl = \"https://ntfy.sh/a\"\n";
    assert_eq!(
        load(stored).unwrap_err(),
        "zb.toml, line 2: `notify.name` begins with \"dest_\", as the ids of destinations of the service do"
    );
    let error = load("notify = 'me'").unwrap_err();
    assert!(
        error.starts_with(
            "zb.toml, line 1: `notify` must be a list of tables, each beginning with [[notify]]"
        ),
        "{error}"
    );
}

/// A secret that cannot be used is not repeated.
#[test]
fn no_error_shows_a_secret() {
    let text = "[[notify]]\nname = 'a'\nkind = 'slack'\nurl = 'htp://hooks.slack.com/T0/B0/correct-horse'";
    let error = load(text).unwrap_err();
    assert!(!error.contains("correct-horse"), "{error}");
}
