//! Definitions of stored jobs: what an import makes of a file, which masks it keeps, and what an export shows.

use hook_core::ScheduleId;
use zb_bin::config::{BadInput, Definition, JobIdentity, PasswordSpec, Secrets, TomlText};

use crate::desk::{Desk, TIMEOUT, shown};

const STORED: &str = r#"
id = "sched_pg"
name = "pg"
source = "/data"
[repository]
url = "rest:https://me:pw@host/r"
password = "repository password"
env = { AWS_ACCESS_KEY_ID = "AKIA", AWS_REGION = { env = "REGION" } }
[webhooks.pre]
url = "http://ana:basic@host:9000/stop"
headers = """
X-Secret: one
X-Other: two
"""
signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"#;

fn id() -> ScheduleId {
    "sched_pg".parse().unwrap()
}

fn import(text: &str, there: Option<&Definition>) -> Result<Definition, BadInput> {
    let desk = Desk::new();
    desk.write("job.toml", text);
    let file = TomlText::read("job.toml".as_ref(), &desk.around.folder)?;
    let id = id();
    Definition::import(file, there.map(|there| (&id, there)), TIMEOUT)
}

fn stored() -> Definition {
    import(STORED, None).unwrap()
}

fn masked() -> String {
    stored().export(&id(), Secrets::Masked).unwrap()
}

#[test]
fn an_export_has_the_order_of_the_reference_and_masks() {
    assert_eq!(
        masked(),
        r#"id = "sched_pg"
name = "pg"
source = "/data"

[repository]
url = "rest:https://••••••••@host/r"
env = { AWS_ACCESS_KEY_ID = "••••••••", AWS_REGION = { env = "REGION" } }
password = "••••••••"

[webhooks.pre]
url = "http://••••••••@host:9000/stop"
headers = """
X-Secret: ••••••••
X-Other: ••••••••
"""
signing_secret = "••••••••"
"#
    );
}

#[test]
fn what_is_stored_is_what_was_written_but_for_paths_and_id() {
    let desk = Desk::new();
    let written =
        "name = 'n' # a comment\nsource = 'data'\nrepository = { url = 'repo', password_file = 'pw' }\n";
    desk.write("jobs/job.toml", written);
    let file = TomlText::read("jobs/job.toml".as_ref(), &desk.around.folder).unwrap();
    let identity = JobIdentity::of(&file).unwrap();
    let definition = Definition::import(file, None, TIMEOUT).unwrap();
    let at = |name: &str| desk.path("jobs").join(name).display().to_string();
    let expected = format!(
        "id = \"{}\"\nname = 'n' # a comment\nsource = \"{}\"\nrepository = {{ url = \"{}\", password_file = \"{}\" }}\n",
        ScheduleId::derive("n", &desk.path("jobs/data")),
        at("data"),
        at("repo"),
        at("pw"),
    );
    assert_eq!(definition.text().expose(), expected);
    assert_eq!(identity.schedule_id, ScheduleId::derive("n", &desk.path("jobs/data")));
}

#[test]
fn every_mask_is_kept_where_its_address_is_the_same() {
    let changed = masked().replace("name = \"pg\"", "name = \"renamed\"").replace("/stop", "/halt?x=1");
    let again = import(&changed, Some(&stored())).unwrap();
    let expected = stored().export(&id(), Secrets::Shown).unwrap();
    let expected = expected.replace("name = \"pg\"", "name = \"renamed\"").replace("/stop", "/halt?x=1");
    assert_eq!(again.export(&id(), Secrets::Shown).unwrap(), expected);
    assert_eq!(expected.matches('•').count(), 0);
}

#[test]
fn a_secret_may_be_replaced_or_left_out_beside_kept_ones() {
    let changed = masked()
        .replace("X-Secret: ••••••••", "x-secret: new")
        .replace("signing_secret = \"••••••••\"\n", "");
    let again = import(&changed, Some(&stored())).unwrap();
    let pre = again.job(&id(), TIMEOUT).unwrap().pre.unwrap();
    assert_eq!(pre.headers().to_string(), "x-secret: new\nX-Other: two\n");
    assert!(pre.signing_secret().is_none());
    assert_eq!(pre.url().credentials(), Some(("ana", "basic")));
}

