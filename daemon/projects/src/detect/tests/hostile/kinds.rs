//! Every kind of file that detection reads or looks for: one that is good, with a name in it, and with many.

use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Json,
    Yaml,
    Toml,
    Xml,
    /// For people or another program; almost anything is one.
    Text,
}

/// How a file matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is read, and what is wrong with it is told.
    Read,
    /// It is read where another leads to it; one that is not there, whatever stands in its place, is no matter.
    Extra,
    /// It is read for a hint that no list depends on; what is wrong with it is no matter.
    Hint,
    /// That it is there is enough.
    There,
}
use Role::{Extra, Hint, Read, There};

pub(super) struct Kind {
    /// The usual name first, then others of the same meaning.
    pub(super) paths: &'static [&'static str],
    pub(super) language: Language,
    role: Role,
    /// Something can be run with it.
    pub(super) good: &'static str,
    /// Files without which it would not be read.
    pub(super) beside: &'static [(&'static str, &'static str)],
    /// With a script of this name.
    pub(super) named: Option<fn(&str) -> String>,
    /// With this many entries.
    pub(super) many: Option<fn(usize) -> String>,
}

impl Kind {
    pub(super) fn is_read(&self) -> bool {
        matches!(self.role, Read | Extra)
    }

    pub(super) fn is_looked_for(&self) -> bool {
        self.role == Read
    }

    pub(super) fn is_text(&self) -> bool {
        self.language == Language::Text
    }

    /// The name is no word of the command.
    pub(super) fn hides_name(&self) -> bool {
        self.paths[0].starts_with(".vscode/") || self.paths[0] == "Procfile"
    }

    /// Whether what holds of it holds of the file at `path`.
    pub(super) fn stands_for(&self, path: &Path) -> bool {
        let sources = ["go", "py", "just", "sln", "slnx", "csproj", "fsproj", "vbproj"];
        self.paths.iter().map(Path::new).any(|own| {
            let ending = own.extension().and_then(|ending| ending.to_str());
            let of_a_kind = ending.is_some_and(|ending| sources.contains(&ending));
            let in_folder = own.parent().is_some_and(|dir| dir.ends_with("mise-tasks"))
                && path.ancestors().any(|dir| dir.ends_with("mise-tasks") || dir.ends_with("mise/tasks"));
            let in_moon =
                own.ends_with("tasks/node.yml") && path.ancestors().any(|dir| dir.ends_with(".moon/tasks"));
            path.ends_with(own)
                || path.file_name() == own.file_name()
                || (of_a_kind && path.extension() == own.extension())
                || in_folder
                || in_moon
        })
    }
}

/// A text of JSON, which is one of YAML and TOML too.
fn quoted(name: &str) -> String {
    // TOML knows no DEL as it is; JSON leaves it alone.
    serde_json::to_string(name).unwrap().replace('\u{7f}', "\\u007f")
}

fn entries(count: usize, entry: fn(usize) -> String) -> String {
    (0..count).map(entry).collect()
}

/// Entries of a JSON object or list.
fn listed(count: usize, entry: fn(usize) -> String) -> String {
    (0..count).map(entry).collect::<Vec<_>>().join(",")
}

