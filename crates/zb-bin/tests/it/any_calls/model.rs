//! What was answered, and whether it is what is there.

use std::{cell::RefCell, collections::BTreeMap};

use hook_core::OrganizationId;
use proptest::sample::Index;
use serde_json::{Value, json};
use zb_bin::config::Definition;

use super::{Matching, documents::Kind};
use crate::{
    desk::TIMEOUT,
    face::{Answer, Face},
};

/// Kind, organization, id.
type Key = (Kind, String, String);

/// The service, and what it has answered of what is there.
pub(super) struct Model {
    face: Face,
    there: BTreeMap<Key, Known>,
    /// The greatest that each has ever had, also of what is gone.
    revisions: BTreeMap<Key, u64>,
    /// The organization that the session acts in.
    acts_in: RefCell<String>,
}

/// What does not change without a call that is about it.
#[derive(Clone, PartialEq, Debug)]
struct Known {
    said: Value,
    revision: Option<u64>,
}

impl Known {
    fn of(kind: Kind, mut body: Value) -> Self {
        let revision = body["state"]["revision"].as_u64();
        assert_eq!(revision.is_some(), kind.has_revision(), "{body}");
        let told_otherwise: &[&str] = match kind {
            Kind::Organization => &["jobs", "members"],
            _ => &["state", "lastSeenAt", "lastUsedAt", "setUpUrl", "setUpExpiresAt", "token"],
        };
        body.as_object_mut().unwrap().retain(|name, _| !told_otherwise.contains(&name.as_str()));
        Self { said: body, revision }
    }
}

fn home() -> String {
    OrganizationId::default().to_string()
}

impl Model {
    pub(super) async fn new() -> Self {
        Self {
            face: Face::new().await,
            there: BTreeMap::new(),
            revisions: BTreeMap::new(),
            acts_in: home().into(),
        }
    }

    pub(super) fn open_again(self) -> Self {
        Self { face: self.face.open_again(), ..self }
    }

    pub(super) async fn make(&mut self, kind: Kind, of: Index, mut document: Value) {
        let organizations = self.organizations();
        let organization = match kind {
            Kind::User | Kind::Organization => home(),
            _ => organizations[of.index(organizations.len())].clone(),
        };
        if kind == Kind::Member {
            // A member is made by a PUT of whoever has an account.
            let users = self.keys(Kind::User);
            let Some((_, _, user)) = (!users.is_empty()).then(|| &users[of.index(users.len())]) else {
                return;
            };
            let user = &self.there[&(Kind::User, home(), user.clone())].said["username"];
            let key = (kind, organization, user.as_str().unwrap().to_owned());
            return self.put(key, document, Matching::Nothing).await;
        }
        self.resolve(&mut document, &organization);
        let answer = self.ask(&organization, "POST", &kind.list(&organization), "", &document).await;
        if answer.status == 201 {
            let id = answer.body[kind.id()].as_str().unwrap().to_owned();
            self.keep((kind, organization, id), answer).await;
        }
    }

    pub(super) async fn replace(
        &mut self,
        kind: Kind,
        what: Index,
        changes: Value,
        from_what_is_there: bool,
        matching: Matching,
    ) {
        let key = self.pick(kind, what);
        let known = self.there.get(&key).filter(|_| from_what_is_there && kind.has_revision());
        let mut document = known.map_or(json!({}), |known| known.said.clone());
        match changes {
            Value::Object(changes) => document.as_object_mut().unwrap().extend(changes),
            other => document = other,
        }
        self.resolve(&mut document, &key.1);
        self.put(key, document, matching).await;
    }

    async fn put(&mut self, key: Key, document: Value, matching: Matching) {
        let method = if key.0 == Kind::Organization { "PATCH" } else { "PUT" };
        let answer = self.ask_of(&key, method, matching, &document).await;
        let was_there = self.there.contains_key(&key);
        match answer.status.as_u16() {
            200 => {
                assert!(was_there, "{key:?} was made by a change: {answer:?}");
                let is_allowed = matches!(matching, Matching::Whatever | Matching::Now);
                assert!(is_allowed || !key.0.has_revision(), "{matching:?} was taken: {answer:?}");
                self.keep(key, answer).await;
            }
            201 => {
                assert!(key.0 == Kind::Member && !was_there, "{key:?}: {answer:?}");
                self.keep(key, answer).await;
            }
            _ => self.is_there(&key).await,
        }
    }

