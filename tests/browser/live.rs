//! Pages that are live: what happens shows without a press, and what is pressed happens.

use std::{fs, io::Read};

use zb_tests::{
    Browser, GatedRepo, HookReceiver, JobFile, Look, RealWebhook, Reply, ResticRepo, Scratch, Scripts,
    Service, eventually,
};

use crate::{
    person::{band, ends, sees, sets_up, signed_in},
    sample,
};

/// A backup of far more than its repository lets in before it is cancelled, and than restic reads ahead.
fn slow_job(scratch: &Scratch, repo: &GatedRepo) -> JobFile {
    // Nothing that restic could compress or find twice.
    let mut noise = fs::File::open("/dev/urandom").unwrap().take(128 << 20);
    let mut file = fs::File::create(scratch.path("source/noise")).unwrap();
    std::io::copy(&mut noise, &mut file).unwrap();
    let of_repository = format!("url = {:?}\npassword_file = {:?}", repo.url(), scratch.text("password"));
    JobFile::new(scratch)
        .repository(&of_repository)
        .line("id = \"sched_pg\"\nrestic_flags = [\"--pack-size=4\"]")
}

#[test]
fn a_slow_backup_is_watched_and_cancelled() {
    watches_and_cancels(Look::DESKTOP);
}

#[test]
fn a_slow_backup_is_watched_and_cancelled_without_javascript() {
    watches_and_cancels(Look { width: 390, scripts: Scripts::Off, ..Look::DESKTOP });
}

fn watches_and_cancels(look: Look) {
    let scratch = Scratch::new();
    let repo = ResticRepo::create(&scratch);
    let gated = GatedRepo::serve(&repo);
    let webhook = RealWebhook::start(&scratch);
    let zb = scratch.zb().allow(&webhook.origin());
    let job = webhook.hooks(slow_job(&scratch, &gated)).write(&scratch);
    zb.run(&["job", "import", &job]).exits(0);
    let (service, browser) = signed_in(&scratch, &zb, look);
    browser.go(&service.url("/backups"));
    browser.button("Backup now: postgres data").press();
    browser.arrives_below("/runs/job_");
    let bar = "document.querySelector('progress[value]')?.value";
    let first = sees(&browser, look, "progress", &format!("return {bar} ?? null"));
    eventually("data at the gate", || (gated.waiting() > 0).then_some(()));
    gated.lets_in(2);
    // Without scripts the page is loaded again every five seconds, by itself.
    browser.wait("progress moves", &format!("return {bar} > {first}"));
    assert!(!webhook.container_is_running(), "what is paused is paused");
    browser.button("Cancel").and_so_on().press();
    // The press has its answer: who loads the page again before it takes the press back.
    browser.wait(
        "the answer to the press",
        "return document.readyState === 'complete' && !!document.querySelector('main[data-job-id]') \
         && !document.querySelector('form[action$=\"/cancel\"]')",
    );
    assert_eq!(ends(&browser, look), "cancelled");
    browser.shows("Cancelled");
    assert_eq!(webhook.container_log(), ["stop", "start"], "a cancel does not keep it paused");
    assert_eq!(repo.snapshots().len(), 0);
    assert_eq!(browser.complaints(), [""; 0]);
    service.stop();
}

/// Three pages in turn stand open while a run of the command line begins and ends: nobody loads them again.
#[test]
fn a_run_that_somebody_else_began_is_followed_by_open_pages() {
    let scratch = Scratch::new();
    let receiver = HookReceiver::start();
    let restic = sample::restic(&scratch);
    let zb = scratch.zb().allow(&receiver.origin()).restic(restic.command());
    sample::import(&scratch, &zb, "slow", "media", |job| job.hooks(&receiver));
    let (service, browser) = signed_in(&scratch, &zb, Look::DESKTOP);
    for (page, part, during, after) in [
        ("/", ".wrap", "Running now", "Success"),
        ("/backups", "tbody", "Running", "Success"),
        ("/backups/sched_slow", ".head", "View run", "Backup now"),
        ("/runs", "tbody", "Running", "Success"),
    ] {
        let _ = fs::remove_file(scratch.path("go"));
        browser.go(&service.url(page));
        // Each page waits for a time of its own, so that many do not ask at once: here for the shortest.
        let _ = browser.run("window.stays = true; Math.random = () => 0");
        let shown = |text: &str| format!("document.querySelector({part:?})?.innerText.includes({text:?})");
        let running = zb.spawn(&["run", "sched_slow"]);
        browser.wait(&format!("{page} shows the run"), &format!("return {}", shown(during)));
        scratch.write("go", "");
        running.wait().exits(0);
        let over = format!("return {} && !{}", shown(after), shown(during));
        browser.wait(&format!("{page} shows its end"), &over);
        assert_eq!(browser.run("return window.stays"), true, "{page} was not loaded again");
        assert_eq!(browser.complaints(), [""; 0]);
    }
    service.stop();
}

