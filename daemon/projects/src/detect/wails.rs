//! Wails: desktop applications of a Go program and a web page, known by wails.json.

use brummer_event::spec::{Command, Kind};

use super::mark::Mark;
use super::room::Room;
use super::{Found, Script};

pub(super) const MARKS: [Mark; 1] = [Mark::file("wails.json")];

pub(super) fn detect(room: &mut Room<'_>) {
    if room.mark().is_none() {
        return;
    }
    let (dir, look, found, _) = room.parts();
    for (name, kind) in [("dev", Kind::Service), ("build", Kind::Task)] {
        let run = Command::Exec(vec!["wails".to_owned(), name.to_owned()]);
        let mut script = Script::new(name, run, dir, "wails.json", "wails", "wails");
        script.kind = kind;
        script.missing = look.lack_of(dir, "wails");
        // Wails itself calls the page's own `dev`: that name stays free for it.
        script.name = format!("wails:{name}");
        script.is_default = name == "dev";
        found.push(Found { script, otherwise: Vec::new() });
    }
}
