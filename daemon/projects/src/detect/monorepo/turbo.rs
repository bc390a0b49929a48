//! Turborepo: the tasks of the root's turbo.json that no script of the root is called after.

use std::path::Path;

use brummer_event::spec::Kind;

use super::Local;
use crate::detect::json::Json;
use crate::detect::node::{Scripts, Task};
use crate::detect::notices::Notices;
use crate::detect::shape::Shape::{self, Any, Keys, Map};
use crate::detect::{kind, manifest};
use crate::tree::Format;

const SHAPE: Shape = Keys(&[("tasks", Map(&Map(&Any))), ("pipeline", Map(&Map(&Any)))]);

pub(super) struct Turbo {
    source: &'static str,
    tasks: Vec<(String, Json)>,
}

pub(super) fn read(dir: &Path, notices: &mut Notices) -> Option<Turbo> {
    let source =
        ["turbo.json", "turbo.jsonc"].into_iter().find(|name| manifest::is_there(&dir.join(name)))?;
    let json = super::read(dir, source, Format::Commented, &SHAPE, notices)?;
    // A package's own file only adds to the root's.
    if json.get("extends").is_some() {
        return None;
    }
    let tasks = json.get("tasks").or_else(|| json.get("pipeline")).map(Json::entries).unwrap_or_default();
    Some(Turbo { source, tasks: tasks.to_vec() })
}

impl Turbo {
    pub(super) fn add(&self, scripts: &mut Scripts<'_>, local: &Local<'_>) {
        let dir = scripts.dir.to_owned();
        // `web#build` configures one package, `//#lint` a script of the root.
        for (task, about) in self.tasks.iter().filter(|(task, _)| !task.contains('#')) {
            let stays = about.get("persistent") == Some(&Json::Bool(true));
            scripts.add_task(Task {
                name: task,
                package: "",
                directory: &dir,
                argv: local.call("turbo", "turbo", &["run", task]),
                tool: "turbo",
                source: self.source.to_owned(),
                kind: if stays { Kind::Service } else { kind::of_script(task, "") },
                is_default: stays && task == "dev",
            });
        }
    }
}
