//! Job files that are wrong, and the exact words of the answer: a user's interface like any other.

use std::fs;

use proptest::prelude::*;
use zb_bin::config::Job;

use crate::desk::{Desk, TIMEOUT, job, shown};

/// A good job with `top` on line 3 and `rest` from line 7 on.
fn text(top: &str, rest: &str) -> String {
    format!("name = \"n\"\nsource = \"/d\"\n{top}\n[repository]\nurl = \"/r\"\npassword_env = \"P\"\n{rest}")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(shown(job(text).unwrap_err()), expected, "for\n{text}");
}

#[test]
fn top_level_keys() {
    for (top, expected) in [
        ("schedul = \"0 2 * * *\"", "job.toml, line 3: unknown key `schedul`; did you mean `schedule`?"),
        ("restic-flags = []", "job.toml, line 3: unknown key `restic-flags`; did you mean `restic_flags`?"),
        (
            "id = \"postgres\"",
            "job.toml, line 3: `id` cannot be used: \"postgres\" is no ScheduleId: it is sched_ and 1 to 64 of A-Z a-z 0-9 _ -",
        ),
        (
            "organization = \"acme\"",
            "job.toml, line 3: `organization` cannot be used: \"acme\" is no OrganizationId: it is org_ and 1 to 64 of A-Z a-z 0-9 _ -",
        ),
        ("enabled = \"yes\"", "job.toml, line 3: `enabled` must be true or false, not a text"),
        (
            "one_file_system = 1",
            "job.toml, line 3: `one_file_system` must be true or false, not a whole number",
        ),
        (
            "timezone = \"Europe/Berln\"",
            "job.toml, line 3: `timezone`: \"Europe/Berln\" is no time zone; did you mean \"Europe/Berlin\"?\nhint: write an IANA name, such as \"Europe/Berlin\" or \"UTC\"",
        ),
        ("missed = \"run\"", "job.toml, line 3: `missed` must be one of \"run-once\", \"skip\", not \"run\""),
        (
            "compression = \"zstd\"",
            "job.toml, line 3: `compression` must be one of \"auto\", \"off\", \"max\", not \"zstd\"",
        ),
        (
            "tags = \"db\"",
            "job.toml, line 3: `tags` must be a list of texts, as in [\"one\", \"two\"], not a text",
        ),
        (
            "tags = [\"a\", 1]",
            "job.toml, line 3: `tags` must be a list of texts, as in [\"one\", \"two\"], not a whole number",
        ),
        (
            "tags = [\"db,nightly\"]",
            "job.toml, line 3: `tags` holds \"db,nightly\": restic would split it at the comma",
        ),
        ("exclude = [\"\"]", "job.toml, line 3: `exclude` holds an empty text"),
        ("exclude = [\"a\\u0000b\"]", "job.toml, line 3: `exclude` holds a NUL character"),
        (
            "restic_flags = [\"--repo=/elsewhere\"]",
            "job.toml, line 3: `restic_flags` cannot be used: restic flag \"--repo\" is not accepted: it would redirect the repository, the password, the source or a command",
        ),
        (
            "restic_flags = [\"/etc\"]",
            "job.toml, line 3: `restic_flags` cannot be used: restic flag \"/etc\" is no flag: only flags are accepted here, no paths and no commands",
        ),
        (
            "priority = \"low\"",
            "job.toml, line 3: `priority` must be one of \"normal\", \"background\", not \"low\"",
        ),
        ("preflight = true", "job.toml, line 3: `preflight` must be a text in quotes, not true or false"),
        (
            "preflight = \"fast\"",
            "job.toml, line 3: `preflight` must be one of \"basic\", \"full\", not \"fast\"",
        ),
        (
            "lock_wait = \"ten\"",
            "job.toml, line 3: `lock_wait` is no span of time: it must be a whole number and s, m, h or d, as in \"90s\" or \"5m\"",
        ),
        ("webhooks = 1", "job.toml, line 3: `webhooks` must be a table, not a whole number"),
    ] {
        check(&text(top, ""), expected);
    }
}

