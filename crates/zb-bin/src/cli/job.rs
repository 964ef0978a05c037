//! `zb job`: its words.

use std::path::PathBuf;

use clap::Subcommand;

use crate::config::JobRef;

/// What can be done with stored jobs.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum JobCommand {
    /// List the stored jobs, by name
    #[command(after_help = "\
Examples:
  zb job list
  zb job list --json | jq -r .scheduleId")]
    List {
        /// Print each job as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep the job of a file in the store
    ///
    /// The file is checked as for a run, and is not needed afterwards: relative paths become absolute, and an id that
    /// was derived is kept. Origins of hooks must be allowed already. In a file from zb job export a mask stands for
    /// the secret that the same job has, as long as its address is the same.
    #[command(after_help = "\
Examples:
  zb job import job.toml
  zb job export postgres > postgres.toml; edit postgres.toml; zb job import --replace postgres.toml

Exit status:
  0 success, 1 an origin that is not allowed or a data directory that cannot be used,
  2 a bad file or setting, or there is such a job already")]
    Import {
        /// The job file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Also over the stored job of the same id
        #[arg(long)]
        replace: bool,
    },
    /// Print a stored job as a job file
    ///
    /// Comments are not kept, and defaults are left out. Secrets are masked: such a file can be imported onto the same
    /// job, and nothing else can be done with it.
    #[command(after_help = "\
Examples:
  zb job export postgres > postgres.toml
  umask 077; zb job export postgres --secrets > postgres.toml")]
    Export {
        /// The id or name of a stored job
        #[arg(value_name = "JOB")]
        job: JobRef,
        /// Print the secrets themselves
        #[arg(long)]
        secrets: bool,
    },
    /// Delete a stored job
    ///
    /// Its runs stay in the history, its snapshots in the repository, and a post hook that is owed is still sent.
    #[command(after_help = "\
Exit status:
  0 success, 1 a data directory that cannot be used, 2 no such job, 4 it is running")]
    Delete {
        /// The id or name of a stored job
        #[arg(value_name = "JOB")]
        job: JobRef,
    },
}
