//! What systemd is told: that the service is ready, that it ends, that it is alive (`sd_notify(3)`).

use std::{
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::Duration,
};

use tokio::time;

use crate::config::Surroundings;

/// The socket of a service manager; nothing where there is none.
#[derive(Debug)]
pub(crate) struct Systemd {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Systemd {
    /// As `NOTIFY_SOCKET` and `WATCHDOG_USEC` have it.
    #[must_use]
    pub(crate) fn of(around: &Surroundings) -> Self {
        let variable = |name| around.variable(name).and_then(|value| value.to_str());
        let address = variable("NOTIFY_SOCKET").and_then(|path| match path.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name).ok(),
            None => SocketAddr::from_pathname(path).ok(),
        });
        let socket = address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        let for_us = variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let microseconds = variable("WATCHDOG_USEC").and_then(|text| text.parse().ok()).filter(|_| for_us);
        Self { socket, watchdog: microseconds.map(Duration::from_micros) }
    }

    /// The service listens.
    pub(crate) fn ready(&self) {
        self.say("READY=1");
    }

    /// The service ends: it may take as long as a restic and a post hook do.
    pub(crate) fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// Tells for ever that the service is alive, as long as it is: twice in the time that systemd waits.
    pub(crate) async fn watchdog(&self, is_alive: impl Fn() -> bool) -> std::convert::Infallible {
        let Some(every) = self.watchdog.map(|every| every / 2) else { return std::future::pending().await };
        loop {
            if is_alive() {
                self.say("WATCHDOG=1");
            }
            time::sleep(every).await;
        }
    }

    fn say(&self, word: &str) {
        if let Some((socket, address)) = &self.socket
            && let Err(error) = socket.send_to_addr(word.as_bytes(), address)
        {
            tracing::warn!(%error, "systemd cannot be told {word}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(variables: &[(&str, &str)]) -> Surroundings {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Surroundings { variables, folder: "/".into(), root: false }
    }

    #[tokio::test(start_paused = true)]
    async fn systemd_hears_what_it_waits_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        manager.set_nonblocking(true).unwrap();
        let hear = || {
            let mut word = [0; 64];
            let length = manager.recv(&mut word).unwrap_or_default();
            String::from_utf8(word[..length].to_vec()).unwrap()
        };
        let systemd =
            Systemd::of(&around(&[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "10000000")]));
        systemd.ready();
        assert_eq!(hear(), "READY=1");
        let _ = time::timeout(Duration::from_secs(11), systemd.watchdog(|| true)).await;
        assert_eq!([hear(), hear(), hear(), hear()], ["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", ""]);
        let _ = time::timeout(Duration::from_secs(11), systemd.watchdog(|| false)).await;
        assert_eq!(hear(), "", "whoever is not well says nothing");
        systemd.stopping();
        assert_eq!(hear(), "STOPPING=1");
    }

    #[test]
    fn without_systemd_nothing_is_said() {
        Systemd::of(&around(&[])).ready();
        Systemd::of(&around(&[("NOTIFY_SOCKET", "/nowhere/at/all")])).ready();
    }
}
