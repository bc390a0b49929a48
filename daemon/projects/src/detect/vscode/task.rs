//! tasks.json: each task as a script.

use std::collections::BTreeMap;

use brummer_event::spec::{Command, Kind};

use super::{depend, variable};
use crate::detect::json::Json;
use crate::detect::node;
use crate::detect::room::Room;
use crate::detect::shape::Shape::{self, Any, Bool, Keys, List, Map, OneOf, Text, Whole};
use crate::detect::{Script, kind, relative};
use crate::matcher::Background;
use crate::tree::Format;

const WORD: Shape = OneOf(&[Text, Keys(&[("value", OneOf(&[Text, List(&Text)]))])]);
const OPTIONS: Shape = Keys(&[("cwd", Text), ("env", Map(&Any))]);
/// What may be said for one system.
const FOR_SYSTEM: Shape = Keys(&[("command", WORD), ("args", List(&Any)), ("options", OPTIONS)]);
const TASK: Shape = Whole(&Keys(&[
    ("label", Text),
    ("taskName", Text),
    ("type", Text),
    ("command", WORD),
    ("args", List(&Any)),
    ("options", OPTIONS),
    ("linux", FOR_SYSTEM),
    ("dependsOn", OneOf(&[Text, List(&Any), Map(&Any)])),
    ("isBackground", Bool),
    ("hide", Bool),
]));
const SHAPE: Shape = Keys(&[
    ("tasks", List(&TASK)),
    ("command", WORD),
    ("args", List(&Any)),
    ("options", OPTIONS),
    ("linux", FOR_SYSTEM),
]);

/// A field of a task: of its block for this system, else its own, else the file's.
struct Task<'a> {
    layers: [Option<&'a Json>; 4],
}

impl<'a> Task<'a> {
    fn new(file: &'a Json, task: &'a Json) -> Self {
        // The daemon runs on Linux.
        Self { layers: [task.get("linux"), Some(task), file.get("linux"), Some(file)] }
    }

    fn get(&self, key: &str) -> Option<&'a Json> {
        self.layers.iter().flatten().find_map(|layer| layer.get(key))
    }

    fn option(&self, key: &str) -> Option<&'a Json> {
        self.layers.iter().flatten().find_map(|layer| layer.get("options")?.get(key))
    }

    /// Where it runs. A task that a provider finds lies where its file does, whatever the file of tasks says for
    /// those that are written there.
    fn directory(&self, kind: &str) -> Option<&'a str> {
        let path = || self.get("path")?.text();
        if matches!(kind, "shell" | "process") {
            return self.option("cwd").and_then(Json::text).or_else(path);
        }
        let own = |layer: &&'a Json| layer.get("options")?.get("cwd")?.text();
        path().or_else(|| self.layers.iter().take(2).flatten().find_map(own))
    }

    /// Variables of all layers, the nearest last.
    fn env(&self) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = Vec::new();
        let layers = self.layers.iter().flatten().rev();
        for (key, value) in
            layers.filter_map(|layer| layer.get("options")?.get("env")).flat_map(Json::entries)
        {
            if let Some(value) = value.text() {
                env.retain(|(other, _)| other != key);
                env.push((key.clone(), value.to_owned()));
            }
        }
        env
    }
}

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let path = root.join(".vscode/tasks.json");
    let Some(file) = room.json(&path, Format::Commented, &SHAPE) else { return };
    let tasks = file.get("tasks").map(Json::items).unwrap_or_default();
    let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in tasks {
        if let Some(label) = label(task) {
            let on = depends_on(task);
            if task.text_at("dependsOrder") == Some("sequence") {
                for pair in on.windows(2) {
                    if let [before, after] = pair {
                        needs.entry(after.clone()).or_default().push(before.clone());
                    }
                }
            }
            needs.entry(label).or_default().splice(0..0, on);
        }
    }
    for (task, on) in depend::without_circles(&mut needs) {
        room.notice(
            &path,
            &format!("has `{task}` wait for `{on}` in a circle or too long a chain; that was left out"),
        );
    }
    for value in tasks {
        let (Some(label), false) = (label(value), value.get("hide") == Some(&Json::Bool(true))) else {
            continue;
        };
        let mut script = script(room, &Task::new(&file, value), &label);
        script.source = relative(&root, &path);
        let ends = Task::new(&file, value).get("isBackground") == Some(&Json::Bool(false));
        match background(&Task::new(&file, value)) {
            Background::Ends(check) if script.kind == Kind::Service && !ends => script.ready = Some(check),
            Background::Unusable(why) => room.notice(
                &path,
                &format!("has an `endsPattern` in `{label}` that cannot be used: {why}; the task counts as ready once it runs"),
            ),
            _ => {}
        }
        script.depends_on = needs.get(&label).cloned().unwrap_or_default();
        room.put(script.about(value.text_at("detail")));
    }
}

