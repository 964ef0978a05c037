//! What is sent: mostly good documents with few names, so that they meet, and with something wrong every now and then.

use hook_core::MASK;
use proptest::{prelude::*, sample::Index, strategy::Union};
use serde_json::{Value, json};

/// Kinds of things that the API has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Job,
    Repository,
    Destination,
    Token,
    User,
    Organization,
    Member,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::Job,
        Self::Repository,
        Self::Destination,
        Self::Token,
        Self::User,
        Self::Organization,
        Self::Member,
    ];

    /// Those that an organization has as its own, and that a session sees in one organization.
    pub(super) const OWN: [Self; 4] = [Self::Job, Self::Repository, Self::Destination, Self::Token];

    /// The member that tells one from another.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Job => "scheduleId",
            Self::Repository => "repositoryId",
            Self::Destination => "destinationId",
            Self::Token => "tokenId",
            Self::User => "userId",
            Self::Organization => "organizationId",
            Self::Member => "username",
        }
    }

    /// The path of their list, in an organization.
    pub(super) fn list(self, organization: &str) -> String {
        match self {
            Self::Job => "jobs".to_owned(),
            Self::Repository => "repositories".to_owned(),
            Self::Destination => "notifications/destinations".to_owned(),
            Self::Token => "tokens".to_owned(),
            Self::User => "users".to_owned(),
            Self::Organization => "organizations".to_owned(),
            Self::Member => format!("organizations/{organization}/members"),
        }
    }

    /// Whether one is shown alone, with the revision that `If-Match` is about.
    pub(super) fn has_revision(self) -> bool {
        matches!(self, Self::Job | Self::Repository | Self::Destination)
    }
}

/// One that the test picks among these. The first ones are likelier, and what it shrinks to.
fn of<const N: usize>(good: [Value; N], bad: &[Value]) -> BoxedStrategy<Value> {
    let (good, bad) = (prop::sample::select(good.to_vec()), prop::sample::select(bad.to_vec()));
    prop_oneof![40 => good, 1 => bad].boxed()
}

/// Each member there or not: what is missing is missing, or stays as it was read.
fn members(
    required: Vec<(&'static str, BoxedStrategy<Value>)>,
    optional: Vec<(&'static str, BoxedStrategy<Value>)>,
) -> BoxedStrategy<Value> {
    let there = |(name, value): (&'static str, BoxedStrategy<Value>), likelihood: f64| {
        prop::option::weighted(likelihood, value).prop_map(move |value| Some((name.to_owned(), value?)))
    };
    let members: Vec<_> = required
        .into_iter()
        .map(|member| there(member, 0.98).boxed())
        .chain(optional.into_iter().map(|member| there(member, 0.2).boxed()))
        .collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect())).boxed()
}

/// With one member that is another kind of thing, every now and then.
fn bent(document: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let junk = prop::sample::select(vec![
        json!(null),
        json!(7),
        json!("x"),
        json!([[]]),
        json!({"a": 1}),
        json!(1e300),
    ]);
    let bend = prop::option::weighted(0.1, (any::<Index>(), junk));
    let bent = (document, bend).prop_map(|(mut document, bend)| {
        let members = document.as_object_mut().filter(|members| !members.is_empty());
        if let Some((members, (at, junk))) = members.zip(bend) {
            let at = at.index(members.len());
            if let Some(value) = members.values_mut().nth(at) {
                *value = junk;
            }
        }
        document
    });
    Union::new_weighted(vec![(30, bent.boxed()), (1, Just(json!([])).boxed())]).boxed()
}

pub(super) fn document(kind: Kind) -> BoxedStrategy<Value> {
    bent(match kind {
        Kind::Job => job(),
        Kind::Repository => repository(),
        Kind::Destination => destination(),
        Kind::Token => members(
            vec![
                ("name", name()),
                ("scope", of(["read", "run", "manage"].map(Value::from), &[json!("all")])),
            ],
            vec![(
                "expiresAt",
                of([json!(null), json!("2126-01-01T00:00:00Z")], &[json!("2000-01-01T00:00:00Z")]),
            )],
        ),
        Kind::User => members(
            vec![("username", of(["jon", "eve", "kim"].map(Value::from), &[json!("Jon"), json!("ana")]))],
            vec![("name", name())],
        ),
        Kind::Organization => {
            let roots =
                of([json!(null), json!(["/srv"]), json!(["/srv", "/r"])], &[json!(["srv"]), json!([])]);
            members(vec![("name", name()), ("roots", roots)], vec![])
        }
        Kind::Member => members(
            vec![("role", of(["owner", "member", "viewer"].map(Value::from), &[json!("king")]))],
            vec![],
        ),
    })
}

