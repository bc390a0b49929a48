//! The script selector: what could be run, grouped, found by a few letters, several at once. Pure.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;

use super::input::Input;
use super::process::Script;
use crate::fuzzy;

/// Scripts that ran last and stand on top while nothing is typed.
const RECENT: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Package and ecosystem of the scripts below.
    Heading(String),
    /// Counts in `all`.
    Script(usize),
}

#[derive(Debug, Clone, Default)]
pub struct Scripts {
    /// Directory of the project: packages are named from there.
    pub directory: String,
    pub input: Input,
    pub all: Vec<Script>,
    /// What matches, best group first.
    pub rows: Vec<Row>,
    pub selected: usize,
    pub offset: usize,
    /// Names of those to run together.
    pub marked: BTreeSet<String>,
    /// Arguments for the one under the cursor; they get the keys.
    pub arguments: Option<Input>,
    /// Why the last key did nothing.
    pub refused: Option<String>,
    /// The daemon is asked under this ticket.
    pub loading: Option<u64>,
    /// What else is to be said, as a file that could not be read.
    pub note: Option<String>,
}

impl Scripts {
    pub fn under_cursor(&self) -> Option<&Script> {
        match self.rows.get(self.selected)? {
            Row::Script(index) => self.all.get(*index),
            Row::Heading(_) => None,
        }
    }

    /// Those that are marked, in the order of the list.
    pub fn chosen(&self) -> Vec<&Script> {
        self.all.iter().filter(|script| self.marked.contains(&script.name)).collect()
    }

    /// Scripts that are shown.
    pub fn shown(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row, Row::Script(_))).count()
    }

    /// Lays the rows out for what was typed; the cursor goes to the best.
    pub fn lay(&mut self) {
        let typed = self.input.text();
        let groups: Vec<String> = self.all.iter().map(|script| group(&self.directory, script)).collect();
        let texts: Vec<String> = self
            .all
            .iter()
            .zip(&groups)
            .map(|(script, group)| format!("{} {} {group}", script.name, script.original))
            .collect();
        let scores = fuzzy::scores(typed, texts.iter().map(String::as_str));
        let mut found: Vec<(usize, u32)> =
            scores.into_iter().enumerate().filter_map(|(index, score)| Some((index, score?))).collect();
        let last_run = |index: usize| self.all.get(index).and_then(|script| script.last_run_ns);
        let mut rows = Vec::new();
        if typed.is_empty() {
            let mut recent: Vec<usize> =
                found.iter().map(|(index, _)| *index).filter(|index| last_run(*index).is_some()).collect();
            recent.sort_by_key(|index| Reverse(last_run(*index)));
            recent.truncate(RECENT);
            if !recent.is_empty() {
                rows.push(Row::Heading("recent".to_owned()));
                found.retain(|(index, _)| !recent.contains(index));
                rows.extend(recent.into_iter().map(Row::Script));
            }
        } else {
            // The sort is stable: of equals what ran last comes first, then what the daemon named first.
            found.sort_by_key(|(index, score)| Reverse((*score, last_run(*index))));
        }
        let of = |index: usize| groups.get(index).map_or("", String::as_str);
        let mut open: Vec<&str> = Vec::new();
        for (index, _) in &found {
            let group = of(*index);
            if open.contains(&group) {
                continue;
            }
            open.push(group);
            rows.push(Row::Heading(group.to_owned()));
            rows.extend(
                found.iter().filter(|(other, _)| of(*other) == group).map(|(other, _)| Row::Script(*other)),
            );
        }
        self.rows = rows;
        self.selected = self.rows.iter().position(|row| matches!(row, Row::Script(_))).unwrap_or(0);
        self.offset = 0;
    }
}

/// Package and ecosystem, as `packages/web · node`; in the project's own directory the ecosystem alone.
fn group(project: &str, script: &Script) -> String {
    let ecosystem = match script.ecosystem.as_str() {
        "brummer" => "declared",
        other => other,
    };
    let directory = Path::new(&script.directory);
    let package = directory.strip_prefix(project).unwrap_or(directory).display().to_string();
    if package.is_empty() { ecosystem.to_owned() } else { format!("{package} · {ecosystem}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit;

    fn shown(scripts: &Scripts) -> Vec<String> {
        let row = |row: &Row| match row {
            Row::Heading(text) => format!("# {text}"),
            Row::Script(index) => scripts.all[*index].name.clone(),
        };
        scripts.rows.iter().map(row).collect()
    }

    fn scripts(typed: &str) -> Scripts {
        let mut scripts = Scripts {
            directory: "/home/ann/src/shop".into(),
            input: Input::new(typed),
            all: testkit::scripts(),
            ..Scripts::default()
        };
        scripts.lay();
        scripts
    }

    #[test]
    fn what_ran_last_stands_first_and_nothing_stands_twice() {
        let rows = shown(&scripts(""));
        assert_eq!(rows[..3], ["# recent", "test", "dev"]);
        assert_eq!(rows.iter().filter(|row| *row == "dev").count(), 1);
        assert!(rows.contains(&"# packages/web · node".to_owned()), "{rows:?}");
        assert_eq!(scripts("").under_cursor().unwrap().name, "test");
    }

    #[test]
    fn the_best_match_is_under_the_cursor_and_in_its_group() {
        let found = scripts("wbuild");
        assert_eq!(shown(&found), ["# packages/web · node", "web:build"]);
        assert_eq!(found.under_cursor().unwrap().name, "web:build");
        assert_eq!(shown(&scripts("rust")), ["# rust", "cargo:run"], "a group is found by its name");
        assert!(shown(&scripts("zzz")).is_empty());
        assert_eq!(scripts("zzz").under_cursor(), None);
    }
}