fn label(task: &Json) -> Option<String> {
    let named = task.text_at("label").or_else(|| task.text_at("taskName"));
    // Tasks of a provider name themselves, as the editor shows them.
    let own = || {
        let kind = task.text_at("type")?;
        let what = ["script", "task", "tsconfig", "command"].iter().find_map(|key| task.text_at(key))?;
        (!matches!(kind, "shell" | "process")).then(|| format!("{kind}: {what}"))
    };
    named.map(str::to_owned).or_else(own).filter(|label| !label.is_empty())
}

fn depends_on(task: &Json) -> Vec<String> {
    let name = |value: &Json| value.text().map(str::to_owned).or_else(|| label(value));
    match task.get("dependsOn") {
        Some(value @ (Json::Text(_) | Json::Object(_))) => name(value).into_iter().collect(),
        Some(list) => list.items().iter().filter_map(name).collect(),
        None => Vec::new(),
    }
}

fn script(room: &mut Room<'_>, task: &Task<'_>, label: &str) -> Script {
    let root = room.root.to_owned();
    let home = room.look.home.clone();
    let mut lacks: Option<String> = None;
    let mut replaced = |text: &str| match variable::replace(text, &root, home.as_deref()) {
        Ok(text) => text,
        Err(name) => {
            lacks.get_or_insert(name);
            text.to_owned()
        }
    };
    let arguments: Vec<(String, bool)> =
        task.get("args").map(Json::items).unwrap_or_default().iter().filter_map(argument).collect();
    let mut env_lack = None;
    let mut but_env = |text: &str| match variable::replace_but_env(text, &root, home.as_deref()) {
        Ok(text) => text,
        Err(name) => {
            env_lack.get_or_insert(name);
            text.to_owned()
        }
    };
    let arguments: Vec<(String, bool)> =
        arguments.into_iter().map(|(word, force)| (but_env(&word), force)).collect();
    let command = task.get("command").and_then(argument).map(|(word, _)| but_env(&word));
    // What cannot run is shown as it is written.
    let mut or_lack = |line: Result<String, String>, written: &str| {
        line.unwrap_or_else(|name| {
            env_lack.get_or_insert(name);
            written.to_owned()
        })
    };
    let text = |key: &str| task.get(key).and_then(Json::text).map(str::to_owned);
    let kind_of_task = text("type").unwrap_or_else(|| "process".to_owned());
    let words = |argv: &[&str]| -> Vec<String> { argv.iter().map(|word| (*word).to_owned()).collect() };
    let plain: Vec<String> = arguments.iter().map(|(word, _)| word.clone()).collect();
    let directory = task.directory(&kind_of_task).map(&mut replaced);
    let directory = directory.map_or_else(|| root.clone(), |dir| root.join(dir));
    let run = match (kind_of_task.as_str(), &command) {
        ("shell", Some(command)) => Some(Command::Shell(or_lack(line(command, &arguments), command))),
        ("process", Some(command)) => {
            let argv = [vec![command.clone()], plain].concat();
            // Only a shell knows the environment at the start; it puts the program in its place.
            Some(match argv.iter().any(|word| variable::has_env(word)) {
                true => Command::Shell(or_lack(exec(&argv), &argv.join(" "))),
                false => Command::Exec(argv),
            })
        }
        ("npm", _) => {
            text("script").map(|script| Command::Exec(node::manager_of(&directory, room.look).run(&script)))
        }
        ("typescript", _) => {
            let project = text("tsconfig").unwrap_or_else(|| "tsconfig.json".to_owned());
            let watch = text("option").filter(|option| option == "watch").map(|_| "--watch");
            let argv: Vec<&str> = ["npx", "tsc", "-p", &project].into_iter().chain(watch).collect();
            Some(Command::Exec(words(&argv)))
        }
        ("cargo", Some(command)) => Some(Command::Exec([words(&["cargo", command]), plain].concat())),
        (tool @ ("gulp" | "grunt" | "jake"), _) => {
            text("task").map(|task| Command::Exec(words(&["npx", tool, &task])))
        }
        // Only its dependencies are to run.
        (_, None) if task.get("dependsOn").is_some() => Some(Command::Exec(words(&["true"]))),
        _ => None,
    };
    let env = task.env().into_iter();
    // What only hands on the variable of the same name comes with the client's environment anyway.
    let env = env.filter(|(key, value)| *value != format!("${{env:{key}}}"));
    let env: Vec<(String, String)> = env.map(|(key, value)| (key, replaced(&value))).collect();
    let lacks = lacks.or(env_lack);
    let lacks = match &run {
        None => Some(format!("tasks of type {kind_of_task}")),
        Some(_) => lacks,
    };
    room.at(&directory, &root.join(".vscode/tasks.json"));
    // What only the editor can do has no command.
    let run = run.unwrap_or_else(|| Command::Exec(Vec::new()));
    let mut script = match &run {
        Command::Exec(argv) if argv.is_empty() => room.script(label, &["vscode"]),
        Command::Exec(argv) => room.script(label, argv),
        Command::Shell(_) => room.script(label, &["sh"]),
    };
    let command_line = match &run {
        Command::Shell(line) => line.clone(),
        Command::Exec(argv) => argv.join(" "),
    };
    script.run = run;
    script.env = env;
    script.missing = lacks.map(|what| variable::lack(&what)).or(script.missing);
    script.kind(kind_of(task, label, &command_line))
}

