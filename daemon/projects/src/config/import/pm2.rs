//! pm2's ecosystem file as JSON or YAML: `apps`, a list of them, or one alone. Times there are milliseconds.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::{Command, Restart};

use super::draft::Draft;
use super::field::{Field, Notes};
use super::{quoted, render};
use crate::tree::Value;

/// pm2's own way to stop: kept, since apps are written for it.
const SIGNAL: &str = "SIGINT";
const TIMEOUT: &str = "1600ms";
/// Quick ends after which pm2 gives up unless an app says otherwise.
const RESTARTS: u64 = 16;

/// What pm2 runs a script with, by its extension.
const INTERPRETERS: [(&str, &str); 9] = [
    ("js", "node"),
    ("cjs", "node"),
    ("mjs", "node"),
    ("ts", "ts-node"),
    ("py", "python3"),
    ("sh", "bash"),
    ("rb", "ruby"),
    ("php", "php"),
    ("pl", "perl"),
];

pub(super) fn drafts(root: &Field<'_>, notes: &mut Notes) -> Vec<Draft> {
    let apps = if matches!(root.node.value, Value::List(_)) {
        root.items(notes)
    } else if let Some(apps) = root.get("apps") {
        if let Some(deploy) = root.get("deploy") {
            deploy.leave(notes, "nothing is deployed");
        }
        match apps.node.value {
            Value::Table(_) => vec![apps],
            _ => apps.items(notes),
        }
    } else {
        vec![root.clone()]
    };
    apps.iter().map(|app| draft(app, notes)).collect()
}

/// The parts of an app that make its command.
#[derive(Default)]
struct Parts {
    script: Option<String>,
    args: Args,
    interpreter: Option<String>,
    interpreter_args: Args,
}

#[derive(Default)]
enum Args {
    #[default]
    None,
    List(Vec<String>),
    /// Quotes in it are for a shell to read.
    Shell(String),
}

fn draft(app: &Field<'_>, notes: &mut Notes) -> Draft {
    let mut draft = Draft::at(app);
    draft.stop_signal = Some(SIGNAL.to_owned());
    draft.stop_timeout = Some(TIMEOUT.to_owned());
    draft.restart = Some(Restart::Always);
    draft.max_restarts = Some(RESTARTS);
    let mut parts = Parts::default();
    let mut named = None;
    for field in app.fields(notes) {
        match field.key() {
            "name" => named = field.text(notes),
            "script" => parts.script = field.text(notes),
            "args" => parts.args = args(&field, notes),
            "interpreter" | "exec_interpreter" => parts.interpreter = field.text(notes),
            "interpreter_args" | "node_args" | "interpreterArgs" => {
                parts.interpreter_args = args(&field, notes);
            }
            "restart_delay" if app.get("exp_backoff_restart_delay").is_some_and(|field| !field.is_null()) => {
                field.leave(notes, "`exp_backoff_restart_delay` counts beside it");
            }
            _ => take(&mut draft, &field, notes),
        }
    }
    if draft.restart == Some(Restart::No) {
        draft.max_restarts = None;
    }
    draft.original = named.unwrap_or_else(|| {
        // What pm2 calls it.
        let script = parts.script.as_deref().unwrap_or_default();
        let file = script.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
    });
    draft.run = command(app, &parts, notes);
    draft
}

fn args(field: &Field<'_>, notes: &mut Notes) -> Args {
    match &field.node.value {
        Value::List(_) => Args::List(field.texts(notes)),
        _ => match field.text(notes) {
            None => Args::None,
            Some(text) if text.contains(['"', '\'', '\\']) => Args::Shell(text),
            Some(text) => Args::List(text.split_whitespace().map(str::to_owned).collect()),
        },
    }
}

