//! Masks in the settings of a destination: each stands for the secret that is stored in its place, as long as the address
//! that it goes to is the same (`api.md` §1, "Secrets are write-only").

use hook_core::{HookHeaders, HookUrl, MASK, Origin};
use http::HeaderName;
use serde_json::{Map, Value, json};

use super::kinds::{Form, Kind};
use crate::FieldError;

const NOTHING: &str = "no stored value to keep";
const MOVED: &str = "the address changed: enter it again";

/// The settings as people may see them: every one of the kind.
pub(super) fn masked(kind: &Kind, plain: &Value) -> Value {
    let shown = kind.settings.iter().map(|(name, form)| ((*name).to_owned(), shown(*form, &plain[*name])));
    Value::Object(shown.collect())
}

fn shown(form: Form, value: &Value) -> Value {
    let text = value.as_str();
    match (form, text) {
        (Form::Headers, text) => {
            let headers: HookHeaders = text.unwrap_or_default().parse().unwrap_or_default();
            json!(headers.masked().trim_end_matches('\n'))
        }
        (Form::Address, Some(url)) => json!(with_userinfo(url, MASK)),
        (Form::SecretAddress, Some(url)) => json!(hidden(url)),
        (Form::Secret, Some(_)) => json!(MASK),
        _ => value.clone(),
    }
}

/// What the masks stand for, in the place of them. A setting whose mask stands for nothing is left out, with the reason.
pub(super) fn kept(
    kind: &Kind,
    new: &Map<String, Value>,
    stored: Option<&Value>,
) -> (Value, Vec<FieldError>) {
    let (mut plain, mut faults) = (Map::new(), Vec::new());
    let keeper = Keeper { stored, is_moved: is_moved(new, stored) };
    for (name, form) in kind.settings {
        let value = new.get(*name).filter(|value| !value.is_null());
        let Some(value) = value else { continue };
        match keeper.kept(name, *form, value) {
            Ok(value) => {
                plain.insert((*name).to_owned(), value);
            }
            Err((reason, line)) => {
                faults.push(FieldError { line, ..FieldError::new(format!("/{name}"), reason) });
            }
        }
    }
    (Value::Object(plain), faults)
}

/// Whether both have addresses, of two origins. One that cannot be read is wrong in itself.
fn is_moved(new: &Map<String, Value>, stored: Option<&Value>) -> bool {
    let new = new.get("url").and_then(Value::as_str).and_then(origin);
    let there = stored.and_then(|stored| stored["url"].as_str()).and_then(origin);
    new.zip(there).is_some_and(|(new, there)| new != there)
}

struct Keeper<'s> {
    stored: Option<&'s Value>,
    is_moved: bool,
}

type Refused = (&'static str, Option<usize>);

impl Keeper<'_> {
    fn kept(&self, name: &str, form: Form, value: &Value) -> Result<Value, Refused> {
        let stored = || self.stored.and_then(|stored| stored[name].as_str());
        let (Some(text), false) = (value.as_str(), matches!(form, Form::Text | Form::Texts)) else {
            return Ok(value.clone());
        };
        if !text.contains(MASK) {
            return Ok(value.clone());
        }
        if form == Form::Headers {
            return self.headers(text, stored().unwrap_or_default()).map(Value::from);
        }
        let there = stored().ok_or((NOTHING, None))?;
        let is_whole = match form {
            Form::Address => {
                let alone = userinfo(text) == Some(MASK) && !without_userinfo(text).contains(MASK);
                alone && userinfo(there).is_some()
            }
            Form::SecretAddress => text == MASK || text == hidden(text),
            _ => text == MASK,
        };
        match (is_whole, self.is_moved) {
            (false, _) => Err((NOTHING, None)),
            (true, true) => Err((MOVED, None)),
            (true, false) if form == Form::Address => {
                Ok(json!(with_userinfo(text, userinfo(there).unwrap_or_default())))
            }
            (true, false) => Ok(json!(there)),
        }
    }

    /// The headers, line by line, with the stored values of the same names, letter case apart.
    fn headers(&self, text: &str, stored: &str) -> Result<String, Refused> {
        let stored: HookHeaders = stored.parse().unwrap_or_default();
        let mut kept = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            if !line.contains(MASK) {
                kept.push(line.to_owned());
                continue;
            }
            let masked = line.split_once(':').filter(|(_, value)| value.trim() == MASK);
            let (name, _) = masked.ok_or((NOTHING, Some(number)))?;
            let folded: Option<HeaderName> = name.parse().ok();
            let found = stored.iter().find(|(there, _)| Some(*there) == folded.as_ref());
            let value = found.and_then(|(_, value)| value.to_str().ok()).ok_or((NOTHING, Some(number)))?;
            if self.is_moved {
                return Err((MOVED, Some(number)));
            }
            kept.push(format!("{name}: {value}"));
        }
        Ok(kept.join("\n"))
    }
}

fn origin(url: &str) -> Option<Origin> {
    let bare = without_userinfo(url).replace(MASK, "");
    bare.parse::<HookUrl>().ok().map(|url| url.origin().clone())
}

/// The origin alone.
fn hidden(url: &str) -> String {
    origin(url).map_or_else(|| MASK.to_owned(), |origin| format!("{origin}/{MASK}"))
}

/// Where user and password stand.
fn userinfo_place(url: &str) -> Option<(usize, usize)> {
    let begin = url.find("://")? + 3;
    let length = url[begin..].find(['/', '\\', '?', '#']).unwrap_or(url.len() - begin);
    let at = url[begin..begin + length].rfind('@')?;
    Some((begin, begin + at))
}

fn userinfo(url: &str) -> Option<&str> {
    userinfo_place(url).map(|(begin, end)| &url[begin..end])
}

/// The URL with this in the place of its user and password, if it has them.
fn with_userinfo(url: &str, userinfo: &str) -> String {
    match userinfo_place(url) {
        Some((begin, end)) => format!("{}{userinfo}{}", &url[..begin], &url[end..]),
        None => url.to_owned(),
    }
}

fn without_userinfo(url: &str) -> String {
    match userinfo_place(url) {
        Some((begin, end)) => format!("{}{}", &url[..begin], &url[end + 1..]),
        None => url.to_owned(),
    }
}
