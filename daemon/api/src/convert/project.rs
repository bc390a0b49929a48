//! Projects, scripts and configuration on the wire.

use brummer_event::secret;
use brummer_projects::config::{ConfigValue, ReadImport};
use brummer_projects::{Diagnostic, Lack, Script};
use brummer_proto::v1;
use brummer_world::{Change, ProjectRef, ProjectReloaded, ProjectRow, ReloadItem};

use super::mask;
use super::process::{kind, process};

pub(crate) fn reference(project: ProjectRef) -> v1::ProjectRef {
    v1::ProjectRef {
        name: project.name.to_string(),
        directory: project.dir.to_string_lossy().into_owned(),
        here: project.here,
        host: String::new(),
    }
}

pub(crate) fn project(row: &ProjectRow) -> v1::Project {
    v1::Project {
        host: String::new(),
        name: row.name.to_string(),
        directory: row.dir.to_string_lossy().into_owned(),
        trusted: row.trusted,
        open: row.open,
        config: row.config.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        running: row.running,
        failed: row.failed,
        other: row.other,
        mistakes: row.mistakes.iter().map(diagnostic).collect(),
    }
}

pub(crate) fn script(script: Script, project: &str, last_run_at_ns: Option<i64>) -> v1::Script {
    v1::Script {
        project: project.to_owned(),
        command: secret::arguments(&script.argv()),
        name: script.name,
        original: script.original,
        directory: script.directory.to_string_lossy().into_owned(),
        source: script.source,
        ecosystem: script.ecosystem.to_owned(),
        runner: script.runner,
        runner_version: script.runner_version.unwrap_or_default(),
        kind: kind(script.kind).into(),
        missing: script.missing.as_ref().map(Lack::what).unwrap_or_default(),
        missing_reason: script.missing.as_ref().map(Lack::reason).unwrap_or_default(),
        wants_argument: matches!(script.missing, Some(Lack::Argument(_))),
        last_run_at_ns,
        description: script.description.as_deref().map(secret::text).unwrap_or_default(),
    }
}

pub(crate) fn diagnostic(diagnostic: &Diagnostic) -> v1::Diagnostic {
    let (line, column) = diagnostic.position();
    v1::Diagnostic {
        code: diagnostic.code.as_str().to_owned(),
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone().unwrap_or_default(),
        file: diagnostic.file().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        rendered: diagnostic.render(),
        severity: diagnostic.code.severity().as_str().to_owned(),
        key: diagnostic.key.clone().unwrap_or_default(),
    }
}

pub(crate) fn config_value(value: &ConfigValue) -> v1::ConfigValue {
    let shown = mask::setting(&value.key, &value.value);
    v1::ConfigValue { key: value.key.clone(), value: shown, source: value.source.to_string() }
}

pub(crate) fn imported(read: ReadImport, written: bool) -> v1::ImportConfigResponse {
    let notes = read.imported.notes.into_iter().map(|note| v1::ImportNote {
        place: note.place,
        line: note.line.map_or(0, |line| u32::try_from(line).unwrap_or(u32::MAX)),
        why: secret::text(&note.why),
    });
    let mut notes: Vec<v1::ImportNote> = notes.collect();
    let text = secret::text(&read.imported.text);
    if !written && text != read.imported.text {
        let place = read.target.file_name().map(|name| name.to_string_lossy().into_owned());
        let why =
            format!("values of secrets are shown as {}; `--write` writes them as they are", secret::MASKED);
        notes.push(v1::ImportNote { place: place.unwrap_or_default(), line: 0, why });
    }
    v1::ImportConfigResponse {
        text,
        file: read.target.to_string_lossy().into_owned(),
        written,
        format: read.imported.format.word().to_owned(),
        processes: read.imported.processes,
        notes,
    }
}

pub(crate) fn reloaded(reloaded: ProjectReloaded) -> v1::ProjectReloaded {
    v1::ProjectReloaded {
        project: Some(reference(reloaded.project)),
        diagnostics: reloaded.diagnostics.iter().map(diagnostic).collect(),
        results: reloaded.items.iter().map(reload_result).collect(),
    }
}

fn reload_result(item: &ReloadItem) -> v1::ReloadResult {
    let view = item.row.as_ref().map(|row| &row.view);
    let did = match item.change {
        // How the files stand to what runs is the question, whenever they were read.
        Change::Unchanged if view.is_some_and(|view| view.is_undeclared()) => v1::ReloadDid::Removed,
        Change::Unchanged if view.is_some_and(|view| view.is_changed()) => v1::ReloadDid::Changed,
        Change::Added => v1::ReloadDid::Added,
        Change::Changed => v1::ReloadDid::Changed,
        Change::Restarted => v1::ReloadDid::Restarted,
        Change::Removed => v1::ReloadDid::Removed,
        Change::Unchanged => v1::ReloadDid::Unchanged,
    };
    v1::ReloadResult {
        name: item.key.name.to_string(),
        did: did.into(),
        process: item.row.as_ref().map(process),
    }
}