#[test]
fn a_run_page_follows_its_run_and_keeps_the_focus() {
    let scratch = Scratch::new();
    let receiver = HookReceiver::start();
    let restic = sample::restic(&scratch);
    let zb = scratch.zb().allow(&receiver.origin()).restic(restic.command());
    sample::import(&scratch, &zb, "slow", "media", |job| job.hooks(&receiver));
    let (service, browser) = signed_in(&scratch, &zb, Look::DESKTOP);
    browser.go(&service.url("/backups/sched_slow"));
    browser.button("Backup now").press();
    browser.arrives_below("/runs/job_");
    browser.shows("42 %");
    let _ = browser.run("window.stays = true; document.querySelector('.crumbs a').focus()");
    assert_eq!(browser.run("return document.querySelector('progress').value"), 42);
    for place in [".restic time", ".steps .d time", ".cap time"] {
        let took = format!("document.querySelector({place:?}).textContent");
        let first = browser.run(&format!("return {took}"));
        browser.wait(&format!("the duration in {place} goes on"), &format!("return {took} !== {first}"));
    }
    scratch.write("go", "");
    assert_eq!(ends(&browser, Look::DESKTOP), "success");
    browser.shows("Post hook answered 200");
    assert_eq!(browser.run("return window.stays"), true);
    assert_eq!(browser.run("return document.activeElement.textContent"), "Runs", "the focus is where it was");
    browser.wait(
        "it is told aloud",
        "return document.getElementById('live').textContent === 'The run is over.'",
    );
    service.stop();
}

/// Its answer is on the page; it is sent again by a press, and then nothing is owed.
#[test]
fn a_failed_hook_shows_its_answer_and_is_sent_again() {
    let scratch = Scratch::new();
    let _repo = ResticRepo::create(&scratch);
    let webhook = RealWebhook::start(&scratch);
    let zb = scratch.zb().allow(&webhook.origin());
    let job = webhook.hooks(JobFile::new(&scratch).line("id = \"sched_pg\"")).write(&scratch);
    zb.run(&["job", "import", &job]).exits(0);
    let (service, browser) = signed_in(&scratch, &zb, Look::DESKTOP);
    webhook.refuse("start");
    browser.go(&service.url("/backups/sched_pg"));
    browser.button("Backup now").press();
    browser.arrives_below("/runs/job_");
    assert_eq!(ends(&browser, Look::DESKTOP), "warning");
    browser.shows("The service may still be stopped");
    let said = browser.run(
        "return [...document.querySelectorAll('.advice pre, pre.answer')].map((at) => at.textContent).join()",
    );
    assert!(
        said.as_str().unwrap().contains("Error occurred while executing the hook"),
        "webhook's own words: {said}"
    );
    assert_eq!(band(&browser), ["checks", "pre", "pause", "post"]);
    assert!(!webhook.container_is_running());

    fs::remove_file(scratch.path("docker/container/refuse-start")).unwrap();
    browser.go(&service.url("/"));
    browser.button("Send the post hook again").press();
    browser.shows("attempt 2 of 2, sent again after the run");
    assert!(webhook.container_is_running());
    browser.go(&service.url("/"));
    browser.shows("Nothing needs you");
    service.stop();
}

#[test]
fn a_hook_is_tested_from_its_page() {
    let scratch = Scratch::new();
    let receiver = HookReceiver::start();
    let zb = scratch.zb().allow(&receiver.origin());
    sample::import(&scratch, &zb, "calm", "photos", |job| job.hooks(&receiver));
    let (service, browser) = signed_in(&scratch, &zb, Look::DESKTOP.scripts(Scripts::Off));
    receiver.answers("/pre", [Reply::text(500, "no such container\n"), Reply::text(200, "stopped\n")]);
    browser.go(&service.url("/backups/sched_calm"));
    browser.button("Test the pre-backup webhook").press();
    browser.shows("\"phase\":\"pre\"");
    assert_eq!(receiver.requests().len(), 0, "it asks first");
    browser.button("Send it now").press();
    browser.shows("no such container");
    browser.button("Send it now").press();
    browser.shows("stopped");
    browser.go(&service.url("/"));
    browser.link("Test the post hook").and_so_on().press();
    browser.button("Send it now").press();
    browser.wait("the answer", "return document.querySelector('.flash')");
    browser.go(&service.url("/"));
    browser.shows("Nothing needs you");
    assert_eq!(receiver.paths(), ["/pre", "/pre", "/post"]);
    service.stop();
}

/// Who looks at an open page is told that it stands still.
#[test]
fn a_page_says_when_it_is_not_live_any_more() {
    let scratch = Scratch::new();
    let zb = scratch.zb();
    let service = Service::without_account(&zb, &[]);
    let browser = Browser::open(&scratch, Look::DESKTOP);
    sets_up(&service, &browser);
    service.stop();
    let says = "return document.body.innerText.includes('Live updates stopped, reconnecting.')";
    assert_eq!(browser.run(says), false, "not at once");
    let _ = browser.run("const now = Date.now; Date.now = () => now() + 10_000");
    let _ = browser.wait("ten seconds later", says);
}
