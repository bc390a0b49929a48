//! just: recipes of a justfile, of what it imports and of its modules (`module::recipe`), with their comments.
//!
//! Recipes with a leading `_` or `[private]` are not listed; one that needs arguments, or is for another system,
//! is listed with what it lacks. Imported files and modules are followed below the project, three deep.

use std::path::{Path, PathBuf};

use super::mark::{self, Mark};
use super::notices::plain;
use super::room::{Room, starter};
use super::{Lack, kind, words};

pub(super) const MARKS: [Mark; 4] =
    [Mark::file("justfile"), Mark::file("Justfile"), Mark::file(".justfile"), Mark::file("JUSTFILE")];
const MAX_DEPTH: usize = 3;
const MAX_FILES: usize = 50;
/// What a recipe can be for, and whether that is here.
const SYSTEMS: [(&str, bool); 5] =
    [("linux", true), ("unix", true), ("macos", false), ("windows", false), ("openbsd", false)];

/// A file that is still to be read.
struct Waiting {
    path: PathBuf,
    /// As `ops::`; empty for the justfile itself and what it imports.
    space: String,
    depth: usize,
}

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(path) = room.mark() else { return };
    let mut waiting = vec![Waiting { path, space: String::new(), depth: 0 }];
    let mut files = 0;
    let mut listed = std::collections::HashSet::new();
    while let Some(Waiting { path, space, depth }) = waiting.pop() {
        files += 1;
        if files > MAX_FILES {
            room.notice(&path, "is one imported file too many and was not read");
            return;
        }
        let Some(text) = room.text(&path) else { continue };
        room.at(&root, &path);
        let File { recipes, others } = read(&text);
        // What a file says itself goes before what it imports.
        let fresh: Vec<&Recipe> =
            recipes.iter().filter(|recipe| listed.insert(format!("{space}{}", recipe.name))).collect();
        let names = fresh.iter().map(|recipe| recipe.name.as_str());
        let first = if files == 1 { starter(names) } else { None };
        for recipe in fresh {
            put(room, recipe, &space, first == Some(recipe.name.as_str()));
        }
        if depth < MAX_DEPTH {
            let dir = path.parent().unwrap_or(&root).to_owned();
            let next = others.iter().rev().filter_map(|other| other.file(&dir, &space));
            waiting.extend(next.map(|(path, space)| Waiting { path, space, depth: depth + 1 }));
        }
    }
}

fn put(room: &mut Room<'_>, recipe: &Recipe, space: &str, is_first: bool) {
    let name = format!("{space}{}", recipe.name);
    let script = room.script(&name, &["just", &name]);
    let system = recipe.system.map(Lack::System);
    let lacks = system.or_else(|| recipe.needs.clone().map(|name| Lack::Argument(plain(&name, 80))));
    let script = script.kind(kind::of_script(&recipe.name, "")).about(recipe.about.as_deref());
    room.put(script.default_if(is_first && lacks.is_none()).lacks(lacks));
}

#[derive(Debug, PartialEq)]
struct Recipe {
    name: String,
    about: Option<String>,
    /// The first parameter that has no default.
    needs: Option<String>,
    /// The other system that it is for.
    system: Option<&'static str>,
}

/// Another file that belongs to one.
#[derive(Debug, PartialEq)]
enum Other {
    Import(String),
    Module { name: String, path: Option<String> },
}

#[derive(Debug, Default)]
struct File {
    recipes: Vec<Recipe>,
    others: Vec<Other>,
}

impl Other {
    /// Where it is, and what precedes the names of its recipes; `None`: not below `dir`, or not there.
    fn file(&self, dir: &Path, space: &str) -> Option<(PathBuf, String)> {
        let below = |path: &str| {
            let leaves = path.starts_with(['/', '~']) || path.split('/').any(|part| part == "..");
            (!leaves).then(|| dir.join(path.trim_start_matches("./")))
        };
        match self {
            Self::Import(path) => Some((below(path)?, space.to_owned())),
            Self::Module { name, path } => {
                let inside = |at: PathBuf| {
                    let own = at.join("mod.just");
                    if own.is_file() { Some(own) } else { mark::first(&MARKS, &at) }
                };
                let file = match path {
                    Some(path) => {
                        let at = below(path)?;
                        if at.is_dir() { inside(at)? } else { at }
                    }
                    None => {
                        let own = dir.join(format!("{name}.just"));
                        if own.is_file() { own } else { inside(dir.join(name))? }
                    }
                };
                Some((file, format!("{space}{name}::")))
            }
        }
    }
}

