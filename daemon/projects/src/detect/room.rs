//! What a detector works with: the place it looks at, and where its scripts and remarks go.
//!
//! Owned by one call of one detector. It promises that no room lists more than [`MAX_SCRIPTS`] and that what
//! is told to people is one line without control characters.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, Kind};
use toml_edit::Document;

use super::glob::Search;
use super::json::Json;
use super::mark::{self, Mark};
use super::notices::plain;
use super::shape::{Shape, Shaped};
use super::{Detected, Ecosystem, Found, Lack, Look, Script, manifest, relative};
use crate::choose::STARTERS;
use crate::tree::Format;

/// Most scripts of one ecosystem.
const MAX_SCRIPTS: usize = 5_000;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 200;

pub(super) struct Room<'a> {
    pub(super) root: &'a Path,
    pub(super) look: &'a Look,
    /// Where the scripts that are made next run, and the file they stand in.
    directory: PathBuf,
    source: String,
    ecosystem: &'static Ecosystem,
    count: usize,
    found: &'a mut Vec<Found>,
    detected: &'a mut Detected,
}

impl<'a> Room<'a> {
    pub(super) fn new(
        ecosystem: &'static Ecosystem,
        root: &'a Path,
        look: &'a Look,
        found: &'a mut Vec<Found>,
        detected: &'a mut Detected,
    ) -> Self {
        let directory = root.to_owned();
        Self { root, look, directory, source: String::new(), ecosystem, count: 0, found, detected }
    }

    /// Its parts, for detectors that name their scripts by packages.
    pub(super) fn parts(&mut self) -> (&'a Path, &'a Look, &mut Vec<Found>, &mut Detected) {
        (self.root, self.look, self.found, self.detected)
    }

    /// The first of the ecosystem's marks that is here.
    pub(super) fn mark(&self) -> Option<PathBuf> {
        mark::first(self.ecosystem.marks, self.root)
    }

    /// What a search found; what kept it from finding all becomes notices.
    pub(super) fn searched(&mut self, search: Search, whose: &str) -> Vec<PathBuf> {
        search.told(self.root, whose, &mut self.detected.notices)
    }

    /// Scripts made from now on run in `directory` and stand in the file at `source`.
    pub(super) fn at(&mut self, directory: &Path, source: &Path) {
        self.directory = directory.to_owned();
        self.source = relative(self.root, source);
    }

    /// The first of these that is in the root.
    pub(super) fn first(&self, marks: &[Mark]) -> Option<PathBuf> {
        mark::first(marks, self.root)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.root.join(name).is_file()
    }

    pub(super) fn notice(&mut self, path: &Path, why: &str) {
        self.detected.notices.push(&format!("{} {why}", relative(self.root, path)));
    }

    pub(super) fn told_line(&mut self, file: &str, line: usize, why: &str) {
        self.detected.notices.push(&format!("{file}, line {line}: {why}"));
    }

    pub(super) fn package(&mut self, directory: &Path) {
        self.detected.packages.push(directory.to_owned());
    }

    /// The text of a file; a problem becomes a notice.
    pub(super) fn text(&mut self, path: &Path) -> Option<String> {
        let read = manifest::read(path).map(|text| (text, Vec::new()));
        self.told(path, read)
    }

    pub(super) fn toml(&mut self, path: &Path, shape: &Shape) -> Option<Document<String>> {
        let read = manifest::read_toml_shaped(path, shape);
        self.told(path, read)
    }

    /// A file of JSON, comments or not, of YAML, or of TOML that is read for its values alone.
    pub(super) fn json(&mut self, path: &Path, format: Format, shape: &Shape) -> Option<Json> {
        let read = Json::read_shaped(path, format, shape);
        self.told(path, read)
    }

    pub(super) fn told<T>(&mut self, path: &Path, read: Shaped<Option<T>>) -> Option<T> {
        self.detected.notices.told(&relative(self.root, path), read)
    }

    /// A task that executes `argv`.
    pub(super) fn script<S: AsRef<str>>(&self, name: &str, argv: &[S]) -> Script {
        let argv: Vec<String> = argv.iter().map(|word| word.as_ref().to_owned()).collect();
        let program = argv.first().cloned().unwrap_or_default();
        let runner = program.rsplit('/').next().unwrap_or_default().to_owned();
        let missing = self.look.lack_of(&self.directory, &program);
        let mut script = Script::new(
            name,
            Command::Exec(argv),
            &self.directory,
            &self.source,
            self.ecosystem.name,
            runner,
        );
        script.missing = missing;
        script
    }

    /// Lists a script of the root.
    pub(super) fn put(&mut self, script: Script) {
        self.put_as(script, self.ecosystem.label);
    }

    /// Lists a script that is called `label:script` if its name is taken.
    pub(super) fn put_as(&mut self, script: Script, label: &str) {
        let otherwise = vec![format!("{label}:{}", script.name)];
        self.push(script, otherwise);
    }

    /// Lists a script of a package: `package:script`.
    pub(super) fn put_in(&mut self, package: &str, mut script: Script) {
        script.name = format!("{package}:{}", script.name);
        self.put(script);
    }

    fn push(&mut self, script: Script, otherwise: Vec<String>) {
        self.count += 1;
        if self.count <= MAX_SCRIPTS {
            self.found.push(Found { script, otherwise });
        } else if self.count == MAX_SCRIPTS + 1 {
            let path = self.root.join(&self.source);
            self.notice(&path, &format!("has more than {MAX_SCRIPTS} scripts; the others are not shown"));
        }
    }
}

impl Script {
    /// It is expected to stay.
    pub(super) fn service(mut self) -> Self {
        self.kind = Kind::Service;
        self
    }

    pub(super) fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// It is what its ecosystem runs when nothing is named.
    pub(super) fn default_if(mut self, yes: bool) -> Self {
        self.is_default = yes;
        self
    }

    pub(super) fn about(mut self, text: Option<&str>) -> Self {
        let line = text.and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()));
        self.description = line.map(|line| plain(line, MAX_DESCRIPTION));
        self
    }

    /// It cannot run here, and this is what it lacks.
    pub(super) fn lacks(mut self, what: Option<Lack>) -> Self {
        self.missing = self.missing.or(what);
        self
    }
}

/// Of the names of one file the one that starts a project.
pub(super) fn starter<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    STARTERS.iter().find_map(|wanted| names.clone().find(|name| name == wanted))
}

/// `depends_on` is written by detectors in the words of the file; here it becomes names.
pub(super) fn resolve(detected: &mut Detected) {
    let depends = |script: &Script| !script.depends_on.is_empty();
    if !detected.scripts.iter().any(depends) {
        return;
    }
    let places = detected.scripts.iter().enumerate();
    let names: HashMap<(&str, &str), usize> =
        places.map(|(at, script)| ((script.source.as_str(), script.original.as_str()), at)).collect();
    let named = |script: &Script| -> Vec<String> {
        let known =
            script.depends_on.iter().filter_map(|on| names.get(&(script.source.as_str(), on.as_str())));
        known.filter_map(|at| detected.scripts.get(*at)).map(|on| on.name.clone()).collect()
    };
    let places = detected.scripts.iter().enumerate();
    let all: Vec<(usize, Vec<String>)> =
        places.filter(|(_, script)| depends(script)).map(|(at, script)| (at, named(script))).collect();
    for (at, names) in all {
        if let Some(script) = detected.scripts.get_mut(at) {
            script.depends_on = names;
        }
    }
}
