//! Gradle: modules and what their plugins run, by `./gradlew` where it is there. Gradle is never started.
//!
//! Settings are read for `include` with literal names, build files for `plugins { id … }`, `apply plugin` and
//! aliases of `gradle/libs.versions.toml`. Modules and plugins that Gradle code adds (convention plugins,
//! `projectDir`, loops) are not understood.

use std::path::{Path, PathBuf};

use super::mark::{self, Mark};
use super::room::Room;
use super::shape::Shape::{self, Any, Keys, Map, OneOf, Text};
use super::words;

const SETTINGS: [Mark; 2] =
    [Mark::file("settings.gradle.kts").of_root(), Mark::file("settings.gradle").of_root()];
const BUILDS: [Mark; 2] = [Mark::file("build.gradle.kts"), Mark::file("build.gradle")];

pub(super) const MARKS: [Mark; 4] = mark::joined(&SETTINGS, &BUILDS);

const CATALOGUE: Shape = Keys(&[("plugins", Map(&OneOf(&[Text, Map(&Any)])))]);

/// Most modules that are looked at.
const MAX_MODULES: usize = 1_000;

/// Plugin, the task that runs what it builds.
const RUNNERS: &[(&str, &str)] = &[
    ("org.springframework.boot", "bootRun"),
    ("io.quarkus", "quarkusDev"),
    ("io.micronaut.application", "run"),
    ("io.ktor.plugin", "run"),
    ("application", "run"),
];

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let settings = room.first(&SETTINGS);
    let build = room.first(&BUILDS);
    let Some(source) = build.clone().or_else(|| settings.clone()) else { return };
    let program: &[&str] = match super::is_executable(&root.join("gradlew")) {
        Some(true) => &["./gradlew"],
        Some(false) => &["sh", "./gradlew"],
        None => &["gradle"],
    };
    let aliases = aliases(room, &root);
    let mut modules = vec![String::new()];
    if let Some(text) = settings.and_then(|path| room.text(&path)) {
        modules.extend(includes(&text));
    }
    if modules.len() > MAX_MODULES {
        room.notice(&source, &format!("names more than {MAX_MODULES} modules; the others are not shown"));
        modules.truncate(MAX_MODULES);
    }
    let mut runs: Vec<(String, PathBuf, &'static str)> = Vec::new();
    for module in &modules {
        let dir = root.join(module.trim_start_matches(':').replace(':', "/"));
        let Some(path) = mark::first(&BUILDS, &dir) else { continue };
        if !module.is_empty() {
            room.package(&dir);
        }
        let Some(text) = room.text(&path) else { continue };
        let plugins = plugins(&text, &aliases);
        if let Some((_, task)) = RUNNERS.iter().find(|(plugin, _)| plugins.iter().any(|has| has == plugin)) {
            runs.push((module.clone(), path, task));
        }
    }
    let argv =
        |task: &str| -> Vec<String> { program.iter().copied().chain([task]).map(str::to_owned).collect() };
    let alone = runs.len() == 1;
    for (module, path, task) in &runs {
        room.at(&root, path);
        let called = module.trim_start_matches(':').replace(':', ".");
        if module.is_empty() {
            let script = room.script(task, &argv(task)).service().default_if(alone);
            room.put(script);
        } else {
            let script = room.script(task, &argv(&format!("{module}:{task}"))).service().default_if(alone);
            room.put_in(&called, script);
        }
    }
    room.at(&root, &source);
    for task in ["build", "test"] {
        let script = room.script(task, &argv(task));
        room.put(script);
    }
}

/// Plugins of the version catalogue: (alias in dots, id).
fn aliases(room: &mut Room<'_>, root: &Path) -> Vec<(String, String)> {
    let Some(catalogue) = room.toml(&root.join("gradle/libs.versions.toml"), &CATALOGUE) else {
        return Vec::new();
    };
    let plugins = catalogue.get("plugins").and_then(toml_edit::Item::as_table_like);
    let entries = plugins.map(|table| table.iter().collect::<Vec<_>>()).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|(alias, item)| {
            let short = item.as_str().and_then(|text| text.split(':').next());
            let id = short.or_else(|| item.get("id")?.as_str())?;
            Some((alias.replace(['-', '_'], "."), id.to_owned()))
        })
        .collect()
}

/// The modules that a settings file includes, as `:app:core`.
fn includes(text: &str) -> Vec<String> {
    let text = words::without_c_comments(text);
    let mut found = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        let rest = match line.strip_prefix("include") {
            Some(rest) if rest.starts_with(['(', ' ', '"', '\'']) => rest,
            _ if open => line,
            _ => continue,
        };
        for module in words::all_quoted(rest) {
            let module = format!(":{}", module.trim_start_matches(':'));
            // A name that leaves the project is none.
            if found.len() <= MAX_MODULES
                && !module.contains("..")
                && !module.starts_with(":/")
                && !found.contains(&module)
            {
                found.push(module);
            }
        }
        let continues = line.ends_with(',') || line.ends_with('(');
        open = continues || (open && !line.contains(')') && !line.is_empty());
    }
    found
}

/// Ids of the plugins that a build file applies.
fn plugins(text: &str, aliases: &[(String, String)]) -> Vec<String> {
    let text = words::without_c_comments(text);
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("plugins").map_or(line, |rest| rest.trim_start_matches([' ', '{']));
        if line.contains("apply false") || line.contains("apply(false)") {
            continue;
        }
        let names_id =
            ["id(", "id ", "apply plugin", "apply(plugin"].iter().any(|start| line.starts_with(start));
        if names_id {
            found.extend(words::quoted(line).map(|(id, _)| id.to_owned()));
        } else if let Some(alias) = line.strip_prefix("alias(libs.plugins.") {
            let alias: String = alias.chars().take_while(|c| *c != ')').collect();
            found.extend(aliases.iter().find(|(name, _)| *name == alias).map(|(_, id)| id.clone()));
        } else if matches!(line.trim_end_matches([' ', '}']), "application" | "`application`") {
            found.push("application".to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn modules_run_what_their_plugins_say() {
        let spring = fixture("gradle");
        insta::assert_snapshot!(spring.listing());
        assert_eq!(spring.up(""), "web:bootRun: `./gradlew :web:bootRun`, found by web/build.gradle.kts");
        insta::assert_snapshot!(fixture("gradle-plain").listing());
    }

    #[test]
    fn settings_and_plugins_are_read_in_both_languages() {
        let text = "include ':a', ':b:c' // ':x'\ninclude(\n  \"d\",\n  \":e\"\n)\nincludeBuild('tools')\ninclude '../up'";
        assert_eq!(includes(text), [":a", ":b:c", ":d", ":e"]);
        let text = "plugins {\n id 'java'\n id(\"io.quarkus\") version \"3\"\n id 'x' apply false\n application\n}\napply plugin: 'war'";
        assert_eq!(plugins(text, &[]), ["java", "io.quarkus", "application", "war"]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in "(include|plugins|id|alias\\(libs.plugins.|[(){}'\",:/*\n a-cé])*") {
            let _ = (includes(&text), plugins(&text, &[("a".to_owned(), "b".to_owned())]));
        }
    }
}
