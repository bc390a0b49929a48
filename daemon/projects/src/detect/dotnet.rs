//! .NET: projects of a solution (or of the root), their launch profiles, tests.
//!
//! Of an `.sln` the `Project(…) = "NAME", "PATH", …` lines are read; `.slnx` and project files are XML. What
//! MSBuild imports or computes is not understood.

use std::path::{Path, PathBuf};

use super::mark::{Mark, has_ending};
use super::room::Room;
use super::shape::Shape::{self, Keys, Map, Text};
use super::{words, xml};
use crate::tree::Format;

const MAX_PROJECTS: usize = 500;
const PROJECTS: [&str; 3] = ["csproj", "fsproj", "vbproj"];

pub(super) const MARKS: [Mark; 2] = [Mark::ending(&["sln", "slnx"]).of_root(), Mark::ending(&PROJECTS)];

/// What matters of a project file.
struct Project {
    path: PathBuf,
    name: String,
    runs: bool,
}

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(source) = room.mark() else { return };
    let mut paths = match &source {
        path if has_ending(path, "slnx") => xml::read(room, path, |root| {
            root.descendants().filter_map(|node| node.attribute("Path").map(str::to_owned)).collect()
        })
        .unwrap_or_default(),
        path if has_ending(path, "sln") => room.text(path).map(|text| projects(&text)).unwrap_or_default(),
        path => path.file_name().and_then(|name| Some(name.to_str()?.to_owned())).into_iter().collect(),
    };
    if paths.len() > MAX_PROJECTS {
        room.notice(&source, &format!("has more than {MAX_PROJECTS} projects; the others are not shown"));
        paths.truncate(MAX_PROJECTS);
    }
    let mut found: Vec<Project> = Vec::new();
    for path in paths.iter().map(|path| path.replace('\\', "/")) {
        // What leaves the project is none of it.
        if path.starts_with('/')
            || path.split('/').any(|part| part == "..")
            || !PROJECTS.iter().any(|end| has_ending(Path::new(&path), end))
        {
            continue;
        }
        let path = root.join(path);
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(runs) = xml::read(room, &path, runs) {
            found.push(Project { path, name, runs });
        }
    }
    let alone = found.iter().filter(|project| project.runs).count() == 1;
    for project in found.iter().filter(|project| project.runs) {
        list(room, &root, project, alone);
    }
    room.at(&root, &source);
    for task in ["build", "test", "restore"] {
        let script = room.script(task, &["dotnet", task]);
        room.put(script);
    }
}

/// `run`, `watch` and the launch profiles of one project.
fn list(room: &mut Room<'_>, root: &Path, project: &Project, alone: bool) {
    room.at(root, &project.path);
    let below = project.path.strip_prefix(root).unwrap_or(&project.path).display().to_string();
    let at: Vec<&str> = if below.contains('/') { vec!["--project", &below] } else { Vec::new() };
    let argv = |front: &[&str], back: &[&str]| -> Vec<String> {
        front.iter().chain(&at).chain(back).map(|word| (*word).to_owned()).collect()
    };
    let name = (!alone).then_some(project.name.as_str());
    let script = room.script("run", &argv(&["dotnet", "run"], &[])).service().default_if(alone);
    put(room, name, script);
    let script = room.script("watch", &argv(&["dotnet", "watch"], &["run"])).service();
    put(room, name, script);

    let dir = project.path.parent().unwrap_or(root);
    let settings = dir.join("Properties/launchSettings.json");
    let Some(profiles) = room.json(&settings, Format::Commented, &PROFILES) else { return };
    room.at(root, &settings);
    for (profile, value) in profiles.get("profiles").map(super::json::Json::entries).unwrap_or_default() {
        if value.text_at("commandName") != Some("Project") {
            continue;
        }
        let argv = argv(&["dotnet", "run"], &["--launch-profile", profile]);
        let mut script = room.script(&format!("run:{profile}"), &argv).service();
        script.original.clone_from(profile);
        put(room, name, script.about(value.text_at("applicationUrl")));
    }
}

const PROFILES: Shape = Keys(&[("profiles", Map(&Keys(&[("commandName", Text), ("applicationUrl", Text)])))]);

fn put(room: &mut Room<'_>, package: Option<&str>, script: super::Script) {
    match package {
        Some(package) => room.put_in(package, script),
        None => room.put(script),
    }
}

/// Whether a project makes something that can be run.
fn runs(project: roxmltree::Node<'_, '_>) -> bool {
    let sdk = project.attribute("Sdk").unwrap_or_default();
    let output = xml::text_at(project, &["PropertyGroup", "OutputType"]).unwrap_or_default();
    let tests = xml::all_at(project, &["ItemGroup", "PackageReference"])
        .iter()
        .any(|node| node.attribute("Include") == Some("Microsoft.NET.Test.Sdk"));
    let is_program = ["exe", "winexe"].contains(&output.to_ascii_lowercase().as_str());
    let serves = sdk.starts_with("Microsoft.NET.Sdk.Web") || sdk.starts_with("Microsoft.NET.Sdk.Worker");
    !tests && (is_program || (serves && output.is_empty()))
}

/// Paths in the `Project` lines of a solution.
fn projects(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("Project("));
    lines.filter_map(|line| words::all_quoted(line).get(2).map(|path| (*path).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn a_solution_runs_its_programs_and_profiles() {
        let solution = fixture("dotnet");
        insta::assert_snapshot!(solution.listing());
        assert_eq!(
            solution.up(""),
            "run: `dotnet run --project src/Web/Web.csproj`, found by src/Web/Web.csproj"
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(Project\\(|[\"=,{}) \n\\\\a-cé])*") {
            let _ = projects(&text);
        }
    }
}
