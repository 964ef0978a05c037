//! Sealing: XChaCha20-Poly1305, a random nonce of 24 bytes in front, and what it belongs to as associated data, so
//! that a sealed thing cannot be put in another's place.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use thiserror::Error;
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// Seals and opens with the key of a data directory.
pub(crate) struct Seal(XChaCha20Poly1305);

/// What was sealed with another key, belongs elsewhere, or is damaged: which of them cannot be known.
#[derive(Debug, Error)]
#[error("it was sealed with another key, or is damaged")]
pub(crate) struct Unsealable;

/// The system gave no randomness, or the plain text is beyond any cipher.
#[derive(Debug, Error)]
#[error("it cannot be sealed")]
pub(crate) struct Sealless;

impl Seal {
    pub(crate) fn new(key: &crate::key::Key) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(**key)))
    }

    /// Nonce and cipher text.
    pub(crate) fn seal(&self, plain: &[u8], belongs_to: &str) -> Result<Vec<u8>, Sealless> {
        let nonce = XNonce::try_generate().map_err(|_| Sealless)?;
        let payload = Payload { msg: plain, aad: belongs_to.as_bytes() };
        let cipher_text = self.0.encrypt(&nonce, payload).map_err(|_| Sealless)?;
        Ok([&nonce[..], &cipher_text].concat())
    }

    /// The plain text again; wiped when dropped.
    pub(crate) fn open(&self, sealed: &[u8], belongs_to: &str) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, cipher_text) = sealed.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
        let payload = Payload { msg: cipher_text, aad: belongs_to.as_bytes() };
        self.0.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| Unsealable)
    }
}
