//! The signature of the [Standard Webhooks] specification, symmetric form.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// `v1,` and the base64 of the HMAC-SHA256 of `{id}.{timestamp}.{body}`. `None` only for a key that HMAC
/// refuses, and it takes any.
pub(crate) fn sign(key: &[u8], id: &[u8], timestamp: &[u8], body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in [id, b".", timestamp, b".", body] {
        mac.update(part);
    }
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}
