//! Two organizations on one service: no id of the one gives the other anything (`api.md` §1), on every route that the
//! service's own OpenAPI document has. A route without a recipe here fails the test.

use serde_json::{Value, json};
use zb_tests::{Answered, FakeRestic, Scene, Service, Zb, eventually};

/// Who calls: a line of the head.
struct Person(String);

/// An organization with one of everything, and its owner.
struct Tenant {
    session: Person,
    token: Person,
    ids: Value,
}

/// The ids that a path or a filter may name, as they are called there.
const NAMES: [&str; 8] = [
    "scheduleId",
    "jobId",
    "repositoryId",
    "destinationId",
    "tokenId",
    "userId",
    "organizationId",
    "username",
];

/// Filters that name no id.
const PLAIN_FILTERS: [&str; 17] = [
    "q",
    "enabled",
    "running",
    "status",
    "trigger",
    "interrupted",
    "since",
    "until",
    "kind",
    "state",
    "action",
    "after",
    "cursor",
    "limit",
    "schedule",
    "timezone",
    "event",
];

/// Operations whose body names no id.
const PLAIN_BODIES: [&str; 19] = [
    "useSetUpLink",
    "signIn",
    "changeUser",
    "addUser",
    "renewSetUpLink",
    "addOrganization",
    "changeOrganization",
    "putMember",
    "addToken",
    "startRun",
    "testHook",
    "clearTest",
    "sendPostHook",
    "clearPostHook",
    "addRepository",
    "replaceRepository",
    "checkRepository",
    "initRepository",
    "testDestination",
];

/// Ids of the form that zb gives, and that nobody has.
fn nobodys() -> Value {
    let suffix = "00000000000000000000000000";
    json!({"scheduleId": "sched_nobodys", "jobId": format!("job_{suffix}"), "repositoryId": format!("repo_{suffix}"),
        "destinationId": format!("dest_{suffix}"), "tokenId": format!("token_{suffix}"), "userId": format!("user_{suffix}"),
        "organizationId": "org_nobodys", "username": "nobody"})
}

impl Person {
    fn ask(&self, service: &Service, method: &str, path: &str, body: &Value) -> Answered {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        service.ask_with(&self.0, method, path, &body)
    }

    /// What a request gives that must succeed.
    #[track_caller]
    fn get(&self, service: &Service, method: &str, path: &str, body: &Value) -> Value {
        let answered = self.ask(service, method, path, body);
        assert!(answered.status < 300, "{method} {path}: {answered:?}");
        answered.json()
    }
}

/// The session of an account, by the link that was printed for it.
fn signed_in(service: &Service, printed: &str) -> Person {
    let token = printed.split("token=").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let body = json!({"token": token, "password": "correct horse battery staple"}).to_string();
    let answered = service.ask_with("", "POST", "/api/v1/set-up", &body);
    assert_eq!(answered.status, 201, "{answered:?}");
    let cookie = answered.header("set-cookie").and_then(|cookie| cookie.split(';').next()).unwrap();
    Person(format!("Cookie: {cookie}\r\n"))
}

fn job(scene: &Scene, name: &str, repository: Value) -> Value {
    let hook = |phase: &str| json!({"url": scene.receiver.url(&format!("/{phase}"))});
    json!({"name": name, "sourcePath": scene.scratch.path("source"), "repository": repository,
        "webhooks": {"pre": hook("pre"), "post": hook("post")}})
}

fn destination(scene: &Scene, name: &str, jobs: Value) -> Value {
    json!({"name": name, "enabled": true, "kind": "ntfy", "on": ["error"], "jobs": jobs,
        "settings": {"url": scene.receiver.url("/ntfy"), "token": null}})
}

