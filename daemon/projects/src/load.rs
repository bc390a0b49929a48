//! Everything about one project, read anew from its files. Blocks; the handle runs it on the blocking pool.

use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, Origin, ProcessSpec};

use crate::choose::{self, Choice, NothingToStart};
use crate::config::{self, ConfigValue, Diagnostic, ProjectConfig, UserConfig};
use crate::detect::{self, Detected, Look, Script};
use crate::names;

/// What a project's files say now.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Real path.
    pub dir: PathBuf,
    /// Configuration files that were read.
    pub files: Vec<PathBuf>,
    /// Declared processes in their order, then one for each detected script (`autostart` off).
    pub specs: Vec<ProcessSpec>,
    /// What could be run: declared first, then detected.
    pub scripts: Vec<Script>,
    /// Every effective value with its source.
    pub values: Vec<ConfigValue>,
    /// Number of this reading: one that began later has a greater one.
    pub reading: u64,
    /// What is no error in the configuration.
    pub warnings: Vec<Diagnostic>,
    /// What was found and could not be used, in words.
    pub notices: Vec<String>,
}

impl Loaded {
    /// The declared processes.
    pub fn declared(&self) -> impl Iterator<Item = &ProcessSpec> {
        self.specs.iter().filter(|spec| spec.origin == Origin::Declared)
    }

    /// The process called `name`; else the script that its own file calls so.
    pub fn spec(&self, name: &str) -> Option<&ProcessSpec> {
        let by_name = |name: &str| self.specs.iter().find(|spec| spec.name == name);
        by_name(name).or_else(|| by_name(&self.script(name)?.name))
    }

    /// The script called `name`; else the one that its own file calls so.
    pub fn script(&self, name: &str) -> Option<&Script> {
        let named = self.scripts.iter().find(|script| script.name == name);
        named.or_else(|| self.scripts.iter().find(|script| script.original == name))
    }

    /// The name that `text` probably meant.
    pub fn nearest(&self, text: &str) -> Option<&str> {
        names::nearest(text, self.specs.iter().map(|spec| spec.name.as_str()))
    }

    /// What `up` without names starts, for somebody who stands in `standing_in` (a real path).
    ///
    /// # Errors
    /// When nothing is meant to be started by itself.
    pub fn choose(&self, standing_in: &Path) -> Result<Choice, NothingToStart> {
        choose::choose(&self.specs, &self.scripts, &self.files, &self.dir, standing_in)
    }
}

/// Reads the project at `dir`, a real path, with the profile that is chosen.
///
/// # Errors
/// Every mistake of its configuration at once, warnings among them.
pub(crate) fn load(
    dir: &Path,
    user: &UserConfig,
    look: &Look,
    profile: Option<&str>,
    reading: u64,
) -> Result<Loaded, Vec<Diagnostic>> {
    let files = config::read_files(dir, look.home.as_deref(), user);
    let detected = detect::detect(dir, look);
    // Told whatever else is wrong.
    let mut besides = config::not_there(dir, &config::named(dir, &files, profile));
    besides.extend(config::predecessor(dir));
    let joined = config::join(dir, user, &files, &detected.scripts, profile);
    let with = |mut found: Vec<Diagnostic>| {
        found.extend(besides);
        config::sort(&mut found);
        found
    };
    let config = match joined {
        Ok(config) => ProjectConfig { warnings: with(config.warnings), ..config },
        Err(wrong) => return Err(with(wrong)),
    };
    let mut notices: Vec<String> = config.warnings.iter().map(in_one_line).collect();
    notices.extend(detected.notices.iter().cloned());
    let mut loaded = assemble(dir, config, detected, notices, look);
    loaded.reading = reading;
    Ok(loaded)
}

/// What is wrong with the project at `dir` under each of its profiles; what is wrong without one is among it.
pub(crate) fn wrong_with_profiles(dir: &Path, user: &UserConfig, look: &Look) -> Vec<Diagnostic> {
    let files = config::read_files(dir, look.home.as_deref(), user);
    let profiles = files.profiles();
    if profiles.is_empty() {
        return Vec::new();
    }
    let detected = detect::detect(dir, look);
    let of = |profile: &str| {
        let besides = config::not_there(dir, &config::named(dir, &files, Some(profile)));
        let joined = config::join(dir, user, &files, &detected.scripts, Some(profile));
        joined.map_or_else(|wrong| wrong, |config| config.warnings).into_iter().chain(besides)
    };
    profiles.iter().flat_map(|profile| of(profile).collect::<Vec<_>>()).collect()
}

fn in_one_line(warning: &Diagnostic) -> String {
    format!("{}: {} [{}]", warning.place, warning.message, warning.code)
}

fn assemble(
    dir: &Path,
    config: ProjectConfig,
    detected: Detected,
    notices: Vec<String>,
    look: &Look,
) -> Loaded {
    let mut scripts: Vec<Script> =
        config.declared.iter().map(|spec| declared_script(spec, &config, &detected.scripts, look)).collect();
    let others: Vec<Script> = detected
        .scripts
        .into_iter()
        .filter(|script| !config.declared.iter().any(|spec| spec.name == script.name))
        .collect();
    let mut specs = config.declared;
    let logs = config.logs;
    specs.extend(others.iter().map(|script| ProcessSpec { logs, ..script.spec() }));
    scripts.extend(others);
    Loaded {
        dir: dir.to_owned(),
        files: config.files,
        specs,
        scripts,
        values: config.values,
        reading: 0,
        warnings: config.warnings,
        notices,
    }
}

/// How a declared process is listed: as the script it configures, else by its own command.
fn declared_script(spec: &ProcessSpec, config: &ProjectConfig, detected: &[Script], look: &Look) -> Script {
    let configured = detected.iter().find(|script| script.name == spec.name && script.run == spec.command);
    if let Some(script) = configured {
        let directory = spec.dir.clone();
        return Script { kind: spec.kind, directory, is_default: false, ..script.clone() };
    }
    let (runner, missing) = match &spec.command {
        Command::Shell(_) => ("sh".to_owned(), None),
        Command::Exec(argv) => {
            let program = argv.first().cloned().unwrap_or_default();
            let missing = look.lack_of(&spec.dir, &program);
            (program, missing)
        }
    };
    Script {
        name: spec.name.clone(),
        original: spec.name.clone(),
        run: spec.command.clone(),
        directory: spec.dir.clone(),
        source: config.sources.get(&spec.name).cloned().unwrap_or_default(),
        ecosystem: "brummer",
        runner,
        runner_version: None,
        kind: spec.kind,
        missing,
        description: None,
        env_files: spec.env_files.clone(),
        env: Vec::new(),
        depends_on: Vec::new(),
        ready: None,
        is_default: false,
    }
}
