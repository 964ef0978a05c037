//! The browser, with a page of our own.

use zb_tests::{Browser, Look, Scheme, Scratch, Scripts};

const PAGE: &str = r#"<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>by hand</title>
<label for="name">Name</label><input id="name" value="old">
<label><input type="checkbox" id="on"> On</label>
<select aria-label="Kind"><option>one</option><option>two</option></select>
<button>Backup now<span aria-hidden="true"> (3)</span></button>
<button aria-label="Sign out">x</button>
<div id="twice"><button>Save</button></div><button>Save</button>
<button hidden>Delete</button>
<details><summary><b>Advanced</b> hooks</summary><a href="?went">Further down</a></details>
<noscript>no script</noscript>
<script>document.title = 'by script'; console.error('planted')</script>"#;

#[test]
fn controls_are_found_by_what_they_are_called() {
    let scratch = Scratch::new();
    let page = scratch.write("page.html", PAGE);
    let browser = Browser::open(&scratch, Look::DESKTOP);
    browser.go(&format!("file://{}", page.display()));
    browser.field("Name").fill("new");
    browser.field("Kind").choose("two");
    browser.field("On").press();
    assert_eq!(browser.run("return document.getElementById('on').checked"), true);
    assert!(browser.button("Backup now").is_there(), "what is hidden from it is no part of a name");
    assert!(!browser.button("Backup").is_there(), "a name is the whole of it");
    assert!(browser.button("Backup").and_so_on().is_there());
    assert!(browser.button("Sign out").is_there() && !browser.button("x").is_there());
    assert!(!browser.link("Save").is_there() && browser.button("Save").within("#twice").is_there());
    assert!(!browser.button("Delete").is_there(), "nobody sees it");
    assert!(!browser.link("Further down").is_there(), "not yet");
    browser.disclosure("Advanced").and_so_on().press();
    browser.link("Further down").press();
    assert!(browser.arrives_below("/").ends_with("page.html?went"));
}

#[test]
fn a_look_is_what_the_page_gets() {
    let scratch = Scratch::new();
    let page = scratch.write("page.html", PAGE);
    let look = Look { width: 390, scheme: Scheme::Dark, scripts: Scripts::Off };
    let browser = Browser::open(&scratch, look);
    let sees = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, document.title]";
    browser.go(&format!("file://{}", page.display()));
    assert_eq!(browser.run(sees), serde_json::json!([390, true, "by hand"]));
    browser.shows("no script");
    assert_eq!(browser.complaints(), [""; 0]);
    browser.look(Look::DESKTOP);
    browser.reload();
    assert_eq!(browser.run(sees), serde_json::json!([1280, false, "by script"]));
    assert!(!browser.text().contains("no script"));
    let complaints = browser.complaints();
    assert!(complaints.len() == 1 && complaints[0].contains("planted"), "{complaints:?}");
    let picture = scratch.path("page.png");
    browser.picture(&picture);
    let png = std::fs::read(picture).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.ends_with(b"IEND\xaeB`\x82"), "a whole PNG");
}
