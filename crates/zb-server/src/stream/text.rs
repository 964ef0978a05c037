//! Events as text (HTML, "Server-sent events").

use event_bus::{Position, Recorded};
use hook_core::{LifecycleEvent, RunEvent};

/// How soon a browser comes again, in milliseconds.
pub(super) const RETRY: &str = "retry: 2000\n\n";

/// An id that was given out.
pub(crate) fn place(id: &str) -> Option<Position> {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| id.parse().ok()).flatten().map(Position::new)
}

/// An event without data: from here it goes on.
pub(super) fn mark(name: &str, at: Position) -> String {
    format!("event: {name}\nid: {}\ndata: {{}}\n\n", at.get())
}

/// What is not recorded has no id.
pub(super) fn passing(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// What happened. Only a run's own stream has what its receivers answered and what restic said (`spec.md` §2).
pub(super) fn recorded(told: &Recorded<RunEvent>, details: bool) -> String {
    let seq = told.version.get();
    let data =
        if details { told.event.to_wire(seq, &told.at) } else { brief(&told.event).to_wire(seq, &told.at) };
    // The type stands first in what this crate's neighbour writes.
    let kind = data.strip_prefix("{\"type\":\"").and_then(|rest| rest.split('"').next()).unwrap_or("message");
    format!("event: {kind}\nid: {}\ndata: {data}\n\n", told.position.get())
}

fn brief(event: &RunEvent) -> RunEvent {
    let mut brief = event.clone();
    match &mut brief.event {
        LifecycleEvent::HookFinished(end) => end.response = None,
        LifecycleEvent::ResticFinished(end) => end.stderr = None,
        _ => {}
    }
    brief
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_place_and_nothing_else() {
        assert_eq!(place("4811"), Some(Position::new(4811)));
        for text in ["", "-1", "+1", " 1", "1.0", "x", "99999999999999999999999"] {
            assert_eq!(place(text), None, "{text:?}");
        }
    }
}
