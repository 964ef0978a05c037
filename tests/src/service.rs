//! `zb serve` in a test: where it listens, and a token to speak to it.

use crate::{Answered, Container, EventStream, Running, Zb, eventually, http};

/// A service at work, on a free port.
#[derive(Debug)]
pub struct Service {
    /// The process.
    pub running: Running,
    address: String,
    token: Option<String>,
}

impl Service {
    /// Starts it with an account and a token that may do everything.
    ///
    /// # Panics
    /// It does not come up.
    #[must_use]
    pub fn start(zb: &Zb<'_>, arguments: &[&str]) -> Self {
        let token = Some(token(zb));
        Self { token, ..Self::without_account(zb, arguments) }
    }

    /// The same below another command, which zb takes the place of in the end.
    ///
    /// # Panics
    /// It does not come up.
    #[must_use]
    pub fn start_under<'w>(
        zb: &Zb<'_>,
        wrapper: impl IntoIterator<Item = &'w str>,
        arguments: &[&str],
    ) -> Self {
        let token = Some(token(zb));
        Self { token, ..Self::without_account(&zb.clone().under(wrapper), arguments) }
    }

    /// The same as process 1 of a container; nothing where there can be none.
    ///
    /// # Panics
    /// It does not come up.
    #[must_use]
    pub fn contained(zb: &Zb<'_>, arguments: &[&str]) -> Option<(Self, Container)> {
        let token = Some(token(zb));
        let (running, container) = Container::start(zb.clone(), &words(arguments))?;
        Some((Self { token, ..Self::listening(running) }, container))
    }

    /// With a token of the account `ana` that may do everything; it is made where there is none.
    ///
    /// # Panics
    /// There can be none.
    #[must_use]
    pub fn with_token(self, zb: &Zb<'_>) -> Self {
        Self { token: Some(token(zb)), ..self }
    }

    /// Starts it as it is: the first time, nobody has an account.
    ///
    /// # Panics
    /// It does not come up.
    #[must_use]
    pub fn without_account(zb: &Zb<'_>, arguments: &[&str]) -> Self {
        Self::listening(zb.spawn(&words(arguments)))
    }

    fn listening(running: Running) -> Self {
        let address = eventually("the service listens", || said(&running, "zb listens at "));
        Self { running, address, token: None }
    }

    /// The link that it prints where nobody has an account.
    ///
    /// # Panics
    /// It prints none.
    #[must_use]
    pub fn set_up_link(&self) -> String {
        eventually("the link", || said(&self.running, "Set up zb: "))
    }

    /// The address of a page.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request with the token.
    ///
    /// # Panics
    /// Nobody answers.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Answered {
        self.try_to_ask(method, path, body).unwrap()
    }

    /// The same, of a service that may be gone.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn try_to_ask(&self, method: &str, path: &str, body: &str) -> std::io::Result<Answered> {
        http::ask(&self.address, &format!("{method} {path}"), &self.credential(), body)
    }

    /// A request with other fields than the token's, each a line of the head.
    ///
    /// # Panics
    /// Nobody answers.
    #[must_use]
    pub fn ask_with(&self, fields: &str, method: &str, path: &str, body: &str) -> Answered {
        self.try_to_ask_with(fields, method, path, body).unwrap()
    }

    /// The same, of a service that may be gone.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn try_to_ask_with(
        &self,
        fields: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> std::io::Result<Answered> {
        http::ask(&self.address, &format!("{method} {path}"), fields, body)
    }

    /// A stream of events.
    ///
    /// # Panics
    /// It is refused.
    #[must_use]
    pub fn watch(&self, path: &str) -> EventStream {
        self.watch_with(&self.credential(), path)
    }

    /// The same with other fields than the token's, each a line of the head.
    ///
    /// # Panics
    /// It is refused.
    #[must_use]
    pub fn watch_with(&self, fields: &str, path: &str) -> EventStream {
        EventStream::open(&self.address, path, fields)
    }

    /// Where it listens: for a test that speaks for itself.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The line of a head with the token.
    #[must_use]
    pub fn credential(&self) -> String {
        self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default()
    }

    /// Ends it as a service manager does.
    ///
    /// # Panics
    /// It does not end well.
    #[track_caller]
    pub fn stop(self) {
        self.running.terminate();
        self.running.wait().exits(0);
    }

    /// *Backup now*: the id of the run.
    ///
    /// # Panics
    /// It is refused.
    #[must_use]
    #[track_caller]
    pub fn run_now(&self, schedule: &str) -> String {
        let answered = self.ask("POST", &format!("/api/v1/jobs/{schedule}/runs"), "{}");
        assert_eq!(answered.status, 202, "{answered:?}");
        answered.json()["jobId"].as_str().unwrap().to_owned()
    }
}

/// What follows on a line of stdout that begins so.
fn said(running: &Running, beginning: &str) -> Option<String> {
    running.stdout().lines().find_map(|line| line.strip_prefix(beginning)).map(ToOwned::to_owned)
}

/// On a free port.
fn words<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["serve", "--listen", "127.0.0.1:0"], arguments].concat()
}

/// Of an account that may do everything.
fn token(zb: &Zb<'_>) -> String {
    let added = zb.run(&["user", "list"]);
    if !added.stdout.contains("ana") {
        zb.run(&["user", "add", "ana", "--role", "owner"]).exits(0);
    }
    let made = zb.run(&["token", "create", "ana", "tests", "--scope", "manage"]);
    let token = made.exits(0).stdout.split_whitespace().find(|word| word.starts_with("zb_"));
    token.expect("a token is shown").to_owned()
}
