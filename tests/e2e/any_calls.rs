//! Whatever is asked of the API, well or badly, and wherever the service is killed in it: the next start accepts what is there,
//! and what was answered with success is there.

use std::{collections::BTreeMap, thread, time::Duration};

use serde_json::{Value, json};
use zb_tests::{Answered, FakeRestic, Scene, Service, eventually};

/// Each is a sequence of its own, and always the same one.
const SEEDS: std::ops::Range<u64> = 1..7;

/// Calls between two deaths.
const CALLS: usize = 40;

/// Deaths of one sequence.
const LIVES: usize = 3;

const JOBS: &str = "/api/v1/jobs";
const REPOSITORIES: &str = "/api/v1/repositories";
const DESTINATIONS: &str = "/api/v1/notifications/destinations";

/// Numbers that are always the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// One of the good ones, as a rule.
    fn mostly<T: Clone>(&mut self, good: &[T], bad: &[T]) -> T {
        if self.below(16) == 0 { self.of(bad) } else { self.of(good) }
    }
}

/// Things of one kind, by the path of their list: what was answered of each path, `null` once it was deleted.
type Known = BTreeMap<String, Value>;

/// A person without a plan.
struct Monkey<'a> {
    scene: &'a Scene,
    dice: Dice,
    known: Known,
    runs: Vec<String>,
    /// How often something was made (201) or deleted (204), by its list.
    done: BTreeMap<(String, u16), usize>,
}

