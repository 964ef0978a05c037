//! The command line: `clap` types and their words. What the words mean is in `spec.md` §7.

mod accounts;
mod job;
mod serve;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use hook_core::{JobKey, Phase, RunStatus};

use crate::config::{JobRef, LogFormat};

pub use accounts::{RoleArg, ScopeArg, TokenCommand, UserCommand};
pub use job::JobCommand;
pub use serve::ServeFlags;

/// The exit statuses, as every help text ends.
const EXIT_STATUSES: &str = "\
Exit status:
  0    success
  1    error: a failed check, backup or hook, or a data directory that cannot be used
  2    usage, a bad setting, a bad file, an unknown job or run; nothing was done
  3    warning: there is a snapshot, and something to look at
  4    the job is running already; nothing was done
  130  cancelled";

const EXAMPLES: &str = "\
Examples:
  zb check job.toml          look at everything before the first run, sending nothing
  zb init job.toml           make the restic repository
  zb run job.toml            pause, back up, resume
  zb runs                    what happened so far
  zb show 7k2m               one run, by the end of its id

Environment:
  WEBHOOK_ALLOWED_ORIGINS, WEBHOOK_TIMEOUT, RESTIC_COMMAND, ZB_DATA_DIR, ZB_LOG_FORMAT,
  ZB_METRICS_FILE, ZB_CONFIG; OTEL_EXPORTER_OTLP_ENDPOINT and its kin for traces and metrics
  RUST_LOG chooses what is logged to stderr, NO_COLOR turns colours off.";

/// Runs restic backups, and calls a webhook right before and right after each of them.
#[derive(Clone, Debug, Parser)]
#[command(name = "zb", version, max_term_width = 100)]
#[command(after_help = EXIT_STATUSES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_STATUSES}"))]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What stands anywhere on the line.
    #[command(flatten)]
    pub global: GlobalFlags,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The whole command line as `clap` knows it: for completions and the manual.
    #[must_use]
    pub fn definition() -> clap::Command {
        Self::command()
    }
}

/// Settings that win over the environment and the file.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct GlobalFlags {
    /// The configuration file [default: zb.toml in $XDG_CONFIG_HOME/zb, for root in /etc/zb]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where zb keeps its database and key [default: $XDG_STATE_HOME/zb, for root /var/lib/zb]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The restic to run: a path, or a name to look for on PATH [default: restic]
    #[arg(long, global = true, value_name = "PROGRAM")]
    pub restic_command: Option<PathBuf>,
    /// Where webhooks may be sent: origins such as http://host:9000, with commas [default: nowhere]
    #[arg(long, global = true, value_name = "ORIGINS")]
    pub webhook_allowed_origins: Option<String>,
    /// How long a webhook may take, in whole seconds [default: 60]
    #[arg(long, global = true, value_name = "SECONDS", allow_hyphen_values = true)]
    pub webhook_timeout: Option<String>,
    /// How logs and errors are written to stderr [default: text]
    #[arg(long, global = true, value_name = "FORMAT", hide_possible_values = true)]
    pub log_format: Option<LogFormat>,
    /// Write the metrics there after a run, for node_exporter's textfile collector [default: nowhere]
    #[arg(long, global = true, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,
    /// Those of `zb serve` alone.
    #[arg(skip)]
    pub serve: ServeFlags,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Run one backup, with its hooks, in the foreground
    ///
    /// The first Ctrl-C or SIGTERM cancels: restic is ended, and the post hook is still sent. A second one says what
    /// is still owed and goes on.
    #[command(after_help = "\
Examples:
  zb run job.toml
  zb run postgres
  zb run job.toml --json | jq -r 'select(.type == \"run.finished\").status'

