//! The form of a backup, its page, its hooks' tests, and the way out.

use http::Method;

use super::{Page, Site, sample};

/// The names of `api.md` §9, in the order of the form.
const NAMES: [&str; 28] = [
    "Name",
    "Source path",
    "Repository",
    "Tags",
    "Repository address",
    "Repository password",
    "Schedule",
    "Time zone",
    "If a run was missed",
    "Enabled",
    "Last",
    "Hourly",
    "Daily",
    "Weekly",
    "Monthly",
    "Yearly",
    "Pre-backup webhook",
    "Pre-backup webhook headers",
    "Pre-backup webhook body",
    "Do not verify the TLS certificate",
    "Post-backup webhook",
    "Post-backup webhook headers",
    "Post-backup webhook body",
    "Do not verify the TLS certificate",
    "Retries",
    "Wait between retries",
    "Checks before the pre hook",
    "restic flags",
];

const EDIT: &str = "/backups/sched_postgres/edit";

#[tokio::test]
async fn the_form_has_the_names_of_the_contract() {
    let site = Site::new().await;
    for path in ["/backups/new", EDIT] {
        let page = site.get(path).await;
        assert_eq!(page.fields(), NAMES, "{path}");
        assert_eq!(page.names_of("legend"), ["Before restic starts", "After restic ends"]);
        assert!(page.names_of("summary")[0].starts_with("Advanced"));
        assert!(page.names_of("option").contains(&"Add a repository".to_owned()));
        assert!(page.names_of("button").contains(&"Save".to_owned()));
    }
    let page = site.get(EDIT).await;
    assert!(page.text.contains("X-Zerobyte-Hook-Secret: ••••••••"));
    assert!(!page.text.contains("<details class=\"form-sec\" open"));
}

#[tokio::test]
async fn saving_what_nobody_touched_changes_nothing() {
    let site = Site::new().await;
    let id = "sched_postgres".parse().unwrap();
    let stored = async || site.world.service.store.job(&Default::default(), &id).await.unwrap().unwrap();
    let before = stored().await;
    let page = site.get(EDIT).await;
    let saved = site.press(&page, "Save", &[]).await.is(303);
    assert_eq!(saved.header("location"), "/backups/sched_postgres");
    let after = stored().await;
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(read(after.definition.expose()), read(before.definition.expose()));
    assert_eq!(after.revision, before.revision + 1);
}