fn command(app: &Field<'_>, parts: &Parts, notes: &mut Notes) -> Option<Command> {
    let script = parts.script.as_deref().filter(|script| !script.trim().is_empty())?;
    // `npm start` as a script: pm2 gives it to a shell.
    if script.contains(char::is_whitespace) && parts.interpreter.is_none() {
        let args = match &parts.args {
            Args::None => String::new(),
            Args::List(list) => list.iter().map(|one| format!(" {}", quoted(one))).collect(),
            Args::Shell(text) => format!(" {text}"),
        };
        return Some(Command::Shell(format!("{script}{args}")));
    }
    let extension = script.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(_, last)| last);
    let by_extension = extension
        .and_then(|e| INTERPRETERS.iter().find(|(known, _)| *known == e))
        .map(|(_, program)| *program);
    let interpreter = match parts.interpreter.as_deref() {
        Some("none" | "") => None,
        // pm2 has nvm install and find it.
        Some(named) if named.starts_with("node@") => {
            let why = format!("is run by the `node` of the PATH; pm2 takes `{named}` from nvm");
            app.get("interpreter")
                .or_else(|| app.get("exec_interpreter"))
                .unwrap_or_else(|| app.clone())
                .leave(notes, why);
            Some("node")
        }
        Some(named) => Some(named),
        None => by_extension,
    };
    if parts.interpreter.is_none() && by_extension == Some("ts-node") {
        app.leave(
            notes,
            "is TypeScript: run by `ts-node`; write another runner into `run` if that is not yours",
        );
    }
    let mut words: Vec<Args> = Vec::new();
    if let Some(interpreter) = interpreter {
        words.push(Args::List(vec![interpreter.to_owned()]));
        words.push(match &parts.interpreter_args {
            Args::None => Args::None,
            Args::List(list) => Args::List(list.clone()),
            Args::Shell(text) => Args::Shell(text.clone()),
        });
    }
    // A script beside the file is no program of the PATH.
    words.push(Args::List(vec![script.to_owned()]));
    let last = match &parts.args {
        Args::None => Args::None,
        Args::List(list) => Args::List(list.clone()),
        Args::Shell(text) => Args::Shell(text.clone()),
    };
    words.push(last);
    if words.iter().any(|word| matches!(word, Args::Shell(_))) {
        let text: Vec<String> = words
            .into_iter()
            .filter_map(|word| match word {
                Args::None => None,
                Args::List(list) if list.is_empty() => None,
                Args::List(list) => Some(list.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(" ")),
                Args::Shell(text) => Some(text),
            })
            .collect();
        return Some(Command::Shell(text.join(" ")));
    }
    let argv = words.into_iter().flat_map(|word| match word {
        Args::List(list) => list,
        Args::None | Args::Shell(_) => Vec::new(),
    });
    Some(Command::Exec(argv.collect()))
}

fn take(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    match field.key() {
        "cwd" => draft.dir = field.text(notes),
        "env" => {
            let found = field.variables(notes);
            draft.set(found);
        }
        "env_file" => draft.env_files = field.texts(notes),
        "autorestart" => {
            if field.truth(notes) == Some(false) {
                draft.restart = Some(Restart::No);
            }
        }
        "autostart" => draft.autostart = field.truth(notes).filter(|start| !*start),
        "kill_timeout" => draft.stop_timeout = field.duration("ms", notes),
        "instances" => {
            if field.as_text().as_deref() != Some("1") && !field.is_null() {
                let count = field.as_text().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
                let value = if count > 1 { count.to_string() } else { "\"auto\"".to_owned() };
                draft.plan(notes, field, "more than one copy", "replicas", value);
            }
        }
        "watch" => match &field.node.value {
            Value::Bool(false) | Value::Null => {}
            Value::Bool(true) => {
                draft.plan(notes, field, "restarting on changed files", "watch", "[\"**\"]".to_owned());
            }
            _ => {
                let paths = field.texts(notes);
                draft.plan(notes, field, "restarting on changed files", "watch", render::list(&paths));
            }
        },
        "max_memory_restart" => {
            if let Some(memory) = field.text(notes) {
                let memory = if memory.ends_with(['K', 'M', 'G']) { format!("{memory}iB") } else { memory };
                let value = format!("{{ memory = {} }}", render::line(&memory));
                draft.plan(notes, field, "a limit of memory", "limits", value);
            }
        }
        "restart_delay" => {
            // It is always the same there.
            let delay = field.duration("ms", notes);
            draft.backoff = (delay.clone(), delay);
        }
        "exp_backoff_restart_delay" => draft.backoff = (field.duration("ms", notes), None),
        "max_restarts" => draft.restarts(notes, field),
        "cron_restart" | "cron" => {
            if let Some(cron) = field.text(notes) {
                let value = format!("{{ cron = {} }}", render::line(&cron));
                draft.plan(notes, field, "a schedule", "schedule", value);
            }
        }
        "namespace" => {
            if let Some(group) = field.text(notes).filter(|group| group != "default") {
                draft.plan(notes, field, "a group", "groups", render::list(&[group]));
            }
        }
        "wait_ready" | "listen_timeout" => {
            field.leave(notes, "waiting for `process.send('ready')` is not built into this version");
        }
        "stop_exit_codes" => field.leave(notes, "exit codes of its own are not built into this version"),
        "exec_mode" => {
            if field.as_text().is_some_and(|mode| mode.starts_with("cluster")) {
                field.leave(notes, "is run as one ordinary process: sharing a port is pm2's");
            }
        }
        "error_file" | "out_file" | "output" | "error" | "log_file" | "log" | "log_date_format"
        | "merge_logs" | "combine_logs" | "time" | "log_type" | "err_file" | "disable_logs" => {
            field.leave(notes, "lines are kept by Brummer; see `brummerctl logs`");
        }
        "ignore_watch" | "watch_options" | "watch_delay" => {
            field.leave(notes, "restarting on changed files is not built into this version");
        }
        "shutdown_with_message" => field.leave(notes, "is stopped by a signal, not by a message"),
        key if key.starts_with("env_") => {
            let profile = key.strip_prefix("env_").unwrap_or(key);
            let found = field.variables(notes);
            draft.set_in_profile(notes, field, profile, found);
        }
        _ => field.leave(notes, "has no counterpart"),
    }
}
