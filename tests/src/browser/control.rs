//! Something that a person can press or fill, found by what it is called: the role and the accessible name that the
//! browser tells a screen reader.

use std::fmt::{Debug, Formatter};

use serde_json::{Value, json};

use super::Browser;
use crate::eventually;

/// The WebDriver standard's key for an element's reference.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a person could mean by a name: shown, and with that text in or beside it. Only the browser knows the name
/// itself, and to ask it for every element of a page is slow.
const CANDIDATES: &str = "
const plain = (text) => (text ?? '').replace(/\\s+/g, ' ');
return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => [element.textContent, element.ariaLabel, ...[...(element.labels ?? [])].map((l) => l.textContent)]
    .some((text) => plain(text).includes(arguments[0])));";

/// A description of it: it is looked for at every use, because a live page replaces what it shows.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    browser: &'a Browser,
    roles: &'a [&'a str],
    name: &'a str,
    begins: Begins,
    place: Option<&'a str>,
}

impl Debug for Control<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "the {} {:?}", self.roles[0], self.name)
    }
}

/// Whether a name goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Begins {
    Whole,
    Beginning,
}

impl<'a> Control<'a> {
    pub(super) fn new(browser: &'a Browser, roles: &'a [&'a str], name: &'a str) -> Self {
        Self { browser, roles, name, begins: Begins::Whole, place: None }
    }

    /// The name only begins so.
    #[must_use]
    pub fn and_so_on(self) -> Self {
        Self { begins: Begins::Beginning, ..self }
    }

    /// Only within what the CSS selector finds, where a page has two of a name.
    #[must_use]
    pub fn within(self, selector: &'a str) -> Self {
        Self { place: Some(selector), ..self }
    }

    /// Whether it is there now.
    #[must_use]
    pub fn is_there(self) -> bool {
        self.found().is_ok_and(|found| !found.is_empty())
    }

    /// Presses it.
    ///
    /// # Panics
    /// It is not there within a minute, or there are two of it.
    #[track_caller]
    pub fn press(self) {
        self.act(|element| self.browser.driver.post(&format!("/element/{element}/click"), &json!({})));
    }

    /// Types a text in place of what it holds.
    ///
    /// # Panics
    /// As [`press`](Self::press).
    #[track_caller]
    pub fn fill(self, text: &str) {
        self.act(|element| {
            self.browser.driver.post(&format!("/element/{element}/clear"), &json!({}))?;
            self.browser.driver.post(&format!("/element/{element}/value"), &json!({ "text": text }))
        });
        assert_eq!(self.value(), text, "{self:?} has what was typed");
    }

    /// Chooses the option with this text.
    ///
    /// # Panics
    /// As [`press`](Self::press), or where there is no such option.
    #[track_caller]
    pub fn choose(self, option: &str) {
        self.act(|element| {
            self.browser.driver.post(&format!("/element/{element}/value"), &json!({ "text": option }))
        });
        let chosen = self.ask("return arguments[0].selectedOptions[0].label");
        assert_eq!(chosen, option, "{self:?} has the option");
    }

    /// What it holds.
    ///
    /// # Panics
    /// As [`press`](Self::press).
    #[must_use]
    #[track_caller]
    pub fn value(self) -> String {
        self.ask("return arguments[0].value").as_str().unwrap_or_default().to_owned()
    }

    /// What a piece of JavaScript says about it, as `arguments[0]`.
    ///
    /// # Panics
    /// As [`press`](Self::press).
    #[must_use]
    #[track_caller]
    pub fn ask(self, script: &str) -> Value {
        self.act(|element| {
            let asked = json!({"script": script, "args": [{ (ELEMENT): element }]});
            self.browser.driver.post("/execute/sync", &asked)
        })
    }

    #[track_caller]
    fn act(self, act: impl Fn(&str) -> Result<Value, String>) -> Value {
        let what = format!("{self:?}");
        eventually(&what, || {
            let found = self.found().ok()?;
            let [element] = found.as_slice() else {
                assert!(found.is_empty(), "{} times {what}", found.len());
                return None;
            };
            match act(element) {
                Ok(value) => Some(value),
                // The page has just shown something new.
                Err(error) if error.contains("stale element") || error.contains("no such element") => None,
                Err(error) => panic!("{what}: {error}"),
            }
        })
    }

    fn found(self) -> Result<Vec<String>, String> {
        let driver = &self.browser.driver;
        let asked = json!({"script": CANDIDATES, "args": [self.name]});
        let candidates = driver.post("/execute/sync", &asked)?;
        let mut found = Vec::new();
        for candidate in candidates.as_array().into_iter().flatten() {
            let element = candidate[ELEMENT].as_str().unwrap_or_default();
            let name = driver.get(&format!("/element/{element}/computedlabel"))?;
            let role = driver.get(&format!("/element/{element}/computedrole"))?;
            let (name, role) = (name.as_str().unwrap_or_default(), role.as_str().unwrap_or_default());
            let is_named = match self.begins {
                Begins::Whole => name == self.name,
                Begins::Beginning => name.starts_with(self.name),
            };
            if is_named && self.roles.contains(&role) && self.is_in_place(element)? {
                found.push(element.to_owned());
            }
        }
        Ok(found)
    }

    fn is_in_place(self, element: &str) -> Result<bool, String> {
        let Some(place) = self.place else { return Ok(true) };
        let asked = json!({"script": "return !!arguments[0].closest(arguments[1])", "args": [{ (ELEMENT): element }, place]});
        Ok(self.browser.driver.post("/execute/sync", &asked)? == json!(true))
    }
}
