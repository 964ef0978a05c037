//! What most tests need: a directory, a receiver at `/pre` and `/post`, and a zb that may call it.

use serde_json::Value;

use crate::{Finished, HookReceiver, JobFile, Running, Scratch, Zb};

/// Dropped, it first ends what still runs, then the receiver.
#[derive(Debug)]
pub struct Scene {
    /// The test's directory.
    pub scratch: Scratch,
    /// Gets both hooks.
    pub receiver: HookReceiver,
}

impl Scene {
    /// Sets it.
    #[expect(clippy::new_without_default, reason = "it makes a directory and a server")]
    #[must_use]
    pub fn new() -> Self {
        Self { scratch: Scratch::new(), receiver: HookReceiver::start() }
    }

    /// A job with both hooks.
    #[must_use]
    pub fn job(&self) -> JobFile {
        JobFile::new(&self.scratch).hooks(&self.receiver)
    }

    /// Keeps a job in the store, and nowhere else.
    ///
    /// # Panics
    /// zb refuses it.
    #[track_caller]
    pub fn store(&self, job: &JobFile) {
        let file = job.write_as(&self.scratch, "to-store.toml");
        self.zb().run(&["job", "import", &file]).exits(0);
        std::fs::remove_file(file).unwrap();
    }

    /// zb with the receiver's origin allowed.
    #[must_use]
    pub fn zb(&self) -> Zb<'_> {
        self.scratch.zb().allow(&self.receiver.origin())
    }

    /// `zb run --json` of a job with a restic, to its end.
    #[must_use]
    pub fn run(&self, job: &JobFile, restic: &crate::FakeRestic) -> Finished {
        self.start(job, restic).wait()
    }

    /// The same, begun only.
    #[must_use]
    pub fn start(&self, job: &JobFile, restic: &crate::FakeRestic) -> Running {
        let job = job.write(&self.scratch);
        self.zb().restic(restic.command()).spawn(&["run", &job, "--json"])
    }

    /// The bodies of the post hooks that arrived.
    #[must_use]
    pub fn posts(&self) -> Vec<Value> {
        self.receiver.requests_to("/post").iter().map(crate::Request::json).collect()
    }

    /// All runs as `zb runs --json` has them.
    ///
    /// # Panics
    /// Where zb fails.
    #[must_use]
    pub fn runs(&self) -> Vec<Value> {
        let listed = self.zb().run(&["runs", "--json"]);
        listed.exits(0).events().iter().cloned().collect()
    }

    /// The only run as `zb show --json` has it.
    ///
    /// # Panics
    /// Where there is none or more than one.
    #[must_use]
    #[track_caller]
    pub fn only_run(&self) -> Value {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:#?}");
        let id = runs[0]["jobId"].as_str().expect("a run has an id");
        self.zb().run(&["show", id, "--json"]).exits(0).json()
    }
}
