//! mprocs (`procs`) and its successor dekit (`tasks`), in YAML and JSON.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::pattern;
use brummer_event::spec::Restart;

use super::draft::Draft;
use super::field::{Field, Notes};
use super::render;
use crate::tree::Value;

/// Keys of the whole file that concern its screens and its server.
const ITS_OWN: [&str; 12] = [
    "server",
    "hide_keymap_window",
    "hide_zen_message",
    "hide_proc_frame",
    "mouse_scroll_speed",
    "scrollback",
    "proc_list_width",
    "proc_list_title",
    "keymap_procs",
    "keymap_term",
    "keymap_copy",
    "log",
];

pub(super) fn drafts(root: &Field<'_>, notes: &mut Notes) -> Vec<Draft> {
    let mut defaults = None;
    for field in root.fields(notes) {
        match field.key() {
            "procs" | "tasks" => {}
            "defaults" => defaults = Some(field),
            "proc_log" => field.leave(notes, "lines are kept by Brummer; see `brummerctl logs`"),
            "load" => field.leave(notes, "other files are not looked into; import them too"),
            "kernel" | "on_init" | "on_idle" | "on_all_finished" => {
                field.leave(notes, "has no counterpart");
            }
            key if ITS_OWN.contains(&key) => {}
            _ => field.leave(notes, "is not known; left out"),
        }
    }
    let lists: Vec<Field<'_>> = ["procs", "tasks"].iter().filter_map(|key| root.get(key)).collect();
    if lists.is_empty() {
        root.leave(notes, "has neither `procs` nor `tasks`");
    }
    let mut drafts = Vec::new();
    for list in lists {
        for entry in list.fields(notes) {
            // Nothing as a value takes an entry of another file out.
            if !entry.is_null() {
                drafts.push(draft(&entry, defaults.as_ref(), notes));
            }
        }
    }
    drafts
}

fn draft(entry: &Field<'_>, defaults: Option<&Field<'_>>, notes: &mut Notes) -> Draft {
    let mut draft = Draft::at(entry);
    // Nothing restarts there unless it says so.
    draft.restart = Some(Restart::No);
    if !matches!(entry.node.value, Value::Table(_)) {
        draft.run = entry.command(notes);
        return draft;
    }
    for field in defaults.map(|defaults| defaults.fields(notes)).unwrap_or_default() {
        take(&mut draft, &field, notes);
    }
    for field in entry.fields(notes) {
        take(&mut draft, &field, notes);
    }
    draft
}

fn take(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    let Some(field) = selected(field, notes) else { return };
    let field = &field;
    match field.key() {
        "shell" | "cmd" => draft.run = field.command(notes),
        "script" => {
            field.leave(notes, "scripts of dekit are run by dekit alone");
        }
        "cwd" => draft.dir = field.text(notes).map(|dir| here(&dir)),
        "env" => {
            let found = environment(field, notes);
            draft.set(found);
        }
        "autostart" => draft.autostart = field.truth(notes).filter(|start| !*start),
        "autorestart" => {
            let again = field.truth(notes) == Some(true);
            draft.restart = Some(if again { Restart::Always } else { Restart::No });
            draft.max_restarts = again.then_some(0);
            if again {
                field.leave(
                    notes,
                    "restarts also what ended within a second of its start, which stays down there",
                );
            }
        }
        "deps" => {
            for item in field.items(notes) {
                if let Some(name) = item.text(notes) {
                    draft.needs(&item, name.strip_prefix('/').unwrap_or(&name), false);
                }
            }
        }
        "stop" => stop(draft, field, notes),
        "label" => draft.comments.extend(field.text(notes)),
        "tags" => {
            let tags = field.texts(notes);
            if !tags.is_empty() {
                draft.plan(notes, field, "a group", "groups", render::list(&tags));
            }
        }
        "ready_log" => {
            if let Some(log) = field.text(notes) {
                // There it is any part of a line.
                draft.ready_by(notes, field, &pattern::literal(&log));
            }
        }
        "add_path" => field.leave(notes, "has no counterpart; write `PATH=… exec CMD` as `run`"),
        "log" => field.leave(notes, "lines are kept by Brummer; see `brummerctl logs`"),
        "scrollback_len" | "mouse_scroll_speed" => {}
        _ => field.leave(notes, "is not known; left out"),
    }
}

/// `<CONFIG_DIR>/x` as seen from the file.
fn here(dir: &str) -> String {
    match dir.strip_prefix("<CONFIG_DIR>") {
        Some(rest) => match rest.trim_start_matches('/') {
            "" => ".".to_owned(),
            rest => rest.to_owned(),
        },
        None => dir.to_owned(),
    }
}

/// The value for this system of a `$select: os`; other values as they are.
fn selected<'a>(field: &Field<'a>, notes: &mut Notes) -> Option<Field<'a>> {
    if field.get("$select").is_none() {
        return Some(field.clone());
    }
    let chosen = field.get("linux").or_else(|| field.get("$else"));
    field.leave(notes, "only its value for Linux is taken");
    chosen.map(|chosen| field.with_value_of(&chosen))
}

fn environment(field: &Field<'_>, notes: &mut Notes) -> Vec<(String, Option<String>)> {
    let Value::Table(_) = field.node.value else { return field.variables(notes) };
    let all = field.fields(notes);
    let chosen = all.iter().filter_map(|variable| selected(variable, notes)).collect();
    field.variables_among(chosen, notes)
}

fn stop(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    if let Some(word) = field.as_text() {
        match word.as_ref() {
            "hard-kill" => draft.signal(notes, field, "SIGKILL"),
            word => draft.signal(notes, field, word),
        }
        return;
    }
    for part in field.fields(notes) {
        match part.key() {
            "signal" => {
                if let Some(signal) = part.text(notes) {
                    draft.signal(notes, &part, &signal);
                }
            }
            "cmd" => draft.stop_command = part.command(notes),
            "send-keys" if part.texts(notes) == ["<C-c>"] => {
                draft.signal(notes, &part, "SIGINT");
                part.leave(notes, "Ctrl-C is sent as SIGINT: there is no terminal in this version");
            }
            "send-keys" => part.leave(notes, "there is no terminal to send keys to in this version"),
            "group" => {
                if part.truth(notes) == Some(false) {
                    part.leave(notes, "the whole tree is stopped");
                }
            }
            _ => part.leave(notes, "is not known; left out"),
        }
    }
}
