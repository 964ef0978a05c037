//! Backs up a directory into a repository of its own, and shows what restic says while it does.
//!
//! `cargo run -p restic-driver --example tail_backup -- /some/directory`; without one, this crate's own sources.
//! Ctrl-C is left to the caller: cancel the token, and the run ends as restic does.

use std::{error::Error, fs, path::PathBuf};

use restic_driver::{BackupArgs, BaseEnv, Message, Password, Repository, Restic, SafeFlags};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let source =
        std::env::args_os().nth(1).map_or(concat!(env!("CARGO_MANIFEST_DIR"), "/src").into(), PathBuf::from);
    let temporary = tempfile::tempdir()?;
    let location = temporary.path().join("repository");
    let cancel = CancellationToken::new();

    // The crate reads no environment of its own: what restic may see of ours is handed in here.
    let restic = Restic::locate(None, BaseEnv::pick(std::env::vars_os()), None).await?;
    println!("restic {} is {}", restic.version(), restic.program().display());
    let repository = Repository::new(location.to_string_lossy(), Password::Value("correct horse".into()));
    restic.init(&repository, &SafeFlags::default()).run(|_| {}, &cancel).await?;

    let mut args = BackupArgs::new(fs::canonicalize(source)?);
    args.tags.push("example".to_owned());
    args.flags = SafeFlags::parse(&["--verbose=2", "--no-cache"])?;
    let invocation = restic.backup(&repository, &args);
    println!("$ {invocation}");
    let show = |message| match message {
        Message::Status(progress) => println!("{:5.1} %", progress.percent_done * 100.0),
        Message::Verbose(done) => println!("{:>14} {}", done.action, done.item),
        Message::Error(error) => println!("cannot read {}: {}", error.item, error.message),
        _ => {}
    };
    let report = invocation.run(show, &cancel).await?;

    println!("{:?}", report.verdict());
    if let Some(summary) = report.output {
        println!("{} new files, {} bytes added", summary.files_new, summary.data_added);
    }
    Ok(())
}
