//! The link that makes the first account (`api.md` §2): printed at each start without one.

use event_bus::StorageError;

use super::digest;
use crate::Service;

/// The address at which whoever reads the console makes the first account; nothing where there is an account. The older
/// link is void. `listen` is where zb listens, as `127.0.0.1:4097`; a `public_url` goes before it.
///
/// # Errors
/// The store fails.
pub async fn set_up_link(service: &Service, listen: &str) -> Result<Option<String>, StorageError> {
    let secret = service.accounts().secret();
    if !service.store.offer_first_account(digest(&secret)).await? {
        return Ok(None);
    }
    let public = service.settings.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
    let origin = public.unwrap_or_else(|| format!("http://{listen}"));
    Ok(Some(format!("{origin}{}/set-up?token={secret}", service.settings.base_path)))
}
