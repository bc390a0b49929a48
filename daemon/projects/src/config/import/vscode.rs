//! VS Code's `tasks.json`: tasks that are started by name; those that wait in the background are services.
//!
//! Pure: no files, no environment, no clock.

use std::borrow::Cow;

use brummer_event::spec::{Command, Kind};

use super::draft::Draft;
use super::field::{Field, Notes};
use super::{quoted, render};
use crate::matcher::Background;
use crate::tree::Value;

pub(super) fn drafts(root: &Field<'_>, notes: &mut Notes) -> Vec<Draft> {
    for field in root.fields(notes) {
        match field.key() {
            // Laid below each task's own.
            "version" | "tasks" | "$schema" | "options" | "linux" | "windows" | "osx" => {}
            "inputs" => field.leave(notes, "nothing is asked for at the start"),
            _ => field.leave(notes, "settings of all tasks are not taken over; write them into each"),
        }
    }
    let Some(tasks) = root.get("tasks") else {
        root.leave(notes, "has no `tasks`");
        return Vec::new();
    };
    let shared = [root.get("options"), root.get("linux").and_then(|linux| linux.get("options"))];
    let shared: Vec<Field<'_>> = shared.into_iter().flatten().collect();
    tasks.items(notes).iter().map(|task| draft(task, &shared, notes)).collect()
}

/// The parts of a task that make its command.
#[derive(Default)]
struct Parts {
    kind: Option<String>,
    command: Option<Word>,
    args: Vec<Word>,
    /// Of `"type": "npm"`.
    script: Option<String>,
    /// Of a task that gulp and its like know, and of the TypeScript compiler.
    task: Option<String>,
    tsconfig: Option<String>,
    watches: bool,
    /// The way from its directory to the workspace's.
    up: String,
}

struct Word {
    text: String,
    /// It asks for its quotes itself.
    quote: bool,
}

fn draft(task: &Field<'_>, shared: &[Field<'_>], notes: &mut Notes) -> Draft {
    let mut draft = Draft::at(task);
    let mut parts = Parts { up: way_up(task, shared), ..Parts::default() };
    // Nothing is started there that is not asked for.
    draft.autostart = Some(false);
    draft.kind = Some(Kind::Task);
    // An npm script's `path` is where it stands, whatever the file says of all tasks.
    let has_path = task.get("path").is_some();
    for field in shared {
        options(&mut draft, field, notes);
    }
    if has_path {
        draft.dir = None;
    }
    for field in task.fields(notes) {
        take(&mut draft, &mut parts, &field, notes);
    }
    if let Some(linux) = task.get("linux") {
        for field in linux.fields(notes) {
            take(&mut draft, &mut parts, &field, notes);
        }
    }
    if parts.watches && task.get("isBackground").is_none() {
        draft.kind = Some(Kind::Service);
    }
    // A compiler that is run once has the matchers of one that watches.
    draft.ready = draft.ready.filter(|_| draft.kind == Some(Kind::Service));
    draft.run = run(task, &parts, notes);
    if draft.run.is_none()
        && !draft.depends_on.is_empty()
        && parts.command.is_none()
        && parts.script.is_none()
    {
        draft.run = Some(Command::Exec(vec!["true".to_owned()]));
        draft.comments.push("Starts what it depends on.".to_owned());
    }
    if task.get("label").or_else(|| task.get("taskName")).is_none() {
        // As VS Code calls it.
        let script = parts.script.as_deref().map(|script| format!("npm: {script}"));
        let command = parts.command.as_ref().map(|command| command.text.clone());
        draft.original = script.or(command).unwrap_or(draft.original);
    }
    draft
}