#[test]
fn retention() {
    for (lines, expected) in [
        (
            "[retention]\nkeep_dayly = 7",
            "job.toml, line 8: unknown key `keep_dayly` in [retention]; did you mean `keep_daily`?",
        ),
        (
            "[retention]\nkeep_last = 0",
            "job.toml, line 8: `retention.keep_last` is 0, and must be from 1 to 1000000",
        ),
        (
            "[retention]\nkeep_last = -1",
            "job.toml, line 8: `retention.keep_last` is -1, and must be from 1 to 1000000",
        ),
        (
            "[retention]\nkeep_last = \"7\"",
            "job.toml, line 8: `retention.keep_last` must be a whole number, not a text",
        ),
        (
            "[retention]\nkeep_last = 1\nprune = 0",
            "job.toml, line 9: `retention.prune` must be true or false, not a whole number",
        ),
    ] {
        check(&text("", lines), expected);
    }
}

#[test]
fn name_and_source() {
    let rest = "[repository]\nurl = \"/r\"\npassword_env = \"P\"";
    for (top, expected) in [
        ("source = \"/d\"", "job.toml, line 1: `name` is missing"),
        ("name = \" \"\nsource = \"/d\"", "job.toml, line 1: `name` is empty"),
        ("name = \"a\\tb\"\nsource = \"/d\"", "job.toml, line 1: `name` holds a control character"),
        (
            "name = 1\nsource = \"/d\"",
            "job.toml, line 1: `name` must be a text in quotes, not a whole number",
        ),
        ("name = \"n\"", "job.toml, line 1: `source` is missing"),
        ("name = \"n\"\nsource = \"\"", "job.toml, line 2: `source` is empty"),
        (
            "name = \"n\"\nsource = \"~/d\"",
            "job.toml, line 2: `source` begins with ~, which only a shell understands\nhint: write the whole path",
        ),
        (
            "name = \"n\"\nsource = [\"/a\", \"/b\"]",
            "job.toml, line 2: `source` must be a text in quotes, not a list",
        ),
        ("name = \"n\"\nsource = \"/a\\u0000\"", "job.toml, line 2: `source` holds a NUL character"),
    ] {
        check(&format!("{top}\n{rest}"), expected);
    }
    let long = |chars: usize| job(&format!("name = \"{}\"\nsource = \"/d\"\n{rest}", "ä".repeat(chars)));
    assert!(long(128).is_ok());
    assert_eq!(
        long(129).unwrap_err().to_string(),
        "job.toml, line 1: `name` has 129 characters, and 128 are allowed"
    );
}

#[test]
fn schedules() {
    const HINT: &str = "\nhint: the fields are minute, hour, day, month and day of the week: \"30 2 * * *\" is 02:30 every day";
    for (cron, expected) in [
        ("", "is no cron line of five fields: it has 0 of them"),
        ("every day", "is no cron line of five fields: it has 2 of them"),
        ("0 30 2 * * *", "is no cron line of five fields: it has 6 of them"),
        (
            "0 2 * * FRY",
            "is no cron line of five fields: the day of the week \"FRY\": it has a character or word that cannot stand there",
        ),
        (
            "5/15 2 * * *",
            "is no cron line of five fields: the minute \"5/15\": invalid step syntax: single number steps like \"5/15\" are not allowed. Use \"*/15\" for wildcard steps or \"X-Y/15\" for range steps",
        ),
        ("61 2 * * *", "is no cron line of five fields: the minute \"61\": number out of bounds"),
        ("0 0 31 2 *", "never happens: there is no such day"),
    ] {
        let expected = format!("job.toml, line 3: `schedule` {expected}{HINT}");
        check(&text(&format!("schedule = \"{cron}\""), ""), &expected);
    }
    for cron in ["0 2 * * *", "*/15 * * * *", "0 0 29 2 *", "30 4 1 JAN-JUN MON", "@daily"] {
        assert!(job(&text(&format!("schedule = \"{cron}\""), "")).is_ok(), "{cron}");
    }
}

