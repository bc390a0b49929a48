//! Is a script expected to stay or to end? Judged by its name, then by its command.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::spec::Kind;

/// What scripts that stay are told to do; the first such word of a name, or of [`TASK_WORDS`], decides.
const SERVICE_WORDS: &[&str] =
    &["dev", "develop", "development", "start", "serve", "preview", "run", "up", "hot", "live"];

/// Things that stay: `backend`, `mail-worker`. In front of another word they say only of what (`backend:info`).
const SERVICES: &[&str] =
    &["server", "storybook", "worker", "web", "api", "proxy", "backend", "frontend", "app"];

/// What scripts that end are told to do.
const TASK_WORDS: &[&str] = &[
    "build",
    "test",
    "tests",
    "lint",
    "check",
    "typecheck",
    "types",
    "format",
    "fmt",
    "clean",
    "seed",
    "migrate",
    "migration",
    "deploy",
    "generate",
    "codegen",
    "install",
    "prepare",
    "release",
    "publish",
    "e2e",
    "ci",
    "coverage",
    "bench",
    "prettier",
    "eslint",
    "tsc",
    "compile",
    "setup",
    "postinstall",
    "preinstall",
    "prebuild",
    "postbuild",
    "predev",
    "prestart",
    "pretest",
    "version",
    "bundle",
    "pack",
    "audit",
    "doc",
    "docs",
    "fix",
    "jar",
    "war",
    "image",
];

/// Words in commands of tools that stay until they are stopped.
const SERVER_WORDS: &[&str] = &[
    "--watch",
    "-w",
    "nodemon",
    "vite",
    "concurrently",
    "webpack-dev-server",
    "http-server",
    "live-server",
    "browser-sync",
    "json-server",
    "ts-node-dev",
    "tsx watch",
    "next dev",
    "next start",
    "nuxt dev",
    "astro dev",
    "remix dev",
    "ng serve",
    "react-scripts start",
    "vue-cli-service serve",
    "wrangler dev",
    "expo start",
];

/// What a script with this name and command is. Unknown ones are tasks: a task is never started again by
/// itself, so a wrong guess repeats nothing.
pub(crate) fn of_script(name: &str, command: &str) -> Kind {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.iter().any(|word| word == "watch" || word == "watcher") || has_words(command, "--watch") {
        return Kind::Service;
    }
    for word in &words {
        if SERVICE_WORDS.contains(&word.as_str()) {
            return Kind::Service;
        }
        if TASK_WORDS.contains(&word.as_str()) {
            return Kind::Task;
        }
    }
    if words.last().is_some_and(|word| SERVICES.contains(&word.as_str())) {
        return Kind::Service;
    }
    let serves = SERVER_WORDS.iter().any(|server| has_words(command, server)) && !has_words(command, "build");
    if serves { Kind::Service } else { Kind::Task }
}

/// Whether `wanted` (one or two words) stands in `command` as whole words.
fn has_words(command: &str, wanted: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let wanted: Vec<&str> = wanted.split(' ').collect();
    words.windows(wanted.len()).any(|window| window == wanted.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_first_then_commands() {
        for (name, command, kind) in [
            ("dev", "vite", Kind::Service),
            ("dev:api", "tsx src/api.ts", Kind::Service),
            ("start:dev", "x", Kind::Service),
            ("serve", "x", Kind::Service),
            ("test:watch", "vitest", Kind::Service),
            ("test", "vitest --watch", Kind::Service),
            ("build", "tsc && vite build", Kind::Task),
            ("build:dev", "x", Kind::Task),
            ("test", "vitest run", Kind::Task),
            ("lint", "eslint .", Kind::Task),
            ("backend", "x", Kind::Service),
            ("mail-worker", "x", Kind::Service),
            ("backend:start", "x", Kind::Service),
            ("backend:unit:test", "x", Kind::Task),
            ("backend:info", "./mvnw --version", Kind::Task),
            ("web:vite", "vite", Kind::Service),
            ("storybook:build", "x", Kind::Task),
            ("java:jar:dev", "x", Kind::Task),
            ("foo", "vite", Kind::Service),
            ("foo", "vite build", Kind::Task),
            ("foo", "next dev", Kind::Service),
            ("foo", "rm -rf dist", Kind::Task),
            ("", "", Kind::Task),
        ] {
            assert_eq!(of_script(name, command), kind, "{name}: {command}");
        }
    }
}
