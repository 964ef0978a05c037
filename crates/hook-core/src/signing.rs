//! The secret with which a hook's requests are signed, in the form of the Standard Webhooks specification.

use std::{fmt, str::FromStr};

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use thiserror::Error;

use crate::text::MASK;

/// The bytes of a key, and no more: what the Standard Webhooks specification asks for a symmetric secret.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

const PREFIX: &str = "whsec_";

/// Standard base64; some generators leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `whsec_` and the base64 of 24 to 64 bytes. Debug shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// The key of the HMAC-SHA256.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for SigningSecret {
    type Err = InvalidSigningSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSigningSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSigningSecret::Prefix)?;
        let key = BASE64.decode(encoded).map_err(|_| InvalidSigningSecret::Base64)?;
        if KEY_BYTES.contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(InvalidSigningSecret::Length { bytes: key.len() })
        }
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
    /// Too weak, or longer than the specification allows.
    #[error("it is the base64 of {bytes} bytes, and {} to {} are allowed", KEY_BYTES.start(), KEY_BYTES.end())]
    Length {
        /// After decoding.
        bytes: usize,
    },
}