impl Monkey<'_> {
    /// One call. Where nobody answers, anything may have become of it.
    fn call(&mut self, service: &Service) -> std::io::Result<()> {
        match self.dice.below(12) {
            0..=2 => self.make(service),
            3 | 4 => self.replace(service),
            5 => self.delete(service),
            6 | 11 => self.run(service),
            7 => self.look(service),
            8 => self.act(service),
            9 => self.import(service),
            _ => self.nonsense(service),
        }
    }

    fn make(&mut self, service: &Service) -> std::io::Result<()> {
        let (list, id) = self.dice.of(&KINDS);
        let body = self.document(list, service);
        let answered = service.try_to_ask("POST", list, &body.to_string());
        let answered = answered.inspect_err(|_| self.may_be_back(list))?;
        if answered.status == 201 {
            let made = answered.json();
            let path = format!("{list}/{}", made[id].as_str().unwrap());
            self.known.insert(path, made["state"]["revision"].clone());
        }
        self.count(list, &answered);
        is_plain(&answered, &[201, 409, 422]);
        Ok(())
    }

    fn count(&mut self, list: &str, answered: &Answered) {
        *self.done.entry((list.to_owned(), answered.status)).or_insert(0) += 1;
    }

    /// A job is made under the id that its name and source had before: it may be one that was deleted.
    fn may_be_back(&mut self, list: &str) {
        let deleted = self.known.iter_mut().filter(|(path, known)| path.starts_with(list) && known.is_null());
        deleted.for_each(|(_, known)| *known = json!("unknown"));
    }

    fn replace(&mut self, service: &Service) -> std::io::Result<()> {
        let Some(path) = self.some_path() else { return Ok(()) };
        let list = path.rsplit_once('/').unwrap().0.to_owned();
        let before = service.try_to_ask("GET", &path, "")?;
        let body = match self.dice.below(3) {
            0 if before.status == 200 => self.changed(before.json()),
            _ => self.document(&list, service),
        };
        let revision = self.known.get(&path).cloned().unwrap_or_default();
        let matches =
            self.dice.of(&["*".to_owned(), format!("\"{revision}\""), "\"0\"".to_owned(), String::new()]);
        let fields = match matches.as_str() {
            "" => service.credential(),
            tag => format!("{}If-Match: {tag}\r\n", service.credential()),
        };
        // Whoever gets no answer does not know which of the two it is.
        self.known.insert(path.clone(), json!("unknown"));
        let answered = service.try_to_ask_with(&fields, "PUT", &path, &body.to_string())?;
        let now =
            if answered.status == 200 { answered.json()["state"]["revision"].clone() } else { revision };
        if list == REPOSITORIES {
            // Its jobs are changed with it.
            let jobs =
                self.known.iter_mut().filter(|(path, known)| path.starts_with(JOBS) && known.is_number());
            jobs.for_each(|(_, known)| *known = json!("unknown"));
        }
        self.known.insert(path, now);
        is_plain(&answered, &[200, 404, 409, 412, 422, 428]);
        Ok(())
    }

    fn delete(&mut self, service: &Service) -> std::io::Result<()> {
        let Some(path) = self.some_path() else { return Ok(()) };
        let before = self.known.insert(path.clone(), json!("unknown")).unwrap_or_default();
        let answered = service.try_to_ask("DELETE", &path, "")?;
        self.count(path.rsplit_once('/').unwrap().0, &answered);
        let gone = matches!(answered.status, 204 | 404);
        self.known.insert(path, if gone { Value::Null } else { before });
        is_plain(&answered, &[204, 404, 409]);
        Ok(())
    }

    fn run(&mut self, service: &Service) -> std::io::Result<()> {
        let Some(path) = self.some_path_of(JOBS) else { return Ok(()) };
        let key = format!("{}Idempotency-Key: {}\r\n", service.credential(), self.dice.below(3));
        let fields = self.dice.of(&[service.credential(), key]);
        let answered = service.try_to_ask_with(&fields, "POST", &format!("{path}/runs"), "{}")?;
        if answered.status == 202 {
            self.runs.push(answered.json()["jobId"].as_str().unwrap().to_owned());
        }
        is_plain(&answered, &[202, 404, 409, 422]);
        Ok(())
    }

    fn look(&mut self, service: &Service) -> std::io::Result<()> {
        let lists = [
            "jobs",
            "runs",
            "needs",
            "repositories",
            "runs?status=running",
            "jobs?limit=1",
            "user",
            "nothing",
        ];
        let answered = service.try_to_ask("GET", &format!("/api/v1/{}", self.dice.of(&lists)), "")?;
        is_plain(&answered, &[200, 404]);
        Ok(())
    }

    fn act(&mut self, service: &Service) -> std::io::Result<()> {
        let run = self.runs.last().cloned().unwrap_or_else(|| "job_none".to_owned());
        let job = self.some_path_of(JOBS).unwrap_or_else(|| format!("{JOBS}/sched_none"));
        let path = self.dice.of(&[
            format!("/api/v1/runs/{run}/cancel"),
            format!("/api/v1/runs/{run}/hooks/post/send"),
            format!("/api/v1/runs/{run}/hooks/post/clear"),
            format!("{job}/hooks/pre/send"),
            format!("{job}/hooks/post/clear"),
        ]);
        let answered = service.try_to_ask("POST", &path, "")?;
        is_plain(&answered, &[200, 202, 204, 404, 409, 429]);
        Ok(())
    }

    /// A job as TOML, onto itself or as another one.
    fn import(&mut self, service: &Service) -> std::io::Result<()> {
        let Some(path) = self.some_path_of(JOBS) else { return Ok(()) };
        let accept = format!("{}Accept: application/toml\r\n", service.credential());
        let toml = service.try_to_ask_with(&accept, "GET", &path, "")?;
        let text = match self.dice.below(3) {
            0 => toml.body.clone(),
            1 => toml.body.replace("name = \"", "name = \"another "),
            _ => toml.body.chars().take(self.dice.below(toml.body.len() + 1)).collect(),
        };
        let fields = format!("{}Content-Type: application/toml\r\n", service.credential());
        let answered = service.try_to_ask_with(&fields, "POST", JOBS, &text);
        let answered = answered.inspect_err(|_| self.may_be_back(JOBS))?;
        if answered.status == 201 {
            let made = answered.json();
            self.known.insert(
                format!("{JOBS}/{}", made["scheduleId"].as_str().unwrap()),
                made["state"]["revision"].clone(),
            );
        }
        is_plain(&answered, &[201, 400, 409, 415, 422]);
        Ok(())
    }

    fn nonsense(&mut self, service: &Service) -> std::io::Result<()> {
        let method = self.dice.of(&["POST", "PUT", "PATCH", "DELETE"]);
        let path = self.some_path().unwrap_or_else(|| JOBS.to_owned());
        let path =
            self.dice.of(&[path, JOBS.to_owned(), DESTINATIONS.to_owned(), format!("{JOBS}/%00/runs")]);
        let body =
            self.dice.of(&["{", "[]", "null", "\"\\ud800\"", "{\"name\":{}}", "{\"name\":\"\\u0000\"}", ""]);
        let known = self.known.get(&path).cloned();
        if method == "DELETE" && known.is_some() {
            return Ok(());
        }
        let answered = service.try_to_ask(method, &path, body)?;
        is_plain(&answered, &[400, 404, 405, 415, 422, 428]);
        Ok(())
    }

    fn some_path(&mut self) -> Option<String> {
        let paths: Vec<_> = self.known.keys().cloned().collect();
        (!paths.is_empty()).then(|| self.dice.of(&paths))
    }

    fn some_path_of(&mut self, list: &str) -> Option<String> {
        let paths: Vec<_> = self.known.keys().filter(|path| path.starts_with(list)).cloned().collect();
        (!paths.is_empty()).then(|| self.dice.of(&paths))
    }

    fn document(&mut self, list: &str, service: &Service) -> Value {
        let document = match list {
            JOBS => self.job(),
            REPOSITORIES => {
                let url = self.scene.scratch.text(&format!("repo-{}", self.dice.below(8)));
                json!({"url": url, "password": self.dice.mostly(&["pw"], &["••••••••", "x\ny", ""])})
            }
            _ => {
                let jobs = service.try_to_ask("GET", JOBS, "");
                let jobs = jobs.map(|jobs| jobs.json()["items"][0]["scheduleId"].clone());
                let jobs = jobs
                    .ok()
                    .filter(|job| job.is_string() && self.dice.below(2) == 0)
                    .map(|job| json!([job]));
                json!({"name": self.name(), "enabled": true, "kind": self.dice.mostly(&["ntfy"], &["email", "pigeon"]),
                    "on": self.dice.mostly(&[json!(["error"]), json!(["success"])], &[json!([]), json!(["nothing"])]),
                    "jobs": jobs, "settings": {"url": self.scene.receiver.url("/notify")}})
            }
        };
        self.changed(document)
    }

    fn name(&mut self) -> String {
        let good = ["a", "b", "c", "d", "ü", "\"'\\", "[x]", "#", "a = 1"];
        self.dice.mostly(&good, &["a\nb", ""]).to_owned()
    }

    fn job(&mut self) -> Value {
        let name = self.name();
        let url = self.scene.scratch.text(&format!("repo-{}", self.dice.below(8)));
        let hook = json!({"url": self.scene.receiver.url("/hook"),
            "headers": self.dice.mostly(&["", "X-A: b\nX-C: d"], &["no colon", "X-A: ••••••••"]),
            "body": self.dice.of(&["", "{}", "a\"\"\"b\\\n'''", "\n\u{1}"])});
        json!({"name": name, "sourcePath": self.scene.scratch.path("source"), "enabled": self.dice.below(2) == 0,
            "repository": {"url": url, "password": "pw"},
            "tags": self.dice.mostly(&[vec![], vec!["x"]], &[vec!["a,b"], vec![""]]),
            "schedule": self.dice.mostly(&[Value::Null, json!("* * * * *"), json!("0 2 30 2 *")], &[json!("often")]),
            "timezone": self.dice.mostly(&[Value::Null, json!("Europe/Madrid")], &[json!("Mars/Base")]),
            "retries": self.dice.below(3), "retryDelayMs": self.dice.mostly(&[1000, 900_000], &[1500, -1]),
            "retention": self.dice.mostly(&[Value::Null, json!({"keepLast": 3})], &[json!({"keepLast": -1})]),
            "webhooks": {"pre": self.dice.of(&[Value::Null, hook.clone()]), "post": hook}})
    }

    /// The document with one member that is another kind of thing, every now and then.
    fn changed(&mut self, mut document: Value) -> Value {
        let members: Vec<String> = document.as_object().unwrap().keys().cloned().collect();
        if self.dice.below(8) == 0 {
            let member = self.dice.of(&members);
            document[member] = self.dice.of(&[
                json!(null),
                json!(7),
                json!("x"),
                json!([[]]),
                json!({"a": 1}),
                json!(1e300),
            ]);
        }
        document
    }
}

