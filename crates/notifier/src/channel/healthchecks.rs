//! Healthchecks' pings: <https://healthchecks.io/docs/http_api/>.

use hook_core::{HookUrl, JobId, ReadValue};

use super::{
    Note, Parcel, Post,
    parcel::below,
    settings::{InvalidSetting, NotReady, Setting, Settings, masked},
    text::{BYTES, Words, cut},
};
use crate::{Ping, Retry};

/// What a server of one's own keeps unless it is told otherwise; healthchecks.io keeps 100 kB
/// (<https://healthchecks.io/docs/self_hosted_configuration/#PING_BODY_LIMIT>).
const BODY_BYTES: usize = 10_000;

#[derive(Debug)]
pub(super) struct Healthchecks {
    url: Setting<HookUrl>,
}

impl Healthchecks {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        let url = Setting::needed("url", settings.url.take(), "it is the ping URL of a check")?;
        Ok(Self { url })
    }
}

impl Post for Healthchecks {
    fn address(&self) -> String {
        self.url.shown(masked)
    }

    /// What is no sign of life, such as a test, is written to the check's log and changes nothing.
    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let mut parcel = Parcel::to(&self.url.get(read)?);
        match note.message.ping {
            Some(Ping::Success) => below(&mut parcel.url, &[]),
            Some(Ping::Start) => below(&mut parcel.url, &["start"]),
            Some(Ping::Failure) => below(&mut parcel.url, &["fail"]),
            None => below(&mut parcel.url, &["log"]),
        }
        if let Some(run) = &note.message.run {
            parcel.url.query_pairs_mut().append_pair("rid", &uuid(&run.job_id));
        }
        Ok(parcel.text(cut(&Words::of(note.message).whole(), BODY_BYTES, BYTES)))
    }

    /// These two come with the status 200 from some servers; others say 404 and 429.
    fn lie(&self, body: &[u8]) -> Option<(&'static str, Retry)> {
        if body.starts_with(b"OK (not found)") {
            return Some(("there is no check at this url", Retry::Never));
        }
        body.starts_with(b"OK (rate limited)").then_some(("too many pings", Retry::Later))
    }
}

/// The run's UUID as text (RFC 9562 §4): pairs a start with its end.
fn uuid(job: &JobId) -> String {
    let hex: String = job.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