#[tokio::test]
async fn two_people_do_not_overwrite_each_other() {
    let site = Site::new().await;
    let page = site.get(EDIT).await;
    site.press(&page, "Save", &[("tags", "first")]).await.is(303);
    let second = Page::of(site.press(&page, "Save", &[("tags", "second")]).await.is(422));
    second.is_sound();
    assert!(second.text.contains("somebody else changed it meanwhile"));
    assert!(second.text.contains(r#"value="second""#), "what was typed is kept");
    site.press(&second, "Save", &[]).await.is(303);
    assert!(site.get(EDIT).await.text.contains(r#"value="second""#));
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_with_what_was_typed() {
    let site = Site::new().await;
    let page = site.get(EDIT).await;
    let typed = [
        ("name", "<b>new & name</b>"),
        ("source", "relative"),
        ("pre-headers", "X-A: 1\r\nwrong"),
        ("post-url", ""),
        ("keep-daily", "7"),
    ];
    let wrong = Page::of(site.press(&page, "Save", &typed).await.is(422));
    wrong.is_sound();
    assert_eq!(wrong.invalid(), ["Source path", "Pre-backup webhook headers", "Post-backup webhook"]);
    assert!(wrong.text.contains("<details class=\"form-sec\" open"), "an error is not hidden");
    assert!(wrong.text.contains("&#60;b&#62;new &#38; name&#60;/b&#62;"));
    assert!(wrong.text.contains("\nX-A: 1\nwrong</textarea>"));
    assert!(wrong.text.contains(r#"<li data-n="2" class="bad"><span>wrong</span></li>"#));
    let origin = Page::of(site.press(&page, "Save", &[("pre-url", "http://elsewhere:9000/x")]).await.is(422));
    origin.is_sound();
    assert_eq!(origin.invalid(), ["Pre-backup webhook"]);
    assert!(origin.text.contains("<pre class=\"code\">http://elsewhere:9000</pre>"));
    let numbers = Page::of(site.press(&page, "Save", &[("retries", "many")]).await.is(422));
    assert_eq!(numbers.invalid(), ["Retries"]);
    assert!(numbers.text.contains(r#"value="many""#));
    let both = Page::of(site.press(&page, "Save", &[("retries", "many"), ("name", "")]).await.is(422));
    assert_eq!(both.invalid(), ["Name", "Retries"], "all at once");
    assert!(site.get("/backups").await.text.contains("postgres data"), "nothing was changed");
}

#[tokio::test]
async fn a_new_backup_with_a_new_repository() {
    let site = Site::new().await;
    let page = site.get("/backups/new").await;
    let typed = [
        ("name", "wiki"),
        ("source", "/srv/wiki"),
        ("repository", "new"),
        ("repository-url", "/backups/wiki"),
        ("repository-password", "a long one"),
        ("pre-url", "http://127.0.0.1:9000/hooks/stop"),
        ("pre-body", "\r\nfirst\r\n"),
    ];
    let preview = Page::of(site.press(&page, "Show the next runs", &[]).await.is(200));
    preview.is_sound();
    let saved = site.press(&page, "Save", &typed).await.is(303);
    assert_eq!(saved.header("location"), "/backups/sched_wiki");
    let there = site.get("/backups/sched_wiki").await;
    there.is_sound();
    assert!(there.text.contains("/backups/wiki") && there.text.contains("It has not run yet"));
    // A textarea swallows one line end.
    let edit = site.get("/backups/sched_wiki/edit").await;
    assert!(edit.text.contains(">\n\nfirst\n</textarea>"));
    site.press(&edit, "Save", &[]).await.is(303);
    assert!(site.get("/backups/sched_wiki/edit").await.text.contains(">\n\nfirst\n</textarea>"));
}

#[tokio::test]
async fn a_hook_is_sent_after_asking_and_its_answer_is_shown() {
    let site = Site::new().await;
    let job = site.get("/backups/sched_postgres").await;
    for name in ["Test the pre-backup webhook", "Test the post-backup webhook", "Backup now", "Initialise it"]
    {
        assert!(job.names_of("button").contains(&name.to_owned()), "{name}");
    }
    let path = "/backups/sched_postgres/hooks/pre/test";
    let page = site.get(path).await;
    assert!(page.text.contains("<span class=\"c\">X-Zerobyte-Hook-Secret:</span> ••••••••"));
    assert!(page.text.contains("/hooks/stop-postgres"));
    let sent = site.press(&page, "Send it now", &[]).await.is(303);
    let flash = sent.header("set-cookie").split(';').next().unwrap().to_owned();
    let call = site.world.get(path).header("cookie", format!("zb_session={}; {flash}", site.cookie));
    let answer = Page::of(call.answer().await.is(200));
    answer.is_sound();
    assert_eq!(answer.status().as_deref(), Some("The pre hook failed: HTTP 500 in 0.9 s."));
    assert!(answer.text.contains("<pre class=\"code\">said &#60;this&#62;</pre>"));
    for path in ["/backups/sched_photos/hooks/pre/test", "/backups/sched_postgres/hooks/mid/test"] {
        site.world.get(path).cookie(&site.cookie).answer().await.is(404);
    }
}

#[tokio::test]
async fn sending_is_limited() {
    let site = Site::new().await;
    let page = site.get("/backups/sched_postgres/hooks/post/test").await;
    for _ in 0..10 {
        site.press(&page, "Send it now", &[]).await.is(303);
    }
    let refused = site.press(&page, "Send it now", &[]).await.is(429);
    assert!(!refused.header("retry-after").is_empty());
    Page::of(refused).is_sound();
}

#[tokio::test]
async fn a_backup_goes_out_and_away() {
    let site = Site::new().await;
    let out = site.world.get("/backups/sched_gitea/export").cookie(&site.cookie).answer().await.is(200);
    assert_eq!(
        out.header("content-disposition"),
        "attachment; filename=\"gitea _ _friends_.toml\"; filename*=UTF-8''gitea%20%26%20%3Cfriends%3E.toml"
    );
    assert!(!out.text.contains(sample::SECRET));
    let import = site.get("/backups/import").await;
    let refused = Page::of(site.press(&import, "Save", &[("file", "name = 1")]).await.is(422));
    refused.is_sound();
    assert_eq!(refused.invalid(), ["Job file"]);
    assert!(refused.text.contains("\nname = 1</textarea>"));

    let page = site.get("/backups/sched_gitea/delete").await;
    assert_eq!(site.press(&page, "Delete", &[]).await.is(303).header("location"), "/backups");
    site.world.get("/backups/sched_gitea").cookie(&site.cookie).answer().await.is(404);
    let run = format!("/runs/{}", sample::run(6));
    assert!(!site.get(&run).await.text.contains("/backups/sched_gitea"), "no link to what is gone");
    let again = site.world.call(Method::POST, "/backups/sched_gitea/delete").cookie(&site.cookie);
    again.form(&page.form("Delete").filled(&[])).answer().await.is(404);
}