fn read(text: &str) -> File {
    let mut file = File::default();
    let mut about: Option<String> = None;
    let mut hidden = false;
    let mut system = None;
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with([' ', '\t']) {
            about = if line.trim().is_empty() { None } else { about };
            continue;
        }
        if let Some(comment) = line.strip_prefix('#') {
            about = (!comment.starts_with('!')).then(|| comment.trim().to_owned());
        } else if let Some(attributes) = line.strip_prefix('[') {
            let names = || attributes.split([',', ']', '(']).map(str::trim);
            hidden |= names().any(|name| name == "private");
            system = system.or_else(|| other_system(names()));
            if let Some(rest) = attributes.strip_prefix("doc(") {
                about = words::quoted(rest).map(|(text, _)| text.to_owned());
            }
        } else {
            let about = about.take();
            if !hidden {
                if let Some(recipe) = recipe(line, about) {
                    file.recipes.push(Recipe { system, ..recipe });
                } else {
                    file.others.extend(other(line));
                }
            }
            (hidden, system) = (false, None);
        }
    }
    file
}

/// The system that attributes name, unless one of them is this.
fn other_system<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let named: Vec<&(&str, bool)> =
        names.filter_map(|name| SYSTEMS.iter().find(|(system, _)| *system == name)).collect();
    named.first().filter(|_| !named.iter().any(|(_, here)| *here)).map(|(system, _)| *system)
}

/// `import 'PATH'`, `mod NAME`, `mod NAME 'PATH'`; each with `?` where the file may be missing.
fn other(line: &str) -> Option<Other> {
    let (word, rest) = line.split_once(char::is_whitespace)?;
    let path = |rest: &str| words::quoted(rest.trim_start()).map(|(text, _)| text.to_owned());
    match word.strip_suffix('?').unwrap_or(word) {
        "import" => Some(Other::Import(path(rest)?)),
        "mod" => {
            let rest = rest.trim_start();
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (name, rest) = rest.split_at_checked(end)?;
            let path = path(rest);
            is_name(name).then(|| Other::Module { name: name.to_owned(), path })
        }
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn recipe(line: &str, about: Option<String>) -> Option<Recipe> {
    let (head, after) = line.split_once(':')?;
    // `name := value`, `export name := value`.
    if after.starts_with('=') {
        return None;
    }
    let mut words = head.split_whitespace();
    let first = words.next()?;
    if matches!(first, "set" | "alias" | "import" | "import?" | "mod" | "mod?" | "export")
        && !head.trim().eq(first)
    {
        return None;
    }
    let name = first.strip_prefix('@').unwrap_or(first);
    let needs = words
        .find(|word| !word.contains('=') && !word.starts_with('*') && !word.contains(['"', '\'']))
        .map(|word| word.trim_start_matches(['$', '+']).to_owned());
    is_name(name).then(|| Recipe { name: name.to_owned(), about, needs, system: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn recipes_come_with_their_comments() {
        let just = fixture("just");
        insta::assert_snapshot!(just.listing());
        let about: Vec<Option<&str>> =
            just.detected.scripts.iter().map(|script| script.description.as_deref()).collect();
        assert_eq!(about.first(), Some(&Some("Start the server.")));
        let by = |name: &str| just.detected.scripts.iter().find(|script| script.name == name).unwrap();
        assert_eq!(by("mac").missing.as_ref().unwrap().reason(), "is for macos only");
        assert_eq!(by("mac").spec().unrunnable.as_deref(), Some("is for macos only"));
        assert_eq!(just.up(""), "dev: `just dev`, found by justfile");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(\\[private\\]|\\[macos\\]|mod |import |'|\\[doc\\(|alias|[:=#@\"'\n \\]a-c_é*+$])*") {
            let _ = read(&text);
        }
    }
}