/// Kinds of things: their list, and how their id is called.
const KINDS: [(&str, &str); 4] = [
    (JOBS, "scheduleId"),
    (JOBS, "scheduleId"),
    (REPOSITORIES, "repositoryId"),
    (DESTINATIONS, "destinationId"),
];

/// An answer that the contract has for such a call; never a fault of the service's own.
#[track_caller]
fn is_plain(answered: &Answered, expected: &[u16]) {
    assert!(expected.contains(&answered.status), "{answered:?}");
}

/// What must hold after every start.
fn accepts(service: &Service, monkey: &Monkey<'_>) {
    let get = |path: &str| service.ask("GET", path, "");
    eventually("it is ready", || (get("/readyz").status == 200).then_some(()));
    for list in
        ["jobs", "runs", "repositories", "notifications/destinations", "needs", "notifications/deliveries"]
    {
        is_plain(&get(&format!("/api/v1/{list}")), &[200]);
    }
    for (path, revision) in &monkey.known {
        let answered = get(path);
        match revision {
            Value::Null => is_plain(&answered, &[404]),
            Value::String(_) => is_plain(&answered, &[200, 404]),
            revision => {
                is_plain(&answered, &[200]);
                assert_eq!(&answered.json()["state"]["revision"], revision, "{path}");
            }
        }
    }
    for run in &monkey.runs {
        eventually("every run that was promised is over", || {
            let shown = get(&format!("/api/v1/runs/{run}"));
            is_plain(&shown, &[200]);
            (!shown.json()["status"].is_null()).then_some(())
        });
    }
    let said = service.running.stderr();
    for fault in ["panicked", "cannot be read", "ERROR"] {
        assert!(!said.contains(fault), "{said}");
    }
}

