//! What lists look for is taken out of a job's definition once for each revision, whoever wrote it.

use hook_core::OrganizationId;
use job_store::{Facts, NewRepository};

use crate::{Problem, Service};

impl Service {
    /// Takes what is missing. After it each job that can be read has its repository.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn take_facts(&self, organization: &OrganizationId) -> Result<(), Problem> {
        let changed =
            self.store.jobs_without_facts(organization).await.map_err(|error| self.failed(&error))?;
        for job in changed {
            let facts = match self.forms.facts(job.definition.expose()) {
                Ok(facts) => facts,
                Err(reason) => {
                    tracing::warn!(job = %job.schedule, "the definition of a job cannot be read: {reason}");
                    continue;
                }
            };
            let repository = NewRepository {
                id: self.accounts().id("repo_"),
                organization: organization.clone(),
                url: facts.repository.url,
                definition: facts.repository.definition,
            };
            let facts = Facts { source: facts.source, url: facts.shown_url, enabled: facts.enabled };
            let kept = self.store.keep_facts(&job, facts, repository).await;
            kept.map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }
}
