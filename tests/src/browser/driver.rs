//! chromedriver and one session of it, as the WebDriver standard has them.

use std::fs;

use serde_json::{Value, json};

use crate::{Running, Scratch, command, eventually, http};

/// A program of our own is started: no first steps, no calls home, no helper that outlives it. `--no-sandbox`, because
/// the sandbox refuses root, as whom tests run in a container; the pages shown are zb's own.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-breakpad",
    "--no-first-run",
    "--password-store=basic",
    "--force-color-profile=srgb",
];

/// A session. Its processes carry the test's directory in their environment, which is how [`Scratch`] finds those that
/// would be left.
#[derive(Debug)]
pub(super) struct Driver {
    /// Ends when it is dropped.
    _process: Running,
    address: String,
    session: String,
}

impl Driver {
    pub(super) fn start(scratch: &Scratch) -> Self {
        let mut chromedriver = command("chromedriver");
        chromedriver.arg("--port=0").env("HOME", scratch.path("home")).env("TMPDIR", scratch.path("tmp"));
        let process = Running::start(chromedriver);
        let address = eventually("chromedriver's port", || {
            let said = process.stdout();
            let port = said.split("successfully on port ").nth(1)?.split_once('.')?.0;
            Some(format!("127.0.0.1:{port}"))
        });
        let profile = format!("--user-data-dir={}", scratch.text("browser"));
        fs::create_dir_all(scratch.path("browser")).unwrap();
        let options = json!({"args": FLAGS.iter().copied().chain([profile.as_str()]).collect::<Vec<_>>()});
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let asked = json!({"capabilities": {"alwaysMatch": wanted}});
        let mut driver = Self { _process: process, address, session: String::new() };
        let made = driver.send("POST", "", &asked.to_string()).expect("chromium starts");
        driver.session = format!("/{}", made["sessionId"].as_str().expect("a session has an id"));
        driver
    }

    /// Asks something about the session; the error is the driver's sentence, with its code in front.
    pub(super) fn get(&self, path: &str) -> Result<Value, String> {
        self.send("GET", path, "")
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.send("POST", path, &body.to_string())
    }

    /// A command of the DevTools protocol, for what WebDriver has no word for.
    pub(super) fn devtools(&self, command: &str, parameters: &Value) -> Result<Value, String> {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    pub(super) fn run(&self, script: &str) -> Result<Value, String> {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Result<Value, String> {
        let request = format!("{method} /session{}{path}", self.session);
        let answered = http::ask(&self.address, &request, "", body).map_err(|error| error.to_string())?;
        let value = answered.json()["value"].clone();
        if answered.status == 200 {
            return Ok(value);
        }
        Err(format!("{}: {}", value["error"], value["message"]))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends chromium with all its children. Where it fails, the test's directory ends them.
        let _ = self.send("DELETE", "", "");
    }
}
