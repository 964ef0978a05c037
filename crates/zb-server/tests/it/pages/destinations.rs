//! The pages of notifications: the list, the form, the test, and the way out.

use hook_core::OrganizationId;
use http::Method;
use serde_json::Value;
use zb_server::Role;

use super::{Page, Site, sample};
use crate::world::World;

const PHONE: &str = "/notifications/dest_phone";
const CHAT: &str = "/notifications/dest_chat";

async fn stored(site: &Site, id: &str) -> (Value, u32) {
    let found = site.world.service.store.destination(&OrganizationId::default(), id).await;
    let found = found.unwrap().unwrap();
    (serde_json::from_str(found.definition.expose()).unwrap(), found.revision)
}

#[tokio::test]
async fn the_list_says_who_is_told_of_what_and_what_came_of_it() {
    let site = Site::new().await;
    let page = site.get("/notifications").await;
    for told in
        ["Ana, phone", "ntfy, ntfy.sh", "Slack, hooks.slack.com", "all backups", "nextcloud", "Delivered"]
    {
        assert!(page.text.contains(told), "{told}");
    }
    assert!(page.text.contains("slack https://hooks.slack.com answered HTTP 404"));
    assert!(page.text.contains("Team &#60;chat&#62;"));
    let run = format!("/runs/{}", sample::run(1));
    assert!(page.links().iter().any(|link| link.to == run), "a delivery leads to its run");
    // Those of the configuration file are there, and nothing can be done with them.
    assert!(page.text.contains("Managed by the configuration file") && page.text.contains("error, overdue"));
    let tests = page.names_of("button").into_iter().filter(|name| name == "Send a test").count();
    assert_eq!(tests, 2);
}

#[tokio::test]
async fn where_nobody_is_told_the_first_destination_is_a_link_away() {
    let world = World::empty();
    let token = world.owner().await;
    let page = Page::of(world.get("/notifications").token(&token).answer().await.is(200));
    page.is_sound();
    assert!(page.text.contains("Nobody is told yet"));
    assert!(page.links().iter().any(|link| link.to == "/notifications/new"));
}

#[tokio::test]
async fn saving_what_nobody_touched_changes_nothing() {
    let site = Site::new().await;
    for (path, id) in [(PHONE, "dest_phone"), (CHAT, "dest_chat")] {
        let before = stored(&site, id).await;
        let page = site.get(path).await;
        let saved = site.press(&page, "Save", &[]).await.is(303);
        assert_eq!(saved.header("location"), path);
        assert_eq!(stored(&site, id).await, (before.0, before.1 + 1));
    }
}

