//! When a job is due: its schedule in words, and the next times in its zone.

use std::{io, io::Write};

use jiff::{Timestamp, tz::TimeZone};

use crate::config::Job;

const TIMES: usize = 5;

/// Nothing where the job has no schedule. `zone` is the one of a job that names none.
pub(super) fn show(job: &Job, now: Timestamp, zone: TimeZone, out: &mut dyn Write) -> io::Result<()> {
    let Some(schedule) = &job.schedule else { return Ok(()) };
    let zone = job.timezone.clone().unwrap_or(zone);
    let name = zone.iana_name().unwrap_or("the machine's time zone");
    writeln!(
        out,
        "\n{} ({name}; not run by `zb run`: for a service, or write it for cron)",
        schedule.describe()
    )?;
    if !job.enabled {
        return writeln!(out, "  never: `enabled` is false");
    }
    schedule.times(now, &zone).take(TIMES).try_for_each(|due| {
        let due = due.to_zoned_datetime(zone.clone());
        writeln!(out, "  {}", due.strftime("%a %Y-%m-%d %H:%M %Z"))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::show;
    use crate::config::Job;

    fn shown(lines: &str) -> String {
        let text = format!(
            "name = \"x\"\nsource = \"/data\"\n{lines}\n[repository]\nurl = \"/repo\"\npassword_file = \"/password\"\n"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("job.toml");
        std::fs::write(&file, text).unwrap();
        let job = Job::read(&file, folder.path(), Duration::from_secs(60)).unwrap();
        let mut out = Vec::new();
        show(&job, "2026-10-23T12:00:00Z".parse().unwrap(), TimeZone::UTC, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_next_times_in_the_zone_of_the_job() {
        assert_eq!(shown(""), "");
        assert_eq!(
            shown("schedule = \"0 2 * * *\"\ntimezone = \"Europe/Madrid\""),
            "\nEvery day at 02:00 (Europe/Madrid; not run by `zb run`: for a service, or write it for cron)\n  \
             Sat 2026-10-24 02:00 CEST\n  Sun 2026-10-25 02:00 CEST\n  Mon 2026-10-26 02:00 CET\n  \
             Tue 2026-10-27 02:00 CET\n  Wed 2026-10-28 02:00 CET\n"
        );
        assert_eq!(
            shown("enabled = false\nschedule = \"@hourly\""),
            "\nEvery hour (UTC; not run by `zb run`: for a service, or write it for cron)\n  never: `enabled` is false\n"
        );
    }
}
