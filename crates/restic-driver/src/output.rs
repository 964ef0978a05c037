//! What a command of restic is run for.

use crate::{BackupSummary, Snapshot};

/// What a command prints for its caller. Implemented by this crate alone.
pub trait Output: sealed::Output {}
impl<T: sealed::Output> Output for T {}

pub(crate) mod sealed {
    use crate::BackupSummary;

    pub trait Output: Sized {
        /// Whether stdout is one document, to be read at its end, and not a stream of messages.
        const IS_DOCUMENT: bool;
        fn take(summary: Option<BackupSummary>, document: &[u8]) -> Option<Self>;
    }
}

impl sealed::Output for BackupSummary {
    const IS_DOCUMENT: bool = false;
    fn take(summary: Option<BackupSummary>, _: &[u8]) -> Option<Self> {
        summary
    }
}

impl sealed::Output for Vec<Snapshot> {
    const IS_DOCUMENT: bool = true;
    fn take(_: Option<BackupSummary>, document: &[u8]) -> Option<Self> {
        serde_json::from_slice(document).ok()
    }
}

/// Plain text, such as the answer to `restic version`.
impl sealed::Output for String {
    const IS_DOCUMENT: bool = true;
    fn take(_: Option<BackupSummary>, document: &[u8]) -> Option<Self> {
        Some(Self::from_utf8_lossy(document).into_owned())
    }
}

impl sealed::Output for () {
    const IS_DOCUMENT: bool = false;
    fn take(_: Option<BackupSummary>, _: &[u8]) -> Option<Self> {
        Some(())
    }
}