#[tokio::test]
async fn a_new_destination_is_made_without_a_script() {
    let site = Site::new().await;
    let page = site.get("/notifications/new").await;
    for name in ["Name", "Kind", "Address", "Token", "Headers", "Enabled", "Overdue", "nextcloud"] {
        assert!(page.fields().contains(&name.to_owned()), "{name}: {:?}", page.fields());
    }
    let typed = [
        ("name", "ops"),
        ("kind", "webhook"),
        ("url", "https://hooks.example.org/zb"),
        ("headers", "X-Key: 1\r\nX-Other: 2"),
        ("token", "hidden by now"),
    ];
    let saved = site.press(&page, "Save", &typed).await.is(303);
    let path = saved.header("location").to_owned();
    let id = path.strip_prefix("/notifications/").unwrap();
    let (definition, _) = stored(&site, id).await;
    assert_eq!(definition["settings"]["headers"], "X-Key: 1\nX-Other: 2");
    assert_eq!(definition["settings"].get("token"), None, "a webhook has none");
    let there = site.get(&path).await;
    there.is_sound();
    assert!(there.text.contains("X-Key: ••••••••\nX-Other: ••••••••</textarea>"));
    // A line that is left keeps its value.
    site.press(&there, "Save", &[("headers", "x-key: ••••••••\r\nX-New: 3")]).await.is(303);
    assert_eq!(stored(&site, id).await.0["settings"]["headers"], "x-key: 1\nX-New: 3");
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_with_what_was_typed() {
    let site = Site::new().await;
    let page = site.get("/notifications/new").await;
    let typed = [("name", ""), ("kind", "slack"), ("url", "https://elsewhere/<x>"), ("token", "typed")];
    let wrong = Page::of(site.press(&page, "Save", &typed).await.is(422));
    wrong.is_sound();
    assert_eq!(wrong.invalid(), ["Name", "Address"]);
    assert!(wrong.text.contains("<pre class=\"code\">https://elsewhere</pre>"), "ready to be copied");
    assert!(wrong.text.contains(r#"value="https://elsewhere/&#60;x&#62;""#));
    assert!(wrong.text.contains(r#"<option value="slack" selected>"#));
    let moved =
        Page::of(site.press(&site.get(PHONE).await, "Save", &[("url", "https://h/zb")]).await.is(422));
    moved.is_sound();
    assert_eq!(moved.invalid(), ["Token"]);
    assert!(moved.text.contains("the address changed: enter it again"));
    let body = page.form("Save").filled(&[("name", "x"), ("url", "https://h/")]).replace("on=", "of=");
    let call = site.world.call(Method::POST, "/notifications/new").cookie(&site.cookie);
    let nothing = Page::of(call.form(&body).answer().await.is(422));
    nothing.is_sound();
    assert!(nothing.text.contains("<a href=\"#on\">Tell of: it is empty"));
}

#[tokio::test]
async fn two_people_do_not_overwrite_each_other() {
    let site = Site::new().await;
    let page = site.get(PHONE).await;
    site.press(&page, "Save", &[("name", "first")]).await.is(303);
    let second = Page::of(site.press(&page, "Save", &[("name", "second")]).await.is(422));
    second.is_sound();
    assert!(second.text.contains("somebody else changed it meanwhile"));
    assert!(second.text.contains(r#"value="second""#), "what was typed is kept");
    site.press(&second, "Save", &[]).await.is(303);
    assert!(site.get("/notifications").await.text.contains("second"));
}

#[tokio::test]
async fn a_test_is_told_once_and_limited() {
    let site = Site::new().await;
    for (path, told) in [(PHONE, "The test was delivered: HTTP 200."), (CHAT, "The test was not delivered.")]
    {
        let sent = site.press(&site.get(path).await, "Send a test", &[]).await.is(303);
        assert_eq!(sent.header("location"), path);
        let flash = sent.header("set-cookie").split(';').next().unwrap().to_owned();
        let call = site.world.get(path).header("cookie", format!("zb_session={}; {flash}", site.cookie));
        let page = Page::of(call.answer().await.is(200));
        page.is_sound();
        assert_eq!(page.status().as_deref(), Some(told));
        assert!(page.text.contains(if path == CHAT { "answered HTTP 404" } else { "Delivered" }));
    }
    let page = site.get(PHONE).await;
    for _ in 0..9 {
        site.press(&page, "Send a test", &[]).await.is(303);
    }
    Page::of(site.press(&page, "Send a test", &[]).await.is(429)).is_sound();
}

#[tokio::test]
async fn a_destination_goes_after_asking() {
    let site = Site::new().await;
    let page = site.get(&format!("{PHONE}/delete")).await;
    let gone = site.press(&page, "Delete", &[]).await.is(303);
    assert_eq!(gone.header("location"), "/notifications");
    site.world.get(PHONE).cookie(&site.cookie).answer().await.is(404);
    assert!(!site.get("/notifications").await.text.contains("Ana, phone"));
    let again = site.world.call(Method::POST, &format!("{PHONE}/delete")).cookie(&site.cookie);
    again.form(&page.form("Delete").filled(&[])).answer().await.is(404);
}

#[tokio::test]
async fn another_organizations_destinations_are_not_there() {
    let site = Site::new().await;
    let studio = site.world.organization("studio").await;
    let cookie = site.world.session(&studio, "jon", Role::Owner).await;
    let get = async |path: &str| site.world.get(path).cookie(&cookie).answer().await;
    assert!(!get("/notifications").await.is(200).text.contains("Ana, phone"));
    let there = get(PHONE).await.is(404);
    assert_eq!(there.text, get("/notifications/dest_none").await.is(404).text);
    for path in [PHONE.to_owned(), format!("{PHONE}/test"), format!("{PHONE}/delete")] {
        site.world.call(Method::POST, &path).cookie(&cookie).form("csrf=").answer().await.is(404);
    }
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let site = Site::new().await;
    let paths = [
        "/notifications/new".to_owned(),
        PHONE.to_owned(),
        format!("{PHONE}/test"),
        format!("{PHONE}/delete"),
    ];
    for path in paths {
        let call = site.world.call(Method::POST, &path).cookie(&site.cookie);
        call.form("csrf=&name=x").answer().await.is(403);
    }
    assert_eq!(stored(&site, "dest_phone").await.1, 1);
}

#[tokio::test]
async fn deliveries_go_on_by_pages() {
    let site = Site::new().await;
    for _ in 0..4 {
        for path in [PHONE, CHAT] {
            let page = site.get(path).await;
            for _ in 0..3 {
                site.press(&page, "Send a test", &[]).await;
            }
        }
    }
    let mut rows = 0;
    let mut path = "/notifications".to_owned();
    loop {
        let page = site.get(&path).await;
        rows += page.names_of("caption").iter().filter(|name| name.starts_with("Deliveries")).count();
        match page.links().into_iter().find(|link| link.name == "Older") {
            Some(older) => path = older.to,
            None => break,
        }
    }
    assert_eq!(rows, 2, "20 tests and two before: two pages");
}
