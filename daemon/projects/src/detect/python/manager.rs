//! Who runs Python here, and how.

use std::path::Path;

use super::Project;
use crate::detect::Programs;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::detect) enum Manager {
    Uv,
    Poetry,
    Pdm,
    Pipenv,
    /// The virtual environment in this directory of the project.
    Venv(&'static str),
    System,
}

impl Manager {
    /// Lock files first, then tables, then what builds it, then environments, then what is installed.
    pub(super) fn of(root: &Path, project: &Project, programs: &Programs) -> Self {
        let locks = [
            ("uv.lock", Self::Uv),
            ("poetry.lock", Self::Poetry),
            ("pdm.lock", Self::Pdm),
            ("Pipfile", Self::Pipenv),
        ];
        let tables = [("uv", Self::Uv), ("poetry", Self::Poetry), ("pdm", Self::Pdm)];
        let by_lock = locks.into_iter().find(|(file, _)| root.join(file).is_file());
        let by_table = || tables.into_iter().find(|(name, _)| project.at(&["tool", name]).is_some());
        if let Some((_, manager)) = by_lock.or_else(by_table) {
            return manager;
        }
        let backends = [("uv_build", Self::Uv), ("poetry.core.masonry.api", Self::Poetry)];
        let backend = project.at(&["build-system", "build-backend"]).and_then(|item| item.as_str());
        if let Some((_, manager)) = backends.into_iter().find(|(name, _)| backend == Some(*name)) {
            return manager;
        }
        let environment =
            [".venv", "venv"].into_iter().find(|dir| root.join(dir).join("bin/python").exists());
        if let Some(dir) = environment {
            return Self::Venv(dir);
        }
        // As `uv init` leaves a program that is no package: nothing in the files names uv.
        let like_uv = project.at(&["project"]).is_some() && root.join(".python-version").is_file();
        if like_uv && programs.are_known() && programs.missing("uv").is_none() {
            return Self::Uv;
        }
        Self::System
    }

    fn prefix(&self) -> &'static [&'static str] {
        match self {
            Self::Uv => &["uv", "run"],
            Self::Poetry => &["poetry", "run"],
            Self::Pdm => &["pdm", "run"],
            Self::Pipenv => &["pipenv", "run"],
            Self::Venv(_) | Self::System => &[],
        }
    }

    /// The interpreter with these arguments.
    pub(super) fn python(&self, arguments: &[&str]) -> Vec<String> {
        let interpreter = match self {
            Self::Venv(dir) => format!("{dir}/bin/python"),
            Self::System => "python3".to_owned(),
            _ => "python".to_owned(),
        };
        let mut argv: Vec<String> = self.prefix().iter().map(|word| (*word).to_owned()).collect();
        argv.push(interpreter);
        argv.extend(arguments.iter().map(|word| (*word).to_owned()));
        argv
    }

    /// A program that an installed package brings.
    pub(super) fn entry_point(&self, name: &str, package: Option<&str>, root: &Path) -> Vec<String> {
        let mut argv: Vec<String> = self.prefix().iter().map(|word| (*word).to_owned()).collect();
        if let (Self::Uv, Some(package)) = (self, package) {
            argv.extend(["--package".to_owned(), package.to_owned()]);
        }
        argv.push(match self {
            Self::Venv(dir) if root.join(dir).join("bin").join(name).exists() => format!("{dir}/bin/{name}"),
            _ => name.to_owned(),
        });
        argv
    }

    /// What installs the dependencies.
    pub(super) fn install(&self, requirements: bool) -> Option<Vec<String>> {
        let words: &[&str] = match self {
            Self::Uv => &["uv", "sync"],
            Self::Poetry => &["poetry", "install"],
            Self::Pdm => &["pdm", "install"],
            Self::Pipenv => &["pipenv", "install", "--dev"],
            _ if requirements => {
                return Some(self.python(&["-m", "pip", "install", "-r", "requirements.txt"]));
            }
            _ => return None,
        };
        Some(words.iter().map(|word| (*word).to_owned()).collect())
    }
}

/// The name in a requirement (`Django[argon2]>=4 ; python_version > "3"`), normalized as PyPI does.
pub(super) fn required(text: &str) -> Option<String> {
    let name: String = text
        .trim()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .map(|c| if matches!(c, '_' | '.') { '-' } else { c.to_ascii_lowercase() })
        .collect();
    name.starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(name)
}
