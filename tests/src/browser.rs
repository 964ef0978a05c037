//! A person with a browser: Debian's chromium, driven by chromedriver, and what they do there by what they can see.

mod control;
mod driver;
mod look;

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

pub use control::Control;
use driver::Driver;
pub use look::{Look, Scheme, Scripts};

use crate::{Scratch, eventually::PATIENCE};

/// Between two looks at a page.
const PAUSE: Duration = Duration::from_millis(20);

/// A browser with one window. Dropped, it is closed, and its driver ended.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
}

impl Browser {
    /// Opens it, with a profile of its own in the test's directory.
    ///
    /// # Panics
    /// Where chromium or chromedriver cannot be started.
    #[must_use]
    pub fn open(scratch: &Scratch, look: Look) -> Self {
        let browser = Self { driver: Driver::start(scratch) };
        browser.look(look);
        browser
    }

    /// Another window size, colour scheme, or JavaScript on or off; from the next page on.
    ///
    /// # Panics
    /// Where the browser does not obey.
    pub fn look(&self, look: Look) {
        for (command, parameters) in look.commands() {
            self.driver.devtools(command, &parameters).unwrap();
        }
    }

    /// Types an address.
    ///
    /// # Panics
    /// The page does not load.
    pub fn go(&self, url: &str) {
        self.driver.post("/url", &json!({ "url": url })).unwrap();
    }

    /// Loads the page again.
    ///
    /// # Panics
    /// It does not load.
    pub fn reload(&self) {
        self.driver.post("/refresh", &json!({})).unwrap();
    }

    /// Where it is: path and query.
    #[must_use]
    pub fn path(&self) -> String {
        // In the middle of a navigation there is no page.
        let path = self.driver.run("return location.pathname + location.search").unwrap_or_default();
        path.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until it is at this path, query included.
    ///
    /// # Panics
    /// After a minute, with where it is and what it shows.
    #[track_caller]
    pub fn arrives(&self, path: &str) {
        self.arrives_where(path, |now| now == path);
    }

    /// Waits until it is at a path that begins so.
    ///
    /// # Panics
    /// As [`arrives`](Self::arrives).
    #[track_caller]
    pub fn arrives_below(&self, beginning: &str) -> String {
        self.arrives_where(beginning, |now| now.starts_with(beginning))
    }

    #[track_caller]
    fn arrives_where(&self, wanted: &str, is_there: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = self.path();
            if is_there(&now) {
                return now;
            }
            assert!(Instant::now() < deadline, "not at {wanted} but at {now}, which shows\n{}", self.text());
            thread::sleep(PAUSE);
        }
    }

    /// All that the page shows, as a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.driver.run("return document.body.innerText").unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows a text.
    ///
    /// # Panics
    /// After a minute, with what it shows instead.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.text().contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in\n{}", self.text());
            thread::sleep(PAUSE);
        }
    }

    /// Waits until a piece of JavaScript says something other than `null`, `false` or an error.
    ///
    /// # Panics
    /// After a minute.
    pub fn wait(&self, what: &str, script: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.driver.run(script).ok();
            if let Some(value) = said.filter(|value| !value.is_null() && *value != json!(false)) {
                return value;
            }
            assert!(Instant::now() < deadline, "waited a minute for {what}");
            thread::sleep(PAUSE);
        }
    }

    /// What a piece of JavaScript says about the page; it runs where the page's own may not.
    ///
    /// # Panics
    /// It throws.
    #[must_use]
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.driver.run(script).unwrap_or_else(|error| panic!("{error}\nin {script}"))
    }

    /// Presses keys, wherever the focus is: `\u{E004}` is Tab (the table of the WebDriver standard, §17.4.2).
    ///
    /// # Panics
    /// Where the browser does not obey.
    pub fn keys(&self, keys: &str) {
        let strokes: Vec<_> = keys
            .chars()
            .flat_map(|key| {
                [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
            })
            .collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]});
        self.driver.post("/actions", &actions).unwrap();
    }

    /// What the browser complained about since it was asked last: errors of scripts, of the content security policy, of
    /// files that are not there.
    ///
    /// # Panics
    /// Where it does not say.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let log = self.driver.post("/se/log", &json!({"type": "browser"})).unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| format!("{}: {}", entry["level"], entry["message"])).collect()
    }

    /// What a screen reader is told: role and name of everything in the page, in order.
    ///
    /// # Panics
    /// Where the browser does not say.
    #[must_use]
    pub fn told(&self) -> Vec<(String, String)> {
        let tree = self.driver.devtools("Accessibility.getFullAXTree", &json!({})).unwrap();
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let word = |node: &Value, what: &str| node[what]["value"].as_str().unwrap_or_default().to_owned();
        let told = nodes.iter().filter(|node| node["ignored"] != json!(true));
        told.map(|node| (word(node, "role"), word(node, "name"))).collect()
    }

    /// A picture of the whole page, as a PNG file.
    ///
    /// # Panics
    /// Where it cannot be made or written.
    pub fn picture(&self, file: &Path) {
        self.capture(file, &json!({"format": "png", "captureBeyondViewport": true}));
    }

    /// A picture of what the window shows, as a PNG file.
    ///
    /// # Panics
    /// As [`picture`](Self::picture).
    pub fn snapshot(&self, file: &Path) {
        self.capture(file, &json!({"format": "png"}));
    }

    fn capture(&self, file: &Path, how: &Value) {
        let shot = self.driver.devtools("Page.captureScreenshot", how).unwrap();
        std::fs::write(file, base64(shot["data"].as_str().unwrap_or_default())).unwrap();
    }

    /// The button with this accessible name.
    #[must_use]
    pub fn button<'a>(&'a self, name: &'a str) -> Control<'a> {
        Control::new(self, &["button"], name)
    }

    /// The link with this accessible name.
    #[must_use]
    pub fn link<'a>(&'a self, name: &'a str) -> Control<'a> {
        Control::new(self, &["link"], name)
    }

    /// The field with this label, whatever its kind.
    #[must_use]
    pub fn field<'a>(&'a self, label: &'a str) -> Control<'a> {
        Control::new(self, &["textbox", "searchbox", "spinbutton", "combobox", "checkbox", "radio"], label)
    }

    /// What opens and closes the part with this name.
    #[must_use]
    pub fn disclosure<'a>(&'a self, name: &'a str) -> Control<'a> {
        Control::new(self, &["DisclosureTriangle", "disclosureTriangle", "button"], name)
    }
}

/// What base64 means. Anything else in the text is passed over.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text.chars().filter_map(|digit| u32::try_from(DIGITS.find(digit)?).ok()).collect();
    digits
        .chunks(4)
        .flat_map(|four| {
            let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
            bits.to_be_bytes().into_iter().skip(1).take(four.len() * 6 / 8)
        })
        .collect()
}
