//! The pages as a browser gets them: their names, their forms, and what every page has to be (`api.md` §9).

mod destinations;
mod html;
mod jobs;
mod runs;

use event_bus::{StreamId, Version};
use hook_core::OrganizationId;
use http::Method;
use tempfile::TempDir;
use zb_server::Role;

use self::html::Page;
use crate::{
    sample,
    world::{Answer, World},
};

/// The sample's service, and the cookie of its owner.
struct Site {
    world: World,
    cookie: String,
}

impl Site {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let service = sample::service(dir.path()).await.unwrap();
        let world = World::of(service, dir);
        let cookie = world.session(&OrganizationId::default(), "ana", Role::Owner).await;
        Self { world, cookie }
    }

    async fn get(&self, path: &str) -> Page {
        Page::of(self.world.get(path).cookie(&self.cookie).answer().await.is(200))
    }

    /// Sends the form of a page, by the name of its button.
    async fn press(&self, page: &Page, button: &str, typed: &[(&str, &str)]) -> Answer {
        let form = page.form(button);
        let call = self.world.call(Method::POST, &form.action).cookie(&self.cookie);
        call.form(&form.filled(typed)).answer().await
    }
}

/// Those for who may change things.
const MANAGE: [&str; 9] = [
    "/backups/new",
    "/backups/import",
    "/backups/sched_postgres/edit",
    "/backups/sched_photos/edit",
    "/backups/sched_postgres/delete",
    "/backups/sched_postgres/hooks/pre/test",
    "/backups/sched_postgres/hooks/post/test",
    "/notifications/new",
    "/notifications/dest_phone/delete",
];

/// Every page of somebody who is signed in.
fn paths() -> Vec<String> {
    let runs = (1..=9).map(|number| format!("/runs/{}", sample::run(number)));
    [
        "/",
        "/backups",
        "/backups?q=tank",
        "/runs",
        "/runs?result=error&backup=sched_photos",
        "/backups/sched_postgres",
        "/backups/sched_old",
        "/backups/sched_photos",
        "/notifications",
        "/notifications/dest_phone",
        "/notifications/dest_chat",
        "/settings",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(runs)
    .collect()
}

#[tokio::test]
async fn every_page_is_sound() {
    let site = Site::new().await;
    for path in paths().into_iter().chain(MANAGE.map(str::to_owned)) {
        let page = site.get(&path).await;
        page.is_sound();
        for name in ["Overview", "Backups", "Runs", "Notifications", "Settings"] {
            assert!(page.links().iter().any(|link| link.name == name), "{path}: {name}");
        }
        assert!(page.names_of("button").contains(&"Sign out".to_owned()), "{path}");
        assert!(!page.text.contains(sample::SECRET), "{path}");
        assert!(page.text.len() <= 60 * 1024, "{path}: {}", page.text.len());
    }
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    let site = Site::new().await;
    let mut paths: Vec<String> = paths();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = paths.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = site.world.get(&path).cookie(&site.cookie).answer().await.is(200);
        if answer.header("content-type").starts_with("text/html") {
            let page = Page::of(answer);
            paths.extend(page.links().into_iter().map(|link| link.to).filter(|to| to.starts_with('/')));
            paths.extend(page.assets());
        }
    }
    assert!(seen.len() > 12, "{seen:?}");
}