/// What its problem matchers say of the background.
fn background(task: &Task<'_>) -> Background {
    let matchers = match task.get("problemMatcher") {
        Some(Json::List(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    Background::first(matchers.iter().map(|matcher| {
        let part = matcher.get("background").or_else(|| matcher.get("watching"));
        let ends = part.and_then(|part| part.get("endsPattern"));
        let ends = ends.and_then(|ends| ends.text().or_else(|| ends.text_at("regexp")));
        Background::of(ends, matcher.text().or_else(|| matcher.text_at("base")))
    }))
}

/// A background matcher alone makes no watcher: it may be that of a compiler that is run once.
fn kind_of(task: &Task<'_>, label: &str, command: &str) -> Kind {
    let group = task.get("group").and_then(|group| group.text().or_else(|| group.text_at("kind")));
    match (task.get("isBackground"), group) {
        (Some(Json::Bool(true)), _) => Kind::Service,
        (_, Some("build" | "test")) => Kind::Task,
        _ => kind::of_script(label, command),
    }
}

/// A word, and whether it must be quoted: text, or `{"value": …, "quoting": …}`.
fn argument(value: &Json) -> Option<(String, bool)> {
    match value {
        Json::Text(text) => Some((text.clone(), false)),
        Json::Number(number) => Some((number.clone(), false)),
        _ => {
            let inner = value.get("value")?;
            // A list of words is one word, joined by blanks.
            let text = inner.text().map_or_else(|| inner.texts().join(" "), str::to_owned);
            Some((text, value.text_at("quoting").is_some_and(|how| how == "strong")))
        }
    }
}

/// What the editor would give a shell: the command as it is, and arguments with blanks quoted.
fn line(command: &str, arguments: &[(String, bool)]) -> Result<String, String> {
    let mut line = variable::for_shell(command)?;
    for (word, force) in arguments {
        line.push(' ');
        let quote = *force || word.is_empty() || word.contains(char::is_whitespace);
        // A word that its author quoted already stays.
        let is_quoted =
            word.len() > 1 && ['"', '\''].iter().any(|mark| word.starts_with(*mark) && word.ends_with(*mark));
        line.push_str(&match (quote, variable::has_env(word)) {
            _ if is_quoted => variable::for_shell(word)?,
            (true, false) => variable::quoted(word),
            (true, true) => variable::word_for_shell(word, variable::quoted)?,
            (false, _) => variable::word_for_shell(word, str::to_owned)?,
        });
    }
    Ok(line)
}

/// A program and its arguments for a shell that is to become it.
fn exec(argv: &[String]) -> Result<String, String> {
    let words = argv.iter().map(|word| match word.as_str() {
        "" => Ok(variable::quoted(word)),
        word => variable::word_for_shell(word, variable::quoted),
    });
    Ok(format!("exec {}", words.collect::<Result<Vec<_>, _>>()?.join(" ")))
}
