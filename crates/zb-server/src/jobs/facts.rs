//! What lists look for is taken out of a job's definition once for each revision, whoever wrote it.

use hook_core::OrganizationId;
use job_store::{Facts, NewRepository, StoredJob};

use crate::{Problem, Service};

/// So many in one write: nobody else waits long.
const AT_ONCE: usize = 500;

impl Service {
    /// Takes what is missing. After it each job that can be read has its repository.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn take_facts(&self, organization: &OrganizationId) -> Result<(), Problem> {
        let changed =
            self.store.jobs_without_facts(organization).await.map_err(|error| self.failed(&error))?;
        for some in changed.chunks(AT_ONCE) {
            let taken: Vec<_> = some.iter().filter_map(|job| self.facts_of(job)).collect();
            let kept = self.store.keep_facts(organization, taken).await;
            kept.map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    fn facts_of(&self, job: &StoredJob) -> Option<(StoredJob, Facts, NewRepository)> {
        let facts = self.forms.facts(job.definition.expose());
        let facts = facts.inspect_err(|reason| {
            tracing::warn!(job = %job.schedule, "the definition of a job cannot be read: {reason}");
        });
        let facts = facts.ok()?;
        let repository = NewRepository {
            id: self.accounts().id("repo_"),
            organization: job.organization.clone(),
            url: facts.repository.url,
            definition: facts.repository.definition,
        };
        let facts = Facts { source: facts.source, url: facts.shown_url, enabled: facts.enabled };
        Some((job.clone(), facts, repository))
    }
}
