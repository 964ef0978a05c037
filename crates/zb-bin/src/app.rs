//! From the command line to an exit status: arguments, settings, logs, then one command.

use std::{
    ffi::OsString,
    io::{self, Write},
    os::fd::AsFd,
    time::Duration,
};

use clap::Parser;

use crate::{
    cli::{Cli, Command, HookCommand, JobArg, JobCommand, NotifyCommand},
    commands,
    config::{Job, JobRef, LogFormat, Secrets, Settings, Surroundings},
    exit::Exit,
    guardian, logs,
    observers::{OWN_SPANS, Otel, own_spans},
    report::Failure,
    stderr::{self, Stderr},
    stored_jobs,
};

/// Runs one command. Human output and JSON go to standard output, logs and errors to standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>, around: &Surroundings) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        // clap's own words; help and version come this way too, with status 0.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Invalid } else { Exit::Success };
        }
    };
    let format = LogFormat::without_settings(&cli.global, around);
    let exit = match unconfigured(&cli.command).unwrap_or_else(|| configured(&cli, around)) {
        Ok(exit) => exit,
        Err((failure, configured)) => {
            // Nobody to tell is no reason for another status.
            let _ = failure.print(configured.unwrap_or(format), &mut Stderr);
            failure.exit
        }
    };
    stderr::finish();
    exit
}

type Ended = Result<Exit, (Failure, Option<LogFormat>)>;

/// Help, completions and the manual need no configuration.
fn unconfigured(command: &Command) -> Option<Ended> {
    let out = &mut io::stdout();
    let written = match command {
        Command::Completions { shell } => commands::completions::completions(*shell, out),
        Command::Man { command } => match commands::completions::man(command) {
            Ok(page) => out.write_all(&page),
            Err(failure) => return Some(Err((failure, None))),
        },
        _ => return None,
    };
    Some(commands::end_of_output(written).map_err(|failure| (failure, None)))
}

fn configured(cli: &Cli, around: &Surroundings) -> Ended {
    let mut flags = cli.global.clone();
    if let Command::Serve(serve) = &cli.command {
        flags.serve = serve.clone();
    }
    let settings = match &cli.command {
        Command::Guardian { .. } => Settings::load_without_fail(&flags, around),
        _ => Settings::load(&flags, around),
    };
    let settings = settings.map_err(|bad| (Failure::from(bad), None))?;
    let format = settings.log_format.value;
    let otel = watched(&cli.command).then(|| Otel::read(around));
    let own_spans = otel.as_ref().and_then(own_spans);
    logs::start(format, around, own_spans.as_ref());
    for warning in settings.warnings.iter().chain(otel.iter().flat_map(|otel| &otel.warnings)) {
        tracing::warn!("{warning}");
    }
    let ended = command(&cli.command, &settings, around).map_err(|failure| (failure, Some(format)));
    if let Some(own_spans) = own_spans {
        own_spans.shutdown(OWN_SPANS);
    }
    ended
}

/// Whether a command does something that can be looked into.
fn watched(command: &Command) -> bool {
    matches!(command, Command::Run { .. } | Command::Recover { .. } | Command::Serve(_))
}

fn command(command: &Command, settings: &Settings, around: &Surroundings) -> Result<Exit, Failure> {
    let out = &mut io::stdout();
    match command {
        Command::Run { job, json } => {
            let job = read(job, settings, around)?;
            block_on(commands::run::run(&job, *json, settings, around))
        }
        Command::Check { job } => {
            let job = read(job, settings, around)?;
            block_on(commands::check::check(&job, settings, around, out))
        }
        Command::Hook(HookCommand::Send { job, phase, status }) => {
            let job = read(job, settings, around)?;
            block_on(commands::hook::send(&job, (*phase).into(), (*status).into(), settings, around, out))
        }
        Command::Job(command) => job(command, settings, around),
        Command::Recover { clear: Some(run) } => block_on(commands::clear::clear(run, settings, around, out)),
        Command::Recover { clear: None } => block_on(commands::recover::recover(settings, around, out)),
        Command::Runs { job, json } => {
            block_on(commands::runs::runs(job.as_ref(), *json, settings, around, out))
        }
        Command::Show { run, json } => block_on(commands::show::show(run, *json, settings, out)),
        Command::Guardian { of } => {
            let socket = io::stdin().as_fd().try_clone_to_owned();
            let socket =
                socket.map_err(|error| Failure::error(format!("the guardian has no socket: {error}")))?;
            block_on(guardian::watch(of, socket, settings, around))
        }
        Command::Init { job } => {
            let job = read(job, settings, around)?;
            block_on(commands::init::init(&job, settings, around, out))
        }
        Command::Snapshots { job, json, all } => {
            let job = read(job, settings, around)?;
            block_on(commands::snapshots::snapshots(&job, *json, *all, settings, around))
        }
        Command::Restore(what) => {
            let job = read(&what.job, settings, around)?;
            block_on(commands::restore::restore(&job, what, settings, around))
        }
        Command::Forget { job, all } => {
            let job = read(job, settings, around)?;
            block_on(commands::forget::forget(&job, *all, settings, around, out))
        }
        Command::Unlock { job } => {
            let job = read(job, settings, around)?;
            block_on(commands::unlock::unlock(&job, settings, around, out))
        }
        Command::Restic { job, arguments } => {
            let job = read(job, settings, around)?;
            block_on(commands::restic::restic(&job, arguments, settings, around))
        }
        Command::Notify(NotifyCommand::Test { names }) => {
            block_on(commands::notify_test::test(names, settings, around, out))
        }
        Command::Notify(NotifyCommand::Log { name, limit, json }) => {
            block_on(commands::notify_log::log(name.as_deref(), *limit, *json, settings, out))
        }
        Command::User(command) => block_on(commands::user::user(command, settings, out)),
        Command::Token(command) => block_on(commands::token::token(command, settings, out)),
        Command::Serve(_) => serve_on_threads(commands::serve::serve(settings, around, out)),
        Command::Health => commands::health::health(settings, out),
        Command::Config { json } => commands::end_of_output(commands::config::print(settings, *json, out)),
        Command::Completions { .. } | Command::Man { .. } => Ok(Exit::Success),
    }
}

fn read(job: &JobArg, settings: &Settings, around: &Surroundings) -> Result<Job, Failure> {
    match &job.job {
        JobRef::File(path) => Ok(Job::read(path, &around.folder, settings.webhook_timeout.value)?),
        JobRef::Named(name) => block_on(stored_jobs::job(name, settings)),
    }
}

fn job(command: &JobCommand, settings: &Settings, around: &Surroundings) -> Result<Exit, Failure> {
    let out = &mut io::stdout();
    match command {
        JobCommand::List { json } => block_on(commands::job::list(*json, settings, out)),
        JobCommand::Import { file, replace } => {
            block_on(commands::job::import(file, *replace, settings, around, out))
        }
        JobCommand::Export { job, secrets } => {
            let secrets = if *secrets { Secrets::Shown } else { Secrets::Masked };
            block_on(commands::job::export(job, secrets, settings, out))
        }
        JobCommand::Delete { job } => block_on(commands::job::delete(job, settings, out)),
    }
}

/// A service has more to do at a time than a run has.
fn serve_on_threads(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::error(format!("cannot start: {error}")))?;
    let ended = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::ZERO);
    ended
}

/// One thread is enough: restic and the receiver do the work.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::error(format!("cannot start: {error}")))?;
    let ended = runtime.block_on(work);
    // A name that is still being looked up (getaddrinfo cannot be cancelled) must not hold the exit.
    runtime.shutdown_timeout(Duration::ZERO);
    ended
}
