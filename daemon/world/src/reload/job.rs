//! One reading of a project's files, applied.

use std::path::Path;
use std::sync::Arc;

use brummer_event::event::ProjectChange;
use brummer_event::{Payload, ProcessKey};
use brummer_process::{Change, Changed, DeclareRequest};
use brummer_projects::{Loaded, ProjectsError};
use brummer_scope::clock;

use super::{Outcome, Works, dir_of, path_of};
use crate::Refusal;

impl Works {
    /// Reads the files of a known project and takes over what they say.
    pub(super) async fn reload(&self, name: &Arc<str>) -> Outcome {
        let Some(dir) = dir_of(&self.projects, name) else {
            return match self.projects.get(name) {
                Err(error) => Outcome::Failed(error.into()),
                Ok(_) => Outcome::Applied(Vec::new()),
            };
        };
        let path = path_of(&self.processes, name).await;
        let loaded = match self.projects.load(&dir, path).await {
            Ok(loaded) => loaded,
            Err(ProjectsError::Config(mistakes)) => return Outcome::Mistakes(mistakes),
            Err(error) => return Outcome::Failed(error.into()),
        };
        match self.declare(name, &dir, &loaded).await {
            Ok(changes) => Outcome::Applied(changes),
            Err(refusal) => Outcome::Failed(refusal),
        }
    }

    /// Tells supervision what a reading found, and everybody what that changed.
    pub(crate) async fn declare(
        &self,
        name: &Arc<str>,
        dir: &Path,
        loaded: &Loaded,
    ) -> Result<Vec<Changed>, Refusal> {
        let request = DeclareRequest {
            project: name.to_string(),
            project_dir: dir.to_owned(),
            specs: loaded.specs.clone(),
            reading: Some(loaded.reading),
        };
        let changes = self.processes.declare(request).await?;
        if dir_of(&self.projects, name).is_none_or(|now| now != *dir) {
            // Forgotten while its files were read: then nothing of it may come back by that.
            self.processes.forget_project(name).await?;
            return Ok(Vec::new());
        }
        for changed in changes.iter().filter(|changed| changed.view.is_none()) {
            self.insight.forget(&changed.key).await;
        }
        let text = summary(&changes);
        if !text.is_empty() {
            let change = ProjectChange::Reloaded;
            let payload = Payload::Project { name: name.clone(), change, text: text.into() };
            // Counted by the bus if nobody can be told; each process shows it all the same.
            let _counted = self.bus.try_notice(clock::wall_ns(), payload);
        }
        Ok(changes)
    }
}

/// `added worker; changed api (restart to apply); removed old (still there)`; empty if nothing changed. Pure.
fn summary(changes: &[Changed]) -> String {
    let named = |wanted: Change, word: &str, note: &dyn Fn(&Changed) -> &'static str| {
        let names: Vec<String> = changes
            .iter()
            .filter(|changed| changed.change == wanted)
            .map(|changed| {
                let ProcessKey { name, .. } = &changed.key;
                format!("{name}{}", note(changed))
            })
            .collect();
        (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")))
    };
    let pending = |changed: &Changed| match &changed.view {
        Some(view) if view.is_changed() => " (restart to apply)",
        _ => "",
    };
    let there = |changed: &Changed| if changed.view.is_some() { " (still there)" } else { "" };
    let parts = [
        named(Change::Added, "added", &|_| ""),
        named(Change::Changed, "changed", &pending),
        named(Change::Restarted, "restarted", &|_| ""),
        named(Change::Removed, "removed", &there),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
