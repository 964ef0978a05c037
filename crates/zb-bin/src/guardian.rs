//! The guardian: a small second process for each run. When zb dies, it makes sure of restic's end and delivers what
//! is owed, without waiting for the next start (`spec.md` §3).
//!
//! It learns of zb's death from the kernel: the end of a socket that zb alone holds the other end of. Over the same
//! socket it is given the reading ends of restic's pipes. While zb lives nobody but zb reads them; when zb is dead
//! the guardian drains them, so that restic can end cleanly on the SIGINT that the kernel sends it, and remove its
//! lock. Then it settles the job's runs by the same code as `zb recover`.

mod link;
mod parent;
mod watch;

pub(crate) use parent::Guardian;
pub(crate) use watch::watch;
