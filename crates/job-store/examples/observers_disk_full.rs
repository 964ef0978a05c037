//! Makes a data directory in which observers can keep nothing any more, neither cursor nor delivery, as on a disk that is
//! full for them alone; runs can. To see that nobody who watches can harm a run.
//!
//! `cargo run -p job-store --example observers_disk_full DIR`; without DIR, in a directory that is gone afterwards.

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{error::Error, path::PathBuf, sync::Arc};

use event_bus::{Clock, Journal, Position};
use job_store::Store;
use rusqlite::Connection;

/// The words are SQLite's own.
const FULL: &str = "
    CREATE TRIGGER no_cursor   BEFORE INSERT ON cursors    BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END;
    CREATE TRIGGER no_delivery BEFORE INSERT ON deliveries BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END;
    CREATE TRIGGER no_standing BEFORE INSERT ON standings  BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END;
    CREATE TRIGGER no_memory   BEFORE INSERT ON memories   BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END;";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let trial = tempfile::tempdir()?;
    let dir = std::env::args_os().nth(1).map_or_else(|| trial.path().to_owned(), PathBuf::from);
    #[expect(clippy::disallowed_methods, reason = "an example is an edge: the clock is chosen here")]
    let clock: Clock = Arc::new(jiff::Timestamp::now);
    let store = Store::open(&dir, clock)?;
    Connection::open(dir.join("zb.db"))?.execute_batch(FULL)?;
    let refused = store.save_cursor("somebody", Position::new(1)).await;
    let why = refused.err().ok_or("the cursor was kept")?;
    println!("{}: {why}", dir.display());
    Ok(())
}
