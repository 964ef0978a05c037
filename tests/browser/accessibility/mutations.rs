//! Each check can fail: one thing is broken on a good page, and the check for it says so.

use zb_tests::{Browser, Look, Scratch};

use super::inspection::{faults, keyboard_faults};
use crate::person::signed_in;

/// What is broken, and the rule that must notice.
const MUTATIONS: [(&str, &str); 27] = [
    ("document.documentElement.removeAttribute('lang')", "lang"),
    ("document.title = ''", "title"),
    ("document.querySelector('h1').outerHTML = '<p>Settings</p>'", "one h1"),
    ("document.querySelector('h2').outerHTML = '<h4>deep</h4>'", "heading levels"),
    ("document.querySelector('main').outerHTML = '<div id=main>nothing</div>'", "landmarks"),
    ("document.querySelector('nav').removeAttribute('aria-label')", "landmarks"),
    ("document.querySelector('.skip').remove()", "skip link"),
    ("document.querySelector('h2').id = 'main'", "unique ids"),
    ("document.getElementById('new').setAttribute('aria-describedby', 'nobody')", "references"),
    ("document.querySelector('.toc a').href = '#nowhere'", "references"),
    (
        "document.getElementById('new').ariaInvalid = 'true'; document.getElementById('new-hint').textContent = ''",
        "errors stand at their field",
    ),
    ("document.querySelector('h1').innerHTML += '<img src=\"/favicon.ico\">'", "images"),
    ("document.querySelector('svg').removeAttribute('aria-hidden')", "images"),
    ("document.querySelector('caption').remove()", "tables"),
    ("document.querySelectorAll('thead th').forEach((th) => th.removeAttribute('scope'))", "tables"),
    ("document.querySelector('tbody th').outerHTML = '<td>ana</td>'", "tables"),
    ("document.querySelector('h1').setAttribute('style', 'margin: 0')", "nothing inline"),
    ("document.querySelector('h1').textContent = 'w'.repeat(400)", "no sideways scroll"),
    (
        "document.querySelector('h1').innerHTML += '<button>x</button>'; const b = document.querySelector('h1 button').style; \
      b.font = '6px sans-serif'; b.padding = 0; b.border = 0",
        "targets of 24 pixels",
    ),
    (
        "document.querySelector('h1').style.color = '#999'; document.querySelector('h1').style.fontSize = '14px'",
        "contrast",
    ),
    ("document.querySelector('h1').style.opacity = .4", "contrast"),
    ("document.getElementById('new').style.borderColor = '#ddd'", "contrast"),
    ("document.querySelector('label[for=new]').remove()", "names"),
    (
        "document.querySelector('.who button').ariaLabel = ''; document.querySelector('.who svg')?.remove()",
        "names",
    ),
    ("console.error('planted')", "console"),
    (
        "document.body.append(Object.assign(document.createElement('script'), { textContent: '1' }))",
        "console",
    ),
    ("new Image().src = 'http://127.0.0.1:9/x.png'", "console"),
];

/// The same for the way through the page by keyboard.
const KEYBOARD_MUTATIONS: [(&str, &str); 4] = [
    ("document.getElementById('new').tabIndex = 3", "focus order"),
    ("document.querySelector('.skip').style.outline = 'none'", "focus is visible"),
    (
        "const over = document.createElement('div'); over.style = 'position: fixed; inset: 0; z-index: 99'; \
      document.body.append(over)",
        "focus is not hidden",
    ),
    (
        "document.getElementById('new').addEventListener('keydown', (event) => event.preventDefault())",
        "Tab reaches everything",
    ),
];

#[test]
fn each_check_can_fail() {
    let scratch = Scratch::new();
    let (service, browser) = signed_in(&scratch, &scratch.zb(), Look::DESKTOP);
    browser.go(&service.url("/settings"));
    assert_eq!((faults(&browser), keyboard_faults(&browser)), (vec![], vec![]), "the page is good at first");
    for (mutation, rule) in MUTATIONS {
        notices(&browser, mutation, rule, faults);
    }
    for (mutation, rule) in KEYBOARD_MUTATIONS {
        notices(&browser, mutation, rule, keyboard_faults);
    }
    service.stop();
}

#[track_caller]
fn notices(browser: &Browser, mutation: &str, rule: &str, check: impl Fn(&Browser) -> Vec<String>) {
    browser.reload();
    let _ = browser.complaints();
    let _ = browser.run(mutation);
    let found = zb_tests::eventually(&format!("{rule} notices {mutation}"), || {
        let found = check(browser);
        found.iter().any(|fault| fault.starts_with(rule)).then_some(found)
    });
    assert!(!found.is_empty());
}
