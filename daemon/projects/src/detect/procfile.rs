//! Procfiles: `name: command`, each command written for a shell. Their tools read `.env` beside them and give
//! each process a PORT. Of several in one directory the one for development has its names first, and is what
//! `up` starts.

use std::path::{Path, PathBuf};

use brummer_event::spec::Command;

use super::mark::Mark;
use super::room::Room;
use super::{Script, manifest};
use crate::procfile::{self, Line, Ports};

pub(super) const MARKS: [Mark; 3] =
    [Mark::file("Procfile.dev"), Mark::file("Procfile"), Mark::like(procfile::is_one)];

/// Procfiles of one directory that are read.
const MOST: usize = 20;

pub(super) fn detect(room: &mut Room<'_>) {
    let files = files(room);
    if files.is_empty() {
        return;
    }
    let root = room.root;
    // What is wrong with them is told by whoever starts something with them.
    let beside = |name: &str| manifest::read(&root.join(name)).ok().flatten();
    let ports = Ports::of(beside(".foreman").as_deref(), beside(".env").as_deref());
    for (place, (name, path)) in files.iter().enumerate() {
        let (_, for_development) = procfile::rank(name);
        list(room, name, path, ports, place == 0 && for_development);
    }
}

/// Those of the root, the one to start first.
fn files(room: &mut Room<'_>) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(room.root).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    // In a directory that cannot be listed.
    paths.extend(room.mark());
    let named = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        (procfile::is_one(&name) && manifest::is_there(&path)).then_some((name, path))
    };
    let mut files: Vec<(String, PathBuf)> = paths.into_iter().filter_map(named).collect();
    files
        .sort_by(|(one, _), (other, _)| procfile::rank(one).cmp(&procfile::rank(other)).then(one.cmp(other)));
    files.dedup();
    if files.len() > MOST {
        files.truncate(MOST);
        let path = room.root.join("Procfile");
        room.notice(&path, &format!("has more than {MOST} variants; the others are not shown"));
    }
    files
}

fn list(room: &mut Room<'_>, file: &str, path: &Path, ports: Ports, chosen: bool) {
    let Some(text) = room.text(path) else { return };
    let root = room.root;
    room.at(root, path);
    let dotenv = Some(root.join(".env")).filter(|path| path.is_file());
    let mut index = 0;
    for (number, line) in procfile::lines(&text) {
        let Line::Entry { name, command } = line else {
            room.told_line(file, number, "not `name: command`, skipped");
            continue;
        };
        let script = Script::new(name, Command::Shell(command.to_owned()), root, file, "procfile", "sh");
        let mut script = if procfile::ends(name) { script } else { script.service() }.default_if(chosen);
        script.env_files = dotenv.iter().cloned().collect();
        script.env = ports.at(index).map(|port| ("PORT".to_owned(), port.to_string())).into_iter().collect();
        index += 1;
        room.put_as(script, &file.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn the_one_for_development_has_its_names_first_and_starts() {
        let rails = fixture("procfile");
        insta::assert_snapshot!(rails.listing());
        assert_eq!(rails.up(""), "web, css, worker: all of the Procfile.dev");
        let port = |at: usize| rails.detected.scripts[at].env.clone();
        let of = |port: &str| vec![("PORT".to_owned(), port.to_owned())];
        assert_eq!([port(0), port(1), port(2)], [of("3000"), of("3100"), of("3200")]);
        assert_eq!(port(3), of("3000"), "each file counts anew");
        assert_eq!(rails.detected.scripts[0].env_files, [rails.root.join(".env")]);
    }
}
