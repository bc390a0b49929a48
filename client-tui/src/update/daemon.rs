//! What the daemon tells by itself.

use super::{lines, lists};
use crate::effect::Effect;
use crate::message::{Change, Update};
use crate::model::process::{Endpoint, Process, Project, Usage};
use crate::model::status::Status;
use crate::model::{Link, Model, Place};

pub(super) fn update(model: &mut Model, update: Update) -> Vec<Effect> {
    match update {
        Update::Processes(change) => processes(model, change),
        Update::Usage(samples) => usage(model, &samples),
        Update::Incidents(Change::All(all)) => model.incidents.replace(all),
        Update::Incidents(Change::One(incident)) => model.incidents.change(*incident),
        Update::Incidents(Change::Gone(id)) => model.incidents.remove(&id),
        Update::Endpoints(change) => endpoints(model, change),
        Update::Projects(change) => projects(model, change),
        Update::Lines { opening, entries, epoch } => {
            if opening != model.log.opening {
                model.redraw = false;
                return Vec::new();
            }
            if !epoch.is_empty() {
                model.log.epoch = epoch;
            }
            let bound = lines::bound(model);
            model.log.arrive(entries, bound);
        }
        Update::Scanned { opening, scan } => {
            if opening != model.log.opening {
                model.redraw = false;
                return Vec::new();
            }
            model.log.refused = None;
            // Nothing of it matches: what is kept of the stream before must not pass for it.
            if model.log.outdated && scan.through >= scan.newest {
                model.log.arrive(Vec::new(), 0);
            }
            model.log.scan = Some(scan);
        }
        Update::LinesRefused { opening, failure } => {
            if opening == model.log.opening {
                let hint = failure.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                model.log.refused = Some(format!("{}{hint}", failure.message));
            }
        }
        Update::Refused(failure) => model.status = Some(Status::error(failure.message, failure.hint)),
        Update::Away { since_ms } => model.link = Link::Away { since_ms },
        Update::Back => {
            model.link = Link::Live;
        }
    }
    Vec::new()
}

fn processes(model: &mut Model, change: Change<Process>) {
    // Names that are only just being started come with their answer: they are not gone, but not there yet.
    let was_there = model.selected_process().is_some();
    match change {
        Change::All(all) => {
            let old = std::mem::replace(&mut model.processes, all);
            for process in &mut model.processes {
                if let Some(known) = old.iter().find(|known| known.name == process.name) {
                    keep_usage(process, known);
                }
            }
            model.processes_known = true;
        }
        Change::One(mut process) => {
            match model.processes.iter_mut().find(|known| known.name == process.name) {
                Some(known) => {
                    keep_usage(&mut process, known);
                    *known = *process;
                }
                None => model.processes.push(*process),
            }
        }
        Change::Gone(name) => model.processes.retain(|known| known.name != name),
    }
    if was_there && model.selected_process().is_none() {
        lists::select_process(model, None);
    }
    lists::settle(model);
    lines::settle(model);
}

/// Between two samples the last one stays, as long as it is the same run.
fn keep_usage(new: &mut Process, known: &Process) {
    if new.run == known.run && new.pid.is_some() {
        new.cpu_percent = new.cpu_percent.or(known.cpu_percent);
        new.rss_bytes = new.rss_bytes.or(known.rss_bytes);
    }
}

fn usage(model: &mut Model, samples: &[Usage]) {
    let mut changed = false;
    for sample in samples {
        if let Some(process) = model.processes.iter_mut().find(|process| process.name == sample.name) {
            let new = (Some(sample.cpu_percent), Some(sample.rss_bytes));
            changed |= (process.cpu_percent, process.rss_bytes) != new;
            (process.cpu_percent, process.rss_bytes) = new;
        }
    }
    model.redraw = changed;
}

fn endpoints(model: &mut Model, change: Change<Endpoint>) {
    match change {
        Change::All(all) => {
            model.endpoints = all;
            model.endpoints_known = true;
        }
        Change::One(endpoint) => {
            let id = endpoint.id();
            match model.endpoints.iter_mut().find(|known| known.id() == id) {
                Some(known) => *known = *endpoint,
                None => model.endpoints.push(*endpoint),
            }
        }
        Change::Gone(id) => model.endpoints.retain(|known| known.id() != id),
    }
    model.endpoints.sort_by(|a, b| (&a.process, &a.url).cmp(&(&b.process, &b.url)));
    lists::settle(model);
}

fn projects(model: &mut Model, change: Change<Project>) {
    match change {
        Change::All(all) => model.projects = all,
        Change::One(project) => match model.projects.iter_mut().find(|known| known.name == project.name) {
            Some(known) => *known = *project,
            None => model.projects.push(*project),
        },
        Change::Gone(name) => model.projects.retain(|known| known.name != name),
    }
    // Somebody has opened this very directory.
    if let Place::Directory(directory) = &model.place
        && let Some(project) = model.projects.iter().find(|project| &project.directory == directory)
    {
        let (name, directory) = (project.name.clone(), project.directory.clone());
        super::go_to(model, name, directory);
    }
}
