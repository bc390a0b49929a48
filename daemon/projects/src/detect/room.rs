//! What a detector works with: the place it looks at, and where its scripts and remarks go.
//!
//! Owned by one call of one detector. It promises that no room lists more than [`MAX_SCRIPTS`] and that what
//! is told to people is one line without control characters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, Kind};
use toml_edit::Document;

use super::json::Json;
use super::{Detected, Found, Look, Script, manifest, relative};
use crate::choose::STARTERS;

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
    ecosystem: &'static str,
    /// What precedes a name that is taken.
    label: &'static str,
    count: usize,
    found: &'a mut Vec<Found>,
    detected: &'a mut Detected,
}

impl<'a> Room<'a> {
    pub(super) fn new(
        ecosystem: &'static str,
        label: &'static str,
        root: &'a Path,
        look: &'a Look,
        found: &'a mut Vec<Found>,
        detected: &'a mut Detected,
    ) -> Self {
        let directory = root.to_owned();
        Self { root, look, directory, source: String::new(), ecosystem, label, count: 0, found, detected }
    }

    /// Scripts made from now on run in `directory` and stand in the file at `source`.
    pub(super) fn at(&mut self, directory: &Path, source: &Path) {
        self.directory = directory.to_owned();
        self.source = relative(self.root, source);
    }

    /// The first of these files that is in the root.
    pub(super) fn first_file(&self, names: &[&str]) -> Option<PathBuf> {
        names.iter().map(|name| self.root.join(name)).find(|path| path.is_file())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.root.join(name).is_file()
    }

    pub(super) fn notice(&mut self, path: &Path, why: &str) {
        self.detected.notices.push(plain(&format!("{} {why}", relative(self.root, path)), usize::MAX));
    }

    pub(super) fn package(&mut self, directory: &Path) {
        self.detected.packages.push(directory.to_owned());
    }

    /// The text of a file; a problem becomes a notice.
    pub(super) fn text(&mut self, path: &Path) -> Option<String> {
        let read = manifest::read(path);
        self.told(path, read)
    }

    pub(super) fn toml(&mut self, path: &Path) -> Option<Document<String>> {
        let read = manifest::read_toml(path);
        self.told(path, read)
    }

    pub(super) fn json(&mut self, path: &Path) -> Option<Json> {
        let read = Json::read(path, Json::parse_commented);
        self.told(path, read)
    }

    pub(super) fn yaml(&mut self, path: &Path) -> Option<Json> {
        let read = Json::read(path, Json::parse_yaml);
        self.told(path, read)
    }

    fn told<T>(&mut self, path: &Path, read: Result<Option<T>, String>) -> Option<T> {
        read.unwrap_or_else(|why| {
            self.notice(path, &why);
            None
        })
    }

    /// A task that executes `argv`.
    pub(super) fn script<S: AsRef<str>>(&self, name: &str, argv: &[S]) -> Script {
        let argv: Vec<String> = argv.iter().map(|word| word.as_ref().to_owned()).collect();
        let program = argv.first().cloned().unwrap_or_default();
        let runner = program.rsplit('/').next().unwrap_or_default().to_owned();
        let missing = self.look.programs.missing(&program);
        let mut script =
            Script::new(name, Command::Exec(argv), &self.directory, &self.source, self.ecosystem, runner);
        script.missing = missing;
        script
    }

    /// Lists a script of the root.
    pub(super) fn put(&mut self, script: Script) {
        let otherwise = vec![format!("{}:{}", self.label, script.name)];
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
    pub(super) fn lacks(mut self, what: Option<String>) -> Self {
        self.missing = self.missing.or(what.map(|what| plain(&what, MAX_DESCRIPTION)));
        self
    }
}

/// Of the names of one file the one that starts a project.
pub(super) fn starter<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    STARTERS.iter().find_map(|wanted| names.clone().find(|name| name == wanted))
}

/// `depends_on` is written by detectors in the words of the file; here it becomes names.
pub(super) fn resolve(detected: &mut Detected) {
    let names: BTreeMap<(String, String), String> = detected
        .scripts
        .iter()
        .map(|script| ((script.source.clone(), script.original.clone()), script.name.clone()))
        .collect();
    for script in &mut detected.scripts {
        let source = &script.source;
        script.depends_on = script
            .depends_on
            .iter()
            .filter_map(|on| names.get(&(source.clone(), on.clone())).cloned())
            .collect();
    }
}

/// One line that is safe to show.
fn plain(text: &str, longest: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(longest).collect()
}
