//! What stands around a page: the navigation, what needs somebody, and who is signed in.

use std::sync::LazyLock;

use super::{
    assets::{SCRIPT_PATH, STYLE_PATH},
    icon,
    visitor::Visitor,
};
use crate::{Problem, Service};

/// Where in the navigation a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Overview,
    Backups,
    Runs,
    Notifications,
    Settings,
}

/// An entry of the navigation.
pub(super) struct Entry {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) icon: &'static str,
    pub(super) is_here: bool,
}

/// What stands around a page.
pub(super) struct Shell {
    pub(super) base: String,
    pub(super) style: &'static LazyLock<String>,
    pub(super) script: &'static LazyLock<String>,
    /// Of the window.
    pub(super) title: String,
    pub(super) entries: Vec<Entry>,
    /// How many things need somebody.
    pub(super) needs: usize,
    pub(super) scheduler: bool,
    pub(super) person: String,
    pub(super) organization: String,
    pub(super) csrf: String,
    pub(super) flash: Option<String>,
    /// Whether the page loads itself again where there is no script.
    pub(super) refreshes: bool,
    /// The newest event that the page shows; nothing where events do not change it.
    pub(super) after: Option<u64>,
}

impl Shell {
    /// What the last press did.
    pub(super) fn told(&self) -> &str {
        self.flash.as_deref().and_then(|flash| flash.lines().next()).unwrap_or_default()
    }

    /// What somebody else said to it.
    pub(super) fn said(&self) -> Option<&str> {
        self.flash.as_deref()?.split_once('\n').map(|(_, said)| said)
    }
}

impl Service {
    /// The shell of a page.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn shell(
        &self,
        visitor: &Visitor,
        place: Place,
        title: impl Into<String>,
    ) -> Result<Shell, Problem> {
        let caller = &visitor.caller;
        let (user, organization) =
            tokio::join!(self.store.user(&caller.user_id), self.store.organization(&caller.organization));
        let user = user.map_err(|error| self.failed(&error))?;
        let organization = organization.map_err(|error| self.failed(&error))?;
        let entry = |path, name, icon, here| Entry { path, name, icon, is_here: here == place };
        Ok(Shell {
            base: self.settings.base_path.clone(),
            style: &STYLE_PATH,
            script: &SCRIPT_PATH,
            title: title.into(),
            entries: vec![
                entry("/", "Overview", icon::OVERVIEW, Place::Overview),
                entry("/backups", "Backups", icon::BACKUPS, Place::Backups),
                entry("/runs", "Runs", icon::RUNS, Place::Runs),
                entry("/notifications", "Notifications", icon::NOTIFICATIONS, Place::Notifications),
                entry("/settings", "Settings", icon::SETTINGS, Place::Settings),
            ],
            needs: self.count_needs(&caller.organization).await?,
            scheduler: (self.around.scheduler_is_alive)(),
            person: user.and_then(|user| user.name).unwrap_or_else(|| caller.username.clone()),
            organization: organization.map(|found| found.name).unwrap_or_default(),
            csrf: visitor.csrf.clone(),
            flash: visitor.flash.clone(),
            refreshes: false,
            after: None,
        })
    }
}
