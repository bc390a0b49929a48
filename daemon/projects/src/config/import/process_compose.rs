//! process-compose: the nearest relative. Times there are whole seconds.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::pattern;
use brummer_event::spec::{Command, Restart};

use super::Beside;
use super::draft::Draft;
use super::field::{Field, Notes};
use super::render;

/// Keys of the whole file that concern its own screens, server and log files.
const ITS_OWN: [&str; 8] = [
    "version",
    "log_level",
    "log_length",
    "log_format",
    "disable_json",
    "disable_env_expansion",
    "is_tui_disabled",
    "ordered_shutdown",
];

/// What holds for every process of the file.
struct Common {
    env: Vec<(String, Option<String>)>,
    /// Program and its flag, if the file names another shell.
    shell: Option<(String, String)>,
    dotenv: bool,
}

pub(super) fn drafts(root: &Field<'_>, beside: Beside, notes: &mut Notes) -> Vec<Draft> {
    let mut common = Common { env: Vec::new(), shell: None, dotenv: beside.dotenv };
    for field in root.fields(notes) {
        match field.key() {
            "processes" => {}
            "environment" => common.env = field.variables(notes),
            "shell" => {
                let part = |key: &str, notes: &mut Notes| field.get(key).and_then(|part| part.text(notes));
                let argument = part("shell_argument", notes).unwrap_or_else(|| "-c".to_owned());
                common.shell = part("shell_command", notes).map(|program| (program, argument));
            }
            "log_location" | "log_configuration" => {
                field.leave(notes, "lines are kept by Brummer; see `brummerctl logs`");
            }
            "vars" => field.leave(notes, "templates (`{{.NAME}}`) are not filled in; write the values out"),
            "env_cmds" => {
                field.leave(notes, "commands that give variables are not run; set them in a .env file")
            }
            "extends" => field.leave(notes, "the other file is not looked into; import it too"),
            "is_strict" => field.leave(notes, "always so here"),
            key if ITS_OWN.contains(&key) => {}
            _ => field.leave(notes, "is not known; left out"),
        }
    }
    let Some(processes) = root.get("processes") else {
        root.leave(notes, "has no `processes`");
        return Vec::new();
    };
    processes.fields(notes).iter().map(|process| draft(process, &common, notes)).collect()
}

fn draft(process: &Field<'_>, common: &Common, notes: &mut Notes) -> Draft {
    let mut draft = Draft::at(process);
    // Nothing restarts there unless it says so.
    draft.restart = Some(Restart::No);
    if common.dotenv {
        draft.env_files.push(".env".to_owned());
    }
    draft.set(common.env.clone());
    for field in process.fields(notes) {
        if !basics(&mut draft, &field, common, notes) && !parts(&mut draft, &field, notes) {
            field.leave(notes, "is not known; left out");
        }
    }
    draft
}

/// What a process is. False if `field` is none of it.
fn basics(draft: &mut Draft, field: &Field<'_>, common: &Common, notes: &mut Notes) -> bool {
    match field.key() {
        "command" => draft.run = command(field, common, notes).or(draft.run.take()),
        "entrypoint" => {
            let argv = field.texts(notes);
            if argv.first().is_some_and(|program| !program.is_empty()) {
                draft.run = Some(Command::Exec(argv));
            }
        }
        "working_dir" => draft.dir = field.text(notes),
        "environment" => {
            let found = field.variables(notes);
            draft.set(found);
        }
        "env_file" | "dotenv" => draft.env_files = field.texts(notes),
        "is_dotenv_disabled" => {
            if field.go_truth(notes) == Some(true) {
                draft.env_files.clear();
            }
        }
        "depends_on" => depends_on(draft, field, notes),
        "availability" => availability(draft, field, notes),
        "shutdown" => shutdown(draft, field, notes),
        "disabled" => {
            if field.go_truth(notes) == Some(true) {
                draft.autostart = Some(false);
            }
        }
        "is_daemon" => draft.daemonizes = field.go_truth(notes).filter(|daemon| *daemon),
        "description" => draft.comments.extend(field.text(notes)),
        _ => return false,
    }
    true
}

fn command(field: &Field<'_>, common: &Common, notes: &mut Notes) -> Option<Command> {
    let run = field.command(notes)?;
    let Command::Shell(script) = run else { return Some(run) };
    if script.contains("{{") {
        field.leave(notes, "holds a template (`{{…}}`), which is not filled in");
    }
    // Written so that its own expansion leaves them to the shell.
    let script = script.replace("$$", "$");
    match &common.shell {
        Some((program, argument)) if !program.is_empty() => {
            Some(Command::Exec(vec![program.clone(), argument.clone(), script]))
        }
        _ => Some(Command::Shell(script)),
    }
}

