//! `[webhooks.pre]` and `[webhooks.post]` of a job file.

use std::time::Duration;

use hook_core::{
    HeaderFrom, HookConfig, HookField, HookHeaders, HookSpec, InvalidHeaders, PayloadKind, Phase, PostWhen,
    limits::ATTEMPTS,
};

use super::{BadInput, Place, Section, durations::check_deadline, value_from::value_from};

/// The keys of `[webhooks.pre]`, and of `[webhooks.post]`, which has [`WHEN_KEY`] besides.
pub const HOOK_KEYS: [&str; 11] = [
    "url",
    "headers",
    "headers_from",
    "body",
    "payload",
    "insecure_tls",
    "ca_file",
    "reject_body",
    "attempts",
    "timeout",
    "signing_secret",
];

/// When the post hook is owed: a key of `[webhooks.post]` only.
pub const WHEN_KEY: &str = "when";

/// Both hooks of a job, and when the post hook is owed.
#[derive(Debug, Default)]
pub(super) struct JobHooks {
    pub(super) pre: Option<HookSpec>,
    pub(super) post: Option<HookSpec>,
    pub(super) when: PostWhen,
}

impl JobHooks {
    /// Reads `[webhooks]`. `timeout` is the deadline of a hook that names none.
    pub(super) fn read(top: &Section<'_>, timeout: Duration) -> Result<Self, BadInput> {
        let Some(webhooks) = top.section("webhooks")? else { return Ok(Self::default()) };
        webhooks.only(&["pre", "post"])?;
        let mut hooks = Self::default();
        if let Some(section) = webhooks.section(Phase::Pre.as_str())? {
            if section.has(WHEN_KEY) {
                return Err(section.unknown(WHEN_KEY).hint("only [webhooks.post] has it"));
            }
            section.only(&HOOK_KEYS)?;
            hooks.pre = Some(hook(&section, timeout)?);
        }
        if let Some(section) = webhooks.section(Phase::Post.as_str())? {
            section.only(&[HOOK_KEYS.as_slice(), &[WHEN_KEY]].concat())?;
            hooks.post = Some(hook(&section, timeout)?);
            hooks.when = section.choice(WHEN_KEY, &WHEN)?.unwrap_or_default();
        }
        Ok(hooks)
    }
}

const WHEN: [(&str, PostWhen); 3] =
    [("paired", PostWhen::Paired), ("after-restic", PostWhen::AfterRestic), ("always", PostWhen::Always)];

const PAYLOAD: [(&str, PayloadKind); 2] =
    [("default", PayloadKind::Default), ("extended", PayloadKind::Extended)];

fn hook(section: &Section<'_>, default: Duration) -> Result<HookSpec, BadInput> {
    let timeout = section.duration("timeout")?.map(check_deadline).transpose();
    let timeout = timeout.map_err(|reason| section.fault("timeout", reason))?.unwrap_or(default);
    let defaults = HookConfig::new(section.required_text("url")?, timeout);
    let attempts = section.integer("attempts")?.unwrap_or(i64::from(defaults.attempts));
    let outside =
        || section.fault("attempts", format!("must be from {} to {}", ATTEMPTS.start(), ATTEMPTS.end()));
    let config = HookConfig {
        headers: headers(section)?,
        headers_from: headers_from(section)?,
        body: section.verbatim("body")?.unwrap_or_default().to_owned(),
        payload: payload(section)?,
        insecure_tls: section.boolean("insecure_tls")?.unwrap_or_default(),
        ca_file: section.path("ca_file")?,
        reject_body: section.verbatim("reject_body")?.map_or(defaults.reject_body.clone(), ToOwned::to_owned),
        attempts: u32::try_from(attempts)
            .ok()
            .filter(|attempts| ATTEMPTS.contains(attempts))
            .ok_or_else(outside)?,
        signing_secret: section.filled_text("signing_secret")?.map(ToOwned::to_owned),
        ..defaults
    };
    HookSpec::new(config).map_err(|error| {
        let key = error.field().as_str();
        let place = error.header().and_then(|header| place_of_header(section, header));
        let place = place.unwrap_or_else(|| section.place(key));
        let path = match error.header().filter(|_| key == HookField::HeadersFrom.as_str()) {
            Some(header) => [section.path_to(key), vec![header.to_owned()]].concat(),
            None => section.path_to(key),
        };
        BadInput::new(place, format!("`{}`: {error}", section.full_name(key))).at(path)
    })
}

/// A hook with a body of its own has no use for it: whoever wrote both expects something else than will arrive.
fn payload(section: &Section<'_>) -> Result<PayloadKind, BadInput> {
    let payload = section.choice("payload", &PAYLOAD)?;
    match payload.filter(|_| section.verbatim("body").is_ok_and(|body| body.is_some_and(|b| !b.is_empty()))) {
        Some(_) => Err(section.fault("payload", "has no effect beside a `body`").hint("keep one of the two")),
        None => Ok(payload.unwrap_or_default()),
    }
}

/// The headers' text, its faults with the line in the file where the text stands there as it is.
pub(super) fn headers(section: &Section<'_>) -> Result<String, BadInput> {
    let Some(text) = section.verbatim("headers")? else { return Ok(String::new()) };
    match text.parse::<HookHeaders>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => {
            let place = line_in_file(section, text, &error).unwrap_or_else(|| section.place("headers"));
            let key = section.full_name("headers");
            Err(BadInput::new(place, format!("`{key}`, {error}"))
                .at(section.path_to("headers"))
                .in_line(error.line)
                .hint("write one header a line, as in X-Hook-Secret: a-long-random-text"))
        }
    }
}

/// Headers whose values are elsewhere.
pub(super) fn headers_from(section: &Section<'_>) -> Result<Vec<HeaderFrom>, BadInput> {
    const FORMS: &str = "must be { env = \"NAME\" } or { file = \"PATH\" }; a value that is written here belongs into `headers`";
    let Some(headers) = section.section(HookField::HeadersFrom.as_str())? else { return Ok(Vec::new()) };
    let header = |name: &str| {
        let from = value_from(&headers, name, FORMS)?;
        Ok(HeaderFrom { name: name.to_owned(), from, sealed: None })
    };
    headers.keys().map(header).collect()
}

fn place_of_header(section: &Section<'_>, header: &str) -> Option<Place> {
    Some(section.section(HookField::HeadersFrom.as_str()).ok()??.place(header))
}

/// A multi-line text whose lines are those of the file: neither an escape nor a joined line is in it.
fn line_in_file(section: &Section<'_>, text: &str, error: &InvalidHeaders) -> Option<Place> {
    let (written, first) = section.written("headers")?;
    let inner =
        ["\"\"\"", "'''"].iter().find_map(|quotes| written.strip_prefix(quotes)?.strip_suffix(quotes))?;
    let (inner, first) = match inner.strip_prefix("\r\n").or_else(|| inner.strip_prefix('\n')) {
        Some(rest) => (rest, first + 1),
        None => (inner, first),
    };
    let same = inner.lines().eq(text.lines());
    same.then(|| section.line(first + error.line - 1))
}