Exit status:
  0 success, 1 error, 2 a bad file or setting, 3 warning, 4 running already, 130 cancelled")]
    Run {
        #[command(flatten)]
        job: JobArg,
        /// Print each event as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Check all that a run checks before its pre hook, and show what each hook would send
    ///
    /// No hook is sent and nothing is written. Secrets are masked.
    #[command(after_help = "\
Exit status:
  0 every check passed, 1 a check failed, 2 a bad file or setting")]
    Check {
        #[command(flatten)]
        job: JobArg,
    },
    /// Work with the hooks of a job
    #[command(subcommand)]
    Hook(HookCommand),
    /// Work with the jobs of the store
    ///
    /// A stored job is used by its id or name wherever JOB stands.
    #[command(subcommand)]
    Job(JobCommand),
    /// Deliver the post hooks that are owed after a crash
    ///
    /// A run that is alive owes nothing yet. Ctrl-C ends the wait, the debt stays.
    #[command(after_help = "\
Exit status:
  0 nothing is owed any more, 1 something still is or a failure had to be recorded, 130 ended by Ctrl-C")]
    Recover {
        /// Send nothing for this run: a person says that its service runs again, which ends the debt
        #[arg(long, value_name = "RUN")]
        clear: Option<String>,
    },
    /// List runs, the latest first
    #[command(after_help = "\
Examples:
  zb runs
  zb runs job.toml
  zb runs --json | head -1")]
    Runs {
        /// Only this job's: a job file, or the id or name of a stored job or from the history
        #[arg(value_name = "JOB")]
        job: Option<JobRef>,
        /// Print each run as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one run as a timeline, with what the hooks answered
    #[command(after_help = "\
Examples:
  zb show job_01jd8x5v2kfh9w3q4m7n0c6t7k
  zb show t7k")]
    Show {
        /// The run's id, or an end of it that no other run has
        #[arg(value_name = "RUN")]
        run: String,
        /// Print the run as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the restic repository of a job
    Init {
        #[command(flatten)]
        job: JobArg,
    },
    /// List a job's snapshots
    ///
    /// They are those with the job's id as a tag: another job in the same repository has its own.
    #[command(after_help = "\
Examples:
  zb snapshots job.toml
  zb snapshots job.toml --json | jq -r '.[-1].id'

Exit status:
  0 success, 1 restic could not list them, 2 a bad file or setting, 130 cancelled")]
    Snapshots {
        #[command(flatten)]
        job: JobArg,
        /// Print them as JSON, as restic does
        #[arg(long)]
        json: bool,
        /// Everybody's in the repository
        #[arg(long)]
        all: bool,
    },
    /// Restore a snapshot of a job into a directory
    Restore(RestoreArgs),
    /// Forget the job's old snapshots now, as its retention rules say
    ///
    /// A run does that by itself, after its post hook. Another restic's lock in the repository is waited for as the
    /// job's lock_wait says.
    #[command(after_help = "\
Exit status:
  0 success, 1 restic could not do it, 2 a bad file or setting or a job without rules, 130 cancelled")]
    Forget {
        #[command(flatten)]
        job: JobArg,
        /// Apply the job's rules to everybody's snapshots in the repository, each host and path for itself
        #[arg(long)]
        all: bool,
    },
    /// Remove stale locks from a job's repository
    ///
    /// A lock is stale when it was left by this host and its process is no restic. No process is signalled that is
    /// none; where that cannot be had, and where the owner is alive, the lock stays and its owner is named.
    #[command(after_help = "\
Exit status:
  0 no lock is left, 1 one is or restic could not look, 2 a bad file or setting, 130 cancelled")]
    Unlock {
        #[command(flatten)]
        job: JobArg,
    },
    /// Run any command of restic with a job's repository and secrets
    ///
    /// The job's flags for every command are added. What would lead restic to another repository or password is refused.
    /// Standard input is zb's own, unless that is a terminal.
    #[command(after_help = "\
Examples:
  zb restic job.toml -- ls latest
  zb restic job.toml -- check --read-data

Exit status:
  restic's own; 1 restic could not be started, 2 a bad file or setting or a refused argument, 130 cancelled")]
    Restic {
        #[command(flatten)]
        job: JobArg,
        /// What restic is told
        #[arg(last = true, required = true, value_name = "ARGS")]
        arguments: Vec<OsString>,
    },
    /// Work with notifications
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// Work with accounts, on the machine itself
    ///
    /// Whoever may write to the data directory may do anything here: this is how one gets back in.
    #[command(subcommand)]
    User(UserCommand),
    /// Work with API tokens, on the machine itself
    #[command(subcommand)]
    Token(TokenCommand),
    /// Run the service: jobs by their schedules, the HTTP API and the pages
    ///
    /// SIGTERM and Ctrl-C end it: runs in progress are cancelled, or finish, as --shutdown says; their post hooks are
    /// always sent. A second one cancels.
    #[command(after_help = "\
Exit status:
  0 ended by a signal, 1 it could not start, 2 a bad setting")]
    Serve(ServeFlags),
    /// Ask the service whether it is well
    ///
    /// It is looked for where it listens by these settings. Its storage and its scheduler have to be at work.
    #[command(after_help = "\
Exit status:
  0 it is well, 1 it is not, or nobody answers, 2 a bad setting")]
    Health,
    /// Print the settings in effect, and where each was set
    Config {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  zb completions bash > /etc/bash_completion.d/zb
  zb completions fish > ~/.config/fish/completions/zb.fish")]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Watch over a run, and settle it should zb die: zb starts this itself
    #[command(hide = true)]
    Guardian {
        /// The backup job
        of: JobKey,
    },
    /// Print the manual page, of zb or of one command
    #[command(after_help = "\
Examples:
  zb man | man -l -
  zb man run > zb-run.1")]
    Man {
        /// The command, such as run
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

/// What can be done with a hook alone.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum HookCommand {
    /// Send one hook for real, and show the answer
    ///
    /// It goes out under a fresh id. There is no run, and nothing in the history.
    #[command(after_help = "\
Examples:
  zb hook send job.toml pre
  zb hook send job.toml post --status error

Exit status:
  0 the hook was answered with success, 1 it was not, 2 a bad file or setting")]
    Send {
        #[command(flatten)]
        job: JobArg,
        /// Which hook
        #[arg(value_name = "PHASE")]
        phase: PhaseArg,
        /// The status that a post hook is told
        #[arg(long, value_name = "STATUS", default_value = "success")]
        status: StatusArg,
    },
}

/// What can be done with notifications.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum NotifyCommand {
    /// Send a message that is marked as a test, and show what each destination answers
    #[command(after_help = "\
Examples:
  zb notify test
  zb notify test phone

Exit status:
  0 every destination took it, 1 one did not, 2 a bad setting, or no such destination")]
    Test {
        /// Only these: names of destinations in zb.toml [default: all]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// List what was sent, what waits and what was given up, the latest first
    #[command(after_help = "\
Examples:
  zb notify log
  zb notify log phone
  zb notify log --json | jq -r 'select(.state == \"dead\")'")]
    Log {
        /// Only this destination's
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
        /// Print each delivery as one line of JSON
        #[arg(long)]
        json: bool,
    },
}

/// The job to work with.
#[derive(Clone, Debug, Args)]
pub struct JobArg {
    /// A job file (a path with a `/`, or ending in .toml), or the id or name of a stored job
    #[arg(value_name = "JOB")]
    pub job: JobRef,
}

/// What is restored, and whereto.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  zb restore job.toml --target /tmp/restored
  zb restore job.toml 4697b7be --target / --include /data/one-file

Exit status:
  0 success, 1 restic could not restore everything, 2 a bad file or setting, 130 cancelled")]
pub struct RestoreArgs {
    /// The job whose repository it is
    #[command(flatten)]
    pub job: JobArg,
    /// The snapshot's id, or latest, the job's last one [default: latest]
    #[arg(value_name = "SNAPSHOT", default_value = "latest", hide_default_value = true)]
    pub snapshot: String,
    /// The directory into which it is restored, with the whole paths below it
    #[arg(long, value_name = "DIR")]
    pub target: PathBuf,
    /// Only what this pattern matches; may stand more than once
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// With latest: the last one of everybody's in the repository
    #[arg(long)]
    pub all: bool,
}

/// `pre` or `post`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum PhaseArg {
    /// The pre-backup webhook
    Pre,
    /// The post-backup webhook
    Post,
}

impl From<PhaseArg> for Phase {
    fn from(phase: PhaseArg) -> Self {
        match phase {
            PhaseArg::Pre => Self::Pre,
            PhaseArg::Post => Self::Post,
        }
    }
}

/// How a backup ended, as a post hook is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum StatusArg {
    /// A whole snapshot
    Success,
    /// A snapshot, with something to look at
    Warning,
    /// No snapshot that can be relied on
    Error,
    /// Somebody asked for the end
    Cancelled,
}

impl From<StatusArg> for RunStatus {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Success => Self::Success,
            StatusArg::Warning => Self::Warning,
            StatusArg::Error => Self::Error,
            StatusArg::Cancelled => Self::Cancelled,
        }
    }
}
