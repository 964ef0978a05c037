//! What a person does before anything else, and how they wait.

use std::{thread, time::Duration};

use serde_json::Value;
use zb_tests::{Browser, Look, Scratch, Scripts, Service, Zb, eventually};

/// Before a page is loaded again.
const BETWEEN_LOADS: Duration = Duration::from_millis(100);

/// The password that they choose.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A service that nobody has set up, a browser, and the account made in it by the printed link.
pub(crate) fn signed_in(scratch: &Scratch, zb: &Zb<'_>, look: Look) -> (Service, Browser) {
    let service = Service::without_account(zb, &[]);
    let browser = Browser::open(scratch, look);
    sets_up(&service, &browser);
    (service, browser)
}

/// Follows the printed link and makes the first account.
pub(crate) fn sets_up(service: &Service, browser: &Browser) {
    browser.go(&service.set_up_link());
    browser.field("Username").fill("ana");
    browser.field("Password").fill(PASSWORD);
    browser.field("Organisation").fill("Home");
    browser.button("Create account").press();
    browser.arrives("/");
    let _ = browser.link("Overview");
}

/// Waits on a run's page until the page says that the run is over, and how.
pub(crate) fn ends(browser: &Browser, look: Look) -> String {
    let state = "const main = document.querySelector('main[data-job-id]'); \
                 return main.dataset.state === 'finished' ? main.dataset.status : null";
    sees(browser, look, "the end of the run", state).as_str().unwrap().to_owned()
}

/// Waits for what a piece of JavaScript says about the page. Where no script makes it fresh, the person loads it again.
pub(crate) fn sees(browser: &Browser, look: Look, what: &str, script: &str) -> Value {
    if look.scripts == Scripts::On {
        return browser.wait(what, script);
    }
    eventually(what, || {
        browser.reload();
        let said = Some(browser.run(script)).filter(|said| !said.is_null());
        // A page that is loaded without end leaves nothing of the machine to the run.
        said.or_else(|| {
            thread::sleep(BETWEEN_LOADS);
            None
        })
    })
}

/// The steps that the band of a run's page draws, in order.
pub(crate) fn band(browser: &Browser) -> Vec<String> {
    let steps = browser.run("return [...document.querySelectorAll('.band li')].map((li) => li.dataset.step)");
    steps.as_array().unwrap().iter().map(|step| step.as_str().unwrap().to_owned()).collect()
}
