//! The seed's eight steps, as it words them, in every look.

use zb_tests::{Browser, JobFile, Look, RealWebhook, ResticRepo, Scheme, Scratch, Scripts, Service, Zb};

use crate::person::{band, ends, sets_up, signed_in};

const SECRET: &str = "X-Zerobyte-Hook-Secret: replace-with-a-long-random-secret";

/// A backup without hooks, as it stands before the steps.
fn with_job(scratch: &Scratch) {
    let job = JobFile::new(scratch).line("id = \"sched_pg\"").write(scratch);
    scratch.zb().run(&["job", "import", &job]).exits(0);
}

#[test]
fn on_a_desktop() {
    let widths = Look { width: 1280, ..Look::DESKTOP };
    in_both_schemes(widths);
}

#[test]
fn on_a_phone() {
    in_both_schemes(Look { width: 390, ..Look::DESKTOP });
}

#[test]
fn on_a_desktop_without_javascript() {
    in_both_schemes(Look { scripts: Scripts::Off, ..Look::DESKTOP });
}

#[test]
fn on_a_phone_without_javascript() {
    in_both_schemes(Look { width: 390, scripts: Scripts::Off, ..Look::DESKTOP });
}

fn in_both_schemes(look: Look) {
    let scratch = Scratch::new();
    let repo = ResticRepo::create(&scratch);
    let webhook = RealWebhook::start(&scratch);
    with_job(&scratch);
    let (service, browser) = signed_in(&scratch, &scratch.zb().allow(&webhook.origin()), look);
    for (times, scheme) in [(1, Scheme::Light), (2, Scheme::Dark)] {
        browser.look(look.scheme(scheme));
        edits(&browser);
        fills_the_hooks(&browser, &webhook);
        browser.button("Save").press();
        browser.arrives("/backups/sched_pg");
        browser.button("Backup now").press();
        browser.arrives_below("/runs/job_");
        assert_eq!(ends(&browser, look), "success");
        browser.shows("Success");
        assert_eq!(band(&browser), ["checks", "pre", "pause", "post"]);
        browser.shows("Pre hook answered 200");
        browser.shows("Post hook answered 200");
        let said =
            browser.run("return [...document.querySelectorAll('pre.answer')].map((pre) => pre.textContent)");
        assert_eq!(said, serde_json::json!(["postgres", "postgres"]), "the scripts' own output");
        assert_eq!(webhook.container_log(), ["stop", "start"].repeat(times));
        assert_eq!(repo.snapshots().len(), times);
        assert_eq!(browser.complaints(), [""; 0]);
    }
    service.stop();
}

/// Open *Backups*, select the job, edit it, expand *Advanced*.
fn edits(browser: &Browser) {
    browser.link("Backups").within("nav[aria-label=Main]").press();
    browser.link("postgres data").press();
    browser.link("Edit").press();
    browser.arrives("/backups/sched_pg/edit");
    // It stands open where a hook is there already.
    if !browser.field("Pre-backup webhook").is_there() {
        browser.disclosure("Advanced").and_so_on().press();
    }
}

/// The addresses and the headers; the bodies stay empty.
fn fills_the_hooks(browser: &Browser, webhook: &RealWebhook<'_>) {
    for (hook, id) in [("Pre", "stop-postgres"), ("Post", "start-postgres")] {
        let field = format!("{hook}-backup webhook");
        browser.field(&field).fill(&format!("{}/hooks/{id}", webhook.origin()));
        browser.field(&format!("{field} headers")).fill(SECRET);
        assert_eq!(browser.field(&format!("{field} body")).value(), "");
    }
}

/// Steps one and two, by whoever has not read them: the form says what to add and where, keeps what was typed, and after
/// a restart with it the same is saved.
#[test]
fn an_origin_that_is_not_listed_is_refused_with_the_line_to_add() {
    let scratch = Scratch::new();
    let webhook = RealWebhook::start(&scratch);
    with_job(&scratch);
    let start = |zb: &Zb<'_>| Service::without_account(zb, &[]);
    let service = start(&scratch.zb());
    let browser = Browser::open(&scratch, Look::DESKTOP);
    sets_up(&service, &browser);
    edits(&browser);
    fills_the_hooks(&browser, &webhook);
    browser.button("Save").press();
    browser.shows("pre webhook URL origin is not allowed");
    let field = browser.field("Pre-backup webhook");
    assert_eq!(field.ask("return arguments[0].getAttribute('aria-invalid')"), "true");
    let described = "return (arguments[0].getAttribute('aria-describedby') ?? '').split(' ') \
                     .map((id) => document.getElementById(id).textContent).join(' ')";
    let described = field.ask(described);
    assert!(described.as_str().unwrap().contains(&webhook.origin()), "{described}");
    let listed = browser.run(
        "const link = document.querySelector('[role=alert] a'); \
         return document.getElementById(link.hash.slice(1)).labels[0].textContent",
    );
    assert_eq!(listed, "Pre-backup webhook", "the list of errors leads to the field");
    let copied = browser.run("return document.querySelector('.fix pre').textContent");
    service.stop();

    let service = start(&scratch.zb().allow(copied.as_str().unwrap()));
    browser.go(&service.url("/backups/sched_pg/edit"));
    browser.disclosure("Advanced").and_so_on().press();
    fills_the_hooks(&browser, &webhook);
    browser.button("Save").press();
    browser.arrives("/backups/sched_pg");
    service.stop();
}
