//! Drafts as the text of a `brummer.toml`.
//!
//! Pure: no files, no environment, no clock.

use std::collections::BTreeSet;

use brummer_event::spec::{Command, Kind, Restart};

use super::super::check::dotted;
use super::draft::{Draft, Variables};

/// Variables that are written in one line.
const INLINE_VARIABLES: usize = 2;
/// Longest line that is written for variables.
const INLINE_WIDTH: usize = 100;

/// The whole file: `head` as comments, then each process in order.
pub(super) fn file(head: &[String], drafts: &[Draft]) -> String {
    let mut out = String::new();
    for line in head {
        comment(&mut out, line);
    }
    for draft in drafts {
        out.push('\n');
        process(&mut out, draft);
    }
    let profiles: BTreeSet<&String> = drafts.iter().flat_map(|draft| draft.profiles.keys()).collect();
    for profile in profiles {
        out.push('\n');
        comment(&mut out, &format!("With `brummerctl --profile {profile} up`."));
        let of = drafts.iter().filter_map(|draft| Some((draft, draft.profiles.get(profile)?)));
        for (draft, variables) in of {
            let path = ["profile", profile, "processes", draft.name.as_str()];
            out.push_str(&format!("[{}]\n", dotted(&path)));
            let table = environment(&mut out, &path, variables);
            out.push_str(&table);
        }
    }
    out
}

/// A comment: what could end it, or disturb a terminal, is made harmless.
pub(in super::super) fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        out.push_str(if line.trim().is_empty() { "#" } else { "# " });
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// Text as TOML, over several lines where it has some.
pub(in super::super) fn text(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// Text as TOML in one line.
pub(super) fn line(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() => {
                out.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

/// A regular expression as TOML in one line: literal where that is possible, as people write them.
fn pattern(text: &str) -> String {
    if text.contains('\'') || text.contains(char::is_control) { line(text) } else { format!("'{text}'") }
}

pub(super) fn list<S: AsRef<str>>(texts: &[S]) -> String {
    format!("[{}]", texts.iter().map(|one| line(one.as_ref())).collect::<Vec<_>>().join(", "))
}

pub(in super::super) fn command(command: &Command) -> String {
    match command {
        Command::Shell(script) => text(script),
        Command::Exec(argv) => list(argv),
    }
}

fn process(out: &mut String, draft: &Draft) {
    for said in &draft.comments {
        comment(out, said);
    }
    let path = ["processes", draft.name.as_str()];
    out.push_str(&format!("[{}]\n", dotted(&path)));
    let mut key = |name: &str, value: String| out.push_str(&format!("{name} = {value}\n"));
    if let Some(run) = &draft.run {
        key("run", command(run));
    }
    if let Some(dir) = &draft.dir {
        key("dir", text(dir));
    }
    match draft.env_files.as_slice() {
        [] => {}
        [one] => key("env_file", text(one)),
        more => key("env_file", list(more)),
    }
    let needs: Vec<&str> = draft.depends_on.iter().map(|needs| needs.name.as_str()).collect();
    if !needs.is_empty() {
        key("depends_on", list(&needs));
    }
    if draft.kind == Some(Kind::Task) {
        key("kind", text("task"));
    }
    if let Some(restart) = draft.restart {
        let word = match restart {
            Restart::No => "no",
            Restart::OnFailure => "on-failure",
            Restart::Always => "always",
        };
        key("restart", text(word));
    }
    let (least, most) = &draft.backoff;
    let delays = [("min", least), ("max", most)];
    let delays =
        delays.iter().filter_map(|(name, delay)| Some(format!("{name} = {}", line(delay.as_ref()?))));
    let delays: Vec<String> = delays.collect();
    if !delays.is_empty() {
        key("backoff", format!("{{ {} }}", delays.join(", ")));
    }
    if let Some(count) = draft.max_restarts {
        key("max_restarts", count.to_string());
    }
    if let Some(log) = &draft.ready {
        key("ready", format!("{{ log = {} }}", pattern(log)));
    }
    if let Some(autostart) = draft.autostart {
        key("autostart", autostart.to_string());
    }
    if let Some(stop) = stop(draft) {
        key("stop", stop);
    }
    if draft.daemonizes == Some(true) {
        key("daemonizes", "true".to_owned());
    }
    let table = environment(out, &path, &draft.env);
    for planned in &draft.planned {
        comment(out, &format!("not built into this version: {planned}"));
    }
    if !draft.planned_ready.is_empty() {
        // The whole key: a second one beside that of above would be a mistake.
        let log = draft.ready.iter().map(|log| format!("log = {}", pattern(log)));
        let parts: Vec<String> = log.chain(draft.planned_ready.iter().cloned()).collect();
        comment(out, &format!("not built into this version: ready = {{ {} }}", parts.join(", ")));
    }
    out.push_str(&table);
}

/// Writes the keys for `variables` into the table at `path`; what comes back is a table of its own and
/// belongs behind all other keys.
fn environment(out: &mut String, path: &[&str], variables: &Variables) -> String {
    let unset: Vec<&String> =
        variables.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
    if !unset.is_empty() {
        out.push_str(&format!("env_unset = {}\n", list(&unset)));
    }
    let set: Vec<String> = variables
        .iter()
        .filter_map(|(name, value)| Some(format!("{} = {}", dotted(&[name]), line(value.as_ref()?))))
        .collect();
    let inline = format!("{{ {} }}", set.join(", "));
    if set.len() > INLINE_VARIABLES || inline.chars().count() > INLINE_WIDTH {
        return format!("\n[{}]\n{}\n", dotted(&[path, &["env"]].concat()), set.join("\n"));
    }
    if !set.is_empty() {
        out.push_str(&format!("env = {inline}\n"));
    }
    String::new()
}

fn stop(draft: &Draft) -> Option<String> {
    let parts: Vec<String> = [
        draft.stop_signal.as_deref().map(|signal| format!("signal = {}", line(signal))),
        draft.stop_timeout.as_deref().map(|timeout| format!("timeout = {}", line(timeout))),
        draft.stop_command.as_ref().map(|stop| match stop {
            Command::Shell(script) => format!("command = {}", line(script)),
            Command::Exec(argv) => format!("command = {}", list(argv)),
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("{{ {} }}", parts.join(", ")))
}