/// `../` for each step that the task's directory is below the workspace's.
fn way_up(task: &Field<'_>, shared: &[Field<'_>]) -> String {
    let cwd = task.get("options").and_then(|options| options.get("cwd"));
    let shared = shared.iter().rev().find_map(|options| options.get("cwd"));
    let dir = cwd.or_else(|| task.get("path")).or(shared).and_then(|dir| dir.as_text()).unwrap_or_default();
    let dir = at("", &dir);
    if dir.starts_with('/') {
        return String::new();
    }
    dir.split('/').filter(|part| !matches!(*part, "" | "." | "..")).map(|_| "../").collect()
}

fn take(draft: &mut Draft, parts: &mut Parts, field: &Field<'_>, notes: &mut Notes) {
    match field.key() {
        "label" | "taskName" => {
            if let Some(label) = field.text(notes) {
                draft.original = label;
            }
        }
        "type" => parts.kind = field.text(notes),
        "command" => parts.command = word(field, &parts.up, notes),
        "args" => {
            let up = &parts.up;
            parts.args = field.items(notes).iter().filter_map(|item| word(item, up, notes)).collect();
        }
        "script" => parts.script = field.text(notes),
        "task" => parts.task = field.text(notes),
        "tsconfig" => parts.tsconfig = field.text(notes),
        "option" => parts.watches = field.as_text().as_deref() == Some("watch"),
        "path" => draft.dir = field.text(notes).filter(|dir| !dir.is_empty()),
        "options" => options(draft, field, notes),
        "dependsOn" => depends_on(draft, field, notes),
        "dependsOrder" => {
            if field.as_text().as_deref() == Some("sequence") {
                field.leave(notes, "what it depends on starts at once; give each its own `depends_on`");
            }
        }
        "isBackground" => {
            if field.truth(notes) == Some(true) {
                draft.kind = Some(Kind::Service);
            }
        }
        "problemMatcher" => matcher(draft, field, notes),
        "runOptions" => {
            if field.get("runOn").and_then(|on| on.as_text()).as_deref() == Some("folderOpen") {
                draft.autostart = None;
            }
        }
        "group" => {
            let group = field.get("kind").unwrap_or_else(|| field.clone());
            if let Some(group) = group.text(notes) {
                draft.plan(notes, field, "a group", "groups", render::list(&[group]));
            }
        }
        "detail" => draft.comments.extend(field.text(notes)),
        // Taken afterwards, over the rest; the other systems are none of ours.
        "linux" | "windows" | "osx" => {}
        "presentation" | "icon" | "hide" | "promptOnClose" | "showOutput" => {}
        _ => field.leave(notes, "has no counterpart"),
    }
}

fn word(field: &Field<'_>, up: &str, notes: &mut Notes) -> Option<Word> {
    let (value, quote) = match field.node.value {
        Value::Table(_) => (field.get("value")?, true),
        _ => (field.clone(), false),
    };
    let text = value.text(notes)?;
    Some(Word { text: filled(field, up, &text, notes), quote })
}

/// `text` with the workspace's directory written as `up`.
fn at(up: &str, text: &str) -> String {
    let alone = if up.is_empty() { "." } else { up };
    text.replace("${workspaceFolder}/", up)
        .replace("${workspaceRoot}/", up)
        .replace("${workspaceFolder}", alone)
        .replace("${workspaceRoot}", alone)
        .replace("${pathSeparator}", "/")
        .replace("${/}", "/")
}

/// The variables of VS Code that mean the same to us; others are told.
fn filled(field: &Field<'_>, up: &str, text: &str, notes: &mut Notes) -> String {
    let text = at(up, text);
    let theirs =
        ["${file", "${relativeFile", "${input:", "${config:", "${command:", "${env:", "${userHome", "${cwd"];
    if theirs.iter().any(|variable| text.contains(variable)) {
        field.leave(notes, "holds a variable of VS Code (`${…}`), which is not filled in");
    }
    text
}