const NOTHING: &str = ": no stored value to keep";
const MOVED: &str = ": the address changed: enter it again";

#[test]
fn a_mask_that_stands_for_nothing_is_refused() {
    let masked = masked();
    let post = masked.clone() + "[webhooks.post]\nurl = \"http://host/\"\nheaders = \"X-Secret: ••••••••\"\n";
    let env = "holds masks beside other changes";
    for (change, text, key, reason) in [
        ("another origin", masked.replace(":9000", ":9001"), "`webhooks.pre.url`", MOVED),
        (
            "https",
            masked.replace("\"http:", "\"https:").replace("••••••••@host:9000", "host:9000"),
            "`webhooks.pre.headers`",
            MOVED,
        ),
        ("another path of the repository", masked.replace("@host/r", "@host/x"), "`repository.url`", MOVED),
        (
            "another user of the repository",
            masked.replace("••••••••@host/r", "me:other@host/r"),
            "`repository.password`",
            MOVED,
        ),
        ("a new header", masked.replace("X-Other", "X-New"), "`webhooks.pre.headers`", NOTHING),
        ("a new hook", post, "`webhooks.post.headers`", NOTHING),
        (
            "a new variable",
            masked.replace("AWS_REGION =", "AWS_SESSION_TOKEN = \"••••••••\", AWS_REGION ="),
            "`repository.env`",
            env,
        ),
        (
            "a variable less",
            masked.replace(", AWS_REGION = { env = \"REGION\" }", ""),
            "`repository.env`",
            env,
        ),
        ("another reference", masked.replace("\"REGION\"", "\"OTHER\""), "`repository.env`", env),
        (
            "a part of a value",
            masked.replace("X-Secret: ••••••••", "X-Secret: Bearer ••••••••"),
            "`webhooks.pre.headers` holds a mask",
            "not the secret itself",
        ),
        (
            "another key",
            masked.replace("name = \"pg\"", "name = \"••••••••\""),
            "`name` holds a mask",
            "not the secret itself",
        ),
    ] {
        let refused = shown(import(&text, Some(&stored())).unwrap_err());
        assert!(refused.contains(key) && refused.contains(reason), "{change}: {refused}");
        assert!(refused.starts_with("job.toml, line "), "{change}: {refused}");
    }
    for line in masked.lines().filter(|line| line.contains('•') && line.contains('=')) {
        assert!(import(&masked, None).is_err(), "{line}");
    }
}

#[test]
fn a_new_job_has_nothing_to_keep() {
    let refused = shown(import(&masked(), None).unwrap_err());
    assert_eq!(
        refused,
        "job.toml, line 6: `repository.url`: no stored value to keep\n\
         hint: •••••••• stands for a secret that the same job has already: write the secret"
    );
}

#[test]
fn a_password_is_for_an_import_alone() {
    let job = stored().job(&id(), TIMEOUT).unwrap();
    assert!(
        matches!(&job.repository.password, PasswordSpec::Value(secret) if secret.expose() == "repository password")
    );
    let desk = Desk::new();
    let refused = shown(desk.write("job.toml", STORED).read_job("job.toml").unwrap_err());
    assert!(refused.contains("a password does not belong in a job file"), "{refused}");
    let two = STORED.replace("password =", "password_env = 'P'\npassword =");
    let refused = shown(import(&two, None).unwrap_err());
    assert!(refused.contains("is one password too many"), "{refused}");
}

#[test]
fn a_fault_has_the_line_of_the_file_also_beside_masks() {
    let text =
        masked().replace("signing_secret = \"••••••••\"", "signing_secret = \"••••••••\"\nattempts = 11");
    let line = text.lines().position(|line| line == "attempts = 11").unwrap() + 1;
    let refused = shown(import(&text, Some(&stored())).unwrap_err());
    assert!(
        refused.starts_with(&format!("job.toml, line {line}: `webhooks.pre.attempts` must be")),
        "{refused}"
    );
}

#[test]
fn debug_shows_no_secret() {
    let debug = format!("{:?}", stored());
    assert!(!debug.contains("password"), "{debug}");
}