#[test]
fn the_repository() {
    const PASSWORDS: &str = "password_file, password_env and password_command";
    let top = "name = \"n\"\nsource = \"/d\"\n";
    for (rest, expected) in [
        ("", "job.toml, line 1: `repository` is missing\nhint: add a table [repository] with url, and with password_file, password_env or password_command".to_owned()),
        ("[repository]\npassword_env = \"P\"", "job.toml, line 3: `repository.url` is missing".to_owned()),
        ("[repository]\nurl = \"\"\npassword_env = \"P\"", "job.toml, line 4: `repository.url` is empty".to_owned()),
        ("[repository]\nurl = \"/r\"", format!("job.toml, line 3: [repository] names no password\nhint: write one of {PASSWORDS}")),
        ("[repository]\nurl = \"/r\"\npassword_env = \"P\"\npassword_file = \"p\"", format!("job.toml, line 6: `repository.password_file` is one password too many\nhint: keep one of {PASSWORDS}")),
        ("[repository]\nurl = \"/r\"\npassword = \"hunter2\"", "job.toml, line 5: unknown key `password` in [repository]\nhint: a password does not belong in a job file: put it into a file of its own and write password_file = \"/path/to/it\", or use password_env or password_command".to_owned()),
        (
            "[repository]\nurl = \"/r\"\npassword_env = \"P\"\ntags = [\"db\"]",
            "job.toml, line 6: unknown key `tags` in [repository]\nhint: `tags` stands at the top of the file, above the first [table]".to_owned(),
        ),
        ("[repository]\nurl = \"/r\"\npasword_file = \"p\"", "job.toml, line 5: unknown key `pasword_file` in [repository]; did you mean `password_file`?".to_owned()),
    ] {
        check(&format!("{top}{rest}"), &expected);
    }
}

#[test]
fn variables_of_the_repository() {
    const FORMS: &str = "must be a text, { env = \"NAME\" } or { file = \"PATH\" }";
    for (env, expected) in [
        ("RESTIC_PASSWORD = \"x\"", "`repository.env.RESTIC_PASSWORD` cannot be set for restic: it would redirect restic; what it says has its own key".to_owned()),
        ("LD_PRELOAD = \"x\"", "`repository.env.LD_PRELOAD` cannot be set for restic: it would change which program runs".to_owned()),
        ("ZB_RUN = \"x\"", "`repository.env.ZB_RUN` cannot be set for restic: names that begin with ZB_ are the runner's own".to_owned()),
        ("A = 1", format!("`repository.env.A` {FORMS}")),
        ("A = {}", format!("`repository.env.A` {FORMS}")),
        ("A = { env = \"B\", file = \"C\" }", format!("`repository.env.A` {FORMS}")),
        ("A = { envv = \"B\" }", "unknown key `envv` in [repository.env.A]; did you mean `env`?".to_owned()),
        ("A = \"x\\u0000\"", "`repository.env.A` holds a NUL character".to_owned()),
    ] {
        check(&text("", &format!("[repository.env]\n{env}")), &format!("job.toml, line 8: {expected}"));
    }
}

