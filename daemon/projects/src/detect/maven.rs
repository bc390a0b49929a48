//! Maven: modules and what their plugins run, by `./mvnw` where it is there. Maven is never started.
//!
//! A plugin counts where `build/plugins` of a module names it; `pluginManagement`, profiles and parents from
//! a repository are not looked at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::mark::Mark;
use super::room::Room;
use super::xml;

pub(super) const MARKS: [Mark; 1] = [Mark::file("pom.xml").of_root_if(names_modules)];

const MAX_MODULES: usize = 1_000;
const MAX_DEPTH: usize = 6;

/// Plugin, the goal that runs what it builds.
const RUNNERS: &[(&str, &str)] = &[
    ("spring-boot-maven-plugin", "spring-boot:run"),
    ("quarkus-maven-plugin", "quarkus:dev"),
    ("micronaut-maven-plugin", "mn:run"),
    ("jetty-maven-plugin", "jetty:run"),
    ("exec-maven-plugin", "exec:java"),
];

/// What matters of a pom.
struct Pom {
    artifact: Option<String>,
    modules: Vec<String>,
    goals: Vec<&'static str>,
}

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(source) = room.mark() else { return };
    let program: &[&str] = match super::is_executable(&root.join("mvnw")) {
        Some(true) => &["./mvnw"],
        Some(false) => &["sh", "./mvnw"],
        None => &["mvn"],
    };
    let found = modules(room, &root);
    let argv = |words: &[&str]| -> Vec<String> {
        program.iter().chain(words).map(|word| (*word).to_owned()).collect()
    };
    let alone = found.iter().map(|(_, pom)| pom.goals.len()).sum::<usize>() == 1;
    for (dir, pom) in &found {
        room.at(&root, &dir.join("pom.xml"));
        let below = dir.strip_prefix(&root).unwrap_or(dir).display().to_string();
        for goal in &pom.goals {
            if below.is_empty() {
                let script = room.script(goal, &argv(&[goal])).service().default_if(alone);
                room.put(script);
            } else {
                let script = room.script(goal, &argv(&["-pl", &below, goal])).service().default_if(alone);
                room.put_in(pom.artifact.as_deref().unwrap_or(&below), script);
            }
        }
    }
    room.at(&root, &source);
    for phase in ["compile", "test", "package"] {
        let script = room.script(phase, &argv(&[phase]));
        room.put(script);
    }
}

/// The root and the modules below it, parents first.
fn modules(room: &mut Room<'_>, root: &Path) -> Vec<(PathBuf, Pom)> {
    let mut found: Vec<(PathBuf, Pom)> = Vec::new();
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, usize)> = vec![(root.to_owned(), 0)];
    while let Some((dir, depth)) = waiting.pop() {
        if seen.len() == MAX_MODULES {
            room.notice(
                &root.join("pom.xml"),
                &format!("has more than {MAX_MODULES} modules; the others are not shown"),
            );
            break;
        }
        if !seen.insert(dir.clone()) {
            continue;
        }
        let Some(pom) = xml::read(room, &dir.join("pom.xml"), pom) else { continue };
        if depth > 0 {
            room.package(&dir);
        }
        if depth < MAX_DEPTH {
            // A module may be a file; what leaves the project is none of it.
            let below = pom.modules.iter().take(MAX_MODULES + 1).rev();
            let below = below.filter(|module| !module.split('/').any(|part| part == ".."));
            waiting.extend(below.map(|module| {
                let module = module.trim_end_matches("pom.xml").trim_matches('/');
                (dir.join(module), depth + 1)
            }));
        }
        found.push((dir, pom));
    }
    found
}

fn names_modules(path: &Path) -> bool {
    xml::parse(path, |project| !pom(project).modules.is_empty()) == Ok(Some(true))
}

fn pom(project: roxmltree::Node<'_, '_>) -> Pom {
    let texts = |path: &[&str]| -> Vec<String> {
        xml::all_at(project, path)
            .iter()
            .filter_map(|node| node.text())
            .map(|text| text.trim().to_owned())
            .collect()
    };
    let mut modules = texts(&["modules", "module"]);
    modules.extend(texts(&["subprojects", "subproject"]));
    let plugins = texts(&["build", "plugins", "plugin", "artifactId"]);
    let goals =
        RUNNERS.iter().filter(|(plugin, _)| plugins.iter().any(|has| has == plugin)).map(|(_, goal)| *goal);
    Pom { artifact: xml::text_at(project, &["artifactId"]), modules, goals: goals.collect() }
}

#[cfg(test)]
mod tests {
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn modules_run_what_their_plugins_say() {
        let maven = fixture("maven");
        insta::assert_snapshot!(maven.listing());
        assert_eq!(
            maven.up(""),
            "shop-web:spring-boot:run: `mvn -pl web spring-boot:run`, found by web/pom.xml"
        );
        let plain = fixture("maven-plain");
        assert!(plain.up("").starts_with("nothing says what to start"), "{}", plain.up(""));
    }
}