#[tokio::test]
async fn without_a_session_one_signs_in_and_comes_back() {
    let site = Site::new().await;
    let path = format!("/runs/{}", sample::run(1));
    let away = site.world.get(&path).answer().await.is(303);
    let sign_in = away.header("location").to_owned();
    assert!(sign_in.starts_with("/sign-in?next=/runs/job_"), "{sign_in}");
    let answer = site.world.get(&sign_in).answer().await.is(200);
    let guard = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = Page::of(answer);
    page.is_sound();
    assert_eq!(page.fields(), ["Username", "Password"]);
    let form = page.form("Sign in");
    let send = async |password: &str, cookie: &str| {
        let body = form.filled(&[("username", "ana"), ("password", password)]);
        site.world.call(Method::POST, "/sign-in").header("cookie", cookie).form(&body).answer().await
    };
    let wrong = Page::of(send("wrong", &guard).await.is(422));
    wrong.is_sound();
    assert!(wrong.text.contains("The username or the password is wrong."));
    assert!(wrong.text.contains(r#"value="ana""#), "what was typed is kept");
    assert!(!wrong.text.contains(r#"value="wrong""#));
    let good = send(crate::world::PASSWORD, &guard).await.is(303);
    assert_eq!(good.header("location"), path);
    assert!(!good.cookie().is_empty());
    send(crate::world::PASSWORD, "zb_form=another").await.is(403);
    assert_eq!(
        site.world.get("/sign-in").answer().await.is(200).header("content-type"),
        "text/html; charset=utf-8"
    );
}

#[tokio::test]
async fn a_link_in_a_message_reaches_a_signed_in_person() {
    let site = Site::new().await;
    let call = || site.world.get("/backups").header("sec-fetch-site", "cross-site");
    let page = Page::of(call().answer().await.is(200));
    assert!(page.text.contains(r#"<meta http-equiv="refresh" content="0">"#));
    page.is_sound();
    call().cookie(&site.cookie).answer().await.is(200);
    site.world.get("/backups").header("sec-fetch-site", "same-origin").answer().await.is(303);
}

#[tokio::test]
async fn before_the_first_account_there_is_set_up_alone() {
    let world = World::empty();
    for path in ["/", "/backups", "/sign-in"] {
        assert_eq!(world.get(path).answer().await.is(303).header("location"), "/set-up", "{path}");
    }
    let page = Page::of(world.get("/set-up").answer().await.is(200));
    page.is_sound();
    assert!(page.text.contains("Each start of <code>zb serve</code> prints a link"));
    world.get("/set-up?token=nonsense").answer().await.is(404);

    let link = zb_server::set_up_link(&world.service, "zb.lan:4097").await.unwrap().unwrap();
    let path = link.strip_prefix("http://zb.lan:4097").unwrap();
    let answer = world.get(path).answer().await.is(200);
    let guard = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = Page::of(answer);
    page.is_sound();
    assert_eq!(page.fields(), ["Username", "Password", "Organisation"]);
    let form = page.form("Create account");
    let send = async |typed: &[(&str, &str)]| {
        world.call(Method::POST, "/set-up").header("cookie", &guard).form(&form.filled(typed)).answer().await
    };
    let wrong = Page::of(send(&[("username", "Ana"), ("password", "short")]).await.is(422));
    wrong.is_sound();
    assert_eq!(wrong.invalid(), ["Username", "Password"]);
    assert!(wrong.text.contains(r#"value="Ana""#) && !wrong.text.contains("short\""));
    let done = send(&[("username", "ana"), ("password", crate::world::PASSWORD)]).await.is(303);
    assert_eq!(done.header("location"), "/");
    world.get("/").cookie(done.cookie()).answer().await.is(200);
    let again = send(&[("username", "eve"), ("password", crate::world::PASSWORD)]).await;
    again.is(404);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let site = Site::new().await;
    let page = site.get("/").await;
    let answer = site.press(&page, "Sign out", &[]).await.is(303);
    assert_eq!(answer.header("location"), "/sign-in");
    site.world.get("/").cookie(&site.cookie).answer().await.is(303);
}

#[tokio::test]
async fn what_a_press_did_is_told_once() {
    let site = Site::new().await;
    let path = format!("/runs/{}", sample::run(1));
    for (button, told) in [
        ("Send the post hook again", "The post hook was sent, and answered 200."),
        ("It runs again, clear this", "Noted that the service runs again."),
    ] {
        let page = site.get(&path).await;
        let done = site.press(&page, button, &[]).await.is(303);
        assert_eq!(done.header("location"), path);
        let flash = done.header("set-cookie").split(';').next().unwrap().to_owned();
        let call = site.world.get(&path).header("cookie", format!("zb_session={}; {flash}", site.cookie));
        let answer = call.answer().await.is(200);
        assert!(answer.header("set-cookie").starts_with("zb_flash=;"), "{answer:?}");
        let page = Page::of(answer);
        assert_eq!(page.status(), Some(told.to_owned()));
        assert_eq!(site.get(&path).await.status(), None);
    }
}

#[tokio::test]
async fn a_backup_is_started_from_a_list() {
    let site = Site::new().await;
    let page = site.get("/backups").await;
    assert!(page.names_of("button").contains(&"Backup now: postgres data".to_owned()));
    let done = site.press(&page, "Backup now: postgres data", &[]).await.is(303);
    assert_eq!(done.header("location"), format!("/runs/{}", sample::run(1)));
    // One that runs already: said on a page.
    let form = page.form("Backup now: postgres data");
    let call = site.world.call(Method::POST, "/backups/sched_nextcloud/runs").cookie(&site.cookie);
    let refused = Page::of(call.form(&form.filled(&[])).answer().await.is(409));
    refused.is_sound();
    assert!(refused.text.contains("A run of this backup is in progress"));
    // Without the field of the session it is another site's doing.
    let call = site.world.call(Method::POST, "/backups/sched_postgres/runs").cookie(&site.cookie);
    call.form("csrf=").answer().await.is(403);
}

/// A run of a job file: there is nothing to press, and what an older restic says in words is understood.
#[tokio::test]
async fn a_run_of_a_job_that_is_not_stored_is_told_of() {
    let site = Site::new().await;
    let run = sample::run(99);
    let error = "restic: unable to open config file: stat /repo/config: no such file or directory (exit 1)";
    let told = [
        r#""type":"run.queued","organizationId":"org_default","jobName":"by hand","sourcePath":"/data","trigger":"cli","attempt":1,"hooks":{},"retention":false,"machine":1"#,
        r#""type":"checks.finished","durationMs":5,"resticVersion":"0.14.0""#,
        r#""type":"restic.started","resticVersion":"0.14.0""#,
        &format!(r#""type":"restic.finished","outcome":"failed","exitCode":1,"error":"{error}""#),
        &format!(r#""type":"run.finished","status":"error","error":"{error}","durationMs":37"#),
    ]
    .map(|text| format!(r#"{{"jobId":"{run}","scheduleId":"sched_file",{text}}}"#));
    let events = told.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    site.world.service.bus.publish(&StreamId::from(run.as_str()), Version::default(), events).await.unwrap();
    let overview = site.get("/").await;
    assert!(overview.text.contains("by hand: the last run failed"), "{}", overview.text);
    assert!(!overview.text.contains("/backups/sched_file/runs"), "there is no such backup");
    assert!(overview.text.contains("/backups/sched_gitea/runs"), "of a stored one there is");
    let page = site.get(&format!("/runs/{run}")).await;
    assert!(page.text.contains("If it is new, initialise it on the backup"), "{}", page.text);
}

#[tokio::test]
async fn runs_are_filtered_by_links() {
    let site = Site::new().await;
    for (query, runs) in [
        ("", 15),
        ("?result=error", 5),
        ("?result=interrupted", 1),
        ("?result=running", 1),
        ("?result=success&backup=sched_postgres", 6),
        ("?backup=sched_nothing", 0),
    ] {
        let page = site.get(&format!("/runs{query}")).await;
        let rows = page.attributes("data-job-id");
        assert_eq!(rows.len(), runs, "{query}");
    }
}

#[tokio::test]
async fn another_organizations_things_are_not_there() {
    let site = Site::new().await;
    let studio = site.world.organization("studio").await;
    let cookie = site.world.session(&studio, "jon", Role::Owner).await;
    let get = async |path: String| site.world.get(&path).cookie(&cookie).answer().await;
    let page = Page::of(get("/backups".to_owned()).await.is(200));
    assert!(page.text.contains("No backup yet"));
    let first = Page::of(get("/".to_owned()).await.is(200));
    assert!(first.text.contains("Your first backup"), "{}", first.text);
    let there = get(format!("/runs/{}", sample::run(1))).await.is(404);
    let nowhere = get("/runs/job_01h455vb4pex5vsknk084sn02q".to_owned()).await.is(404);
    assert_eq!(there.text, nowhere.text);
}

#[tokio::test]
async fn a_viewer_sees_and_does_nothing() {
    let site = Site::new().await;
    let cookie = site.world.session(&OrganizationId::default(), "vic", Role::Viewer).await;
    for path in paths() {
        let page = Page::of(site.world.get(&path).cookie(&cookie).answer().await.is(200));
        assert_eq!(
            page.names_of("button")
                .into_iter()
                .filter(|name| !["Apply", "Change the password", "Create token"].contains(&&**name))
                .collect::<Vec<_>>(),
            ["Sign out"],
            "{path}"
        );
        let form = page.form("Sign out");
        let call = site.world.call(Method::POST, "/backups/sched_postgres/runs").cookie(&cookie);
        call.form(&form.filled(&[])).answer().await.is(403);
    }
}

#[tokio::test]
async fn the_picture_of_a_run_has_its_steps_in_order() {
    let site = Site::new().await;
    let table: [(u8, &[&str]); 6] = [
        (1, &["checks", "pre", "pause", "post", "retention"]),
        (3, &["checks", "restic"]),
        (4, &["checks", "pre", "pause", "gap", "post", "retention"]),
        (5, &["checks", "pre", "restic", "post", "retention"]),
        (6, &["checks", "restic", "retention"]),
        (8, &["checks", "pre", "restic", "post"]),
    ];
    for (number, steps) in table {
        let page = site.get(&format!("/runs/{}", sample::run(number))).await;
        assert_eq!(page.attributes("data-step"), steps, "{number}");
    }
    let page = site.get(&format!("/runs/{}", sample::run(1))).await;
    assert!(page.text.contains(r#"data-state="finished" data-status="warning""#));
    assert!(page.text.contains("port is already allocated"), "the receiver's words");
    let running = site.get(&format!("/runs/{}", sample::run(2))).await;
    assert!(running.text.contains(r#"data-state="backing-up" data-status="""#));
    assert!(running.names_of("button").iter().any(|name| name.starts_with("Cancel")));
    assert!(running.text.contains(r#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#));
    let rejected = site.get(&format!("/runs/{}", sample::run(5))).await;
    assert!(rejected.text.contains("&#60;b&#62;not now"), "an answer is text");
}

#[tokio::test]
async fn a_long_list_of_backups_goes_on() {
    let site = Site::new().await;
    let first = site.world.service.store.jobs(None).await.unwrap().remove(0);
    for number in 0..60 {
        let new = job_store::NewJob {
            organization: first.organization.clone(),
            schedule: format!("sched_n{number}").parse().unwrap(),
            name: format!("n{number:02}"),
            definition: first.definition.clone(),
            by: None,
        };
        let _ = site.world.service.store.put_job(new, job_store::Expected::Absent).await.unwrap();
    }
    let mut names = Vec::new();
    let mut path = "/backups".to_owned();
    loop {
        let page = site.get(&path).await;
        names.extend(page.attributes("data-schedule-id").into_iter().map(str::to_owned));
        match page.links().into_iter().find(|link| link.name == "More") {
            Some(more) => path = more.to,
            None => break,
        }
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((all, names.len()), (66, 66));
    assert!(site.get("/").await.links().iter().any(|link| link.name == "All 66"));
}

#[tokio::test]
async fn a_token_is_shown_once_and_revoked() {
    let site = Site::new().await;
    let page = site.get("/settings").await;
    let made = Page::of(site.press(&page, "Create token", &[("name", "grafana")]).await.is(200));
    made.is_sound();
    let at = made.text.find("<pre class=\"code\">zb_").unwrap() + "<pre class=\"code\">".len();
    let token = made.text[at..at + 43].to_owned();
    site.world.get("/api/v1/user").token(&token).answer().await.is(200);
    let page = site.get("/settings").await;
    assert!(page.text.contains("grafana") && !page.text.contains(&token));
    site.press(&page, "Revoke", &[]).await.is(303);
    site.world.get("/api/v1/user").token(&token).answer().await.is(401);
    let wrong = Page::of(site.press(&page, "Create token", &[("name", " ")]).await.is(422));
    wrong.is_sound();
    assert_eq!(wrong.invalid(), ["Name of the new token"]);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let site = Site::new().await;
    let page = site.get("/settings").await;
    let press = async |current: &str, new: &str| {
        site.press(&page, "Change the password", &[("current", current), ("new", new)]).await
    };
    let wrong = Page::of(press("nonsense", "short").await.is(422));
    wrong.is_sound();
    assert_eq!(wrong.invalid(), ["Current password", "New password"]);
    press(crate::world::PASSWORD, "another long password").await.is(303);
    site.get("/settings").await;
    let body = serde_json::json!({"username": "ana", "password": "another long password"});
    site.world.post("/api/v1/session", body).answer().await.is(200);
}

#[tokio::test]
async fn the_organisation_is_switched() {
    let site = Site::new().await;
    let studio = site.world.organization("studio").await;
    site.world.member(&studio, "ana", Role::Viewer).await;
    let page = site.get("/settings").await;
    site.press(&page, "Switch", &[("organization", studio.as_str())]).await.is(303);
    assert!(site.get("/").await.text.contains("There is no backup yet."));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_a_browser_alone() {
    let site = Site::new().await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = Page::of(site.world.get("/nowhere").header("accept", browser).answer().await.is(404));
    page.is_sound();
    assert!(page.text.contains("There is no such page"));
    for (path, accept) in
        [("/nowhere", "*/*"), ("/nowhere", "application/json"), ("/api/v1/nowhere", browser)]
    {
        site.world.get(path).header("accept", accept).answer().await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn below_a_base_path_every_address_has_it() {
    let settings = zb_server::ServerSettings { base_path: "/zb".to_owned(), ..Default::default() };
    let world = World::with(settings);
    assert_eq!(world.get("/zb/runs").answer().await.is(303).header("location"), "/zb/set-up");
    let token = world.owner().await;
    let away = world.get("/zb/runs?result=error").answer().await.is(303);
    assert_eq!(away.header("location"), "/zb/sign-in?next=/zb/runs%3Fresult%3Derror");
    for path in
        ["/zb/", "/zb/runs", "/zb/backups", "/zb/backups/new", "/zb/notifications/new", "/zb/settings"]
    {
        let page = Page::of(world.get(path).token(&token).answer().await.is(200));
        page.is_sound();
        let outside = |to: &String| to.starts_with('/') && !to.starts_with("/zb/");
        let links: Vec<_> = page.links().into_iter().map(|link| link.to).chain(page.assets()).collect();
        assert!(!links.iter().any(outside), "{path}: {links:?}");
        assert!(page.attributes("action").iter().all(|to| to.starts_with("/zb/")), "{path}");
    }
}
