//! Any job file: imported and exported again it means the same job, and what is shown holds no secret.

use std::collections::BTreeMap;

use hook_core::{HookConfig, HookSpec, MASK, ScheduleId};
use proptest::{collection::vec, option, prelude::*, strategy::ValueTree};
use toml::{Table, Value};
use zb_bin::config::{Compression, Definition, Job, Secrets, TomlText};
use zb_server::{JobDocument, JobForms, NotRead};

use crate::{
    desk::{Desk, TIMEOUT},
    job_json::{forms, reading},
};

/// In every secret of a generated job, and nowhere else.
const PLANTED: &str = "s3cr3t";

/// A table of these keys, each there or not.
fn table(keys: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Table> {
    let entry = |(key, value): (&'static str, BoxedStrategy<Value>)| {
        option::of(value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
    };
    let entries: Vec<_> = keys.into_iter().map(entry).collect();
    entries.prop_map(|entries| entries.into_iter().flatten().collect()).boxed()
}

fn one_of(values: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop::sample::select(values).prop_map(Value::from).boxed()
}

fn text(pattern: &'static str) -> BoxedStrategy<Value> {
    pattern.prop_map(Value::from).boxed()
}

fn number(most: i64) -> BoxedStrategy<Value> {
    (1..=most).prop_map(Value::from).boxed()
}

fn flag() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(Value::from).boxed()
}

fn span() -> BoxedStrategy<Value> {
    prop_oneof![number(5000), one_of(&["0s", "15m", "900s", "2h"]), Just(Value::from(900))].boxed()
}

fn list(pattern: &'static str) -> BoxedStrategy<Value> {
    vec(pattern, 0..3).prop_map(Value::from).boxed()
}

fn elsewhere() -> impl Strategy<Value = Value> {
    let place = prop_oneof![("env", "[A-Z]{1,4}").boxed(), ("file", "(/|\\.\\./)?[a-z' ]{1,6}x").boxed()];
    place.prop_map(|(key, place)| Value::Table([(key.to_owned(), place.into())].into_iter().collect()))
}

fn secret() -> impl Strategy<Value = String> {
    "[!-~]{0,6}".prop_map(|rest| format!("{PLANTED}{rest}"))
}

fn repository() -> impl Strategy<Value = Table> {
    let password = prop_oneof![
        ("password_file", "(/|\\.\\./)?[a-z ]{1,6}x").boxed(),
        ("password_env", "[A-Z]{1,4}").boxed(),
        ("password_command", "[a-z '\"\\\\]{1,8}x").boxed(),
    ];
    let url = prop_oneof![
        "[a-z]{1,5}/\\.\\./[a-z]{1,5}",
        "/[a-z]{1,5}",
        "local:[a-z]{1,5}",
        secret()
            .prop_map(|secret| secret.replace(['/', '?', '#', '@', '\\'], "_"))
            .prop_map(|secret| format!("rest:https://me:{secret}@host:8000/r")),
        "sftp:me@host:/r",
    ];
    let value = prop_oneof![secret().prop_map(Value::from).boxed(), elsewhere().boxed()];
    let env = option::of(prop::collection::btree_map("[A-KM-QS-Y]{3,6}", value, 0..3));
    (url, password, env).prop_map(|(url, (key, password), env)| {
        let env = env.map(|env| ("env".to_owned(), Value::Table(env.into_iter().collect())));
        [("url".to_owned(), url.into()), (key, password.into())].into_iter().chain(env).collect()
    })
}

fn headers() -> impl Strategy<Value = Value> {
    let line = |(name, (value, end)): (String, (String, &str))| format!("X-{name}:  {value}{end}");
    let lines = prop::collection::btree_map(
        "[A-Z]{1,4}",
        (secret(), prop::sample::select(&["\n", "\r\n", "\n\n"][..])),
        0..4,
    );
    lines.prop_map(move |lines| Value::from(lines.into_iter().map(line).collect::<String>()))
}

fn hook(is_post: bool) -> BoxedStrategy<Table> {
    let url = prop_oneof![
        "http://host:9000/[a-z]{1,5}(\\?a=b)?",
        "[0-9a-z]{1,6}".prop_map(|rest| format!("https://me:{PLANTED}{rest}@host/hooks")),
    ];
    let from = prop::collection::btree_map("Y-[A-Z]{1,4}", elsewhere(), 0..3);
    let mut keys = vec![
        ("headers", headers().boxed()),
        ("headers_from", from.prop_map(|from| Value::Table(from.into_iter().collect())).boxed()),
        ("insecure_tls", flag()),
        ("ca_file", text("(/|\\.\\./)?[a-z\" ]{1,6}x")),
        ("reject_body", prop_oneof![text("[ -~]{0,9}"), one_of(&["Hook rules were not satisfied."])].boxed()),
        ("attempts", number(10)),
        ("timeout", prop_oneof![number(86400), one_of(&["60s", "5m"])].boxed()),
        ("signing_secret", one_of(&["whsec_czNjcjN0czNjcjN0czNjcjN0czNjcjN0"])),
    ];
    if is_post {
        keys.push(("when", one_of(&["paired", "after-restic", "always"])));
    }
    let body = prop_oneof![
        ("body", text("[ -~\\t\\r\\né\\u{1f}\\u{7f}]{0,12}")),
        ("payload", one_of(&["default", "extended"])),
    ];
    (url, body, table(keys))
        .prop_map(|(url, (key, body), mut hook)| {
            hook.extend([("url".to_owned(), url.into()), (key.to_owned(), body)]);
            hook
        })
        .boxed()
}

fn webhooks() -> impl Strategy<Value = Option<Value>> {
    option::of((option::of(hook(false)), option::of(hook(true)))).prop_map(|webhooks| {
        let (pre, post) = webhooks?;
        let hooks = [("pre", pre), ("post", post)].into_iter();
        Some(Value::Table(hooks.filter_map(|(name, hook)| Some((name.to_owned(), hook?.into()))).collect()))
    })
}

fn retention() -> BoxedStrategy<Value> {
    let rest = table(vec![("keep_daily", number(30)), ("keep_yearly", number(9)), ("prune", flag())]);
    (rest, number(9))
        .prop_map(|(mut rules, last)| {
            rules.insert("keep_last".to_owned(), last);
            Value::Table(rules)
        })
        .boxed()
}

fn job_file() -> impl Strategy<Value = String> {
    let top = table(vec![
        ("id", text("sched_[a-z]{1,5}")),
        ("organization", one_of(&["org_default", "org_acme"])),
        ("enabled", flag()),
        ("schedule", one_of(&["30 2 * * *", "@daily"])),
        ("timezone", one_of(&["Europe/Berlin", "UTC"])),
        ("missed", one_of(&["run-once", "skip"])),
        ("tags", list("[a-z'\"]{1,5}")),
        ("exclude", list("[ -~]{1,9}")),
        ("exclude_if_present", list("[a-z.]{1,5}")),
        ("one_file_system", flag()),
        ("compression", one_of(&["auto", "off", "max"])),
        ("priority", one_of(&["normal", "background"])),
        ("preflight", one_of(&["basic", "full"])),
        ("lock_wait", span()),
        ("retries", (0..9_i64).prop_map(Value::from).boxed()),
        ("retry_delay", span()),
        ("retention", retention()),
        ("restic_flags", list("--exclude-file=(/|\\.\\./)?[a-z' ]{1,5}x|--exclude-caches|--limit-upload 7")),
    ]);
    let given = ("[ !#-~é]{0,20}x", "(/|\\./)?[a-z' ]{1,5}(/\\.\\./[a-z]{1,3})?x");
    (top, given, repository(), webhooks()).prop_map(|(mut job, (name, source), repository, webhooks)| {
        let fixed = [("name", name.into()), ("source", source.into()), ("repository", repository.into())];
        let all = fixed.into_iter().chain(webhooks.map(|webhooks| ("webhooks", webhooks)));
        job.extend(all.map(|(key, value)| (key.to_owned(), value)));
        toml::to_string(&job).unwrap()
    })
}

/// Everything that a run, a service or a person can tell of a job, secrets included, but for the file that it is from.
fn meaning(job: &Job) -> impl PartialEq + std::fmt::Debug + use<> {
    let backup = &job.backup;
    (
        (job.schedule_id.clone(), job.organization.clone(), job.name.clone(), job.source.clone()),
        serde_json::to_string(&job.repository).unwrap(),
        (job.pre.as_ref().map(told), job.post.as_ref().map(told), job.when),
        (job.enabled, job.schedule.clone(), job.timezone.clone(), job.missed, job.preflight),
        (job.retention, job.retries, job.retry_delay),
        (backup.tags.clone(), backup.exclude.clone(), backup.exclude_if_present.clone()),
        (backup.one_file_system, backup.compression, backup.priority, backup.lock_wait),
        backup.flags.safe().unwrap(),
    )
}

/// What restic does unsaid is what it is told to.
fn plain(mut job: Job) -> Job {
    job.backup.compression = job.backup.compression.filter(|compression| *compression != Compression::Auto);
    job
}

/// What a hook sends, and how: blanks around the values of headers are not sent.
fn told(hook: &HookSpec) -> impl PartialEq + std::fmt::Debug + use<> {
    let plain = HookConfig { headers: hook.headers().to_string(), ..hook.config().clone() };
    (HookSpec::new(plain).unwrap(), hook.headers().to_string())
}

struct Imported {
    schedule: ScheduleId,
    definition: Definition,
}

impl Imported {
    fn job(&self) -> Job {
        self.definition.job(&self.schedule, TIMEOUT).unwrap()
    }

    fn export(&self, secrets: Secrets) -> String {
        self.definition.export(&self.schedule, secrets).unwrap()
    }
}

fn import(text: &str, folder: &str, there: Option<&Imported>) -> Imported {
    let desk = Desk::new();
    let file = format!("{folder}/job.toml");
    desk.write(&file, text);
    let file = TomlText::read(file.as_ref(), &desk.around.folder).unwrap();
    let there = there.map(|there| (&there.schedule, &there.definition));
    let definition = Definition::import(file, there, TIMEOUT).unwrap();
    let schedule = definition.job(&"sched_any".parse().unwrap(), TIMEOUT).unwrap().schedule_id;
    Imported { schedule, definition }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_file_means_the_same_wherever_it_goes(text in job_file()) {
        let desk = Desk::new();
        desk.write("jobs/job.toml", &text);
        let file = TomlText::read("jobs/job.toml".as_ref(), &desk.around.folder).unwrap();
        let definition = Definition::import(file, None, TIMEOUT).unwrap();
        let written = desk.read_job("jobs/job.toml").unwrap();
        let imported = Imported { schedule: written.schedule_id.clone(), definition };
        prop_assert_eq!(meaning(&imported.job()), meaning(&written));

        let elsewhere = import(&imported.export(Secrets::Shown), "other", None);
        prop_assert_eq!(meaning(&elsewhere.job()), meaning(&written));

        let shown = imported.export(Secrets::Masked);
        prop_assert!(!shown.contains(PLANTED) && !shown.contains("czNj"), "{}", shown);
        let again = import(&shown, "other", Some(&imported));
        prop_assert_eq!(meaning(&again.job()), meaning(&written));
        prop_assert_eq!(again.export(Secrets::Shown), imported.export(Secrets::Shown));
        prop_assert_eq!(again.export(Secrets::Masked), shown);
    }

    #[test]
    fn a_job_that_is_shown_and_read_again_is_the_same(text in job_file()) {
        let forms = forms();
        let imported = import(&text, "jobs", None);
        let stored = imported.definition.text().expose();
        let shown = forms.show(stored).unwrap();
        prop_assert!(!shown.to_string().contains(PLANTED) && !shown.to_string().contains("czNj"), "{}", shown);
        let organization = imported.job().organization;
        for document in [JobDocument::Json(shown.clone()), JobDocument::Toml(forms.export(stored).unwrap())] {
            let read = forms.read(&document, reading(&organization, Some(stored))).unwrap();
            prop_assert!(!read.definition.expose().contains(MASK));
            prop_assert_eq!(&forms.show(read.definition.expose()).unwrap(), &shown);
            let again = Imported { schedule: read.schedule_id, definition: Definition::stored(read.definition) };
            prop_assert_eq!(meaning(&plain(again.job())), meaning(&plain(imported.job())));
        }
    }
}

/// Where something stands in a document.
fn pointers(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        serde_json::Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &below(name), found));
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| pointers(value, &below(&n.to_string()), found));
        }
        _ => {}
    }
    found.push(at.to_owned());
}