#[test]
fn hooks() {
    for (hook, expected) in [
        ("", "line 7: `webhooks.pre.url` is missing"),
        ("url = \"\"", "line 8: `webhooks.pre.url` is empty"),
        ("url = \"ftp://h/\"", "line 8: `webhooks.pre.url`: it does not begin with http:// or https://"),
        ("url = \"http://h/\"\nattempts = 11", "line 9: `webhooks.pre.attempts` must be from 1 to 10"),
        ("url = \"http://h/\"\nattempts = -1", "line 9: `webhooks.pre.attempts` must be from 1 to 10"),
        (
            "url = \"http://h/\"\nattempts = 1.5",
            "line 9: `webhooks.pre.attempts` must be a whole number, not a fraction",
        ),
        (
            "url = \"http://h/\"\ntimeout = 0",
            "line 9: `webhooks.pre.timeout` must be from 1 to 86400 seconds",
        ),
        (
            "url = \"http://h/\"\ntimeout = \"2d\"",
            "line 9: `webhooks.pre.timeout` must be from 1 to 86400 seconds",
        ),
        ("url = \"http://h/\"\ntimeout = -5", "line 9: `webhooks.pre.timeout` is negative"),
        (
            "url = \"http://h/\"\ntimeout = \"90\"",
            "line 9: `webhooks.pre.timeout` is no span of time: it must be a whole number and s, m, h or d, as in \"90s\" or \"5m\"",
        ),
        (
            "url = \"http://h/\"\ntimeout = 1.5",
            "line 9: `webhooks.pre.timeout` must be whole seconds or a text like \"90s\", not a fraction",
        ),
        (
            "url = \"http://h/\"\nwhen = \"always\"",
            "line 9: unknown key `when` in [webhooks.pre]\nhint: only [webhooks.post] has it",
        ),
        (
            "url = \"http://h/\"\nheaders = \"X-A: 1\"\nheaders_from = { x-a = { env = \"E\" } }",
            "line 10: `webhooks.pre.headers_from`: x-a is there already, here or in headers",
        ),
        (
            "url = \"http://h/\"\n[webhooks.pre.headers_from]\nX-A = { env = \"E\" }\nHost = { env = \"E\" }",
            "line 11: `webhooks.pre.headers_from`: Host frames or routes the message, and a hook may not set it",
        ),
        (
            "url = \"http://h/\"\nheaders_from = { X-A = \"v\" }",
            "line 9: `webhooks.pre.headers_from.X-A` must be { env = \"NAME\" } or { file = \"PATH\" }; a value that is written here belongs into `headers`",
        ),
        (
            "url = \"http://h/\"\nheaders_from = { X-A = { env = \"E\", file = \"f\" } }",
            "line 9: `webhooks.pre.headers_from.X-A` must be { env = \"NAME\" } or { file = \"PATH\" }; a value that is written here belongs into `headers`",
        ),
        (
            "url = \"http://h/\"\nheaders_from = \"X-A: 1\"",
            "line 9: `webhooks.pre.headers_from` must be a table, not a text",
        ),
        (
            "url = \"http://h/\"\npayload = \"full\"",
            "line 9: `webhooks.pre.payload` must be one of \"default\", \"extended\", not \"full\"",
        ),
        (
            "url = \"http://h/\"\nbody = \"b\"\npayload = \"extended\"",
            "line 10: `webhooks.pre.payload` has no effect beside a `body`\nhint: keep one of the two",
        ),
        (
            "url = \"http://h/\"\nheader = \"A: b\"",
            "line 9: unknown key `header` in [webhooks.pre]; did you mean `headers`?",
        ),
        (
            "url = \"http://h/\"\nheaders = { A = \"b\" }",
            "line 9: `webhooks.pre.headers` must be a text in quotes, not a table",
        ),
    ] {
        check(&text("", &format!("[webhooks.pre]\n{hook}")), &format!("job.toml, {expected}"));
    }
    check(
        &text("", "[webhooks.post]\nurl = \"http://h/\"\nwhen = \"never\""),
        "job.toml, line 9: `webhooks.post.when` must be one of \"paired\", \"after-restic\", \"always\", not \"never\"",
    );
    check(
        &text("", "[webhook.pre]\nurl = \"http://h/\""),
        "job.toml, line 7: unknown key `webhook`; did you mean `webhooks`?",
    );
    check(
        &text("", "[webhooks.before]\nurl = \"http://h/\""),
        "job.toml, line 7: unknown key `before` in [webhooks]\nhint: the keys here are: pre, post",
    );
}

#[test]
fn headers_name_both_lines() {
    const HINT: &str = "\nhint: write one header a line, as in X-Hook-Secret: a-long-random-text";
    for (headers, expected) in [
        (
            "\"\"\"\nX-Good: a\nno colon\n\"\"\"",
            "line 11: `webhooks.pre.headers`, line 2: there is no colon between name and value",
        ),
        (
            "'''\n\nHost: evil\n'''",
            "line 11: `webhooks.pre.headers`, line 2: Host frames or routes the message, and a hook may not set it",
        ),
        ("\"\"\"X-Good: a\nA: b\nA: c\"\"\"", "line 11: `webhooks.pre.headers`, line 3: A is there twice"),
        // Where the text in the file is not the headers' own, the key's line is the nearest place.
        (
            "\"A: b\\nno colon\"",
            "line 9: `webhooks.pre.headers`, line 2: there is no colon between name and value",
        ),
    ] {
        let rest = format!("[webhooks.pre]\nurl = \"http://h/\"\nheaders = {headers}");
        check(&text("", &rest), &format!("job.toml, {expected}{HINT}"));
    }
}

#[test]
fn a_mask_is_no_secret() {
    const HINT: &str = "\nhint: •••••••• is what zb shows in place of a secret: write the secret";
    for (rest, expected) in [
        ("[webhooks.pre]\nurl = \"http://h/\"\nheaders = \"X: ••••••••\"", "line 9: `webhooks.pre.headers`"),
        ("[webhooks.pre]\nurl = \"http://me:••••••••@h/\"", "line 8: `webhooks.pre.url`"),
        (
            "[webhooks.post]\nurl = \"http://h/\"\nsigning_secret = \"••••••••\"",
            "line 9: `webhooks.post.signing_secret`",
        ),
        ("[repository.env]\nAWS = \"••••••••\"", "line 8: `repository.env.AWS`"),
    ] {
        check(&text("", rest), &format!("job.toml, {expected} holds a mask, not the secret itself{HINT}"));
    }
}