fn run(task: &Field<'_>, parts: &Parts, notes: &mut Notes) -> Option<Command> {
    let kind = parts.kind.as_deref().unwrap_or("process");
    let words = |argv: &[&str]| Command::Exec(argv.iter().map(|word| (*word).to_owned()).collect());
    if let Some(script) = &parts.script {
        return match kind {
            "npm" if !script.starts_with('-') => Some(words(&["npm", "run", script])),
            _ => None,
        };
    }
    match (kind, &parts.task, &parts.command) {
        ("typescript", ..) => {
            let config = parts.tsconfig.as_deref().unwrap_or("tsconfig.json");
            let watch = parts.watches.then_some("--watch");
            let argv: Vec<&str> = ["npx", "tsc", "-p", config].into_iter().chain(watch).collect();
            return Some(words(&argv));
        }
        ("gulp" | "grunt" | "jake", Some(name), _) if !name.starts_with('-') => {
            return Some(words(&["npx", kind, name]));
        }
        ("cargo", _, Some(command)) => {
            let rest = parts.args.iter().map(|word| word.text.as_str());
            let argv: Vec<&str> = ["cargo", command.text.as_str()].into_iter().chain(rest).collect();
            return Some(words(&argv));
        }
        _ => {}
    }
    let command = parts.command.as_ref().filter(|command| !command.text.trim().is_empty())?;
    match kind {
        "process" => {
            let words = std::iter::once(command).chain(&parts.args);
            Some(Command::Exec(words.map(|word| word.text.clone()).collect()))
        }
        "shell" => {
            let mut text = if command.quote { quoted(&command.text) } else { command.text.clone() };
            for arg in &parts.args {
                text.push(' ');
                // As VS Code does: quotes only where blanks would tear it, or where asked for.
                let torn = arg.quote || arg.text.is_empty() || arg.text.contains(char::is_whitespace);
                text.push_str(&if torn { quoted(&arg.text) } else { arg.text.clone() });
            }
            Some(Command::Shell(text))
        }
        other => {
            task.leave(notes, format!("tasks of the type {other:?} are run by an extension"));
            None
        }
    }
}

fn options(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    for part in field.fields(notes) {
        match part.key() {
            "cwd" => {
                let dir = part.text(notes);
                draft.dir = dir.map(|dir| filled(&part, "", &dir, notes)).filter(|dir| !dir.is_empty());
            }
            "env" => {
                let found = part.variables(notes);
                draft.set(found);
            }
            _ => part.leave(notes, "has no counterpart"),
        }
    }
}

fn depends_on(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    let items = match field.node.value {
        Value::List(_) => field.items(notes),
        _ => vec![field.clone()],
    };
    for item in items {
        // `{ "type": "npm", "script": "x" }` names a task that VS Code finds by itself.
        match item.get("script") {
            Some(script) => {
                if let Some(script) = script.text(notes) {
                    draft.needs(&item, &format!("npm: {script}"), false);
                }
            }
            None => {
                if let Some(name) = item.text(notes) {
                    draft.needs(&item, &name, false);
                }
            }
        }
    }
}

fn matcher(draft: &mut Draft, field: &Field<'_>, notes: &mut Notes) {
    let items = match field.node.value {
        Value::List(_) => field.items(notes),
        _ => vec![field.clone()],
    };
    let found = Background::first(items.iter().map(|item| {
        let part = item.get("background").or_else(|| item.get("watching"));
        let ends = part.and_then(|part| part.get("endsPattern"));
        let ends = ends.map(|ends| ends.get("regexp").unwrap_or(ends));
        let ends = ends.and_then(|ends| ends.as_text().map(Cow::into_owned));
        let name = item.get("base").unwrap_or_else(|| item.clone());
        let name = name.as_text().map(Cow::into_owned);
        Background::of(ends.as_deref(), name.as_deref())
    }));
    match found {
        Background::Ends(check) => draft.ready = Some(check.log),
        Background::Unusable(why) => {
            field.leave(notes, format!("has an `endsPattern` that cannot be used: {why}"))
        }
        Background::Unsaid | Background::No => {}
    }
}