fn name() -> BoxedStrategy<Value> {
    of(["a", "b", "c", "ü", "\"'\\", "[x]", "#", "a = 1"].map(Value::from), &[json!("a\nb"), json!("")])
}

fn url() -> BoxedStrategy<Value> {
    of(
        ["/r/1", "/r/2", "rest:http://me:pw@host:8000/"].map(Value::from),
        &[json!(""), json!("r"), json!("rest:http://x/\n")],
    )
}

fn password() -> BoxedStrategy<Value> {
    of([json!("pw")], &[json!("pw2"), json!(MASK), json!("x\ny"), json!("")])
}

fn env() -> BoxedStrategy<Value> {
    let one = |value: &str| json!({"AWS_ACCESS_KEY_ID": value});
    of([json!({}), one("AKIA")], &[one(MASK), json!({"PATH": "/x"}), json!({"": "x"})])
}

fn repository() -> BoxedStrategy<Value> {
    members(vec![("url", url()), ("password", password())], vec![("env", env())])
}

/// `repo_#n` and `sched_#n` stand for the n-th that is there by then.
fn known(prefix: &'static str) -> BoxedStrategy<Value> {
    (0..4_u8).prop_map(move |n| format!("{prefix}#{n}").into()).boxed()
}

fn job() -> BoxedStrategy<Value> {
    let named = known("repo_").prop_map(|id| json!({ "repositoryId": id }));
    let repository = prop_oneof![2 => repository(), 1 => named].boxed();
    let required = vec![
        ("name", name()),
        ("sourcePath", of(["/srv/a", "/srv/b"].map(Value::from), &[json!("/etc"), json!("srv")])),
        ("repository", repository),
    ];
    let hooks = prop_oneof![Just(json!(null)), hook()];
    let hooks = (hooks.clone(), hooks).prop_map(|(pre, post)| json!({"pre": pre, "post": post})).boxed();
    let optional = vec![
        ("scheduleId", of(["sched_x", "sched_y"].map(Value::from), &[json!("x"), json!("sched_")])),
        ("enabled", any::<bool>().prop_map(Value::from).boxed()),
        ("schedule", of([json!(null), json!("0 2 * * *"), json!("0 2 30 2 *")], &[json!("often")])),
        ("timezone", of([json!(null), json!("Europe/Madrid")], &[json!("Mars/Base")])),
        ("tags", of([json!([]), json!(["x", "y"])], &[json!(["a,b"]), json!([""])])),
        ("retries", of([0, 2].map(Value::from), &[json!(-1)])),
        ("retryDelayMs", of([1000, 900_000].map(Value::from), &[json!(1500)])),
        (
            "retention",
            of([json!(null), json!({"keepLast": 3})], &[json!({"keepLast": -1}), json!({"keepLost": 1})]),
        ),
        ("webhooks", hooks),
    ];
    members(required, optional)
}

fn hook() -> BoxedStrategy<Value> {
    let urls = ["http://host:9000/stop", "https://me:pw@host/x", "http://host:9000/other"].map(Value::from);
    let headers = ["", "X-A: b\nX-C: d"].map(Value::from);
    let required = vec![
        ("url", of(urls, &[json!("http://elsewhere/"), json!("host")])),
        ("headers", of(headers, &[format!("X-A: {MASK}").into(), json!("no colon"), json!("X-A: \u{1}")])),
    ];
    let bodies = ["", "{}", "a\"\"\"b\\\n'''", "\n\u{1}"].map(Value::from);
    members(
        required,
        vec![("body", of(bodies, &[json!(7)])), ("attempts", of([1, 3].map(Value::from), &[json!(0)]))],
    )
}

fn destination() -> BoxedStrategy<Value> {
    let token = of([json!("tk_1")], &[json!(MASK), json!(7)]);
    let address = of(["https://ntfy.example/a", "https://ntfy.example/b"].map(Value::from), &[json!("x")]);
    let settings = members(vec![("url", address)], vec![("token", token)]);
    let jobs =
        prop_oneof![2 => Just(json!(null)).boxed(), 1 => known("sched_").prop_map(|id| json!([id])).boxed()];
    let required = vec![
        ("name", name()),
        ("kind", of([json!("ntfy"), json!("gotify")], &[json!("pigeon"), json!("command")])),
        ("settings", settings),
    ];
    let on = of([json!(["error"]), json!(["success", "error"])], &[json!([]), json!(["nothing"])]);
    members(
        required,
        vec![("enabled", any::<bool>().prop_map(Value::from).boxed()), ("on", on), ("jobs", jobs.boxed())],
    )
}
