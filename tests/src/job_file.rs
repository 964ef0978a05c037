//! Job files as a person would write them (`spec.md` §5).

use std::fmt::Write;

use crate::{HookReceiver, Scratch};

/// A job file in the making. It has a name, a source and a repository; the rest is added line by line.
#[derive(Clone, Debug)]
pub struct JobFile {
    top: String,
    repository: String,
    hooks: String,
}

impl JobFile {
    /// The job `postgres data`, which saves the test's source into the repository `repo` beside it.
    #[must_use]
    pub fn new(scratch: &Scratch) -> Self {
        scratch.write("password", "correct horse battery staple\n");
        Self {
            top: format!("name = \"postgres data\"\nsource = {}\n", quoted(&scratch.text("source"))),
            repository: format!(
                "url = {}\npassword_file = {}\n",
                quoted(&scratch.text("repo")),
                quoted(&scratch.text("password"))
            ),
            hooks: String::new(),
        }
    }

    /// Adds a line before the first table.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        self.top.push_str(line);
        self.top.push('\n');
        self
    }

    /// Another source; takes the place of the first.
    #[must_use]
    pub fn source(mut self, path: &str) -> Self {
        self.top = format!("name = \"postgres data\"\nsource = {}\n", quoted(path));
        self
    }

    /// The lines of `[repository]`, in place of the usual ones.
    #[must_use]
    pub fn repository(mut self, lines: &str) -> Self {
        self.repository = format!("{lines}\n");
        self
    }

    /// Adds the pre hook.
    #[must_use]
    pub fn pre(self, hook: &Hook) -> Self {
        self.hook("pre", hook)
    }

    /// Adds the post hook.
    #[must_use]
    pub fn post(self, hook: &Hook) -> Self {
        self.hook("post", hook)
    }

    /// Both hooks at a receiver, `/pre` and `/post`.
    #[must_use]
    pub fn hooks(self, receiver: &HookReceiver) -> Self {
        self.pre(&Hook::to(receiver.url("/pre"))).post(&Hook::to(receiver.url("/post")))
    }

    fn hook(mut self, phase: &str, hook: &Hook) -> Self {
        let _ = write!(self.hooks, "\n[webhooks.{phase}]\n{}", hook.lines);
        self
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n[repository]\n{}{}", self.top, self.repository, self.hooks)
    }

    /// Writes `job.toml`, and says where.
    #[must_use]
    pub fn write(&self, scratch: &Scratch) -> String {
        self.write_as(scratch, "job.toml")
    }

    /// Writes it under another name, and says where.
    #[must_use]
    pub fn write_as(&self, scratch: &Scratch, name: &str) -> String {
        scratch.write(name, self.text());
        scratch.text(name)
    }
}

/// One hook of a job file.
#[derive(Clone, Debug)]
pub struct Hook {
    lines: String,
}

impl Hook {
    /// A hook without anything but its address.
    #[must_use]
    pub fn to(url: impl AsRef<str>) -> Self {
        Self { lines: format!("url = {}\n", quoted(url.as_ref())) }
    }

    /// Its headers, one a line.
    #[must_use]
    pub fn headers(self, headers: &str) -> Self {
        self.line(&format!("headers = {}", quoted(headers)))
    }

    /// Its own body.
    #[must_use]
    pub fn body(self, body: &str) -> Self {
        self.line(&format!("body = {}", quoted(body)))
    }

    /// Any other key.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push_str(line);
        self.lines.push('\n');
        self
    }
}

/// A TOML basic string: JSON's escapes are a part of TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
