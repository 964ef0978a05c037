//! Secrets that restic might print are masked in everything that is kept of its words (`spec.md` §4).

use std::{borrow::Cow, fmt};

use secrecy::{ExposeSecret, SecretString};

/// Stands where a secret stood.
pub const MASK: &str = "••••••••";

/// Shorter values are not taken for secrets: hiding each `1` or `us` would hide what restic says.
const SHORTEST: usize = 4;

/// Texts that must not be seen, in every spelling in which restic may print them.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<SecretString>);

/// What restic says by itself tells nobody that it is somebody's password too; without it nobody could read why a
/// password is refused. An empty text is in it as well.
const OWN_WORDS: &str = "wrong password or no key found";

impl Secrets {
    /// Hides `secret` wherever it stands, however short it is.
    pub(crate) fn hide(&mut self, secret: &str) {
        for line in secret.lines().filter(|line| !OWN_WORDS.contains(line)) {
            self.insert(line.to_owned());
            let quoted = serde_json::Value::from(line).to_string();
            self.insert(quoted[1..quoted.len() - 1].to_owned());
        }
    }

    /// Hides `value` if it is long enough to be a secret.
    pub(crate) fn hide_value(&mut self, value: &str) {
        if value.len() >= SHORTEST {
            self.hide(value);
        }
    }

    /// Hides the credentials in a URL, as in `rest:https://user:password@host/`.
    pub(crate) fn hide_credentials(&mut self, url: &str) {
        let Some(userinfo) = userinfo(url) else { return };
        match userinfo.split_once(':') {
            Some((_, password)) => {
                self.hide_value(password);
                self.hide_value(&percent_decoded(password));
            }
            // A token alone is often a plain user name too: hide it only where it stands as userinfo.
            None => self.hide(&format!("{userinfo}@")),
        }
    }

    /// `text` with a [`MASK`] for each secret in it.
    pub(crate) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for secret in &self.0 {
            if masked.contains(secret.expose_secret()) {
                masked = Cow::Owned(masked.replace(secret.expose_secret(), MASK));
            }
        }
        masked
    }

    /// Masks in place.
    pub(crate) fn mask_string(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask(text) {
            *text = masked;
        }
    }

    /// The longest first, so that no secret hides half of another.
    fn insert(&mut self, text: String) {
        if self.0.iter().any(|known| known.expose_secret() == text) {
            return;
        }
        let at = self.0.partition_point(|known| known.expose_secret().len() >= text.len());
        self.0.insert(at, text.into());
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

/// `url` with a [`MASK`] for the password in it.
pub(crate) fn without_credentials(url: &str) -> String {
    match userinfo(url) {
        Some(userinfo) => {
            let shown =
                userinfo.split_once(':').map_or(MASK.to_owned(), |(user, _)| format!("{user}:{MASK}"));
            url.replacen(&format!("//{userinfo}@"), &format!("//{shown}@"), 1)
        }
        None => url.to_owned(),
    }
}

/// What stands between `//` and the last `@` before the path.
fn userinfo(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("//")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(userinfo, _)| userinfo).filter(|userinfo| !userinfo.is_empty())
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{MASK, Secrets, without_credentials};

    fn masked(hide: impl FnOnce(&mut Secrets), text: &str) -> String {
        let mut secrets = Secrets::default();
        hide(&mut secrets);
        secrets.mask(text).into_owned()
    }

    #[test]
    fn a_secret_is_hidden_plain_and_in_json() {
        let text = r#"got pa"ss, quoted pa\"ss, and pa"ss"#;
        assert_eq!(masked(|s| s.hide("pa\"ss"), text), format!("got {MASK}, quoted {MASK}, and {MASK}"));
    }

    #[test]
    fn the_longer_of_two_secrets_is_hidden_whole() {
        let hide = |s: &mut Secrets| {
            s.hide("tree");
            s.hide("tree-house");
        };
        assert_eq!(masked(hide, "tree-house, tree"), format!("{MASK}, {MASK}"));
    }

    #[test]
    fn each_line_of_a_key_is_hidden() {
        assert_eq!(masked(|s| s.hide_value("-----BEGIN\nabcd\n"), "key: abcd"), format!("key: {MASK}"));
    }

    #[test]
    fn short_values_stay_readable_but_short_passwords_do_not() {
        assert_eq!(masked(|s| s.hide_value("us"), "because"), "because");
        assert_eq!(masked(|s| s.hide("us"), "because"), format!("beca{MASK}e"));
    }

    #[test]
    fn credentials_in_a_url_are_hidden_also_decoded() {
        let url = "rest:https://zoe:p%40ss-word@host:8000/repo/";
        let hide = |s: &mut Secrets| s.hide_credentials(url);
        assert_eq!(masked(hide, "p%40ss-word p@ss-word zoe"), format!("{MASK} {MASK} zoe"));
        assert_eq!(without_credentials(url), format!("rest:https://zoe:{MASK}@host:8000/repo/"));
        let token = "rest:https://token@host/";
        assert_eq!(
            masked(|s| s.hide_credentials(token), "token@host, a token"),
            format!("{MASK}host, a token")
        );
        assert_eq!(without_credentials(token), format!("rest:https://{MASK}@host/"));
        for plain in ["/backups/repo", "sftp:zoe@host:/repo", "s3:https://host/bucket@2", ""] {
            assert_eq!(without_credentials(plain), plain);
        }
    }
}
