//! Orphans: what is left when the owner of a run is killed.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use restic_driver::orphans;
use tokio_util::sync::CancellationToken;

use crate::stage::{Told, marker};

const LONG_GRACE: Duration = Duration::from_secs(60);

/// Says through a FIFO when it is there and when it is interrupted; the FIFO ends with the last process.
const TELLS: &str = r#"
exec 3> "$room/fifo"
trap 'echo interrupted >&3; exit 130' INT
echo ready >&3
while [ -e "$room" ]; do sleep 0.1; done"#;

/// Does what [`TELLS`] does, but does not obey.
const TELLS_BUT_IGNORES: &str = r#"
exec 3> "$room/fifo"
trap '' INT
echo ready >&3
while [ -e "$room" ]; do sleep 0.1; done"#;

/// An owner that has started `script` with the marker, and is killed as soon as the script is there. Returns the
/// script's FIFO.
#[expect(clippy::disallowed_methods, reason = "the owner is to die, and so cannot be this process")]
fn orphaned(told: &Told, run: &str) -> BufReader<fs::File> {
    let (script, fifo) = (told.room.path().join("script").display().to_string(), told.fifo());
    let mut owner = Command::new("sh")
        .args(["-c", "ZB_RUN=$1 setsid sh $2; exit", "owner", run, &script])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut fifo = BufReader::new(fs::File::open(fifo).unwrap());
    let mut line = String::new();
    fifo.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    kill(&mut owner);
    fifo
}

/// Kill -9, and wait.
fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What is said until the last process that holds the FIFO has ended.
fn rest(mut fifo: impl Read + Send + 'static) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut rest = String::new();
        fifo.read_to_string(&mut rest).unwrap();
        sender.send(rest)
    });
    receiver.recv_timeout(LONG_GRACE).expect("a process is still there")
}

#[tokio::test]
async fn an_orphan_is_interrupted_and_waited_for() {
    let (told, run) = (Told::new(TELLS), marker("obeys"));
    let fifo = orphaned(&told, &run);
    assert!(orphans::end(&run, LONG_GRACE).await.unwrap() >= 1);
    assert_eq!(rest(fifo), "interrupted\n");
    assert_eq!(orphans::end(&run, LONG_GRACE).await.unwrap(), 0);
}

#[tokio::test]
async fn an_orphan_that_ignores_the_interrupt_is_killed() {
    let (told, run) = (Told::new(TELLS_BUT_IGNORES), marker("ignores"));
    let fifo = orphaned(&told, &run);
    assert!(orphans::end(&run, Duration::from_millis(50)).await.unwrap() >= 1);
    // It and its `sleep` are gone: nobody holds the other end of the FIFO.
    assert_eq!(rest(fifo), "");
}

#[tokio::test]
async fn helpers_are_not_interrupted_before_the_restic_that_needs_them() {
    let (told, run) = (
        Told::new(
            r#"
exec 3> "$room/fifo"
export room
trap 'kill -0 $! && echo helper is there >&3; kill $!; wait $!; exit 130' INT
env --default-signal=INT sh -c '
trap "echo helper interrupted >&3; exit" INT
echo ready >&3
while [ -e "$room" ]; do sleep 0.1; done' &
while [ -e "$room" ]; do sleep 0.1; done"#,
        ),
        marker("helpers"),
    );
    let fifo = orphaned(&told, &run);
    orphans::end(&run, LONG_GRACE).await.unwrap();
    assert_eq!(rest(fifo), "helper is there\n");
}

#[tokio::test]
async fn only_the_whole_marker_counts() {
    let (told, run) = (Told::new(TELLS), marker("whole"));
    let longer = format!("{run}0");
    let fifo = orphaned(&told, &longer);
    assert_eq!(orphans::end(&run, LONG_GRACE).await.unwrap(), 0);
    assert_eq!(orphans::end("", LONG_GRACE).await.unwrap(), 0);
    assert!(orphans::end(&longer, LONG_GRACE).await.unwrap() >= 1);
    assert_eq!(rest(fifo), "interrupted\n");
}

/// This test starts itself again, as the owner that is killed: a parent-death signal needs a parent that dies.
#[test]
fn the_kernel_interrupts_restic_when_its_owner_is_killed() {
    const ROOM: &str = "RESTIC_DRIVER_TEST_OWNER_ROOM";
    match std::env::var_os(ROOM) {
        Some(room) => own_until_killed(Path::new(&room)),
        None => kill_the_owner(ROOM),
    }
}

fn own_until_killed(room: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let owning = async {
        let told = Told { room: tempfile::tempdir_in(room).unwrap(), repository: Told::new("").repository };
        fs::copy(room.join("script"), told.room.path().join("script")).unwrap();
        told.backup().await.run(|_| {}, &CancellationToken::new()).await
    };
    panic!("the owner is to be killed while restic runs, but {:?}", runtime.block_on(owning));
}

#[expect(clippy::disallowed_methods, reason = "the owner is to die, and so cannot be this process")]
fn kill_the_owner(variable: &str) {
    let told = Told::new(TELLS);
    let fifo = told.fifo();
    let name = "orphans::the_kernel_interrupts_restic_when_its_owner_is_killed";
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(variable, told.room.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut fifo = BufReader::new(fs::File::open(fifo).unwrap());
    let mut line = String::new();
    fifo.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    kill(&mut owner);
    assert_eq!(rest(fifo), "interrupted\n");
}
