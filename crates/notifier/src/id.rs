//! The ids of deliveries: the same for the same thing to say, however often it is seen.

use sha2::{Digest, Sha256};

/// Crockford's base32 in lower case, as the TypeID specification has it.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The id of what is said to a destination about something, see [`NewDelivery::id`](crate::NewDelivery::id).
pub(crate) fn delivery_id(destination: &str, about: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(destination.as_bytes());
    hash.update([0]);
    hash.update(about.as_bytes());
    let number = hash.finalize()[..16].iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let suffix: String =
        (0..26).rev().map(|place| char::from(ALPHABET[(number >> (place * 5)) as usize & 31])).collect();
    format!("dlv_{suffix}")
}

#[cfg(test)]
mod tests {
    use super::delivery_id;

    #[test]
    fn an_id_is_that_of_destination_and_subject() {
        let id = delivery_id("mail", "run");
        assert_eq!(id, delivery_id("mail", "run"));
        assert_eq!((id.len(), &id[..4]), (30, "dlv_"));
        assert!(id.as_bytes()[4] <= b'7', "26 characters hold 130 bits: {id}");
        for other in [delivery_id("mai", "lrun"), delivery_id("mail", "run2"), delivery_id("mail2", "run")] {
            assert_ne!(id, other);
        }
    }
}
