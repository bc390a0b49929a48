//! Procfile (foreman, overmind, Heroku): `name: command`, each command written for a shell; `.env` beside it
//! is read by its tools.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::{Command, Kind};

use super::Beside;
use super::draft::Draft;
use super::field::Notes;

pub(super) fn drafts(text: &str, beside: Beside, notes: &mut Notes) -> Vec<Draft> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut drafts: Vec<Draft> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let number = Some(index + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, command) = match line.split_once(':') {
            Some((name, command)) => (name.trim(), command.trim()),
            None => ("", ""),
        };
        if name.is_empty() || name.contains(char::is_whitespace) || command.is_empty() {
            notes.add("Procfile", number, "is not `name: command`; skipped");
            continue;
        }
        if command.contains('\0') {
            notes.add(name, number, "contains a NUL, which no command can; skipped");
            continue;
        }
        if drafts.iter().any(|draft| draft.original == name) {
            notes.add(name, number, "stands there a second time; the first counts");
            continue;
        }
        let mut draft = Draft {
            original: name.to_owned(),
            place: name.to_owned(),
            line: number,
            run: Some(Command::Shell(command.to_owned())),
            ..Draft::default()
        };
        if beside.dotenv {
            draft.env_files.push(".env".to_owned());
        }
        // Heroku's release phase is the one entry that is meant to end.
        if name == "release" {
            draft.kind = Some(Kind::Task);
        }
        if command.contains("$PORT") || command.contains("${PORT") {
            let port = usize::from(beside.port.unwrap_or(5000)) + 100 * drafts.len();
            notes.add(
                name,
                number,
                format!(
                    "uses PORT, which its tools set ({port} here) and this version does not; set as `env`"
                ),
            );
            draft.set(vec![("PORT".to_owned(), Some(port.to_string()))]);
        }
        drafts.push(draft);
    }
    drafts
}
