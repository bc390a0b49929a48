//! Ruby: Bundler, Rails, Rack, RSpec, and the tasks of a Rakefile.
//!
//! Of a Gemfile the `gem "name"` lines are read, of a Rakefile `desc`, `namespace` and `task` lines; a
//! namespace ends at the `end` that is indented as it is. Tasks made by Ruby code are not understood. The
//! `.rake` files that rake (`rakelib`) and Rails (`lib/tasks`) load beside a Rakefile are read like it.

use std::path::{Path, PathBuf};

use super::mark::{self, Mark};
use super::room::Room;
use super::{kind, words};

/// The order in which rake looks.
const RAKEFILES: [Mark; 4] =
    [Mark::file("Rakefile"), Mark::file("rakefile"), Mark::file("Rakefile.rb"), Mark::file("rakefile.rb")];

pub(super) const MARKS: [Mark; 5] = mark::joined(&[Mark::file("Gemfile")], &RAKEFILES);

/// What rake loads by itself, and what the Rakefile of a Rails application loads.
const TASK_FOLDERS: (&str, &str) = ("rakelib", "lib/tasks");
/// Most `.rake` files of a folder, and how deep they may lie.
const MOST_TASK_FILES: usize = 200;
const MOST_DEPTH: usize = 3;

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let gemfile = room.text(&root.join("Gemfile"));
    let bundled = gemfile.is_some();
    let locked = room.text(&root.join("Gemfile.lock")).unwrap_or_default();
    let text = gemfile.unwrap_or_default();
    let wanted = gems(&text);
    let has = |gem: &str| wanted.contains(&gem) || locked_gems(&locked).any(|name| name == gem);
    let exec = |argv: &[&str]| -> Vec<String> {
        let front: &[&str] = if bundled { &["bundle", "exec"] } else { &[] };
        front.iter().chain(argv).map(|word| (*word).to_owned()).collect()
    };

    let rails = has("rails") && (room.has("bin/rails") || room.has("config/application.rb"));
    if bundled {
        room.at(&root, &root.join("Gemfile"));
        let dev = rails && room.has("bin/dev");
        if dev {
            let script = room.script("dev", &["bin/dev"]).service().default_if(true);
            room.put(script);
        }
        if rails {
            let rails = |argv: &[&str]| -> Vec<String> {
                let all: Vec<&str> = std::iter::once("rails").chain(argv.iter().copied()).collect();
                exec(&all)
            };
            let script = room.script("server", &rails(&["server"])).service().default_if(!dev);
            room.put(script);
            for task in ["db:migrate", "db:seed", "test"] {
                let script = room.script(task, &rails(&[task]));
                room.put(script);
            }
        } else if room.has("config.ru") {
            let script = room.script("rackup", &exec(&["rackup"])).service().default_if(true);
            room.put(script);
        }
        if has("rspec") || has("rspec-rails") || has("rspec-core") {
            let script = room.script("rspec", &exec(&["rspec"]));
            room.put(script);
        }
        let script = room.script("install", &["bundle", "install"]);
        room.put(script);
    }
    let Some(path) = room.first(&RAKEFILES) else { return };
    let mut files = vec![path];
    files.extend(task_files(&root.join(TASK_FOLDERS.0)));
    if rails {
        files.extend(task_files(&root.join(TASK_FOLDERS.1)));
    }
    for path in files {
        let Some(text) = room.text(&path) else { continue };
        room.at(&root, &path);
        for task in tasks(&text) {
            let argv = exec(&["rake", &task.name]);
            let script = room.script(&task.name, &argv).kind(kind::of_script(&task.name, ""));
            let script = script.about(task.about.as_deref());
            room.put(script);
        }
    }
}

/// The `.rake` files below a folder, in order.
fn task_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_owned(), 0)];
    while let Some((dir, depth)) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&dir) else { continue };
        for entry in entries.filter_map(Result::ok).take(MOST_TASK_FILES) {
            let path = entry.path();
            // Links are not followed into folders: they may lead in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < MOST_DEPTH {
                    waiting.push((path, depth + 1));
                }
            } else if path.extension().is_some_and(|ending| ending == "rake") && found.len() < MOST_TASK_FILES
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Names in `gem "name"` lines.
fn gems(text: &str) -> Vec<&str> {
    let lines = text.lines().map(|line| words::without_hash_comment(line).trim());
    lines
        .filter_map(|line| line.strip_prefix("gem ").or_else(|| line.strip_prefix("gem(")))
        .filter_map(|rest| words::quoted(rest).map(|(name, _)| name))
        .collect()
}

/// Names in the `specs:` of a lock: lines with four blanks.
fn locked_gems(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| words::indentation(line) == 4)
        .filter_map(|line| line.split_whitespace().next())
}

#[derive(Debug, PartialEq)]
struct RakeTask {
    name: String,
    about: Option<String>,
}

fn tasks(text: &str) -> Vec<RakeTask> {
    let mut found: Vec<RakeTask> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut spaces: Vec<(usize, String)> = Vec::new();
    let mut about: Option<String> = None;
    for line in text.lines() {
        let indentation = words::indentation(line);
        let line = words::without_hash_comment(line).trim();
        if line == "end" && spaces.last().is_some_and(|(at, _)| *at == indentation) {
            spaces.pop();
        } else if let Some(rest) = argument(line, "desc") {
            about = words::quoted(rest).map(|(text, _)| text.to_owned());
        } else if let Some(name) = argument(line, "namespace").and_then(symbol) {
            if line.ends_with("do") && spaces.len() < 16 {
                spaces.push((indentation, name));
            }
        } else if let Some(name) = argument(line, "task").and_then(symbol) {
            let path: Vec<&str> =
                spaces.iter().map(|(_, name)| name.as_str()).chain([name.as_str()]).collect();
            let name = path.join(":");
            let about = about.take();
            match places.get(&name).and_then(|place: &usize| found.get_mut(*place)) {
                Some(task) => task.about = task.about.take().or(about),
                None => {
                    places.insert(name.clone(), found.len());
                    found.push(RakeTask { name, about });
                }
            }
        }
    }
    found
}

/// What follows `word ` or `word(`.
fn argument<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix(word)
        .filter(|rest| rest.starts_with([' ', '(']))
        .map(|rest| rest.trim_start_matches([' ', '(']))
}

/// `name` of `:name`, `"name"`, `name:` and `:"name"`.
fn symbol(text: &str) -> Option<String> {
    let text = text.strip_prefix(':').unwrap_or(text);
    if text.starts_with(['"', '\'']) {
        return words::quoted(text).map(|(name, _)| name.to_owned());
    }
    let name: String =
        text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '?' | '!')).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn rails_serves_and_rake_lists_its_tasks() {
        let rails = fixture("ruby-rails");
        insta::assert_snapshot!(rails.listing());
        assert_eq!(rails.up(""), "server: `bundle exec rails server`, found by Gemfile");
        insta::assert_snapshot!(fixture("ruby-plain").listing());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in "(desc |task |namespace |gem | do|end|:|[\n\"' #a-c(é])*") {
            let _ = (tasks(&text), gems(&text), locked_gems(&text).count());
        }
    }
}
