//! restic's priority, as the kernel and ionice(1) tell it.

use std::fs;

use restic_driver::{BackupArgs, Priority, Restic};
use tokio_util::sync::CancellationToken;

use crate::stage::{Told, base, stand_in};

/// Nice value and disk priority of a "restic" at `priority`.
async fn found(priority: Priority) -> (i32, String) {
    let told = Told::new("cat /proc/$$/stat >\"$room/stat\"; ionice -p $$ >\"$room/ionice\"");
    let restic = Restic::locate(Some(&stand_in("acts_as_told")), base(told.room.path()), None).await.unwrap();
    let backup = restic
        .at_priority(priority)
        .backup(&told.repository, &BackupArgs::new(told.room.path().join("script")));
    assert_eq!(backup.run(|_| {}, &CancellationToken::new()).await.unwrap().code, Some(0));
    let read = |name| fs::read_to_string(told.room.path().join(name)).unwrap();
    (nice(&read("stat")), read("ionice").trim().to_owned())
}

/// The 19th field of proc_pid_stat(5); the second, the name, may hold blanks and parentheses.
fn nice(stat: &str) -> i32 {
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse().unwrap()
}

#[tokio::test]
async fn in_the_background_restic_gives_way() {
    let own = nice(&fs::read_to_string("/proc/self/stat").unwrap());
    let (nice, disk) = found(Priority::Background).await;
    assert_eq!(nice, own.max(10));
    assert!(disk == "best-effort: prio 7" || disk == "idle", "{disk}");
}

#[tokio::test]
async fn otherwise_it_is_as_its_parent() {
    let own = nice(&fs::read_to_string("/proc/self/stat").unwrap());
    let (nice, disk) = found(Priority::Normal).await;
    assert_eq!(nice, own);
    assert_ne!(disk, "best-effort: prio 7");
}
