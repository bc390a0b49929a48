//! Fixtures: small trees below `fixtures/`, one an ecosystem, and how what was found in them is written down.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, ProcessSpec};

use crate::detect::{Detected, Look, Programs, Script, detect, relative};

/// A tree and what was found in it.
pub(crate) struct Fixture {
    _temp: tempfile::TempDir,
    pub(crate) root: PathBuf,
    pub(crate) detected: Detected,
}

/// Looks twice at a copy of `fixtures/NAME` that is a repository of its own; no program counts as missing.
pub(crate) fn fixture(name: &str) -> Fixture {
    let (temp, root) = make(&[]);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    assert!(from.is_dir(), "{} is there", from.display());
    copy(&from, &root);
    let detected = detect(&root, &Look::default());
    assert_eq!(detected, detect(&root, &Look::default()), "two looks are equal");
    Fixture { _temp: temp, root, detected }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

impl Fixture {
    /// A line a script, `NAME [ORIGINAL] = COMMAND  (KIND, RUNNER VERSION, ECOSYSTEM, SOURCE, in DIRECTORY)`,
    /// then a line a notice: what a snapshot holds.
    pub(crate) fn listing(&self) -> String {
        let mut lines = Vec::new();
        for script in &self.detected.scripts {
            let original = if script.original == script.name {
                String::new()
            } else {
                format!(" [{}]", script.original)
            };
            let command = match &script.run {
                Command::Shell(line) => format!("sh: {line}"),
                Command::Exec(argv) => argv.join(" "),
            };
            let mut about = vec![format!("{:?}", script.kind).to_lowercase(), script.runner.clone()];
            about[1].extend(script.runner_version.iter().map(|version| format!(" {version}")));
            about.extend([script.ecosystem.to_owned(), script.source.clone()]);
            if script.directory != self.root {
                about.push(format!("in {}", relative(&self.root, &script.directory)));
            }
            about.extend(script.env_files.iter().map(|file| format!("reads {}", relative(&self.root, file))));
            about.extend(script.is_default.then(|| "default".to_owned()));
            lines.push(format!("{}{original} = {command}  ({})", script.name, about.join(", ")));
        }
        lines.extend(self.detected.notices.iter().map(|notice| format!("notice: {notice}")));
        lines.join("\n").replace(&self.root.display().to_string(), "ROOT")
    }

    /// What `up` alone starts, asked in a directory of the project.
    pub(crate) fn up(&self, standing_in: &str) -> String {
        let specs: Vec<ProcessSpec> = self.detected.scripts.iter().map(Script::spec).collect();
        let here = self.root.join(standing_in);
        match crate::choose::choose(&specs, &self.detected.scripts, &[], &self.root, &here) {
            Ok(choice) => format!("{}: {}", choice.names.join(", "), choice.reason),
            Err(nothing) => nothing.to_string(),
        }
    }
}

/// A repository with these files.
pub(crate) fn make(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().canonicalize().unwrap();
    for (name, text) in files.iter().chain(&[(".git/HEAD", "")]) {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    (temp, root)
}

/// A PATH with these programs.
pub(crate) fn with_programs(root: &Path, names: &[&str]) -> Look {
    let bin = root.join("path");
    std::fs::create_dir_all(&bin).unwrap();
    for name in names {
        std::fs::write(bin.join(name), "").unwrap();
        std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    Look { programs: Programs::new(Some(bin.as_os_str())), home: None }
}

/// What this thread has worked so far, whatever else the machine does.
pub(crate) fn worked() -> std::time::Duration {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}
