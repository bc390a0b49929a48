//! What can only be judged over all files and scripts together: commands, dependencies, circles.
//!
//! Pure: no files, no environment, no clock.

use std::collections::BTreeSet;

use super::super::check::dotted;
use super::super::diagnostic::{Code, Diagnostic, Place};
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
        let near = names::nearest(name, detected.iter().map(|script| script.name.as_str()));
        let hint = match near {
            Some(near) => format!("add `run = \"…\"`; or did you mean the script `{near}`?"),
            None => "add `run = \"…\"`".to_owned(),
        };
        let message = format!("[{}] has no command", dotted(&["processes", name]));
        wrong.push(
            Diagnostic::new(Code::NoCommand, place(stack, &["processes", name]), message)
                .key(dotted(&["processes", name]))
                .hint(hint),
        );
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
            let hint = match names::nearest(dependency, known.iter().copied().filter(|known| known != name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it as [{}]", dotted(&["processes", dependency])),
            };
            let index = index.to_string();
            let at = place(stack, &["processes", name, "depends_on", &index]);
            let message = format!("`{name}` depends on `{}`, which is not there", dependency.escape_debug());
            wrong.push(
                Diagnostic::new(Code::UnknownDependency, at, message)
                    .key(dotted(&["processes", name, "depends_on"]))
                    .hint(hint),
            );
        }
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
