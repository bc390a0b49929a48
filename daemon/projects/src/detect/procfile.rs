//! Procfile: `name: command`, each command written for a shell. Its tools read `.env` beside it.

use brummer_event::spec::{Command, Kind};

use super::mark::Mark;
use super::room::Room;
use super::{Found, Script};

pub(super) const MARKS: [Mark; 1] = [Mark::file("Procfile")];

pub(super) fn detect(room: &mut Room<'_>) {
    let Some(text) = room.mark().and_then(|path| room.text(&path)) else { return };
    let (dir, _, found, detected) = room.parts();
    let dotenv = dir.join(".env");
    let env_files = if dotenv.is_file() { vec![dotenv] } else { Vec::new() };
    for (number, line) in text.lines().enumerate() {
        match parse(line) {
            Line::Nothing => {}
            Line::Unclear => {
                detected
                    .notices
                    .push(&format!("Procfile, line {}: not `name: command`, skipped", number + 1));
            }
            Line::Entry { name, command } => {
                let script = Script {
                    name: name.to_owned(),
                    original: name.to_owned(),
                    run: Command::Shell(command.to_owned()),
                    directory: dir.to_owned(),
                    source: "Procfile".to_owned(),
                    ecosystem: "procfile",
                    runner: "sh".to_owned(),
                    runner_version: None,
                    // Heroku's release phase is the one entry that is meant to end.
                    kind: if name == "release" { Kind::Task } else { Kind::Service },
                    missing: None,
                    description: None,
                    env_files: env_files.clone(),
                    env: Vec::new(),
                    depends_on: Vec::new(),
                    ready: None,
                    is_default: false,
                };
                found.push(Found { otherwise: vec![format!("procfile:{name}")], script });
            }
        }
    }
}

enum Line<'a> {
    Nothing,
    Unclear,
    Entry { name: &'a str, command: &'a str },
}

fn parse(line: &str) -> Line<'_> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Line::Nothing;
    }
    match line.split_once(':') {
        Some((name, command))
            if !name.trim().is_empty()
                && !name.trim().contains(char::is_whitespace)
                && !command.trim().is_empty() =>
        {
            Line::Entry { name: name.trim(), command: command.trim() }
        }
        _ => Line::Unclear,
    }
}