const NPM: &[(&str, &str)] = &[
    ("package.json", r#"{"scripts":{"dev":"x"},"workspaces":["a"]}"#),
    ("a/package.json", r#"{"scripts":{"dev":"x"}}"#),
];
const PYTHON: &[(&str, &str)] = &[("main.py", "")];
const MOON: &[(&str, &str)] =
    &[(".moon/workspace.yml", "projects: [a]\n"), ("a/package.json", r#"{"scripts":{"dev":"x"}}"#)];
const GRADLE: &[(&str, &str)] = &[("build.gradle", "plugins { id 'application' }")];

macro_rules! kinds {
    ($($paths:expr, $language:ident, $role:ident, $good:expr, $beside:expr, $named:expr, $many:expr;)*) => {
        pub(super) const KINDS: &[Kind] = &[$(Kind {
            paths: &$paths,
            language: Language::$language,
            role: $role,
            good: $good,
            beside: $beside,
            named: $named,
            many: $many,
        }),*];
    };
}

kinds! {
    // JavaScript.
    ["package.json"], Json, Read, r#"{"scripts":{"dev":"vite","build":"tsc"},"workspaces":["a/*"]}"#, &[],
        Some(|name| format!("{{\"scripts\":{{{}:\"x\"}}}}", quoted(name))),
        Some(|n| format!("{{\"scripts\":{{{}}}}}", listed(n, |n| format!("\"s{n}\":\"x\""))));
    ["pnpm-workspace.yaml"], Yaml, Read, "packages:\n  - a\n", NPM, None,
        Some(|n| format!("packages:\n{}", entries(n, |n| format!("- p{n}\n"))));
    ["lerna.json"], Json, Read, r#"{"packages":["a"],"npmClient":"npm"}"#, NPM, None,
        Some(|n| format!("{{\"packages\":[{}]}}", listed(n, |n| format!("\"p{n}\""))));
    ["nx.json"], Json, Read, r#"{"targetDefaults":{"build":{"cache":true}}}"#, NPM, None, None;
    ["workspace.json"], Json, Read, r#"{"projects":{"a":"a"}}"#, &[("nx.json", "{}"), NPM[0], NPM[1]], None,
        Some(|n| format!("{{\"projects\":{{{}}}}}", listed(n, |n| format!("\"p{n}\":\"p{n}\""))));
    ["project.json"], Json, Read, r#"{"name":"p","targets":{"serve":{"executor":"x:y"}}}"#, &[("nx.json", "{}")],
        Some(|name| format!("{{\"name\":\"p\",\"targets\":{{{}:{{\"command\":\"x\"}}}}}}", quoted(name))),
        Some(|n| format!("{{\"targets\":{{{}}}}}", listed(n, |n| format!("\"t{n}\":{{}}"))));
    ["turbo.json", "turbo.jsonc"], Json, Read, r#"{"tasks":{"dev":{"persistent":true}}}"#, &[],
        Some(|name| format!("{{\"tasks\":{{{}:{{}}}}}}", quoted(name))),
        Some(|n| format!("{{\"tasks\":{{{}}}}}", listed(n, |n| format!("\"t{n}\":{{}}"))));
    ["rush.json"], Json, Read, r#"{"rushVersion":"5.0.0","projects":[{"packageName":"a","projectFolder":"a"}]}"#, &[],
        None,
        Some(|n| format!("{{\"projects\":[{}]}}", listed(n, |n| format!("{{\"projectFolder\":\"p{n}\"}}"))));
    ["common/config/rush/command-line.json"], Json, Read, r#"{"commands":[{"name":"x"}]}"#, &[("rush.json", "{}")],
        Some(|name| format!("{{\"commands\":[{{\"name\":{}}}]}}", quoted(name))),
        Some(|n| format!("{{\"commands\":[{}]}}", listed(n, |n| format!("{{\"name\":\"c{n}\"}}"))));
    [".moon/workspace.yml", ".moon/workspace.yaml"], Yaml, Read, "projects:\n  - a\n", &[MOON[1], (".moon/tasks.yml", "tasks: {lint: {command: x}}")],
        None, Some(|n| format!("projects:\n{}", entries(n, |n| format!("- p{n}\n"))));
    [".moon/tasks.yml", ".moon/tasks.yaml"], Yaml, Read, "tasks:\n  lint:\n    command: x\n", MOON,
        Some(|name| format!("tasks:\n  {}:\n    command: x\n", quoted(name))),
        Some(|n| format!("tasks:\n{}", entries(n, |n| format!("  t{n}: {{}}\n"))));
    [".moon/tasks/node.yml"], Yaml, Read, "tasks:\n  lint:\n    command: x\n", MOON,
        Some(|name| format!("tasks:\n  {}:\n    command: x\n", quoted(name))), None;
    ["a/moon.yml", "a/moon.yaml"], Yaml, Read, "tasks:\n  dev:\n    command: x\n", MOON,
        Some(|name| format!("tasks:\n  {}:\n    command: x\n", quoted(name))),
        Some(|n| format!("tasks:\n{}", entries(n, |n| format!("  t{n}: {{}}\n"))));
    [".yarnrc.yml"], Yaml, Hint, "yarnPath: .yarn/releases/yarn-4.5.1.cjs\n", NPM, None, None;
    ["yarn.lock"], Text, Hint, "# yarn lockfile v1\n", NPM, None, None;
    ["wails.json"], Json, There, "{}", &[], None, None;
    ["deno.json", "deno.jsonc"], Json, Read, r#"{"tasks":{"dev":"x"},"workspace":["a"]}"#, &[],
        Some(|name| format!("{{\"tasks\":{{{}:\"x\"}}}}", quoted(name))),
        Some(|n| format!("{{\"tasks\":{{{}}}}}", listed(n, |n| format!("\"t{n}\":\"x\""))));
    // Procfile: what is said in it is written for a shell.
    ["Procfile", "Procfile.dev", "Procfile.staging"], Text, Read, "web: node x\nworker: node y\n", &[],
        Some(|name| format!("{name}: node x\n")), Some(|n| entries(n, |n| format!("p{n}: x\n")));
    [".foreman"], Yaml, Hint, "port: 4000\n", &[("Procfile", "web: x\n")], None, Some(|n| entries(n, |n| format!("p{n}: x\n")));
    [".env"], Text, Hint, "PORT=4000\n", &[("Procfile", "web: x\n")], None, Some(|n| entries(n, |n| format!("PORT={n}\n")));
    // Rust.
    ["Cargo.toml"], Toml, Read, "[package]\nname = \"a\"\n[workspace]\nmembers = [\"b/*\"]\n", &[("src/main.rs", "")],
        Some(|name| format!("[package]\nname = \"a\"\n[[bin]]\nname = {}\npath = \"src/main.rs\"\n[[bin]]\nname = \"b\"\n", quoted(name))),
        Some(|n| format!("[package]\nname = \"a\"\n{}", entries(n, |n| format!("[[bin]]\nname = \"b{n}\"\n"))));
    [".cargo/config.toml", ".cargo/config"], Toml, Read, "[alias]\nserve = \"run --bin a\"\n", &[("Cargo.toml", "[package]\nname = \"a\"\n")],
        Some(|name| format!("[alias]\n{} = \"run\"\n", quoted(name))),
        Some(|n| format!("[alias]\n{}", entries(n, |n| format!("a{n} = \"run\"\n"))));
    // Go.
    ["go.work"], Text, Read, "go 1.22\nuse ./a\n", &[("a/go.mod", "module a\n"), ("a/main.go", "package main\n")], None,
        Some(|n| format!("use (\n{})\n", entries(n, |n| format!("./m{n}\n"))));
    ["go.mod"], Text, Read, "module example.com/a\n", &[("main.go", "package main\n")], None, Some(|n| entries(n, |n| format!("module m{n}\n")));
    ["main.go"], Text, Hint, "package main\n", &[("go.mod", "module a\n")], None, None;
    // Python.
    ["pyproject.toml"], Toml, Read, "[project]\nname = \"a\"\n[project.scripts]\nserve = \"a:b\"\n", &[],
        Some(|name| format!("[project.scripts]\n{} = \"a:b\"\n", quoted(name))),
        Some(|n| format!("[project.scripts]\n{}", entries(n, |n| format!("s{n} = \"a:b\"\n"))));
    ["requirements.txt"], Text, Read, "Django>=4\n", PYTHON, None, Some(|n| entries(n, |n| format!("p{n}>=1\n")));
    ["requirements-dev.txt", "requirements/base.txt", "requirements/dev.txt"], Text, Read, "pytest\n",
        &[("main.py", ""), ("requirements.txt", "")], None, None;
    ["Pipfile"], Toml, Read, "[packages]\nflask = \"*\"\n", PYTHON, None,
        Some(|n| format!("[packages]\n{}", entries(n, |n| format!("p{n} = \"*\"\n"))));
    ["setup.py", "setup.cfg"], Text, There, "", PYTHON, None, None;
    ["manage.py"], Text, Read, "import django\n", &[], None, None;
    ["app.py"], Text, Extra, "app = Flask(__name__)\n", &[("requirements.txt", "flask\n")], None,
        Some(|n| entries(n, |n| format!("a{n} = b\n")));
    // Ruby.
    ["Gemfile"], Text, Read, "gem \"rails\"\n", &[], None, Some(|n| entries(n, |n| format!("gem 'g{n}'\n")));
    ["Gemfile.lock"], Text, Read, "GEM\n  specs:\n    rails (7.0)\n", &[("Gemfile", "")], None,
        Some(|n| entries(n, |n| format!("    g{n} (1)\n")));
    ["Rakefile", "rakefile", "Rakefile.rb", "rakefile.rb"], Text, Read, "desc 'x'\ntask :build do\nend\n", &[],
        Some(|name| format!("task {} do\nend\n", quoted(name))), Some(|n| entries(n, |n| format!("task :t{n}\n")));
    ["rakelib/assets.rake"], Text, Read, "task :build do\nend\n", &[("Rakefile", "")],
        Some(|name| format!("task {} do\nend\n", quoted(name))), Some(|n| entries(n, |n| format!("task :t{n}\n")));
    ["lib/tasks/shop.rake"], Text, Read, "task :build do\nend\n",
        &[("Rakefile", ""), ("Gemfile", "gem \"rails\"\n"), ("bin/rails", "")],
        Some(|name| format!("task {} do\nend\n", quoted(name))), Some(|n| entries(n, |n| format!("task :t{n}\n")));
    // PHP.
    ["composer.json"], Json, Read, r#"{"scripts":{"dev":"x"},"require":{"a/b":"1"}}"#, &[],
        Some(|name| format!("{{\"scripts\":{{{}:\"x\"}}}}", quoted(name))),
        Some(|n| format!("{{\"scripts\":{{{}}}}}", listed(n, |n| format!("\"s{n}\":\"x\""))));
    ["artisan", "public/index.php", "bin/console"], Text, There, "<?php\n", &[], None, None;
    // Java and Kotlin.
    ["build.gradle.kts", "build.gradle"], Text, Read, "plugins {\n id(\"application\")\n}\n", &[], None,
        Some(|n| format!("plugins {{\n{}}}\n", entries(n, |n| format!("id(\"p{n}\")\n"))));
    ["settings.gradle.kts", "settings.gradle"], Text, Read, "include(\"app\")\n", GRADLE, None,
        Some(|n| entries(n, |n| format!("include(\":m{n}\")\n")));
    ["gradle/libs.versions.toml"], Toml, Read, "[plugins]\nboot = \"org.springframework.boot:3\"\n", GRADLE, None,
        Some(|n| format!("[plugins]\n{}", entries(n, |n| format!("p{n} = \"a:1\"\n"))));
    ["pom.xml"], Xml, Read, "<project><artifactId>a</artifactId><modules><module>b</module></modules></project>\n", &[], None,
        Some(|n| format!("<project><modules>{}</modules></project>", entries(n, |n| format!("<module>m{n}</module>"))));
    // .NET.
    ["Shop.sln"], Text, Read, "Project(\"{A}\") = \"Web\", \"Web\\Web.csproj\", \"{B}\"\n",
        &[("Web/Web.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>")], None,
        Some(|n| entries(n, |n| format!("Project(\"a\") = \"b\", \"p{n}\\p.csproj\", \"c\"\n")));
    ["Shop.slnx"], Xml, Read, "<Solution><Project Path=\"Web/Web.csproj\"/></Solution>\n",
        &[("Web/Web.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>")], None,
        Some(|n| format!("<Solution>{}</Solution>", entries(n, |n| format!("<Project Path=\"p{n}/p.csproj\"/>"))));
    ["Web.csproj", "Web.fsproj", "Web.vbproj"], Xml, Read, "<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n", &[], None,
        Some(|n| format!("<Project>{}</Project>", entries(n, |_| "<ItemGroup/>".to_owned())));
    ["Properties/launchSettings.json"], Json, Read, r#"{"profiles":{"http":{"commandName":"Project"}}}"#,
        &[("Web.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>")],
        Some(|name| format!("{{\"profiles\":{{{}:{{\"commandName\":\"Project\"}}}}}}", quoted(name))),
        Some(|n| format!("{{\"profiles\":{{{}}}}}", listed(n, |n| format!("\"p{n}\":{{\"commandName\":\"Project\"}}"))));
    // Elixir, Dart.
    ["mix.exs"], Text, Read, "defp aliases do\n  [\n    setup: [\"x\"]\n  ]\nend\n", &[],
        Some(|name| format!("defp aliases do\n[\n{}: \"x\"\n]\nend\n", quoted(name))),
        Some(|n| format!("defp aliases do\n[\n{}]\nend\n", entries(n, |n| format!("a{n}: \"x\",\n"))));
    ["pubspec.yaml"], Yaml, Read, "name: a\ndev_dependencies:\n  test: any\n", &[], None,
        Some(|n| format!("dependencies:\n{}", entries(n, |n| format!("  p{n}: any\n"))));
    // Tasks.
    ["Makefile", "makefile", "GNUmakefile"], Text, Read, ".PHONY: dev\ndev: ## serves\n\tx\n", &[],
        Some(|name| format!("{name}:\n\tx\n")), Some(|n| entries(n, |n| format!("t{n}:\n")));
    ["justfile", "Justfile", ".justfile", "JUSTFILE"], Text, Read, "# serves\ndev:\n  x\n", &[],
        Some(|name| format!("{name}:\n  x\n")), Some(|n| entries(n, |n| format!("t{n}:\n")));
    ["ops.just"], Text, Extra, "dev:\n  x\n", &[("justfile", "mod ops\n")],
        Some(|name| format!("{name}:\n  x\n")), Some(|n| entries(n, |n| format!("t{n}:\n")));
    [
        "Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml", "Taskfile.dist.yml", "taskfile.dist.yml",
        "Taskfile.dist.yaml", "taskfile.dist.yaml",
    ], Yaml, Read, "version: 3\ntasks:\n  dev: x\n", &[],
        Some(|name| format!("tasks:\n  {}: x\n", quoted(name))),
        Some(|n| format!("tasks:\n{}", entries(n, |n| format!("  t{n}: x\n"))));
    [
        "mise.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml", ".config/mise.toml",
        ".config/mise/config.toml",
    ], Toml, Read, "[tasks]\ndev = \"x\"\n", &[],
        Some(|name| format!("[tasks]\n{} = \"x\"\n", quoted(name))),
        Some(|n| format!("[tasks]\n{}", entries(n, |n| format!("t{n} = \"x\"\n"))));
    ["mise-tasks/build", ".mise-tasks/build", "mise/tasks/build", ".mise/tasks/build", ".config/mise/tasks/build"],
        Text, Extra, "#!/bin/sh\n#MISE description=\"builds\"\n", &[], None, None;
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"], Yaml, Read,
        "services:\n  db:\n    image: postgres\n", &[],
        Some(|name| format!("services:\n  {}:\n    image: x\n", quoted(name))),
        Some(|n| format!("services:\n{}", entries(n, |n| format!("  s{n}: {{}}\n"))));
    [".vscode/tasks.json"], Json, Read, r#"{"tasks":[{"label":"dev","type":"shell","command":"x"}]}"#, &[],
        Some(|name| format!("{{\"tasks\":[{{\"label\":{},\"type\":\"process\",\"command\":\"x\"}}]}}", quoted(name))),
        Some(|n| format!(
            "{{\"tasks\":[{}]}}",
            listed(n, |n| format!("{{\"label\":\"t{n}\",\"type\":\"shell\",\"command\":\"x\",\"dependsOn\":\"t{}\"}}", n + 1))
        ));
    [".vscode/launch.json"], Json, Read,
        r#"{"configurations":[{"name":"a","type":"node","request":"launch","program":"x.js"}]}"#, &[],
        Some(|name| format!(
            "{{\"configurations\":[{{\"name\":{},\"type\":\"node\",\"request\":\"launch\",\"program\":\"x\"}}]}}",
            quoted(name)
        )),
        None;
}
