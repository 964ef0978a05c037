//! Through all pages of `api.md` §9, with data and without, also with what was typed wrong.

use std::path::PathBuf;

use zb_tests::{Browser, HookReceiver, Look, Scheme, Scratch, Service};

use super::inspection::{faults, keyboard_faults, where_it_is};
use crate::{person::sets_up, sample};

/// Every page is looked at in all of these.
const LOOKS: [(u32, Scheme); 4] =
    [(320, Scheme::Light), (390, Scheme::Dark), (768, Scheme::Light), (1280, Scheme::Dark)];

/// Somebody who looks at each page in every way and notes what is wrong.
struct Inspector<'a> {
    browser: &'a Browser,
    site: String,
    found: Vec<String>,
    pages: usize,
    /// Where to put pictures, if somebody wants to see them.
    album: Option<PathBuf>,
}

impl<'a> Inspector<'a> {
    fn new(browser: &'a Browser, service: &Service) -> Self {
        let album = std::env::var_os("ZB_ALBUM").map(PathBuf::from);
        Self { browser, site: service.url(""), found: Vec::new(), pages: 0, album }
    }

    fn goes(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.site));
    }

    fn looks_at(&mut self, path: &str) {
        self.goes(path);
        self.looks();
    }

    /// At the page that is there.
    fn looks(&mut self) {
        self.pages += 1;
        for (width, scheme) in LOOKS {
            self.browser.look(Look { width, scheme, ..Look::DESKTOP });
            self.note(faults);
            self.keeps_a_picture(width, scheme);
        }
        for width in [390, 1280] {
            self.browser.look(Look::DESKTOP.width(width));
            self.note(keyboard_faults);
        }
    }

    fn note(&mut self, look: impl Fn(&Browser) -> Vec<String>) {
        let found = look(self.browser);
        if !found.is_empty() {
            let at = where_it_is(self.browser);
            self.found.extend(found.into_iter().map(|fault| format!("{at}: {fault}")));
        }
    }

    fn keeps_a_picture(&self, width: u32, scheme: Scheme) {
        if let Some(album) = &self.album {
            let page = self.browser.path().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            self.browser.picture(&album.join(format!("{:02}{page:.24}-{width}-{scheme:?}.png", self.pages)));
        }
    }

    /// Everything that was wrong, a line each.
    fn finds_nothing(mut self) {
        self.found.dedup();
        assert!(self.found.is_empty(), "{} faults:\n{}", self.found.len(), self.found.join("\n"));
    }
}

#[test]
fn pages_before_the_first_backup_are_for_everyone() {
    let scratch = Scratch::new();
    let service = Service::without_account(&scratch.zb(), &[]);
    let browser = Browser::open(&scratch, Look::DESKTOP);
    let mut inspector = Inspector::new(&browser, &service);
    for path in ["/set-up", "/set-up?token=wrong"] {
        inspector.looks_at(path);
    }
    browser.go(&service.set_up_link());
    inspector.looks();
    browser.field("Username").fill("Ana Ruiz");
    browser.field("Password").fill("long enough, certainly");
    browser.button("Create account").press();
    browser.shows("Not saved");
    inspector.looks();
    sets_up(&service, &browser);
    for path in [
        "/",
        "/backups",
        "/runs",
        "/settings",
        "/backups/new",
        "/backups/import",
        "/notifications",
        "/nothing-here",
    ] {
        inspector.looks_at(path);
    }
    browser.go(&service.url("/"));
    browser.button("Sign out").press();
    browser.arrives("/sign-in");
    inspector.looks();
    browser.field("Username").fill("ana");
    browser.field("Password").fill("another");
    browser.button("Sign in").press();
    browser.wait("the answer", "return document.querySelector('[aria-invalid]')");
    inspector.looks();
    inspector.finds_nothing();
    service.stop();
}

#[test]
fn pages_of_a_busy_service_are_for_everyone() {
    let scratch = Scratch::new();
    let receiver = HookReceiver::start();
    let restic = sample::restic(&scratch);
    let zb = scratch.zb().allow(&receiver.origin()).restic(restic.command());
    sample::dies(&scratch, &zb, &receiver);
    scratch.write("jobs/broken.toml", "name = 5");
    sample::write_job_file(&scratch);
    let service = Service::without_account(&zb, &["--jobs-dir", &scratch.text("jobs")]);
    let browser = Browser::open(&scratch, Look::DESKTOP);
    sets_up(&service, &browser);
    let service = service.with_token(&zb);
    let runs = sample::happen(&scratch, &zb, &service, &receiver);
    let mut inspector = Inspector::new(&browser, &service);

    for path in ["/", "/backups", "/backups?q=postgres", "/backups?q=nothing-of-that-name"] {
        inspector.looks_at(path);
    }
    for kind in ["calm", "slow", "owed", "off", "file"] {
        inspector.looks_at(&format!("/backups/sched_{kind}"));
    }
    for page in ["edit", "delete", "hooks/pre/test", "hooks/post/test"] {
        inspector.looks_at(&format!("/backups/sched_calm/{page}"));
    }
    for path in ["/runs", "/runs?result=error", "/runs?backup=sched_off", "/settings", "/backups/import"] {
        inspector.looks_at(path);
    }
    for run in [&runs.calm, &runs.partial, &runs.wrong, &runs.owed, &runs.cancelled, &runs.died, &runs.slow] {
        inspector.looks_at(&format!("/runs/{run}"));
    }
    let destination = sample::destination(&service, &receiver);
    for path in ["", "/new", &format!("/{destination}"), &format!("/{destination}/delete")] {
        inspector.looks_at(&format!("/notifications{path}"));
    }
    answers_to_what_was_pressed(&mut inspector, &browser);
    inspector.finds_nothing();
    service.stop();
}

/// Pages that come only as answers: forms with what is wrong in them, and what a press brought.
fn answers_to_what_was_pressed(inspector: &mut Inspector<'_>, browser: &Browser) {
    inspector.goes("/backups/sched_calm/edit");
    browser.field("Name").fill("nextcloud");
    browser.field("Schedule").fill("at night");
    browser.field("Daily").fill("-1");
    browser.disclosure("Advanced").and_so_on().press();
    inspector.looks();
    browser.field("Pre-backup webhook").fill("http://elsewhere.example:9000/hook");
    browser.field("Pre-backup webhook headers").fill("X-Fine: yes\nno colon here\nX Space: 1");
    browser.button("Save").press();
    browser.shows("Not saved");
    inspector.looks();
    inspector.goes("/backups/import");
    browser.field("Job file").fill("name = 5");
    browser.button("Save").press();
    browser.shows("Not saved");
    inspector.looks();
    inspector.goes("/notifications/new");
    browser.field("Kind").choose("ntfy");
    browser.field("Address").fill("http://elsewhere.example/zb");
    browser.button("Save").press();
    browser.shows("Not saved");
    inspector.looks();
    inspector.goes("/settings");
    browser.field("Name of the new token").fill("grafana");
    browser.button("Create token").press();
    browser.shows("Copy the new token now");
    inspector.looks();
    inspector.goes("/settings");
    browser.field("Current password").fill("wrong");
    browser.field("New password").fill("a new one, long enough");
    browser.button("Change the password").press();
    browser.shows("Not saved");
    inspector.looks();
    inspector.goes("/backups/sched_calm/hooks/pre/test");
    browser.button("Send it now").press();
    browser.wait("what the press did", "return document.querySelector('.flash')");
    inspector.looks();
}
