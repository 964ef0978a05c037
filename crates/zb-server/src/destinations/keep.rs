//! Destinations kept, deleted and tried, over nobody's change.

use job_store::{
    ChangeDestination, DeliveryFilter, Expected, ListedDelivery, NewDestination, StoredDestination,
};
use serde_json::Value;

use super::{
    read::Checked,
    show::{self, Definition},
};
use crate::{
    Caller, Problem, Service,
    auth::{Action, Limit},
    body::Fields,
    etag::{self, IfMatch},
    named::not_found,
    query::Query,
};

/// So often it is tried again where others are faster.
const TRIES: usize = 5;

impl Service {
    /// A destination of the caller's organization.
    ///
    /// # Errors
    /// 404; the store fails.
    pub(crate) async fn destination_of(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<StoredDestination, Problem> {
        let found = self.store.destination(&caller.organization, id).await;
        found.map_err(|error| self.failed(&error))?.ok_or_else(not_found)
    }

    /// Makes a destination.
    ///
    /// # Errors
    /// 422; the store fails.
    pub(crate) async fn create_destination(
        &self,
        caller: &Caller,
        query: Query,
        fields: Fields,
    ) -> Result<StoredDestination, Problem> {
        let checked = self.read_destination(&caller.organization, query, fields, None).await?;
        let id = self.accounts().id("dest_");
        if self.put_destination(caller, &id, checked, Expected::Absent).await? != ChangeDestination::Done {
            return Err(self.internal("a fresh id is another destination's"));
        }
        self.note(caller, Action::DestinationCreated, id.as_str()).await?;
        self.destination_of(caller, &id).await
    }

    /// Puts a destination in the place of the one that is stored.
    ///
    /// # Errors
    /// 412, 422; the store fails.
    pub(crate) async fn replace_destination(
        &self,
        caller: &Caller,
        mut there: StoredDestination,
        query: Query,
        fields: Fields,
        wanted: &IfMatch,
    ) -> Result<StoredDestination, Problem> {
        for _ in 0..TRIES {
            wanted.allows(there.revision)?;
            let (query, fields) = (query.clone(), fields.clone());
            let checked = self.read_destination(&caller.organization, query, fields, Some(&there)).await?;
            let expected = Expected::Revision(there.revision);
            let put = self.put_destination(caller, &there.id, checked, expected).await?;
            // The masks stand for what is there now.
            there = self.destination_of(caller, &there.id).await?;
            if put == ChangeDestination::Done {
                self.note(caller, Action::DestinationReplaced, there.id.as_str()).await?;
                return Ok(there);
            }
        }
        Err(etag::changed(there.revision))
    }

    /// Deletes a destination, with its deliveries.
    ///
    /// # Errors
    /// 404, 412; the store fails.
    pub(crate) async fn delete_destination(
        &self,
        caller: &Caller,
        id: &str,
        expected: Expected,
    ) -> Result<(), Problem> {
        let deleted = self.store.delete_destination(&caller.organization, id, expected).await;
        match deleted.map_err(|error| self.failed(&error))? {
            ChangeDestination::Done => {}
            ChangeDestination::Changed { revision: Some(revision) } => return Err(etag::changed(revision)),
            ChangeDestination::Changed { revision: None } => return Err(not_found()),
        }
        self.note(caller, Action::DestinationDeleted, id).await
    }

    /// Counts the test of a destination.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn count_destination(&self, id: &str) -> Result<(), Problem> {
        self.count(&format!("destination {id}"), Limit::DEAR)
    }

    /// Sends a marked message, and says what came of it.
    ///
    /// # Errors
    /// What came of it could not be kept.
    pub(crate) async fn test_destination(
        &self,
        caller: &Caller,
        there: &StoredDestination,
    ) -> Result<ListedDelivery, Problem> {
        let sent = self.messenger.test(&there.organization, &there.id, there.definition.expose()).await;
        let id = sent.map_err(|reason| self.storage(&reason))?;
        let kept = self.store.delivery(&caller.organization, &id).await;
        // It may have been deleted meanwhile.
        kept.map_err(|error| self.failed(&error))?.ok_or_else(not_found)
    }

    /// The newest delivery to a destination.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn last_delivery(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<ListedDelivery>, Problem> {
        let filter = DeliveryFilter { destinations: vec![id.to_owned()], ..DeliveryFilter::default() };
        let found = self.store.deliveries(&caller.organization, filter, 1).await;
        Ok(found.map_err(|error| self.failed(&error))?.into_iter().next().map(|(_, delivery)| delivery))
    }

    /// A destination as `api.md` §7 has it.
    ///
    /// # Errors
    /// It cannot be read any more, or the store fails.
    pub(crate) async fn show_destination(
        &self,
        caller: &Caller,
        there: &StoredDestination,
    ) -> Result<Value, Problem> {
        let definition = Definition::of(there).map_err(|reason| self.internal(&reason))?;
        let last = self.last_delivery(caller, &there.id).await?;
        Ok(show::destination(there, &definition, last.as_ref()))
    }

    async fn put_destination(
        &self,
        caller: &Caller,
        id: &str,
        checked: Checked,
        expected: Expected,
    ) -> Result<ChangeDestination, Problem> {
        let definition = serde_json::to_string(&checked.definition);
        let new = NewDestination {
            id: id.to_owned(),
            organization: caller.organization.clone(),
            name: checked.name,
            enabled: checked.enabled,
            definition: definition.map_err(|error| self.internal(&error.to_string()))?.into(),
        };
        self.store.put_destination(new, expected).await.map_err(|error| self.failed(&error))
    }
}
