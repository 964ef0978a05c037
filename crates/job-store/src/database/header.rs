//! What a database file says of itself, read without SQLite, which would write
//! (the SQLite file format, "The Database Header").

/// "zbdb": tells a database of zb from any other.
pub(super) const APPLICATION_ID: u32 = 0x7a62_6462;

/// Bytes of a header.
pub(super) const LENGTH: usize = 100;

/// The fields that decide whether SQLite may open the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// Bytes.
    pub(super) page_size: u32,
    /// Absent where the header does not vouch for it.
    pub(super) pages: Option<u32>,
    pub(super) user_version: u32,
    pub(super) application_id: u32,
}

impl Header {
    /// Reads the first bytes of a database.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn parse(bytes: &[u8; LENGTH]) -> Result<Self, &'static str> {
        if &bytes[..16] != b"SQLite format 3\0" {
            return Err("it is no SQLite database");
        }
        let page_size = match u16::from_be_bytes([bytes[16], bytes[17]]) {
            1 => 65536,
            size if size >= 512 && size.is_power_of_two() => u32::from(size),
            _ => return Err("its page size is impossible"),
        };
        let fixed = bytes[21..24] == [64, 32, 32];
        let formats = [bytes[18], bytes[19]].iter().all(|version| (1..=2).contains(version));
        let text_is_utf8 = word(bytes, 56) == 1;
        if !(fixed && formats && text_is_utf8 && (1..=4).contains(&word(bytes, 44))) {
            return Err("its header is garbled");
        }
        // Both counters change together, unless an old SQLite wrote the file and left the number of pages stale.
        let vouched = word(bytes, 24) == word(bytes, 92);
        Ok(Self {
            page_size,
            pages: vouched.then(|| word(bytes, 28)),
            user_version: word(bytes, 60),
            application_id: word(bytes, 68),
        })
    }

    /// The length that the file should have, in bytes.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.pages.map(|pages| u64::from(pages) * u64::from(self.page_size))
    }
}

/// A big-endian number of four bytes.
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
