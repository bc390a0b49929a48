//! `up`: open and trust a project, tell supervision what it declares, start what is meant.

use std::path::PathBuf;
use std::sync::Arc;

use brummer_event::spec::ClientContext;
use brummer_process::Until;
use brummer_projects::{Located, NothingToStart, Verb};

use crate::act::Startable;
use crate::projects::located_name;
use crate::{ActionItem, ProjectAsk, ProjectRef, Refusal, Selection, Wish, World};

/// Notices that a refusal tells.
const NOTICES_TOLD: usize = 8;

#[derive(Debug, Clone)]
pub struct UpAsk {
    pub wish: Wish,
    pub client: ClientContext,
    /// Where the client stands.
    pub directory: PathBuf,
    /// Never all.
    pub selection: Selection,
    pub no_dependencies: bool,
    /// Of its configuration, kept until the next `up`.
    pub profile: Option<Arc<str>>,
    /// Until ready instead of running.
    pub wait: bool,
}

#[derive(Debug, Clone)]
pub struct UpDone {
    pub project: ProjectRef,
    pub items: Vec<ActionItem>,
    /// What was chosen without names, and why.
    pub choice: Option<String>,
    pub newly_trusted: bool,
    /// What was found and could not be used, in words.
    pub notices: Vec<String>,
}

impl World {
    /// Opens the project and starts the named processes, or what is meant to start by itself. The
    /// configuration is read before anything is made known, so that a broken one changes nothing.
    ///
    /// # Errors
    /// No project, a configuration with mistakes, a name that is not known, nothing to start.
    pub async fn up(&self, ask: UpAsk) -> Result<UpDone, Refusal> {
        let verb = if ask.selection.names.is_empty() { Verb::Find } else { Verb::Here };
        let located = self.locate(&ask.selection.project, verb).await?;
        let here = here(&located, &ask.selection.project);
        let dir = located.dir().to_owned();
        let path = ask.client.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.into());
        let loaded = self.projects().load_with(&dir, path, ask.profile.clone()).await?;
        let standing_in = std::fs::canonicalize(&ask.directory).unwrap_or_else(|_| ask.directory.clone());
        let choice = match ask.selection.names.as_slice() {
            [] => Some(loaded.choose(&standing_in).map_err(|nothing| told(nothing, &loaded.notices))?),
            _ => None,
        };

        let wanted = choice.as_ref().map_or(&ask.selection.names, |choice| &choice.names);

        // A name that nothing has, or what cannot run, opens nothing: a slip of the hand must not make a
        // directory trusted.
        let reference = ProjectRef { name: located_name(&located), dir: dir.clone(), here };
        for name in wanted {
            let mut names = Startable { alone: ask.no_dependencies, ..Startable::default() };
            self.add_named(&reference, &loaded, name, &mut names)?;
        }
        let entered = self.projects().enter_with(&dir, ask.profile).await?;
        let project = ProjectRef { name: entered.project.name.clone(), dir: dir.clone(), here };
        self.works().declare(&project.name, &dir, &loaded).await?;

        let mut names = Startable { alone: ask.no_dependencies, ..Startable::default() };
        for name in wanted {
            self.add_named(&project, &loaded, name, &mut names)?;
        }
        let until = if ask.wait { Until::Ready } else { Until::Running };
        let items = self
            .start_names(&ask.wish, &ask.client, &project.name, names, until, !ask.no_dependencies)
            .await?;
        Ok(UpDone {
            project,
            items,
            choice: choice.map(|choice| format!("{} ({})", choice.names.join(", "), choice.reason)),
            newly_trusted: entered.newly_trusted,
            notices: loaded.notices,
        })
    }
}

/// Nothing is to be started; what was found and could not be used may be why.
fn told(nothing: NothingToStart, notices: &[String]) -> Refusal {
    let mut refusal = Refusal::from(nothing);
    refusal.diagnostics = notices.iter().take(NOTICES_TOLD).cloned().collect();
    let more = notices.len().saturating_sub(NOTICES_TOLD);
    if more > 0 {
        refusal.diagnostics.push(format!("and {more} more: `brummerctl scripts` tells all"));
    }
    refusal
}

/// Whether the project is the current directory's, so that nobody needs to be told.
pub(crate) fn here(located: &Located, ask: &ProjectAsk) -> bool {
    match (located, ask) {
        (Located::Known { here: true, .. } | Located::New { here: true, .. }, _) => true,
        (_, ProjectAsk::Named { here: Some(directory), .. }) => {
            std::fs::canonicalize(directory).is_ok_and(|directory| directory.starts_with(located.dir()))
        }
        _ => false,
    }
}
