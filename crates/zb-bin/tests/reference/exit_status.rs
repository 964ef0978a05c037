//! `exit-status.md`: every status, and no other.

use zb_bin::exit::Exit;

use crate::page::{Page, code};

#[test]
fn every_status_has_its_row() {
    let Some(page) = Page::read("exit-status.md") else { return };
    let rows = page.table("status");
    let all =
        [Exit::Success, Exit::Error, Exit::Invalid, Exit::Warning, Exit::AlreadyRunning, Exit::Cancelled];
    for exit in all {
        // `zb restic` hands on whatever restic ends with: no status of zb's. A new status does not compile here: it belongs into the list and onto the page.
        match exit {
            Exit::Success
            | Exit::Error
            | Exit::Invalid
            | Exit::Warning
            | Exit::AlreadyRunning
            | Exit::Cancelled
            | Exit::Restic(_) => {}
        }
    }
    let listed: Vec<_> = rows.iter().flat_map(|row| code(&row[0])).collect();
    assert_eq!(listed, all.map(|exit| exit.code().to_string()));
}
