//! What a start needs besides what it names: scripts that others depend on become processes before those start,
//! and what cannot be started at all is refused before anything begins.

use std::collections::BTreeSet;

use brummer_event::ProcessKey;
use brummer_process::NewSpec;
use brummer_projects::Loaded;

use crate::act::Startable;
use crate::{Kind, ProjectRef, Refusal, World};

impl World {
    /// Adds the scripts that the chosen ones depend on, directly or not, and that are no processes yet.
    ///
    /// # Errors
    /// One of them all cannot be started.
    pub(crate) fn add_needed(
        &self,
        of: &ProjectRef,
        files: &Loaded,
        to: &mut Startable,
    ) -> Result<(), Refusal> {
        let registry = self.processes().snapshot();
        let scripts = to.scripts.iter().map(|spec| spec.name.clone());
        let mut waiting: Vec<String> = to.known.iter().cloned().chain(scripts).collect();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let known = registry.get(&ProcessKey::new(of.name.clone(), name.as_str()));
            let written = files.specs.iter().find(|spec| spec.name == name);
            let Some(spec) = written.or(known.map(|view| &*view.next)) else { continue };
            if let Some(why) = &spec.unrunnable {
                let message = format!("`{name}` cannot be started: it {why}");
                return Err(Refusal::new(Kind::Conflict, "UNRUNNABLE", message));
            }
            if !to.alone {
                waiting.extend(spec.depends_on.iter().cloned());
            }
            let listed = [&to.scripts, &to.needed].into_iter().flatten().any(|listed| listed.name == name);
            if known.is_none() && !listed {
                to.needed.push(spec.clone());
            }
        }
        Ok(())
    }

    /// Makes processes of what others depend on; starting them is those others' affair.
    pub(crate) async fn make_needed(&self, project: &str, names: &mut Startable) -> Result<(), Refusal> {
        let project_dir = self.projects().get(project)?.dir.clone();
        for spec in std::mem::take(&mut names.needed) {
            let key = ProcessKey::new(project, spec.name.as_str());
            self.processes().make_known(key, NewSpec { spec, project_dir: project_dir.clone() }).await?;
        }
        Ok(())
    }
}
