//! The drawings of the pages: each beside a word that says the same.

macro_rules! drawings {
    ($($name:ident $class:literal $shape:literal,)*) => {
        $(pub(super) const $name: &str = concat!(
            "<svg class=\"", $class, "\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">", $shape, "</svg>"
        );)*
    };
}

drawings! {
    OVERVIEW "ico" r#"<path d="M2.5 8.5h3l1.5-5 2.5 9 1.5-4h2.5"/>"#,
    BACKUPS "ico" r#"<path d="M2.5 4.5h11v-2h-11zM3.5 4.5v9h9v-9M6.5 7.5h3"/>"#,
    RUNS "ico" r#"<path d="M2.5 4h6M4.5 8h9M2.5 12h7"/>"#,
    NOTIFICATIONS "ico" r#"<path d="M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM6.5 14h3"/>"#,
    PLUS "ico" r#"<path d="M8 3v10M3 8h10"/>"#,
    SETTINGS "ico" r#"<path d="M2.5 5h6M12 5h1.5M2.5 11h1.5M7.5 11h6"/><circle cx="10.25" cy="5" r="1.75"/><circle cx="5.75" cy="11" r="1.75"/>"#,
    TICK "ico" r#"<path d="m3.5 8.5 3 3 6-7"/>"#,
    SEARCH "ico" r#"<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/>"#,
    SIGN_OUT "ico" r#"<path d="M9.5 4.5 13 8l-3.5 3.5M13 8H6M7 2.5H3v11h4"/>"#,
    PAUSE "ico" r#"<path d="M5.5 3.5v9M10.5 3.5v9"/>"#,
    PLAY "ico" r#"<path d="m5 3.5 7 4.5-7 4.5z" fill="currentColor"/>"#,
    SEND "ico" r#"<path d="M13.5 2.5 7 9M13.5 2.5 9.5 13.5 7 9 2.5 6.5z"/>"#,
    CHEVRON "ico chev" r#"<path d="m6 3.5 4.5 4.5L6 12.5"/>"#,
    CROSS "ico" r#"<path d="m4 4 8 8M12 4l-8 8"/>"#,
    CLOCK "ico" r#"<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3l2 1.5"/>"#,
    SHIELD "ico" r#"<path d="M8 2 3 4v4c0 3 2 5 5 6 3-1 5-3 5-6V4zM6 8l1.5 1.5L10.5 6.5"/>"#,
    BOLT "ico" r#"<path d="M9 2 4 9h4l-1 5 5-7H8z"/>"#,
    STOP "ico" r#"<path d="M4.5 4.5h7v7h-7z"/>"#,
    AGAIN "ico" r#"<path d="M3 8a5 5 0 1 0 1.5-3.5L3 6M3 3v3h3"/>"#,
    OK "st" r#"<g stroke="currentColor" class="is-ok"><circle cx="8" cy="8" r="5.75"/><path d="m5.5 8.25 1.75 1.75 3.25-3.75"/></g>"#,
    WARNING "st" r#"<path d="M8 2.25 14.25 13.25H1.75z" fill="currentColor" stroke="currentColor"/><path d="M8 6.5v3M8 11.4v.1" class="knock"/>"#,
    ERROR "st" r#"<path d="M5.3 1.75h5.4l3.55 3.55v5.4l-3.55 3.55H5.3L1.75 10.7V5.3z" fill="currentColor" stroke="currentColor"/><path d="m5.75 5.75 4.5 4.5M10.25 5.75l-4.5 4.5" class="knock"/>"#,
    CANCELLED "st" r#"<g stroke="currentColor"><circle cx="8" cy="8" r="5.75"/><path d="M4.25 11.75l7.5-7.5"/></g>"#,
    RUNNING "st" r#"<g stroke="currentColor"><circle cx="8" cy="8" r="5.75" opacity=".3"/><path class="spin" d="M8 2.25a5.75 5.75 0 0 1 5.75 5.75"/></g>"#,
    QUEUED "st" r#"<circle cx="8" cy="8" r="5.75" stroke="currentColor" stroke-dasharray="2 2.5"/>"#,
    INTERRUPTED "st" r#"<path d="M9.5 1.5 3.5 9h4l-1 5.5 6-7.5h-4z" fill="currentColor" stroke="currentColor"/>"#,
}

/// The mark of zb.
pub(super) const MARK: &str = concat!(
    r#"<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><rect class="plate" width="24" height="24" rx="6"/>"#,
    r#"<path class="bars" d="M6 7h2.5v10H6zM10 7h2.5v10H10z"/><path class="tri" d="m14.5 7 5 5-5 5z"/></svg>"#
);
