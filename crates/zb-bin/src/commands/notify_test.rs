//! `zb notify test`: a message that is marked as a test, and what each destination says to it.

use std::io::Write;

use notifier::{Answer, Limits, Outlet, send_now, test_message};
use zb_server::nearest;

use crate::{
    clock,
    config::{Settings, Surroundings},
    exit::Exit,
    host,
    observers::Ways,
    report::Failure,
    wiring::Wiring,
};

/// Sends it to every destination, or to those that are named.
///
/// # Errors
/// There is no such destination, or none at all; or the data directory cannot be used.
pub async fn test(
    names: &[String],
    settings: &Settings,
    around: &Surroundings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let chosen = chosen(names, settings, around)?;
    let store = Wiring::open(settings, around, None)?.store;
    let mut exit = Exit::Success;
    for outlet in chosen {
        let name = &outlet.destination.name;
        let message = test_message(clock::now(), &host::name());
        let _ = write!(out, "{name}: ");
        let _ = out.flush();
        let clock: event_bus::Clock = std::sync::Arc::new(clock::now);
        let sent = send_now(&*store, name, &*outlet.carrier, message, &clock, Limits::default()).await;
        match &sent.result {
            Ok(answer) => {
                let _ = writeln!(out, "{}", taken(answer));
                for line in answer.said.iter().flat_map(|said| said.lines()) {
                    let _ = writeln!(out, "  | {line}");
                }
            }
            Err(failed) => {
                let _ = writeln!(out, "failed: {failed}");
                exit = Exit::Error;
            }
        }
        if let Err(error) = &sent.kept {
            tracing::warn!("this is not in zb notify log: {}", Failure::from_chain(&**error).message);
        }
    }
    Ok(exit)
}

fn taken(answer: &Answer) -> String {
    match answer.http_status {
        Some(status) => format!("taken, HTTP {status}"),
        None => "taken".to_owned(),
    }
}

fn chosen(names: &[String], settings: &Settings, around: &Surroundings) -> Result<Vec<Outlet>, Failure> {
    let all = Ways::new(settings, around).configured();
    if all.is_empty() {
        return Err(Failure::invalid("nobody is notified: the configuration has no [[notify]]")
            .hint("add a destination to zb.toml: name, kind and what the kind needs"));
    }
    if let Some(name) = names.iter().find(|name| all.iter().all(|outlet| outlet.destination.name != **name)) {
        return Err(unknown(name, settings));
    }
    Ok(all
        .into_iter()
        .filter(|outlet| names.is_empty() || names.contains(&outlet.destination.name))
        .collect())
}

/// There is no such destination.
pub(super) fn unknown(name: &str, settings: &Settings) -> Failure {
    let failure = Failure::invalid(format!("no destination is called {name:?}"));
    let names: Vec<_> = settings.notify.value.iter().map(|to| to.name.as_str()).collect();
    match (nearest(name, names.iter().copied()), names.is_empty()) {
        (Some(near), _) => failure.hint(format!("did you mean {near:?}?")),
        (None, true) => failure.hint("the configuration has no [[notify]]"),
        (None, false) => failure.hint(format!("there are: {}", names.join(", "))),
    }
}