#[test]
fn whatever_is_asked_the_next_start_accepts_what_is_there() {
    let (mut done, mut runs) = (BTreeMap::new(), 0);
    for seed in SEEDS {
        let scene = Scene::new();
        let restic = FakeRestic::saves(&scene.scratch);
        let zb = scene.zb().restic(restic.command());
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut monkey =
            Monkey { scene: &scene, dice, known: Known::new(), runs: Vec::new(), done: BTreeMap::new() };
        for life in 0..LIVES {
            let service = Service::start(&zb, &[]);
            accepts(&service, &monkey);
            for _ in 0..CALLS {
                monkey.call(&service).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            }
            // The last calls meet its death.
            thread::scope(|scope| {
                let pause = Duration::from_millis(u64::try_from(monkey.dice.below(20)).unwrap());
                let running = &service.running;
                scope.spawn(move || {
                    thread::sleep(pause);
                    running.kill9();
                });
                while monkey.call(&service).is_ok() {}
            });
            let said = service.running.wait();
            assert!(!said.stderr.contains("panicked"), "seed {seed}, life {life}: {}", said.stderr);
        }
        let service = Service::start(&zb, &[]);
        accepts(&service, &monkey);
        zb.run(&["job", "list"]).exits(0);
        zb.run(&["runs"]).exits(0);
        service.stop();
        for (what, count) in monkey.done {
            *done.entry(what).or_insert(0) += count;
        }
        runs += monkey.runs.len();
    }
    // Of each kind some were made, and some were deleted.
    for (list, _) in KINDS {
        for status in [201, 204] {
            assert!(done.get(&(list.to_owned(), status)).is_some_and(|count| *count > 3), "{done:?}");
        }
    }
    assert!(runs > 3, "{runs}");
}
