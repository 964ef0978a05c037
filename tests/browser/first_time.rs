//! Whoever has never seen zb: from the printed link to a first backup with hooks, in the browser alone.

use zb_tests::{Browser, Look, RealWebhook, Scheme, Scratch, Scripts, Service};

use crate::person::{PASSWORD, ends, sets_up};

#[test]
fn from_nothing_to_a_first_backup_with_hooks() {
    from_nothing(Look::DESKTOP);
}

#[test]
fn from_nothing_without_javascript_on_a_phone() {
    from_nothing(Look { width: 390, scheme: Scheme::Dark, scripts: Scripts::Off });
}

fn from_nothing(look: Look) {
    let scratch = Scratch::new();
    let webhook = RealWebhook::start(&scratch);
    let service = Service::without_account(&scratch.zb().allow(&webhook.origin()), &[]);
    let browser = Browser::open(&scratch, look);
    sets_up(&service, &browser);
    browser.shows("Your first backup");
    browser.link("New backup").press();
    browser.arrives("/backups/new");
    browser.field("Name").fill("postgres data");
    browser.field("Source path").fill(&scratch.text("source"));
    browser.field("Repository").choose("Add a repository");
    browser.field("Repository address").fill(&scratch.text("repo"));
    browser.field("Repository password").fill("a password that is only a test's");
    browser.field("Schedule").fill("30 2 * * *");
    browser.field("Daily").fill("14");
    browser.disclosure("Advanced").and_so_on().press();
    for (hook, id) in [("Pre", "stop-postgres"), ("Post", "start-postgres")] {
        let field = format!("{hook}-backup webhook");
        browser.field(&field).fill(&format!("{}/hooks/{id}", webhook.origin()));
        let secret = "X-Zerobyte-Hook-Secret: replace-with-a-long-random-secret";
        browser.field(&format!("{field} headers")).fill(secret);
    }
    browser.button("Save").press();
    browser.shows("Every day at 02:30");
    browser.button("Initialise it").press();
    browser.shows("The repository was initialised");
    browser.button("Backup now").press();
    browser.arrives_below("/runs/job_");
    assert_eq!(ends(&browser, look), "success");
    assert_eq!(webhook.container_log(), ["stop", "start"]);
    // The page is whole with retention, which began when the service was back.
    browser.shows("Retention");

    browser.button("Sign out").press();
    browser.arrives("/sign-in");
    browser.go(&service.url("/runs"));
    browser.arrives_below("/sign-in?next=");
    browser.field("Username").fill("ana");
    browser.field("Password").fill("not the one that it is");
    browser.button("Sign in").press();
    assert_eq!(browser.field("Username").value(), "ana", "what was typed is kept");
    browser.field("Password").fill(PASSWORD);
    browser.button("Sign in").press();
    browser.arrives("/runs");
    browser.link("postgres data").press();
    service.stop();
}
