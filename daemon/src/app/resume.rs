//! Projects that their user wants back with the daemon: `resume = true`, and open when it ended.

use brummer_event::spec::ClientContext;
use brummer_event::{RequestId, RunId};
use brummer_scope::Scope;
use brummer_world::{ProjectAsk, Selection, UpAsk, Wish, World};

/// Starts them, each in a task of its own: one with a mistake holds up no other.
pub(super) fn resume(world: &World, scope: &Scope, client: &ClientContext) {
    let user = world.projects().user();
    for project in world.projects().list().iter().filter(|project| project.open) {
        // A directory is written as people write it; the project has the real path.
        let wanted = user.projects.iter().any(|(dir, keys)| {
            keys.resume && std::fs::canonicalize(dir).is_ok_and(|real| real == project.dir)
        });
        if !wanted {
            continue;
        }
        let (world, project) = (world.clone(), project.clone());
        let ask = UpAsk {
            wish: Wish {
                request: RequestId(format!("resume-{}", RunId::generate()).into()),
                expected_generation: None,
            },
            client: client.clone(),
            directory: project.dir.clone(),
            selection: Selection {
                project: ProjectAsk::Named { name: project.name.to_string(), here: None },
                names: Vec::new(),
            },
            no_dependencies: false,
            profile: project.profile.clone(),
            wait: false,
        };
        let _task = scope.spawn_until_cancelled("resume", async move {
            match world.up(ask).await {
                Ok(done) => tracing::info!(project = %project.name, started = done.items.len(), "resumed"),
                Err(refusal) => {
                    tracing::error!(project = %project.name, "cannot be resumed: {}", refusal.message);
                }
            }
        });
    }
}
