//! zb on a terminal: a pseudo-terminal whose other end the test holds.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::{Zb, eventually};

/// A command on a terminal of its own, in a session of its own, so that Ctrl-C reaches whom it reaches in life.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    watcher: JoinHandle<()>,
}

impl Terminal {
    /// Starts zb there.
    ///
    /// # Panics
    /// Where there is no pseudo-terminal.
    #[must_use]
    pub fn start(zb: Zb<'_>, arguments: &[&str]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().expect("a device's name is ASCII");
        let theirs = || OwnedFd::from(OpenOptions::new().read(true).write(true).open(&name).unwrap());
        let mut command: Command = zb.under(["setsid", "--ctty", "--wait"]).command(arguments);
        command.env("TERM", "xterm-256color").stdin(theirs()).stdout(theirs()).stderr(theirs());
        let child = command.spawn().unwrap();
        drop(command); // it holds their ends open
        let keyboard = File::from(ours);
        let screen = Arc::default();
        let watcher = watch(keyboard.try_clone().unwrap(), &screen);
        Self { child, keyboard, screen, watcher }
    }

    /// Presses keys.
    ///
    /// # Panics
    /// Where the terminal is gone.
    pub fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
    }

    /// All that was written to the screen, control sequences too.
    #[must_use]
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Waits for a text on the screen.
    ///
    /// # Panics
    /// After a minute.
    pub fn wait_for(&self, text: &str) {
        eventually(text, || self.screen().contains(text).then_some(()));
    }

    /// Waits for the end; gives the exit status and the screen.
    ///
    /// # Panics
    /// After a minute.
    #[must_use]
    pub fn wait(mut self) -> (Option<i32>, String) {
        let status = eventually("the end on the terminal", || self.child.try_wait().unwrap());
        eventually("the last of the screen", || self.watcher.is_finished().then_some(()));
        (status.code(), self.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Reads until nobody has the other end open any more.
fn watch(mut from: File, into: &Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            into.lock().unwrap().extend_from_slice(&chunk[..read]);
        }
    })
}
