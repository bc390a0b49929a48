//! `pitchfork.toml`: `[daemons.NAME]`. Times there are seconds or text with a unit.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::{Kind, Restart};

use super::draft::Draft;
use super::field::{Field, Notes};
use super::render;
use crate::tree::Value;

/// What pitchfork gives a daemon before it kills.
const TIMEOUT: &str = "5s";

pub(super) fn drafts(root: &Field<'_>, notes: &mut Notes) -> Vec<Draft> {
    for field in root.fields(notes) {
        match field.key() {
            "daemons" => {}
            "namespace" => field.leave(notes, "a project is named after its directory"),
            "settings" | "slugs" => field.leave(notes, "settings of pitchfork itself are left out"),
            _ => field.leave(notes, "is not known; left out"),
        }
    }
    let Some(daemons) = root.get("daemons") else {
        root.leave(notes, "has no `[daemons.NAME]`");
        return Vec::new();
    };
    daemons.fields(notes).iter().map(|daemon| draft(daemon, notes)).collect()
}

fn draft(daemon: &Field<'_>, notes: &mut Notes) -> Draft {
    let mut draft = Draft::at(daemon);
    // Nothing is tried again there unless it says so.
    draft.restart = Some(Restart::No);
    draft.stop_timeout = Some(TIMEOUT.to_owned());
    if daemon.as_text().is_some() {
        draft.run = daemon.command(notes);
        return draft;
    }
    let mut ready = Vec::new();
    for field in daemon.fields(notes) {
        match field.key() {
            key if key.starts_with("ready_") => ready.push(field),
            // Else it is what `retry` says, there too.
            "retry" if daemon.get("recovery").is_some() => {
                field.leave(notes, "counts starts that fail; here every end counts, as `recovery` says");
            }
            _ => take(&mut draft, &field, notes),
        }
    }
    ready_check(&mut draft, &ready, notes);
    draft
}

fn take(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    match field.key() {
        "run" => {
            draft.run = field.command(notes);
            if field.as_text().is_some_and(|run| run.contains("{{")) {
                field.leave(notes, "holds a template (`{{…}}`), which is not filled in");
            }
        }
        "dir" => draft.dir = field.text(notes),
        "env" => {
            let found = field.variables(notes);
            draft.set(found);
        }
        "depends" => draft.needs_all(field, notes),
        "retry" | "recovery" => retry(draft, field, notes),
        "stop_signal" => stop(draft, field, notes),
        "oneshot" => {
            if field.truth(notes) == Some(true) {
                draft.kind = Some(Kind::Task);
                draft.restart = None;
            }
        }
        "watch" => {
            let paths = field.texts(notes);
            draft.plan(notes, field, "restarting on changed files", "watch", render::list(&paths));
        }
        "cron" => {
            let schedule = field.get("schedule").unwrap_or_else(|| field.clone());
            if let Some(cron) = schedule.text(notes) {
                let value = format!("{{ cron = {} }}", render::line(&cron));
                draft.plan(notes, field, "a schedule", "schedule", value);
            }
        }
        "port" | "expected_port" => port(draft, field, notes),
        "memory_limit" | "cpu_limit" => {
            let key = if field.key() == "memory_limit" { "memory" } else { "cpu" };
            if let Some(limit) = field.text(notes) {
                let value = format!("{{ {key} = {} }}", render::line(&limit));
                draft.plan(notes, field, "a limit", "limits", value);
            }
        }
        "auto" => field.leave(notes, "nothing follows `cd`; `brummerctl up` starts it"),
        "boot_start" => {
            if field.truth(notes) == Some(true) {
                field.leave(notes, "is `resume = true` of the project in the user configuration");
            }
        }
        "hooks" => field.leave(notes, "hooks are not built into this version"),
        "mise" => field.leave(notes, "is not run through mise; write `mise x -- CMD` as `run`"),
        "user" => field.leave(notes, "nothing is run as another user"),
        _ => field.leave(notes, "has no counterpart"),
    }
}

/// `true` is for ever.
fn retry(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    match &field.node.value {
        Value::Bool(true) => {
            draft.restart = Some(Restart::OnFailure);
            draft.restarts_for_ever();
        }
        Value::Bool(false) | Value::Null => {}
        _ => {
            if field.number(&mut Notes::default()) != Some(0) {
                draft.restart = Some(Restart::OnFailure);
                draft.restarts(notes, field);
            }
        }
    }
}

fn stop(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    let signal = field.get("signal").unwrap_or_else(|| field.clone());
    if let Some(signal_text) = signal.text(notes) {
        draft.signal(notes, &signal, &signal_text);
    }
    if let Some(timeout) = field.get("timeout") {
        draft.stop_timeout = timeout.duration("s", notes).or(draft.stop_timeout.take());
    }
}

fn port(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    let wanted = match &field.node.value {
        Value::Table(_) => field.get("expect").unwrap_or_else(|| field.clone()),
        _ => field.clone(),
    };
    let first = match wanted.node.value {
        Value::List(_) => wanted.items(notes).into_iter().next(),
        _ => Some(wanted),
    };
    if let Some(number) = first.and_then(|port| port.number(notes)) {
        draft.plan(notes, field, "a port, set as PORT,", "port", number.to_string());
    }
}

fn ready_check(draft: &mut Draft, checks: &[Field<'_>], notes: &mut Notes) {
    for field in checks {
        let value = match field.key() {
            "ready_output" => {
                if let Some(log) = field.text(notes) {
                    draft.ready_by(notes, field, &log);
                }
                None
            }
            "ready_http" => {
                let url = field.get("url").unwrap_or_else(|| field.clone());
                url.text(notes).map(|url| format!("http = {}", render::line(&url)))
            }
            "ready_port" => field.number(notes).map(|port| format!("tcp = {port}")),
            "ready_cmd" => field.text(notes).map(|exec| format!("exec = {}", render::line(&exec))),
            "ready_delay" => {
                field.duration("s", notes).map(|delay| format!("initial_delay = {}", render::line(&delay)))
            }
            _ => {
                field.leave(notes, "is not known; left out");
                None
            }
        };
        if let Some(value) = value {
            draft.plan_ready(notes, field, vec![value]);
        }
    }
}
