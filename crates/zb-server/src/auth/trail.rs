//! What goes into the audit trail (`api.md` §2).

use hook_core::OrganizationId;
use job_store::{Actor, AuditEntry};

use super::SignedIn;
use crate::{Caller, Credential, Problem, Service};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $word:literal,)*) => {
        /// What somebody did.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As the trail has it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

actions! {
    /// A job was made.
    JobCreated "job.created",
    /// A job was changed.
    JobReplaced "job.replaced",
    /// A job was deleted.
    JobDeleted "job.deleted",
    /// A repository was added.
    RepositoryCreated "repository.created",
    /// A repository was changed.
    RepositoryReplaced "repository.replaced",
    /// A repository was deleted.
    RepositoryDeleted "repository.deleted",
    /// A destination was added.
    DestinationCreated "destination.created",
    /// A destination was changed.
    DestinationReplaced "destination.replaced",
    /// A destination was deleted.
    DestinationDeleted "destination.deleted",
    /// A hook was sent by hand: a test, or the post hook again.
    HookSent "hook.sent",
    /// Somebody said that a service runs again.
    HookCleared "hook.cleared",
    /// A run was begun by hand.
    RunRequested "run.requested",
    /// The end of a run was asked for.
    RunCancelled "run.cancelled",
    /// Somebody signed in.
    SessionStarted "session.started",
    /// Somebody tried to.
    SessionFailed "session.failed",
    /// An account was made.
    UserCreated "user.created",
    /// A person changed their name.
    UserReplaced "user.replaced",
    /// A person changed their password.
    UserPasswordChanged "user.password-changed",
    /// A set-up link was made for an account.
    UserLinked "user.linked",
    /// A set-up link was used.
    UserSetUp "user.set-up",
    /// An account was deleted.
    UserDeleted "user.deleted",
    /// Somebody became a member.
    MemberCreated "member.created",
    /// A member got a role.
    MemberReplaced "member.replaced",
    /// Somebody is a member no more.
    MemberDeleted "member.deleted",
    /// A token was made.
    TokenCreated "token.created",
    /// A token was revoked.
    TokenDeleted "token.deleted",
    /// An organization was made.
    OrganizationCreated "organization.created",
    /// An organization was changed.
    OrganizationReplaced "organization.replaced",
    /// An organization was deleted.
    OrganizationDeleted "organization.deleted",
}

impl Service {
    /// Notes what a caller did, in the trail of the organization they act in: to be called when it is done.
    ///
    /// # Errors
    /// The store fails; what was done is done.
    pub(crate) async fn note(
        &self,
        caller: &Caller,
        action: Action,
        target: impl Into<String>,
    ) -> Result<(), Problem> {
        self.note_in(&caller.organization, caller, action, target).await
    }

    /// The same in the trail of another organization: the one that it was done to.
    ///
    /// # Errors
    /// As [`Service::note`].
    pub(crate) async fn note_in(
        &self,
        organization: &OrganizationId,
        caller: &Caller,
        action: Action,
        target: impl Into<String>,
    ) -> Result<(), Problem> {
        let token = match &caller.credential {
            Credential::Session => None,
            Credential::Token { id, .. } => Some(id.clone()),
        };
        let actor =
            Actor { user: Some(caller.user_id.clone()), username: Some(caller.username.clone()), token };
        self.note_of(organization, actor, &caller.address, action, Some(target.into())).await
    }

    /// The same in `org_default`'s trail: accounts and organizations are the operators' affair.
    ///
    /// # Errors
    /// As [`Service::note`].
    pub(crate) async fn note_operator(
        &self,
        caller: &Caller,
        action: Action,
        target: &str,
    ) -> Result<(), Problem> {
        self.note_in(&OrganizationId::default(), caller, action, target).await
    }

    /// Notes what somebody did with their own account.
    ///
    /// # Errors
    /// As [`Service::note`].
    pub(crate) async fn note_self(&self, who: &SignedIn, action: Action) -> Result<(), Problem> {
        let user = Some(who.identity.user.clone());
        let actor = Actor { user: user.clone(), username: Some(who.identity.username.clone()), token: None };
        let seat = who.identity.seat.as_ref();
        let organization =
            seat.map_or_else(OrganizationId::default, |(organization, _)| organization.clone());
        self.note_of(&organization, actor, &who.address, action, user).await
    }

    /// Notes what somebody did who is no caller.
    ///
    /// # Errors
    /// As [`Service::note`].
    pub(super) async fn note_of(
        &self,
        organization: &OrganizationId,
        actor: Actor,
        address: &str,
        action: Action,
        target: Option<String>,
    ) -> Result<(), Problem> {
        let entry = AuditEntry {
            time: (self.around.clock)(),
            action: action.as_str().to_owned(),
            actor,
            target,
            address: Some(address.to_owned()),
        };
        self.store.note(organization, entry).await.map_err(|error| self.failed(&error))
    }
}