/// An organization with everything that has an id.
fn furnished(scene: &Scene, zb: &Zb<'_>, service: &Service, operator: &Person, name: &str) -> Tenant {
    let made = operator.get(service, "POST", "/api/v1/organizations", &json!({"name": name, "roots": null}));
    let organization = made["organizationId"].as_str().unwrap();
    let added = zb.run(&["user", "add", name, "--organization", organization, "--role", "owner"]);
    let session = signed_in(service, &added.exits(0).stdout);
    let of = |method: &str, path: &str, body: Value| session.get(service, method, path, &body);
    let token = of("POST", "/api/v1/tokens", json!({"name": "all", "scope": "manage", "expiresAt": null}));
    let job = of(
        "POST",
        "/api/v1/jobs",
        job(scene, name, json!({"url": scene.scratch.path(name), "password": "pw"})),
    );
    let schedule = job["scheduleId"].as_str().unwrap();
    let destination =
        of("POST", "/api/v1/notifications/destinations", destination(scene, name, json!([schedule])));
    let run = of("POST", &format!("/api/v1/jobs/{schedule}/runs"), Value::Null)["jobId"].clone();
    let user = of("GET", "/api/v1/user", Value::Null);
    let ids = json!({"scheduleId": schedule, "jobId": run, "repositoryId": job["repository"]["repositoryId"],
        "destinationId": destination["destinationId"], "tokenId": token["tokenId"], "userId": user["userId"],
        "organizationId": organization, "username": name});
    eventually("the run is over", || {
        let shown = of("GET", &format!("/api/v1/runs/{}", run.as_str().unwrap()), Value::Null);
        (shown["status"] == "success").then_some(())
    });
    let token = Person(format!("Authorization: Bearer {}\r\n", token["token"].as_str().unwrap()));
    Tenant { session, token, ids }
}

/// A path with ids in the places of their names.
fn filled(path: &str, ids: &Value) -> String {
    let path = NAMES.into_iter().fold(path.replace("{phase}", "pre"), |path, name| {
        path.replace(&format!("{{{name}}}"), ids[name].as_str().unwrap())
    });
    assert!(!path.contains('{'), "no recipe for an id of {path}");
    path
}

/// Every operation: method, path, itself.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            found.push((method.to_ascii_uppercase(), path.clone(), operation));
        }
    }
    found
}

#[test]
fn no_id_of_another_organization_gives_anything_on_any_route() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let zb = scene.zb().restic(restic.command());
    let added = zb.run(&["user", "add", "operator", "--role", "owner"]);
    let service = Service::start(&zb, &[]);
    let operator = signed_in(&service, &added.exits(0).stdout);
    let [own, other] =
        ["tenant.own", "tenant.two"].map(|name| furnished(&scene, &zb, &service, &operator, name));
    let before = seen(&service, &other);

    let document = service.ask_with("", "GET", "/api/v1/openapi.json", "").json();
    let operations = operations(&document);
    assert!(operations.len() > 50, "the document has every route: {}", operations.len());
    for (method, path, operation) in operations {
        let name = operation["operationId"].as_str().unwrap();
        if path.contains('{') {
            in_a_path(&service, &own, &other, &method, &path, operation);
        }
        for parameter in operation["parameters"].as_array().unwrap() {
            if parameter["in"] == "query" {
                in_a_filter(&service, &own, &other, &path, parameter["name"].as_str().unwrap());
            }
        }
        if operation.get("requestBody").is_some() {
            in_a_body(&scene, &service, &own, &other, name);
        }
        if method == "GET" && !path.contains('{') && !path.ends_with("/events") {
            let answered = own.session.ask(&service, "GET", &path, &Value::Null);
            for id in NAMES.map(|name| other.ids[name].as_str().unwrap()).iter().filter(|id| **id != "other")
            {
                assert!(!answered.body.contains(id), "{name} tells of {id}: {answered:?}");
            }
        }
    }
    assert!(seen(&service, &other) == before, "something of it was changed: {before:#?}");
    in_the_filter_of_a_stream(&service, &own, &other);
    service.stop();
}