fn anything() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::json;
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1500),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!(MASK),
        json!(format!("{PLANTED}\0")),
        json!(format!("{PLANTED}\n{PLANTED}: {PLANTED}\u{1}")),
        json!([null, MASK, 7]),
        json!({}),
        json!({"": PLANTED, "file": MASK, "env": 7}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever is sent, it is read or told what is wrong: where it stands, and in words that hold no secret.
    #[test]
    fn any_document_is_read_or_refused_in_words(
        text in job_file(),
        changes in vec((any::<prop::sample::Index>(), anything()), 1..4),
    ) {
        let forms = forms();
        let imported = import(&text, "jobs", None);
        let stored = imported.definition.text().expose();
        let organization = imported.job().organization;
        let mut document = forms.show(stored).unwrap();
        for (index, value) in changes {
            let mut places = Vec::new();
            pointers(&document, "", &mut places);
            *document.pointer_mut(index.get(&places).as_str()).unwrap() = value;
        }
        let job = JobDocument::Json(document.clone());
        match forms.read(&job, reading(&organization, Some(stored))) {
            Ok(read) => {
                prop_assert!(!read.definition.expose().contains(MASK));
                let shown = forms.show(read.definition.expose()).unwrap();
                prop_assert!(forms.read(&JobDocument::Json(shown), reading(&organization, Some(read.definition.expose()))).is_ok());
            }
            Err(NotRead::Malformed(reason)) => prop_assert!(false, "{}", reason),
            Err(NotRead::Invalid(faults)) => {
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    prop_assert!(fault.field.is_empty() || fault.field.starts_with('/'), "{:?}", fault);
                    let is_secret = ["/webhooks", "/repository"].iter().any(|secret| fault.field.starts_with(secret));
                    let is_open = ["payload", "when", "caFile"].iter().any(|open| fault.field.ends_with(open));
                    prop_assert!(!is_secret || is_open || !fault.reason.contains(PLANTED), "{:?}", fault);
                }
            }
        }
    }
}

#[test]
fn the_generator_plants_what_must_be_hidden() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for _ in 0..200 {
        let text = job_file().new_tree(&mut runner).unwrap().current();
        for word in [PLANTED, "signing_secret", "me:s3cr3t", "headers_from", "body", "password_env"] {
            *seen.entry(word).or_insert(0) += u32::from(text.contains(word));
        }
    }
    assert!(seen.values().all(|seen| *seen > 10), "{seen:?}");
}
