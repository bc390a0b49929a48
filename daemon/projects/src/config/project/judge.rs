//! What can only be judged over all files and scripts together: commands, dependencies, circles.
//!
//! Pure: no files, no environment, no clock.

use std::collections::BTreeSet;

use brummer_event::spec::Kind;

use super::super::check::dotted;
use super::super::diagnostic::{Code, Diagnostic, Place};
use super::super::dialect::Dialect;
use super::super::graph;
use super::super::layers::Stack;
use super::RawProcess;
use crate::detect::Script;
use crate::names;

fn place(stack: &Stack, path: &[&str]) -> Place {
    stack.place(path).cloned().unwrap_or_else(|| Place::Environment(dotted(path)))
}

pub(super) fn commands(
    processes: &[(&str, RawProcess)],
    detected: &[Script],
    stack: &Stack,
    wrong: &mut Vec<Diagnostic>,
) {
    for (name, _) in processes {
        let written = stack.place(&["processes", name, "run"]).is_some();
        if written || detected.iter().any(|script| script.name == *name) {
            continue;
        }
        let path = ["processes", name];
        let at = place(stack, &path);
        let dialect = Dialect::at(&at);
        let add = format!("add {}", dialect.pair(&["run"], "\"…\""));
        let near = names::nearest(name, detected.iter().map(|script| script.name.as_str()));
        let hint = match near {
            Some(near) => format!("{add}; or did you mean the script `{near}`?"),
            None => add,
        };
        let message = format!("{} has no command", dialect.name(&path));
        wrong.push(Diagnostic::new(Code::NoCommand, at, message).key(dotted(&path)).hint(hint));
    }
}

pub(super) fn dependencies(
    processes: &[(&str, RawProcess)],
    detected: &[Script],
    stack: &Stack,
    wrong: &mut Vec<Diagnostic>,
) {
    let known: BTreeSet<&str> = processes
        .iter()
        .map(|(name, _)| *name)
        .chain(detected.iter().map(|script| script.name.as_str()))
        .collect();
    for (name, raw) in processes {
        for (index, dependency) in raw.depends_on.iter().enumerate() {
            if known.contains(dependency.as_str()) {
                continue;
            }
            let index = index.to_string();
            let at = place(stack, &["processes", name, "depends_on", &index]);
            let hint = match names::nearest(dependency, known.iter().copied().filter(|known| known != name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let table = Dialect::at(&at).table(&["processes", dependency], "{ run = \"…\" }");
                    format!("declare it as {table}")
                }
            };
            let message = format!("`{name}` depends on `{}`, which is not there", dependency.escape_debug());
            wrong.push(
                Diagnostic::new(Code::UnknownDependency, at, message)
                    .key(dotted(&["processes", name, "depends_on"]))
                    .hint(hint),
            );
        }
    }
}

/// A ready check is for services, and a deadline for a check.
pub(super) fn checks(
    processes: &[(&str, RawProcess)],
    detected: &[Script],
    stack: &Stack,
    wrong: &mut Vec<Diagnostic>,
) {
    for (name, raw) in processes {
        let base = detected.iter().find(|script| script.name == *name).filter(|_| raw.run.is_none());
        let kind = raw.kind.or_else(|| base.map(|script| script.kind)).unwrap_or(Kind::Service);
        let path = ["processes", name, "ready"];
        // One that this version has not is told already.
        let is_other = |told: &Diagnostic| {
            told.code == Code::NotBuilt
                && told.key.as_deref().is_some_and(|key| key.starts_with(&dotted(&path)))
        };
        let at = |key: &str| place(stack, &[path.as_slice(), &[key]].concat());
        let (key, message, hint) = if raw.ready.log.is_some() && kind == Kind::Task {
            let message = format!("`{name}` is a task, and a task is ready once it has succeeded");
            let service = Dialect::at(&at("log")).pair(&["kind"], "\"service\"");
            ("log", message, format!("take `ready` out, or write {service}"))
        } else if raw.ready.deadline.is_some()
            && raw.ready.log.is_none()
            && base.is_none_or(|script| script.ready.is_none())
            && !wrong.iter().any(is_other)
        {
            let message = format!("`ready` of `{name}` has a deadline and nothing to wait for");
            let check = Dialect::at(&at("deadline")).pair(&["ready"], "{ log = 'listening on' }");
            ("deadline", message, format!("add `log`, as {check}"))
        } else {
            continue;
        };
        let path: Vec<&str> = path.into_iter().chain([key]).collect();
        wrong.push(Diagnostic::new(Code::BadValue, at(key), message).key(dotted(&path)).hint(hint));
    }
}

pub(super) fn circles(processes: &[(&str, RawProcess)], stack: &Stack, wrong: &mut Vec<Diagnostic>) {
    let nodes: Vec<(&str, Vec<&str>)> = processes
        .iter()
        .map(|(name, raw)| (*name, raw.depends_on.iter().map(String::as_str).collect()))
        .collect();
    for circle in graph::cycles(&nodes) {
        let Some(first) = circle.first() else { continue };
        let next = circle.get(1).unwrap_or(first);
        let index = processes
            .iter()
            .find(|(name, _)| name == first)
            .and_then(|(_, raw)| raw.depends_on.iter().position(|dependency| dependency == next))
            .unwrap_or(0)
            .to_string();
        let way: Vec<&str> = circle.iter().copied().chain([*first]).collect();
        let message = if circle.len() == 1 {
            format!("dependency cycle: `{first}` depends on itself")
        } else {
            format!("dependency cycle: {}", way.join(" → "))
        };
        let at = place(stack, &["processes", first, "depends_on", &index]);
        wrong.push(
            Diagnostic::new(Code::Cycle, at, message)
                .key(dotted(&["processes", first, "depends_on"]))
                .hint("take one of these dependencies out"),
        );
    }
}