    pub(super) async fn delete(&mut self, kind: Kind, what: Index, matching: Matching) {
        let key = self.pick(kind, what);
        let answer = self.ask_of(&key, "DELETE", matching, &Value::Null).await;
        if answer.status == 204 {
            let is_allowed = !matches!(matching, Matching::Before | Matching::Nonsense);
            assert!(is_allowed || !kind.has_revision(), "{matching:?} was taken: {answer:?}");
            let gone = self.there.remove(&key);
            assert!(gone.is_some(), "{key:?} was not there");
            match kind {
                Kind::Organization => self.there.retain(|(_, of, _), _| *of != key.2),
                Kind::User => {
                    let username = gone.unwrap().said["username"].clone();
                    let is_theirs = |key: &Key| key.0 == Kind::Member && username == *key.2;
                    self.there.retain(|key, _| !is_theirs(key));
                }
                _ => {}
            }
        }
        self.is_there(&key).await;
    }

    /// Takes an answer to a change as what is there now, and what follows from it.
    async fn keep(&mut self, key: Key, answer: Answer) {
        let known = self.note(&key, answer);
        match key.0 {
            // A job brings its repository with it.
            Kind::Job => {
                let id = known.said["repository"]["repositoryId"].as_str().unwrap().to_owned();
                let repository = (Kind::Repository, key.1.clone(), id);
                if !self.there.contains_key(&repository) {
                    let shown = self.ask_of(&repository, "GET", Matching::Nothing, &Value::Null).await;
                    self.note(&repository, shown);
                }
            }
            // And a repository changes the jobs that use it.
            Kind::Repository => {
                let is_its = |job: &Key| {
                    job.1 == key.1 && self.there[job].said["repository"]["repositoryId"] == *key.2
                };
                for job in self.keys(Kind::Job).into_iter().filter(is_its).collect::<Vec<_>>() {
                    let mut expected = self.there[&job].said.clone();
                    expected["repository"] = known.said.clone();
                    let shown = self.ask_of(&job, "GET", Matching::Nothing, &Value::Null).await;
                    assert_eq!(self.note(&job, shown).said, expected);
                }
            }
            _ => {}
        }
        self.is_there(&key).await;
    }

    /// Takes an answer as what is there now: its revision is one that there never was.
    fn note(&mut self, key: &Key, answer: Answer) -> Known {
        if let Some(tag) = answer.headers.get("etag") {
            assert_eq!(tag, &format!("\"{}\"", answer.body["state"]["revision"]));
        }
        let known = Known::of(key.0, answer.body);
        if let Some(revision) = known.revision {
            let before = self.revisions.insert(key.clone(), revision).unwrap_or(0);
            assert!(revision > before, "{key:?} went from revision {before} to {revision}");
        }
        self.there.insert(key.clone(), known.clone());
        known
    }

    /// What is known of one is what is shown of it; nothing, where nothing is known.
    async fn is_there(&self, key: &Key) {
        let shown = if key.0.has_revision() {
            let shown = self.ask_of(key, "GET", Matching::Nothing, &Value::Null).await;
            assert!([200, 404].contains(&shown.status.as_u16()), "{shown:?}");
            (shown.status == 200).then(|| Known::of(key.0, shown.body))
        } else {
            self.listed(key.0, &key.1).await.remove(&key.2)
        };
        assert_eq!(shown.as_ref(), self.there.get(key), "{key:?}");
    }

