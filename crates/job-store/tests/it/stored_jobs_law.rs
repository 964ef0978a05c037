//! Any sequence of changes, against a model: what is kept is what the model has, across each opening.

use std::{collections::BTreeMap, path::Path};

use job_store::{DeleteJob, Expected, NewJob, PutJob, Store};
use proptest::prelude::*;

use crate::world::{new_job, open, organization, schedule};

#[derive(Clone, Debug)]
enum Change {
    Put(NewJob, Expected),
    Delete(NewJob, Expected),
    OpenAgain,
}

/// Few enough that they meet.
fn change() -> impl Strategy<Value = Change> {
    let job = ("[ab]", "[xyz]", "[mn]").prop_map(|(organization_name, id, name)| NewJob {
        organization: organization(&organization_name),
        ..new_job(&id, &name)
    });
    let expected =
        || prop_oneof![Just(Expected::Any), Just(Expected::Absent), (1..5_u32).prop_map(Expected::Revision)];
    prop_oneof![
        6 => (job.clone(), expected()).prop_map(|(job, expected)| Change::Put(job, expected)),
        3 => (job, expected()).prop_map(|(job, expected)| Change::Delete(job, expected)),
        1 => Just(Change::OpenAgain),
    ]
}

/// Organization, id; name and revision of those that are there, and the last revision of those that were.
#[derive(Default)]
struct Model {
    there: BTreeMap<(String, String), (String, u32)>,
    gone: BTreeMap<(String, String), u32>,
}

fn key(job: &NewJob) -> (String, String) {
    (job.organization.to_string(), job.schedule.to_string())
}

impl Model {
    fn revision(&self, job: &NewJob) -> Option<u32> {
        self.there.get(&key(job)).map(|(_, revision)| *revision)
    }

    fn is_met(&self, job: &NewJob, expected: Expected) -> bool {
        match expected {
            Expected::Any => true,
            Expected::Absent => self.revision(job).is_none(),
            Expected::Revision(revision) => self.revision(job) == Some(revision),
        }
    }

    fn put(&mut self, job: &NewJob, expected: Expected) -> PutJob {
        let there = self.revision(job);
        if !self.is_met(job, expected) {
            return PutJob::Changed { revision: there };
        }
        let (own, name) = (key(job), &job.name);
        let namesake =
            self.there.iter().find(|((of, id), (called, _))| *of == own.0 && *id != own.1 && called == name);
        if let Some(((_, id), _)) = namesake {
            return PutJob::NameTaken { by: schedule(&id["sched_".len()..]) };
        }
        let revision = there.or(self.gone.get(&own).copied()).unwrap_or(0) + 1;
        self.there.insert(own, (name.clone(), revision));
        PutJob::Kept { revision, created: there.is_none() }
    }

    fn delete(&mut self, job: &NewJob, expected: Expected) -> DeleteJob {
        match self.revision(job) {
            Some(revision) if self.is_met(job, expected) => {
                self.there.remove(&key(job));
                self.gone.insert(key(job), revision);
                DeleteJob::Deleted
            }
            revision => DeleteJob::Changed { revision },
        }
    }
}

async fn follow(dir: &Path, changes: Vec<Change>) {
    let (mut store, mut model) = (open(dir), Model::default());
    for change in changes {
        match change {
            Change::Put(job, expected) => {
                assert_eq!(store.put_job(job.clone(), expected).await.unwrap(), model.put(&job, expected));
            }
            Change::Delete(job, expected) => {
                let deleted = store.delete_job(&job.organization, &job.schedule, expected).await.unwrap();
                assert_eq!(deleted, model.delete(&job, expected));
            }
            Change::OpenAgain => {
                drop(store);
                store = open(dir);
            }
        }
        assert_eq!(all(&store).await, model.there);
    }
}

async fn all(store: &Store) -> BTreeMap<(String, String), (String, u32)> {
    let jobs = store.jobs(None).await.unwrap();
    jobs.into_iter()
        .map(|job| {
            assert_eq!(job.definition, new_job("any", &job.name).definition);
            ((job.organization.to_string(), job.schedule.to_string()), (job.name, job.revision))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_store_does_as_the_model(changes in prop::collection::vec(change(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(follow(dir.path(), changes));
    }
}
