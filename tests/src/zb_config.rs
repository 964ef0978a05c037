//! zb's own file, with destinations, as a person would write it (`spec.md` §5, §9).

use std::fmt::Write;

use crate::Scratch;

/// A `zb.toml` in the making.
#[derive(Clone, Debug, Default)]
pub struct ZbConfig(String);

impl ZbConfig {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A line at the end.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        self.0.push_str(line);
        self.0.push('\n');
        self
    }

    /// A destination, and its further lines.
    #[must_use]
    pub fn notify(mut self, name: &str, kind: &str, url: &str, lines: &str) -> Self {
        let _ = writeln!(self.0, "\n[[notify]]\nname = {name:?}\nkind = {kind:?}\nurl = {url:?}\n{lines}");
        self
    }

    /// Writes `zb.toml` into the test's directory: `ZB_CONFIG` names it.
    pub fn write(&self, scratch: &Scratch) {
        scratch.write("zb.toml", &self.0);
    }
}
