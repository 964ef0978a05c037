//! The name of a time zone.

use jiff::tz::{self, TimeZone};
use thiserror::Error;

/// A text that names no time zone. Display follows the key's name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{name:?} is no time zone")]
#[non_exhaustive]
pub struct UnknownZone {
    /// As it was written.
    pub name: String,
    /// The name that was most likely meant, if one is near.
    pub nearest: Option<String>,
}

/// Looks a time zone up by its IANA name, in any letter case: in the machine's database, else in the one that comes
/// with zb.
///
/// # Errors
/// There is none of that name.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    TimeZone::get(name).map_err(|_| UnknownZone { name: name.to_owned(), nearest: nearest(name) })
}

/// A city alone is meant to be the zone of that city; else at most a third of the letters differ.
fn nearest(name: &str) -> Option<String> {
    let asked = folded(name);
    let allowed = asked.chars().count() / 3;
    let distance = |zone: &str| {
        let zone = folded(zone);
        let city = zone.rsplit('/').next().unwrap_or_default();
        let whole = strsim::damerau_levenshtein(&asked, &zone);
        whole.min(if asked.contains('/') { usize::MAX } else { strsim::damerau_levenshtein(&asked, city) })
    };
    tz::db()
        .available()
        .map(|zone| zone.as_str().to_owned())
        // "posix/Europe/Berlin" and "Etc/GMT+5" are nobody's wish.
        .filter(|zone| {
            !["posix/", "right/", "Etc/", "SystemV/"].iter().any(|folder| zone.starts_with(folder))
        })
        .map(|zone| (distance(&zone), zone))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, zone)| zone)
}

fn folded(name: &str) -> String {
    let fold = |c: char| if c == ' ' || c == '-' { '_' } else { c.to_ascii_lowercase() };
    name.trim().chars().take(64).map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::zone;

    #[test]
    fn a_zone_is_found_or_the_nearest_is_named() {
        for name in ["Europe/Madrid", "europe/madrid", "UTC", "America/Argentina/Buenos_Aires"] {
            assert!(zone(name).is_ok(), "{name}");
        }
        for (name, nearest) in [
            ("Europe/Berln", Some("Europe/Berlin")),
            ("Madrid", Some("Europe/Madrid")),
            ("new york", Some("America/New_York")),
            ("America/New-York", Some("America/New_York")),
            ("Mars/Olympus", None),
            ("", None),
        ] {
            let unknown = zone(name).unwrap_err();
            assert_eq!(unknown.to_string(), format!("{name:?} is no time zone"));
            assert_eq!(unknown.nearest.as_deref(), nearest, "{name}");
        }
    }
}
