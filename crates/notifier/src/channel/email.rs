//! E-mail, as the account's own server takes it for sending (RFC 6409), over TLS (RFC 8314).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hook_core::ReadValue;
use lettre::{
    Message as Letter,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
    transport::smtp::authentication::Credentials,
};

use super::{
    Note, Secrets,
    mail_server::MailServer,
    settings::{InvalidSetting, NotReady, Readable, Setting, Settings},
    text::{BYTES, Words, cut, one_line},
};

/// Who gets a message: more belong on a mailing list.
const MOST_RECIPIENTS: usize = 50;
/// No limit but good sense: longer subjects are shown by nobody.
const SUBJECT_BYTES: usize = 250;
/// No limit but good sense: servers take some MiB.
const TEXT_BYTES: usize = 64 * 1024;
/// The last second that a date of the internet message format can name with four digits.
const LAST_SECOND: i64 = 253_402_300_799;

#[derive(Clone, Debug)]
pub(crate) struct Email {
    url: Setting<MailServer>,
    token: Option<Setting<Password>>,
    to: Vec<Mailbox>,
    from: Option<Mailbox>,
}

impl Email {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        let what = "it is the mail server, as smtps://user@mail.example.org";
        let url: Setting<MailServer> = Setting::needed("url", settings.url.take(), what)?;
        let token = Setting::maybe("token", settings.token.take())?;
        let to = recipients(&std::mem::take(&mut settings.to))?;
        let from = settings.from.take().map(|text| mailbox("from", &text)).transpose()?;
        let email = Self { url, token, to, from };
        if let Some(server) = email.url.here() {
            email.check(server)?;
        }
        Ok(email)
    }

    /// The same server and sender for other recipients.
    pub(super) fn addressed_to(&self, to: &[String]) -> Result<Self, InvalidSetting> {
        Ok(Self { to: recipients(to)?, ..self.clone() })
    }

    /// What url and the other settings must have of each other.
    fn check(&self, server: &MailServer) -> Result<Mailbox, InvalidSetting> {
        match (&server.user, &self.token) {
            (Some(_), None) => {
                return Err(InvalidSetting::new(
                    "token",
                    "it is missing: it is the password of the url's user",
                ));
            }
            (None, Some(_)) => {
                let reason = "it is a password, and the url names no user, as smtps://user@host does";
                return Err(InvalidSetting::new("token", reason));
            }
            (Some(_), Some(_)) if !server.is_encrypted() => {
                return Err(InvalidSetting::new("token", "with tls=none anybody could read it on its way"));
            }
            _ => {}
        }
        let account = server.user.as_deref().and_then(|user| mailbox("url", user).ok());
        self.from
            .clone()
            .or(account)
            .ok_or_else(|| InvalidSetting::new("from", "it is missing, and the url's user is no address"))
    }

    /// Where to and to whom.
    pub(super) fn address(&self) -> String {
        let server = self.url.shown(ToString::to_string);
        let to: Vec<_> = self.to.iter().map(|mailbox| mailbox.email.to_string()).collect();
        format!("{server} to {}", to.join(", "))
    }

    /// The letter for a message, and how it is handed in. Looks nothing up; blocks where a value has to be read.
    pub(crate) fn posting(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Posting, String> {
        let server = self.url.get(read).map_err(|error: NotReady| error.to_string())?;
        let from = self.check(&server).map_err(|error| format!("{}: {error}", error.setting))?;
        let mut secrets = Secrets::default();
        secrets.learn(&server);
        let mut credentials = None;
        if let (Some(user), Some(token)) = (&server.user, &self.token) {
            let password = token.get(read).map_err(|error| error.to_string())?;
            secrets.learn(&password);
            // As it is said to the server (RFC 4616, and LOGIN).
            let plain = format!("\0{user}\0{}", password.0);
            secrets.add([plain, password.0.clone()].map(|text| STANDARD.encode(text)));
            credentials = Some(Credentials::new(user.clone(), password.0));
        }
        let letter =
            self.letter(note, from).map_err(|error| format!("no letter can be made of it: {error}"))?;
        Ok(Posting { server, credentials, letter, secrets })
    }

    fn letter(&self, note: &Note<'_>, from: Mailbox) -> Result<Letter, lettre::error::Error> {
        let words = Words::of(note.message);
        let seconds = note.message.time.as_second().clamp(0, LAST_SECOND).unsigned_abs();
        let date = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        // RFC 3834 §5: nobody's holiday notice is to answer it.
        let auto =
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let mut builder = Letter::builder()
            .message_id(Some(message_id(note.delivery_id, &from)))
            .date(date)
            .subject(cut(&one_line(&note.message.title), SUBJECT_BYTES, BYTES))
            .raw_header(auto)
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .from(from);
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        builder.body(cut(&words.whole(), TEXT_BYTES, BYTES))
    }
}

fn recipients(to: &[String]) -> Result<Vec<Mailbox>, InvalidSetting> {
    if to.is_empty() || to.len() > MOST_RECIPIENTS {
        let reason = format!("it has {} addresses, and 1 to {MOST_RECIPIENTS} are possible", to.len());
        return Err(InvalidSetting::new("to", reason));
    }
    to.iter().map(|text| mailbox("to", text)).collect()
}

/// RFC 5322 §3.6.4. The same for every try, so that a mail store may know a repeat.
fn message_id(delivery_id: &str, from: &Mailbox) -> String {
    let id: String = delivery_id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    format!("<{id}@{}>", from.email.domain())
}

fn mailbox(setting: &'static str, text: &str) -> Result<Mailbox, InvalidSetting> {
    let is_plain = |mailbox: &Mailbox| {
        AsRef::<str>::as_ref(&mailbox.email).is_ascii() && !text.contains(char::is_control)
    };
    text.parse().ok().filter(is_plain).ok_or_else(|| {
        InvalidSetting::new(setting, format!("{text:?} is no address in ASCII, such as ana@example.org"))
    })
}

/// A letter, ready to be handed in.
pub(crate) struct Posting {
    pub(crate) server: MailServer,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) letter: Letter,
    pub(crate) secrets: Secrets,
}

/// A password: it may hold spaces.
#[derive(Clone)]
struct Password(String);

impl Readable for Password {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("it is empty".to_owned()),
            text if text.contains(char::is_control) => Err("it contains a control character".to_owned()),
            text => Ok(Self(text.to_owned())),
        }
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.0.clone()]
    }
}
