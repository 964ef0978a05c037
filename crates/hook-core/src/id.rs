//! Identifiers as they stand on the wire (`spec.md` §1). Parsing is the only way in: an id that you hold is valid. Clones share
//! its text: a service knows many jobs, in several places each.

use std::{fmt, path::Path, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A text that is no such identifier.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{text:?} is no {kind}: {expected}")]
pub struct InvalidId {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $valid:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// What follows the prefix.
            #[must_use]
            pub fn suffix(&self) -> &str {
                &self.0[$prefix.len()..]
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                match text.strip_prefix($prefix) {
                    Some(suffix) if valid(suffix) => Ok(Self(text.into())),
                    _ => Err(InvalidId { kind: stringify!($name), text: text.to_owned(), expected: $expected }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One run, unique for ever: `jobId`, `job_` and the TypeID suffix of a UUIDv7.
    JobId,
    "job_",
    is_typeid_suffix,
    "it is job_ and 26 characters of a TypeID"
);
id!(
    /// The configured backup job: `scheduleId`, `sched_` and 1 to 64 of `A-Z a-z 0-9 _ -`.
    ScheduleId,
    "sched_",
    is_name,
    "it is sched_ and 1 to 64 of A-Z a-z 0-9 _ -"
);
id!(
    /// The tenant that owns a job: `organizationId`, `org_` and 1 to 64 of `A-Z a-z 0-9 _ -`.
    OrganizationId,
    "org_",
    is_name,
    "it is org_ and 1 to 64 of A-Z a-z 0-9 _ -"
);

impl JobId {
    /// Builds a UUIDv7 (RFC 9562 §5.7) of a time in milliseconds since 1970 UTC and ten random bytes, of which
    /// version and variant overwrite six bits.
    #[must_use]
    pub fn from_parts(unix_ms: u64, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&unix_ms.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self(format!("job_{}", typeid_suffix(bytes)).into())
    }

    /// The UUID, in network order.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 16] {
        let place = |byte| ALPHABET.iter().position(|&letter| letter == byte).unwrap_or_default() as u128;
        self.suffix().bytes().fold(0_u128, |number, byte| number << 5 | place(byte)).to_be_bytes()
    }
}

impl ScheduleId {
    /// The id of a job file that names none: the same at every run, so that a receiver can key on it. `source` is
    /// absolute (`spec.md` §1).
    #[must_use]
    pub fn derive(name: &str, source: &Path) -> Self {
        let mut hash = Sha256::new();
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(source.as_os_str().as_encoded_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        Self(format!("sched_{}", typeid_suffix(first)).into())
    }
}

impl Default for OrganizationId {
    /// `org_default`: where nobody set one.
    fn default() -> Self {
        Self("org_default".into())
    }
}

/// Crockford's base32 in lower case, as the TypeID specification has it.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn typeid_suffix(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    (0..26).rev().map(|place| char::from(ALPHABET[(number >> (place * 5)) as usize & 31])).collect()
}

fn is_typeid_suffix(text: &str) -> bool {
    text.len() == 26 && text.as_bytes()[0] <= b'7' && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

fn is_name(text: &str) -> bool {
    matches!(text.len(), 1..=64) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `spec/valid.yml` of the TypeID specification: suffix and UUID.
    const VALID: [(&str, u128); 8] = [
        ("00000000000000000000000000", 0),
        ("00000000000000000000000001", 1),
        ("0000000000000000000000000a", 10),
        ("0000000000000000000000000g", 16),
        ("00000000000000000000000010", 32),
        ("7zzzzzzzzzzzzzzzzzzzzzzzzz", u128::MAX),
        ("0123456789abcdefghjkmnpqrs", 0x0110_c853_1d09_52d8_d73e_1194_e95b_5f19),
        ("01h455vb4pex5vsknk084sn02q", 0x0189_0a5d_ac96_774b_bcce_b302_099a_8057),
    ];

    #[test]
    fn suffixes_are_those_of_the_typeid_specification() {
        for (suffix, uuid) in VALID {
            assert_eq!(typeid_suffix(uuid.to_be_bytes()), suffix);
            let id: JobId = format!("job_{suffix}").parse().unwrap();
            assert_eq!(id.to_bytes(), uuid.to_be_bytes());
        }
    }
}
