//! Takes the README's pictures of a service at work, for `cargo xtask shots`:
//! `photographer ADDRESS USERNAME PASSWORD FOLDER NAME=PATH...`, each page in the light and in the dark. `NAME=PATH#ID` is
//! the page with that element in sight, unfolded.
#![expect(clippy::expect_used, reason = "a picture that cannot be taken is an end")]

use std::path::Path;

use zb_tests::{Browser, Look, Scheme, Scratch};

/// The pages ask for the system's own font. Where nobody has chosen one, a common one.
const FONTS: &str = r#"<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<alias binding="same"><family>sans-serif</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
<alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
</fontconfig>"#;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, username, password, folder, pages @ ..] = words.as_slice() else {
        unreachable!("cargo xtask shots says what it wants");
    };
    let scratch = Scratch::new();
    scratch.write("home/.config/fontconfig/fonts.conf", FONTS);
    let browser = Browser::open(&scratch, Look::DESKTOP);
    browser.go(&format!("{address}/sign-in"));
    browser.field("Username").fill(username);
    browser.field("Password").fill(password);
    browser.button("Sign in").press();
    browser.arrives("/");
    for (scheme, word) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
        browser.look(Look::DESKTOP.scheme(scheme));
        for page in pages {
            let (name, path) = page.split_once('=').expect("NAME=PATH");
            shows(&browser, address, path);
            browser.snapshot(&Path::new(folder).join(format!("{name}-{word}.png")));
        }
    }
}

fn shows(browser: &Browser, address: &str, path: &str) {
    let (path, id) = path.split_once('#').unwrap_or((path, ""));
    browser.go(&format!("{address}{path}"));
    if !id.is_empty() {
        let _ = browser.run(&format!(
            "const at = document.getElementById({id:?}); const folded = at.closest('details'); \
             if (folded) folded.open = true; scrollBy(0, (folded ?? at).getBoundingClientRect().top)"
        ));
    }
}
