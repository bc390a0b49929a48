//! Files that detection looks at: any bytes in any of them give a list and notices.
#![no_main]

use brummer_projects::detect::{Look, detect};
use brummer_projects::names;
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 40] = [
    "package.json",
    "deno.json",
    "pnpm-workspace.yaml",
    "lerna.json",
    "nx.json",
    "turbo.json",
    "rush.json",
    ".moon/workspace.yml",
    ".yarnrc.yml",
    "Cargo.toml",
    ".cargo/config.toml",
    "go.mod",
    "go.work",
    "pyproject.toml",
    "manage.py",
    "Gemfile",
    "Rakefile",
    "composer.json",
    "settings.gradle",
    "build.gradle.kts",
    "pom.xml",
    "app.csproj",
    "Properties/launchSettings.json",
    "mix.exs",
    "pubspec.yaml",
    "Makefile",
    "justfile",
    "Taskfile.yml",
    "mise.toml",
    "Procfile",
    "compose.yaml",
    ".vscode/tasks.json",
    ".vscode/launch.json",
    "app.sln",
    "requirements.txt",
    "Pipfile",
    "project.json",
    "moon.yml",
    "mise-tasks/build",
    "main.go",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    // Memory, not a disk: a run a file.
    let Ok(dir) = tempfile::tempdir_in("/dev/shm") else { return };
    // A member, so that workspaces have something to find.
    let member = dir.path().join("packages/a");
    std::fs::create_dir_all(&member).unwrap();
    std::fs::write(member.join("package.json"), r#"{"name": "a", "scripts": {"dev": "x"}}"#).unwrap();
    let path = dir.path().join(FILES[usize::from(*first) % FILES.len()]);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, rest).unwrap();
    for script in detect(dir.path(), &Look::default()).scripts {
        assert!(names::is_valid(&script.name), "{:?}", script.name);
        assert!(script.directory.starts_with(dir.path()), "{}", script.directory.display());
    }
});