#[test]
fn files_that_are_no_job() {
    let desk = Desk::new();
    fs::create_dir(desk.path("dir.toml")).unwrap();
    desk.write("empty.toml", "")
        .write("latin.toml", b"name = 'n'\nsource = '/d\xe4ta'\n")
        .write("huge.toml", "# ".repeat(1024 * 1024))
        .write("zip.toml", b"PK\x03\x04")
        .write("twice.toml", "name = 'a'\nname = 'b'\n")
        .write("open.toml", "name = \"n\nsource = '/d'\n");
    for (name, expected) in [
        ("none.toml", "none.toml: there is no such file"),
        ("dir.toml", "dir.toml: it is a directory, not a file"),
        ("empty.toml", "empty.toml, line 1: `name` is missing"),
        ("latin.toml", "latin.toml, line 2: it is not UTF-8 text"),
        ("huge.toml", "huge.toml: it is larger than 1 MiB: this is no configuration of zb"),
        ("twice.toml", "twice.toml, line 2: not valid TOML: duplicate key"),
        ("open.toml", "open.toml, line 1: not valid TOML: invalid basic string, expected `\"`"),
        ("zip.toml/job.toml", "zip.toml/job.toml: cannot be read: Not a directory (os error 20)"),
    ] {
        assert_eq!(shown(desk.read_job(name).unwrap_err()), expected);
    }
    assert!(
        desk.read_job("zip.toml").unwrap_err().to_string().starts_with("zip.toml, line 1: not valid TOML: ")
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let desk = Desk::new();
        desk.write("job.toml", bytes);
        let _: Result<Job, _> = desk.read_job("job.toml");
    }

    /// Bytes alone seldom get past the parser: here each key gets a value of any kind.
    #[test]
    fn no_values_make_it_panic(
        lines in prop::collection::vec((prop::sample::select(WORDS), "[ -~]{0,12}|\"[^\"\\\\\n]{0,30}\"|-?[0-9]{1,20}|true|\\[\\]"), 0..12),
    ) {
        let text: String = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let _: Result<Job, _> = job(&text);
    }

    #[test]
    fn no_schedule_makes_it_panic(cron in "[0-9*/,#LW@?+a-zA-Z -]{0,24}") {
        let _: Result<Job, _> = job(&text(&format!("schedule = \"{cron}\""), ""));
    }
}

/// A megabyte of anything is read or refused, soon, and without a deep stack.
#[test]
fn large_and_deep_files_end() {
    let text = |top: String| text(&top, "");
    for (top, expected) in [
        (
            format!("exclude = {}", "[".repeat(900_000)),
            Err(", line 3: not valid TOML: cannot recurse further; max recursion depth met"),
        ),
        (format!("webhooks{} = 1", ".a".repeat(400_000)), Err(": not valid TOML: recursion limit")),
        (
            format!("schedule = '{}'", "1,".repeat(400_000)),
            Err(", line 3: `schedule` is no cron line of five fields: it has 1 of them"),
        ),
        (format!("tags = [{}]", "'a', ".repeat(150_000)), Ok(150_000)),
    ] {
        match (job(&text(top)), expected) {
            (Ok(job), Ok(tags)) => assert_eq!(job.backup.tags.len(), tags),
            (Err(error), Err(reason)) => assert_eq!(error.to_string(), format!("job.toml{reason}")),
            (job, _) => panic!("{job:?}"),
        }
    }
}

const WORDS: &[&str] = &[
    "name",
    "source",
    "id",
    "organization",
    "schedule",
    "timezone",
    "tags",
    "restic_flags",
    "repository.url",
    "repository.password_env",
    "repository.env.A",
    "webhooks.pre.url",
    "webhooks.pre.headers",
    "webhooks.pre.timeout",
    "webhooks.post.url",
    "webhooks.post.when",
    "webhooks.post.attempts",
];

#[test]
fn a_path_from_elsewhere_is_named_as_it_was_given() {
    let desk = Desk::new();
    desk.write("jobs/bad.toml", "nmae = 1");
    for name in ["jobs/bad.toml", "./jobs/bad.toml", desk.path("jobs/bad.toml").to_str().unwrap()] {
        let error = Job::read(name.as_ref(), &desk.around.folder, TIMEOUT).unwrap_err();
        assert_eq!(error.to_string(), format!("{name}, line 1: unknown key `nmae`; did you mean `name`?"));
    }
}
