//! The secret with which a hook's requests are signed, in the form of the Standard Webhooks specification.

use std::{fmt, str::FromStr};

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use thiserror::Error;

use crate::text::MASK;

const PREFIX: &str = "whsec_";

/// Standard base64; some generators leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `whsec_` and the base64 of a key. Debug shows nothing of it.
///
/// The Standard Webhooks specification asks for 24 to 64 bytes. The receiver has chosen them, and some have chosen
/// otherwise, so every length but none is taken (RFC 2104 allows any).
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// The key of the HMAC-SHA256.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.0
    }

    /// What `webhook-signature` says of a request, symmetric form of the [Standard Webhooks] specification: `v1,` and
    /// the base64 of the HMAC-SHA256 of `{id}.{timestamp}.{body}`. `None` only for a key that HMAC refuses, and it
    /// takes any.
    ///
    /// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    #[must_use]
    pub fn sign(&self, id: &[u8], timestamp: &[u8], body: &[u8]) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id, b".", timestamp, b".", body] {
            mac.update(part);
        }
        Some(format!("v1,{}", general_purpose::STANDARD.encode(mac.finalize().into_bytes())))
    }
}

impl FromStr for SigningSecret {
    type Err = InvalidSigningSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSigningSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSigningSecret::Prefix)?;
        let key = BASE64.decode(encoded).map_err(|_| InvalidSigningSecret::Base64)?;
        if key.is_empty() { Err(InvalidSigningSecret::Empty) } else { Ok(Self(key)) }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecret({MASK})")
    }
}

/// Why a text is no signing secret. Nothing of the text is repeated, not even where its base64 breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum InvalidSigningSecret {
    /// It is written otherwise.
    #[error("it does not begin with {PREFIX}")]
    Prefix,
    /// Not of the standard alphabet.
    #[error("what follows {PREFIX} is no base64")]
    Base64,
    /// An empty key proves nothing: anybody could sign with it.
    #[error("nothing follows {PREFIX}")]
    Empty,
}
