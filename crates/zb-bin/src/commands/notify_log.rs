//! `zb notify log`: what became of every message, the latest first.

use std::io::{self, Write};

use hook_core::{JobId, ScheduleId};
use jiff::Timestamp;
use notifier::{Delivery, DeliveryState, Outbox};
use serde::Serialize;

use super::runs::local;
use crate::{config::Settings, exit::Exit, report::Failure, wiring};

/// Lists deliveries of all destinations, or of one; of one that is not configured any more, too.
///
/// # Errors
/// The data directory cannot be used, or there is no such destination and never was.
pub async fn log(
    name: Option<&str>,
    limit: u32,
    json: bool,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let at_most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (deliveries, names) = match wiring::existing_store(settings)? {
        Some(store) => {
            let names = Names(store.destination_names().await?);
            let of = name.map(|name| names.key(name));
            let found = store.latest(of, at_most).await.map_err(|error| Failure::from_chain(&*error))?;
            (found, names)
        }
        None => (Vec::new(), Names::default()),
    };
    if deliveries.is_empty() {
        return nothing(name, json, settings, out);
    }
    super::end_of_output(if json {
        print_json(&deliveries, &names, out)
    } else {
        print_table(&deliveries, &names, out)
    })
}

/// The service's destinations: id and name. Their deliveries are kept under the ids.
#[derive(Default)]
struct Names(Vec<(String, String)>);

impl Names {
    /// What deliveries are kept under for whoever says this: the id, where it is the name of one of the service's.
    fn key<'n>(&'n self, said: &'n str) -> &'n str {
        self.0.iter().find(|(_, name)| name == said).map_or(said, |(id, _)| id)
    }

    /// What people call a delivery's destination.
    fn name<'n>(&'n self, delivery: &'n Delivery) -> &'n str {
        let found = self.0.iter().find(|(id, _)| *id == delivery.destination);
        found.map_or(&delivery.destination, |(_, name)| name)
    }
}

fn nothing(
    name: Option<&str>,
    json: bool,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if let Some(name) = name.filter(|name| settings.notify.value.iter().all(|to| to.name != **name)) {
        return Err(super::notify_test::unknown(name, settings));
    }
    if json {
        return Ok(Exit::Success);
    }
    super::end_of_output(writeln!(out, "Nothing was sent yet."))
}

/// A delivery as `api.md` §7 has it, with the destination's name in the place of its id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    delivery_id: &'a str,
    destination: &'a str,
    event: &'static str,
    schedule_id: Option<&'a ScheduleId>,
    job_id: Option<&'a JobId>,
    state: DeliveryState,
    attempts: u32,
    created_at: Timestamp,
    last_attempt_at: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
    http_status: Option<u16>,
    error: Option<&'a str>,
    title: &'a str,
}

fn print_json(deliveries: &[Delivery], names: &Names, out: &mut dyn Write) -> io::Result<()> {
    for delivery in deliveries {
        let run = delivery.message.run.as_ref();
        let line = Line {
            delivery_id: &delivery.id,
            destination: names.name(delivery),
            event: delivery.message.topic.as_str(),
            schedule_id: run.map(|run| &run.schedule_id),
            job_id: run.map(|run| &run.job_id),
            state: delivery.state,
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            last_attempt_at: delivery.last_attempt_at,
            next_attempt_at: delivery.next_attempt_at,
            http_status: delivery.http_status,
            error: delivery.error.as_deref(),
            title: &delivery.message.title,
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    Ok(())
}

fn print_table(deliveries: &[Delivery], names: &Names, out: &mut dyn Write) -> io::Result<()> {
    let widths = deliveries.iter().map(|delivery| names.name(delivery).chars().count());
    let name_width = widths.max().unwrap_or_default();
    for delivery in deliveries {
        writeln!(
            out,
            "{}  {:name_width$}  {:9}  {}",
            local(delivery.created_at),
            names.name(delivery),
            delivery.state.as_str(),
            delivery.message.title,
        )?;
        if let Some(line) = trouble(delivery) {
            writeln!(out, "{:21}{line}", "")?;
        }
    }
    Ok(())
}

/// What failed, and what comes of it.
fn trouble(delivery: &Delivery) -> Option<String> {
    let error = delivery.error.as_ref().filter(|_| delivery.state != DeliveryState::Delivered)?;
    let tries = match delivery.attempts {
        1 => "1 try".to_owned(),
        several => format!("{several} tries"),
    };
    Some(match (delivery.state, delivery.next_attempt_at) {
        (DeliveryState::Dead, _) => format!("given up after {tries}: {error}"),
        (_, Some(next)) => format!("{tries}, next after {}: {error}", local(next)),
        (_, None) => format!("{tries}: {error}"),
    })
}