/// Parts that are not built, or are no business of ours. False if `field` is none of them.
fn parts(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) -> bool {
    match field.key() {
        "readiness_probe" => probe(draft, field, "ready", notes),
        "liveness_probe" => probe(draft, field, "health", notes),
        "ready_log_line" => {
            // There it is any part of a line.
            if let Some(log) = field.text(notes) {
                draft.ready_by(notes, field, &pattern::literal(&log));
            }
        }
        "is_tty" => {
            if field.go_truth(notes) == Some(true) {
                draft.plan(notes, field, "a terminal", "tty", "true".to_owned());
            }
        }
        "namespace" => {
            if let Some(group) = field.text(notes) {
                draft.plan(notes, field, "a group", "groups", render::list(&[group]));
            }
        }
        "replicas" => {
            if let Some(count) = field.number(notes).filter(|count| *count != 1) {
                draft.plan(notes, field, "more than one copy", "replicas", count.to_string());
            }
        }
        "schedule" => {
            let cron = field.get("cron").or_else(|| field.get("interval")).and_then(|when| when.text(notes));
            if let Some(when) = cron {
                let key = if field.get("cron").is_some() { "cron" } else { "every" };
                let value = format!("{{ {key} = {} }}", render::line(&when));
                draft.plan(notes, field, "a schedule", "schedule", value);
            }
        }
        "watch" => field.leave(notes, "restarting on changed files is not built into this version"),
        "log_location" | "log_configuration" => {
            field.leave(notes, "lines are kept by Brummer; see `brummerctl logs`");
        }
        "is_elevated" => field.leave(notes, "nothing is run as another user"),
        "vars" => field.leave(notes, "templates (`{{.NAME}}`) are not filled in; write the values out"),
        "launch_timeout_seconds" | "is_foreground" | "disable_ansi_colors" | "is_strict" | "extensions" => {
            field.leave(notes, "has no counterpart");
        }
        _ => return false,
    }
    true
}

fn depends_on(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    for (need, condition) in draft.needs_on_condition(field, notes) {
        let succeeded = matches!(condition.as_str(), "process_completed_successfully" | "process_completed");
        draft.needs(&need, need.key(), succeeded);
        match condition.as_str() {
            "" | "process_started" | "process_completed_successfully" | "process_log_ready" => {}
            "process_completed" => need.leave(notes, "waits until it has succeeded, not for any end of it"),
            "process_healthy" => need.leave(
                notes,
                "waits until it runs, not until its check passes: such checks are not built into this version",
            ),
            other => need.leave(notes, format!("the condition {other:?} is not known; waits until it runs")),
        }
    }
}

fn availability(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    for part in field.fields(notes) {
        match part.key() {
            "restart" => match part.as_text().unwrap_or_default().as_ref() {
                "always" | "unless-stopped" => draft.restart = Some(Restart::Always),
                "on_failure" | "on-failure" => draft.restart = Some(Restart::OnFailure),
                "no" | "false" | "" => draft.restart = Some(Restart::No),
                "exit_on_failure" => {
                    draft.restart = Some(Restart::No);
                    part.leave(
                        notes,
                        "its end ends nothing else here; `brummerctl wait` tells a script of it",
                    );
                }
                other => part.leave(notes, format!("{other:?} is not known; it is not restarted")),
            },
            "backoff_seconds" => {
                // It is always the same there.
                let delay = part.duration("s", notes);
                draft.backoff = (delay.clone(), delay);
            }
            "max_restarts" => draft.restarts(notes, &part),
            "exit_on_end" | "exit_on_skipped" => {
                if part.go_truth(notes) == Some(true) {
                    part.leave(notes, "its end ends nothing else here");
                }
            }
            _ => part.leave(notes, "is not known; left out"),
        }
    }
    draft.restarts_for_ever();
}

fn shutdown(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    for part in field.fields(notes) {
        match part.key() {
            "signal" => {
                if let Some(signal) = part.text(notes) {
                    draft.signal(notes, &part, &signal);
                }
            }
            "timeout_seconds" => draft.stop_timeout = part.duration("s", notes),
            "command" => draft.stop_command = part.command(notes),
            "parent_only" => {
                if part.go_truth(notes) == Some(true) {
                    part.leave(notes, "the whole tree is stopped");
                }
            }
            _ => part.leave(notes, "is not known; left out"),
        }
    }
}

fn probe(draft: &mut Draft, field: &Field<'_>, key: &str, notes: &mut Notes) {
    let mut parts = Vec::new();
    if let Some(http) = field.get("http_get") {
        let part = |name: &str, otherwise: &str| {
            http.get(name).and_then(|field| field.as_text()).unwrap_or(otherwise.into()).into_owned()
        };
        let port = part("port", "80");
        let path = part("path", "/");
        let (scheme, host) = (part("scheme", "http"), part("host", "127.0.0.1"));
        parts.push(format!("http = {}", render::line(&format!("{scheme}://{host}:{port}{path}"))));
    }
    if let Some(command) = field.get("exec").and_then(|exec| exec.get("command"))
        && let Some(command) = command.text(notes)
    {
        parts.push(format!("exec = {}", render::line(&command)));
    }
    for (theirs, ours) in [
        ("period_seconds", "interval"),
        ("timeout_seconds", "timeout"),
        ("initial_delay_seconds", "initial_delay"),
    ] {
        if let Some(duration) = field.get(theirs).and_then(|part| part.duration("s", notes)) {
            parts.push(format!("{ours} = {}", render::line(&duration)));
        }
    }
    for (theirs, ours) in [("failure_threshold", "failures"), ("success_threshold", "successes")] {
        if let Some(count) = field.get(theirs).and_then(|part| part.number(notes)) {
            parts.push(format!("{ours} = {count}"));
        }
    }
    match key {
        "ready" => draft.plan_ready(notes, field, parts),
        _ => draft.plan(notes, field, "a health check", key, format!("{{ {} }}", parts.join(", "))),
    }
}
