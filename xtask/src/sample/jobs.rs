//! The jobs of the sample, what they back up, and how their runs come to end as they do.

use std::{fs, io::Read};

use super::Sample;
use crate::{
    database::SECRET,
    json::field,
    scratch::{Scratch, wait_until},
    shell::Result,
};

/// Stopped and started by the seed's hooks: its runs end well.
const POSTGRES: &str = "sched_postgres";
/// Its last post hook has failed.
const NEXTCLOUD: &str = "sched_nextcloud";
/// Its disk is not there any more.
const PHOTOS: &str = "sched_photos";
/// Takes its time: for whoever wants to watch. Its last run was cancelled.
const FILMS: &str = "sched_films";

/// The hooks of Nextcloud, for `webhook`.
pub(super) const NEXTCLOUD_HOOKS: &str = include_str!("nextcloud/hooks.json");

/// Of each of three: a minute of restic, slowed down to 1 MiB a second.
const FILM: usize = 20 * 1024 * 1024;

/// The scripts beside those of the database.
pub(super) fn write_hooks(scratch: &Scratch) -> Result {
    scratch.script("hooks/maintenance-on.sh", include_str!("nextcloud/maintenance-on.sh"))?;
    scratch.script("hooks/maintenance-off.sh", include_str!("nextcloud/maintenance-off.sh"))
}

/// Files, repositories and jobs.
pub(super) fn make(sample: &Sample, origin: &str) -> Result {
    make_files(&sample.scratch)?;
    let hook = |phase: &str, id: &str| {
        format!(
            "[webhooks.{phase}]\nurl = \"{origin}/hooks/{id}\"\nheaders = \"X-Zerobyte-Hook-Secret: {SECRET}\"\n"
        )
    };
    let jobs = [
        (
            POSTGRES,
            "Postgres",
            "data",
            "nas",
            "schedule = \"30 2 * * *\"\nretention = { keep_daily = 14, keep_weekly = 8 }\n",
            hook("pre", "stop-postgres") + &hook("post", "start-postgres"),
        ),
        (
            NEXTCLOUD,
            "Nextcloud",
            "srv/nextcloud",
            "nas",
            "schedule = \"0 3 * * *\"\nretries = 1\nretention = { keep_daily = 14 }\n",
            hook("pre", "maintenance-on") + &hook("post", "maintenance-off"),
        ),
        (PHOTOS, "Photos", "srv/photos", "usb-disk", "schedule = \"0 4 * * 0\"\n", String::new()),
        (
            FILMS,
            "Films",
            "srv/films",
            "nas",
            "restic_flags = [\"--limit-upload\", \"1024\", \"--pack-size\", \"4\"]\n",
            String::new(),
        ),
        ("sched_laptop", "Old laptop", "srv/photos", "nas", "enabled = false\n", String::new()),
    ];
    for (id, name, source, repository, keys, hooks) in jobs {
        let job = format!(
            "id = \"{id}\"\nname = \"{name}\"\nsource = \"{}\"\n{keys}\n\
             [repository]\nurl = \"{}\"\npassword = \"correct horse battery staple\"\n\n{hooks}",
            sample.scratch.path(source).display(),
            sample.scratch.path(repository).display(),
        );
        let made = sample.client.post_toml("/api/v1/jobs", &job)?;
        if !sample.scratch.path(repository).exists() {
            let repository = field(&made, "repositoryId")?;
            sample.client.post(&format!("/api/v1/repositories/{repository}/init"), "{}")?;
        }
    }
    Ok(())
}

/// A success of each first, then what goes wrong.
pub(super) fn make_runs(sample: &Sample) -> Result {
    let ended = |schedule: &str, status: &str| -> Result {
        let run = sample.run_now(schedule)?;
        sample.wait_for(&run, "finished")?;
        let told = sample.client.get(&format!("/api/v1/runs/{run}"))?;
        match field(&told, "status")? {
            ended if ended == status => Ok(()),
            ended => Err(format!("a run of {schedule} ended with {ended}: {told}").into()),
        }
    };
    for schedule in [POSTGRES, NEXTCLOUD, PHOTOS] {
        ended(schedule, "success")?;
    }
    sample.scratch.write("srv/nextcloud/documents/minutes.md", "# Minutes\n")?;
    ended(POSTGRES, "success")?;
    // The script refuses once: sending the post hook again mends it.
    sample.scratch.write("hooks/busy", "")?;
    ended(NEXTCLOUD, "warning")?;
    fs::rename(sample.scratch.path("usb-disk"), sample.scratch.path("unplugged"))?;
    ended(PHOTOS, "error")?;
    let run = sample.run_now(FILMS)?;
    let path = format!("/api/v1/runs/{run}");
    let is_seen = || sample.client.get(&path).is_ok_and(|told| told.contains("\"progress\":{"));
    wait_until("the films' progress", is_seen)?;
    sample.client.post(&format!("/api/v1/runs/{run}/cancel"), "{}")?;
    sample.wait_for(&run, "finished")
}

fn make_files(scratch: &Scratch) -> Result {
    for number in 1..=240 {
        let text = format!("# Note {number}\n\n").repeat(number);
        scratch.write(&format!("srv/nextcloud/documents/note-{number:03}.md"), text)?;
    }
    for number in 1..=60 {
        scratch.write(&format!("srv/photos/2026/img-{number:04}.jpg"), random(120 * 1024)?)?;
    }
    for number in 1..=3 {
        scratch.write(&format!("srv/films/film-{number}.mkv"), random(FILM)?)?;
    }
    Ok(())
}

/// What restic can neither compress nor find twice.
fn random(length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