/// What an organization has, as its owner sees it.
fn seen(service: &Service, of: &Tenant) -> Vec<Value> {
    let lists = ["jobs", "runs", "repositories", "tokens", "notifications/destinations", "organizations"];
    let see = |list: &str| {
        let mut seen = of.session.get(service, "GET", &format!("/api/v1/{list}"), &Value::Null);
        seen["items"].as_array_mut().unwrap().iter_mut().for_each(|item| item["lastUsedAt"] = Value::Null);
        seen
    };
    lists.map(see).to_vec()
}

/// It is like an id that does not exist, to the byte; and its own organization finds something there.
fn in_a_path(service: &Service, own: &Tenant, other: &Tenant, method: &str, path: &str, operation: &Value) {
    let who = operation["x-zb-who"].as_str().unwrap();
    let callers = match who {
        "session" | "owner" | "operator" => vec![&own.session],
        _ => vec![&own.session, &own.token],
    };
    for caller in callers {
        let ask = |ids: &Value| {
            let path = filled(path, ids);
            (caller.ask(service, method, &path, &Value::Null), path)
        };
        let ((found, there), (absent, _)) = (ask(&other.ids), ask(&nobodys()));
        // Who may not do it at all is told so first (`api.md` §1).
        let expected = if who == "operator" && found.status == 403 { 403 } else { 404 };
        assert_eq!(found.status, expected, "{method} {there}: {found:?}");
        let (found, absent) =
            (blank(&found.body, &other.ids), (absent.status, blank(&absent.body, &nobodys())));
        assert_eq!(absent, (expected, found), "{method} {there}");
    }
    // A member of the other one, in the own one's list of members.
    if path.ends_with("/members/{username}") && method == "DELETE" {
        let mixed = |username: &Value| {
            let ids = json!({"organizationId": own.ids["organizationId"], "username": username});
            let path = path.replace("{organizationId}", ids["organizationId"].as_str().unwrap());
            let path = path.replace("{username}", username.as_str().unwrap());
            own.session.ask(service, method, &path, &Value::Null)
        };
        let (found, absent) = (mixed(&other.ids["username"]), mixed(&nobodys()["username"]));
        assert_eq!((found.status, found.body), (404, absent.body));
    }
    if method == "GET" && !path.ends_with("/events") {
        let answered = other.session.ask(service, method, &filled(path, &other.ids), &Value::Null);
        assert_eq!(answered.status, 200, "the recipe names something: {method} {path}: {answered:?}");
    }
}

fn in_a_filter(service: &Service, own: &Tenant, other: &Tenant, path: &str, filter: &str) {
    if PLAIN_FILTERS.contains(&filter) {
        return;
    }
    assert!(NAMES.contains(&filter), "no recipe for ?{filter} of {path}");
    let query = |ids: &Value| format!("{path}?{filter}={}", ids[filter].as_str().unwrap());
    if path == "/api/v1/events" {
        // Last of all, since it needs events: `in_the_filter_of_a_stream`.
        return;
    }
    let listed = |ids: &Value| own.session.get(service, "GET", &query(ids), &Value::Null);
    assert_eq!(listed(&other.ids)["items"], json!([]), "{}", query(&other.ids));
    assert_eq!(listed(&other.ids), listed(&nobodys()));
    if path != "/api/v1/notifications/deliveries" {
        let theirs = other.session.get(service, "GET", &query(&other.ids), &Value::Null);
        assert_ne!(theirs["items"], json!([]), "the recipe names something: {path}");
    }
}

