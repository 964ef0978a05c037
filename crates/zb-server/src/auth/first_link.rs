//! The link that makes the first account (`api.md` §2): printed at each start without one.

use event_bus::StorageError;

use super::digest;
use crate::{ServerSettings, Service};

/// The address at which whoever reads the console makes the first account; nothing where there is an account. The older
/// link is void. See [`set_up_url`].
///
/// # Errors
/// The store fails.
pub async fn set_up_link(service: &Service, listen: &str) -> Result<Option<String>, StorageError> {
    let secret = service.accounts().secret();
    if !service.store.offer_first_account(digest(&secret)).await? {
        return Ok(None);
    }
    Ok(Some(set_up_url(&service.settings, listen, &secret)))
}

/// Where a set-up link's token is used. `listen` is where zb listens, as `127.0.0.1:4097`; a `public_url` goes before it.
#[must_use]
pub fn set_up_url(settings: &ServerSettings, listen: &str, token: &str) -> String {
    let public = settings.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
    let origin = public.unwrap_or_else(|| format!("http://{listen}"));
    format!("{origin}{}/set-up?token={token}", settings.base_path)
}