    /// All that is known is there and nothing else; what is kept can be read by whoever runs it.
    pub(super) async fn is_all_there(&self) {
        for organization in self.organizations() {
            for kind in Kind::OWN.into_iter().chain([Kind::Member]) {
                self.are_there(kind, &organization).await;
            }
        }
        self.are_there(Kind::User, &home()).await;
        self.are_there(Kind::Organization, &home()).await;
        for path in ["runs", "needs", "audit", "user"] {
            let answer = self.ask(&home(), "GET", path, "", &Value::Null).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
        let jobs = self.face.service.store.jobs(None).await.unwrap();
        assert_eq!(jobs.len(), self.keys(Kind::Job).len());
        for job in jobs {
            let read = Definition::stored(job.definition).job(&job.schedule, TIMEOUT);
            assert_eq!(read.unwrap().name, job.name);
        }
    }

    async fn are_there(&self, kind: Kind, organization: &str) {
        let mut listed = self.listed(kind, organization).await;
        // The operator herself, and her first organization.
        listed.retain(|id, known| known.said["username"] != "ana" && *id != home());
        for ((_, _, id), known) in
            self.there.iter().filter(|((of, own, _), _)| *of == kind && own == organization)
        {
            assert_eq!(listed.remove(id).as_ref(), Some(known), "{kind:?} {id} of {organization}");
        }
        assert_eq!(listed, BTreeMap::new(), "nobody made it");
    }

    async fn listed(&self, kind: Kind, organization: &str) -> BTreeMap<String, Known> {
        // Of the members of what is gone, there is no list.
        let path = format!("{}?limit=200", kind.list(organization));
        let answer = self.ask(organization, "GET", &path, "", &Value::Null).await;
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        items
            .into_iter()
            .map(|item| (item[kind.id()].as_str().unwrap().to_owned(), Known::of(kind, item)))
            .collect()
    }

    async fn ask_of(&self, key: &Key, method: &str, matching: Matching, body: &Value) -> Answer {
        let (kind, organization, id) = key;
        let revision = self.there.get(key).and_then(|known| known.revision).unwrap_or(1);
        let if_match = match matching {
            Matching::Nothing => String::new(),
            Matching::Whatever => "*".to_owned(),
            Matching::Now => format!("\"{revision}\""),
            Matching::Before => format!("\"{}\"", revision - 1),
            Matching::Nonsense => "7".to_owned(),
        };
        self.ask(organization, method, &format!("{}/{id}", kind.list(organization)), &if_match, body).await
    }

    /// In the organization, if it is there. No answer is a fault of the service's own.
    async fn ask(
        &self,
        organization: &str,
        method: &str,
        path: &str,
        if_match: &str,
        body: &Value,
    ) -> Answer {
        if *self.acts_in.borrow() != organization {
            let switch = json!({ "organizationId": organization });
            let switched = self.face.ask("PATCH", "session", "", &switch).await;
            assert!([200, 404].contains(&switched.status.as_u16()), "{switched:?}");
            if switched.status == 200 {
                organization.clone_into(&mut self.acts_in.borrow_mut());
            }
        }
        let answer = self.face.ask(method, path, if_match, body).await;
        let is_plain = !answer.status.is_server_error() && ![401, 403, 429].contains(&answer.status.as_u16());
        assert!(is_plain, "{method} {path} {body}: {answer:?}");
        answer
    }

    fn organizations(&self) -> Vec<String> {
        let made = self.keys(Kind::Organization).into_iter().map(|(_, _, id)| id);
        [home()].into_iter().chain(made).collect()
    }

    fn keys(&self, kind: Kind) -> Vec<Key> {
        self.there.keys().filter(|key| key.0 == kind).cloned().collect()
    }

    /// One that is there, as a rule.
    fn pick(&self, kind: Kind, what: Index) -> Key {
        let mut keys = self.keys(kind);
        let is_nobody = keys.is_empty() || what.index(10) == 9;
        if is_nobody { (kind, home(), "none".to_owned()) } else { keys.swap_remove(what.index(keys.len())) }
    }

    /// Puts ids in the places that stand for them.
    fn resolve(&self, document: &mut Value, organization: &str) {
        match document {
            Value::Array(all) => all.iter_mut().for_each(|one| self.resolve(one, organization)),
            Value::Object(all) => all.values_mut().for_each(|one| self.resolve(one, organization)),
            Value::String(text) => {
                let kinds = [("repo_#", Kind::Repository), ("sched_#", Kind::Job)];
                let found = kinds.iter().find_map(|(prefix, kind)| Some((kind, text.strip_prefix(prefix)?)));
                let Some((kind, n)) = found else { return };
                let n: usize = n.parse().unwrap();
                let own = self.keys(*kind).into_iter().filter(|key| key.1 == *organization);
                let own: Vec<_> = own.map(|(_, _, id)| id).collect();
                if !own.is_empty() {
                    text.clone_from(&own[n % own.len()]);
                }
            }
            _ => {}
        }
    }
}
