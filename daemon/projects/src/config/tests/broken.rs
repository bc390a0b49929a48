//! More than twenty broken files and what is said about each: messages that need no manual.

use std::path::{Path, PathBuf};

use crate::config::{Diagnostic, render_all};
use crate::detect::Look;
use crate::load::load;

use super::schema::{self, Key, Kind};
use super::{Environment, UserConfig, project, user};
use crate::tree::{self, Format, Whose};

/// The file of the fixtures as a project's own, and all that is said about it.
fn said(fixture: &Path) -> String {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().canonicalize().unwrap();
    let ending = fixture.extension().unwrap().to_str().unwrap();
    std::fs::copy(fixture, dir.join(format!("brummer.{ending}"))).unwrap();
    let found = match load(&dir, &user(), &Look::default(), None, 0) {
        Ok(loaded) => loaded.warnings,
        Err(wrong) => wrong,
    };
    assert!(!found.is_empty(), "{} is right", fixture.display());
    render_all(&found)
        .replace(&format!("{}/", dir.display()), "")
        .replace(&*dir.display().to_string(), "ROOT")
}

#[test]
fn every_broken_file_is_told_in_words_that_need_no_manual() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broken");
    let mut fixtures: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    fixtures.sort();
    assert!(fixtures.len() >= 20, "twenty were asked for");
    for fixture in fixtures {
        let name = fixture.file_stem().unwrap().to_str().unwrap().to_owned();
        let said = said(&fixture);
        assert!(said.contains("= help: "), "{name} has no cure:\n{said}");
        if fixture.extension().is_some_and(|ending| ending != "toml") {
            for cure in said.lines().filter_map(|line| line.trim_start().strip_prefix("= help: ")) {
                assert!(!is_toml_alone(cure), "{name}: {cure}");
            }
        }
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../../../fixtures/said", omit_expression => true }, {
            insta::assert_snapshot!(name, said);
        });
    }
}

/// What neither YAML nor JSON has: `key = value`, and `[table.name]`.
fn is_toml_alone(cure: &str) -> bool {
    let header = |at: usize| {
        let rest = cure.get(at + 1..).unwrap_or_default();
        let name = rest.split(']').next().unwrap_or_default();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    cure.contains(" = ") || cure.match_indices('[').any(|(at, _)| header(at))
}

/// Every path of the table, with a name where the user chooses one.
fn paths(keys: &'static [Key], above: &[&str], found: &mut Vec<Vec<String>>) {
    for key in keys {
        let path = [above, &[key.name]].concat();
        found.push(path.iter().map(|part| (*part).to_owned()).collect());
        let named = match key.kind {
            Kind::PerDirectory(_) => Some("/p"),
            _ if key.kind.by_name() => Some("api"),
            _ => None,
        };
        let path = path.into_iter().chain(named).collect::<Vec<_>>();
        if named.is_some() {
            found.push(path.iter().map(|part| (*part).to_owned()).collect());
        }
        paths(key.kind.keys().unwrap_or_default(), &path, found);
    }
}

#[test]
fn every_cure_is_in_the_dialect_of_its_file() {
    let wrong_values = ["5", "[[1]]", "\"no\"", "true", "1.5", "{\"a\": {\"b\": [1]}}", "-1", "\"\""];
    let mut looked_at = 0;
    for (name, keys) in [("brummer", schema::PROJECT), ("config", schema::USER)] {
        let mut all = vec![Vec::new()];
        paths(keys, &[], &mut all);
        for (path, value) in all.iter().flat_map(|path| wrong_values.map(|value| (path, value))) {
            // JSON is YAML too.
            let text = path.iter().rev().fold(value.to_owned(), |text, key| format!("{{\"{key}\": {text}}}"));
            for (ending, format) in [("yaml", Format::Yaml), ("json", Format::Json)] {
                let file = format!("{name}.{ending}");
                let wrong = match name {
                    "brummer" => project(&[(&file, &text)], &[]).err(),
                    _ => UserConfig::check(Some((Path::new(&file), &text)), &Environment::new()).err(),
                };
                for mistake in wrong.into_iter().flatten() {
                    holds(&mistake, format);
                    looked_at += 1;
                }
            }
        }
    }
    assert!(looked_at > 1000, "{looked_at}");
}

/// The cure of a mistake in YAML or JSON: whoever writes its examples down gets what can be read.
fn holds(mistake: &Diagnostic, format: Format) {
    let cure = mistake.hint.as_deref().unwrap_or_else(|| panic!("no cure: {mistake}"));
    assert!(!is_toml_alone(cure), "{mistake}");
    for example in cure.split('`').skip(1).step_by(2).filter(|part| part.contains(": ")) {
        let text = match format {
            Format::Json if !example.starts_with('{') => format!("{{ {example} }}"),
            _ => example.to_owned(),
        };
        assert!(tree::read(&text, format, Whose::Ours).is_ok(), "{mistake}");
    }
}