/// A stream of both jobs' events tells of the own one only.
fn in_the_filter_of_a_stream(service: &Service, own: &Tenant, other: &Tenant) {
    let id = |of: &Tenant| of.ids["scheduleId"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/events?scheduleId={},{}", id(other), id(own));
    let mut stream = service.watch_with(&own.session.0, &path);
    for of in [other, own] {
        let run = of.session.get(service, "POST", &format!("/api/v1/jobs/{}/runs", id(of)), &Value::Null);
        let path = format!("/api/v1/runs/{}", run["jobId"].as_str().unwrap());
        eventually("the run is over", || {
            let shown = of.session.get(service, "GET", &path, &Value::Null);
            (shown["status"] == "success").then_some(())
        });
    }
    let first = stream.next_of("run.queued");
    assert_eq!(first.data["scheduleId"], id(own));
    let last = stream.next_of("run.finished");
    assert_eq!(last.data["scheduleId"], id(own));
}

/// A body that names an id, and the field that does.
struct Recipe {
    method: &'static str,
    path: &'static str,
    body: fn(&Scene, &Tenant, &Value) -> Value,
    field: &'static str,
}

/// The bodies of an operation that name an id; nothing where none does.
fn recipes(operation: &str) -> Vec<Recipe> {
    const JOBS: &str = "/api/v1/jobs";
    const DESTINATIONS: &str = "/api/v1/notifications/destinations";
    let with_job = |method, path| {
        let of_repository = Recipe {
            method,
            path,
            body: |scene, _, ids| job(scene, "another", json!({"repositoryId": ids["repositoryId"]})),
            field: "/repository",
        };
        let of_organization = Recipe {
            method,
            path,
            body: |scene, own, ids| {
                let mut job = job(scene, "another", json!({"repositoryId": own.ids["repositoryId"]}));
                job["organizationId"] = ids["organizationId"].clone();
                job
            },
            field: "/organizationId",
        };
        vec![of_repository, of_organization]
    };
    let with_jobs = |method, path| {
        let body = |scene: &Scene, _: &Tenant, ids: &Value| {
            destination(scene, "another", json!([ids["scheduleId"]]))
        };
        vec![Recipe { method, path, body, field: "/jobs" }]
    };
    match operation {
        "addJob" => with_job("POST", JOBS),
        "replaceJob" => with_job("PUT", "/api/v1/jobs/{scheduleId}"),
        "addDestination" => with_jobs("POST", DESTINATIONS),
        "replaceDestination" => with_jobs("PUT", "/api/v1/notifications/destinations/{destinationId}"),
        "switchOrganization" => vec![Recipe {
            method: "PATCH",
            path: "/api/v1/session",
            body: |_, _, ids| json!({"organizationId": ids["organizationId"]}),
            field: "",
        }],
        plain => {
            assert!(PLAIN_BODIES.contains(&plain), "no recipe for the body of {plain}");
            Vec::new()
        }
    }
}

/// It is refused at its field, as one that does not exist.
fn in_a_body(scene: &Scene, service: &Service, own: &Tenant, other: &Tenant, operation: &str) {
    for Recipe { method, path, body, field } in recipes(operation) {
        let path = filled(path, &own.ids);
        let ask = |ids: &Value| {
            let fields = format!("{}If-Match: *\r\n", own.session.0);
            service.ask_with(&fields, method, &path, &body(scene, own, ids).to_string())
        };
        let (found, absent) = (ask(&other.ids), ask(&nobodys()));
        if field.is_empty() {
            assert_eq!((found.status, &found.body), (404, &absent.body), "{operation}");
            continue;
        }
        assert_eq!((found.status, absent.status), (422, 422), "{operation}: {found:?} {absent:?}");
        let at = found.json()["errors"][0]["field"].as_str().unwrap().to_owned();
        assert!(at.starts_with(field), "{operation}: {found:?}");
        assert_eq!(blank(&found.body, &other.ids), blank(&absent.body, &nobodys()), "{operation}");
    }
}

/// A text with the names of ids in their places.
fn blank(text: &str, ids: &Value) -> String {
    NAMES.into_iter().fold(text.to_owned(), |text, name| text.replace(ids[name].as_str().unwrap(), name))
}
