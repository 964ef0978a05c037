//! `restic_flags` of a job: kept as they were written, because that is what can be sealed.

use std::path::{Path, PathBuf};

use restic_driver::{RefusedFlag, SafeFlags};
use serde::{Deserialize, Serialize};

/// Custom flags for restic, and the folder from which their relative paths start.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ResticFlags {
    written: Vec<String>,
    folder: PathBuf,
}

impl ResticFlags {
    /// Checks that every flag is on the list of `spec.md` §4.
    ///
    /// # Errors
    /// The first that is not, or whose value is of the wrong form.
    pub fn new(written: Vec<String>, folder: &Path) -> Result<Self, RefusedFlag> {
        SafeFlags::parse(&written)?;
        Ok(Self { written, folder: folder.to_owned() })
    }

    /// The flags for restic, their paths absolute.
    ///
    /// # Errors
    /// Never for what [`ResticFlags::new`] made; a sealed one may be that of another zb.
    pub fn safe(&self) -> Result<SafeFlags, RefusedFlag> {
        Ok(SafeFlags::parse(&self.written)?.relative_to(&self.folder))
    }
}
