//! Makes a repository with two snapshots of different tags, and lists them.

use std::error::Error;

use restic_driver::{BackupArgs, BaseEnv, Password, Repository, Restic, SafeFlags};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let location = temporary.path().join("repository");
    let repository = Repository::new(location.to_string_lossy(), Password::Value("correct horse".into()));
    let (cancel, flags) = (CancellationToken::new(), SafeFlags::parse(&["--no-cache"])?);
    let restic = Restic::locate(None, BaseEnv::pick(std::env::vars_os()), None).await?;

    restic.init(&repository, &flags).run(|_| {}, &cancel).await?;
    for tag in ["monday", "tuesday"] {
        let mut args = BackupArgs::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
        args.tags.push(tag.to_owned());
        args.flags = flags.clone();
        restic.backup(&repository, &args).run(|_| {}, &cancel).await?;
    }

    let report = restic.snapshots(&repository, &flags).run(|_| {}, &cancel).await?;
    for snapshot in report.output.ok_or(report.stderr)? {
        println!("{} {} {:?} {:?}", &snapshot.id[..8], snapshot.time, snapshot.tags, snapshot.paths);
    }
    Ok(())
}
