//! Procfile (foreman, overmind, Heroku): `name: command`, each command written for a shell; `.env` beside it
//! is read by its tools, and each process is given a PORT.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::{Command, Kind};

use super::Beside;
use super::draft::Draft;
use super::field::Notes;
use crate::procfile::{self, Line};

pub(super) fn drafts(text: &str, beside: Beside, notes: &mut Notes) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (number, line) in procfile::lines(text) {
        let number = Some(number);
        let Line::Entry { name, command } = line else {
            notes.add("Procfile", number, "is not `name: command`; skipped");
            continue;
        };
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
            kind: procfile::ends(name).then_some(Kind::Task),
            ..Draft::default()
        };
        if beside.dotenv {
            draft.env_files.push(".env".to_owned());
        }
        if let Some(port) = beside.ports.at(drafts.len()) {
            draft.set(vec![("PORT".to_owned(), Some(port.to_string()))]);
        }
        drafts.push(draft);
    }
    drafts
}
