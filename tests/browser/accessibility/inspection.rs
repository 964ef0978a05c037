//! What is wrong with the page that is shown.

use serde_json::{Value, json};
use zb_tests::Browser;

/// The roles of what a person acts on, or is told by a picture.
const NAMED: [&str; 16] = [
    "button",
    "link",
    "textbox",
    "searchbox",
    "spinbutton",
    "combobox",
    "checkbox",
    "radio",
    "DisclosureTriangle",
    "progressbar",
    "image",
    "img",
    "navigation",
    "table",
    "dialog",
    "listbox",
];

/// Everything that can be seen without touching it.
pub(crate) fn faults(browser: &Browser) -> Vec<String> {
    let mut faults = texts(&browser.run(include_str!("checks.js")));
    let told = browser.told();
    let nameless =
        told.iter().filter(|(role, name)| NAMED.contains(&role.as_str()) && name.trim().is_empty());
    faults.extend(nameless.map(|(role, _)| format!("names: a {role} without one")));
    // That a page answers 404 or 422 is what was asked for.
    let is_its_own = |complaint: &String| {
        complaint.contains("Failed to load resource") && complaint.contains(&site(browser))
    };
    // A guess of Chromium's about password managers, where a form has several secrets and an account has none.
    let is_a_guess = |complaint: &String| complaint.contains("Multiple forms should be contained");
    let complaints =
        browser.complaints().into_iter().filter(|complaint| !is_its_own(complaint) && !is_a_guess(complaint));
    faults.extend(complaints.map(|complaint| format!("console: {complaint}")));
    faults
}

/// The address of the page, as the log has it before what it says of the page itself.
fn site(browser: &Browser) -> String {
    format!("{} - Failed", browser.run("return location.href").as_str().unwrap_or_default())
}

/// Goes through the page with the Tab key.
pub(crate) fn keyboard_faults(browser: &Browser) -> Vec<String> {
    let _ = browser.run(include_str!("focus.js"));
    let stops = "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, \
                 summary, [tabindex=\"0\"]')].filter((at) => at.tabIndex >= 0 && !at.disabled && at.checkVisibility())";
    let expected = browser.run(&format!("{stops}.length")).as_u64().unwrap_or_default();
    browser.keys(&"\u{E004}".repeat(usize::try_from(expected).unwrap() + 1));
    let mut faults = texts(&browser.run("return window.focused.faults"));
    let missed = format!(
        "{stops}.filter((at) => !window.focused.order.includes(at)).map((at) => at.outerHTML.slice(0, 120))"
    );
    faults.extend(texts(&browser.run(&missed)).into_iter().map(|at| format!("Tab reaches everything: {at}")));
    faults
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
}

/// The look of the page now, for a report.
pub(crate) fn where_it_is(browser: &Browser) -> String {
    let width = browser.run("return innerWidth");
    let dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches") == json!(true);
    format!("{} at {width} pixels, {}", browser.path(), if dark { "dark" } else { "light" })
}
